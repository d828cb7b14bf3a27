"""The pointer hits what it sees at 100, 125, 150 and 200 %: each scale in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("scale", ["1", "1.25", "1.5", "2"])
def test_pointer_picture_and_handles_agree(scale: str) -> None:
    environment = {**os.environ, "QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "tests.gui.canvas_at_scale"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    assert report["ratio"] == report["map_ratio"] == float(scale)
    assert report["transform_error"] < 1e-3
    assert max(abs(error) for error in report["edges"]) <= 1.0
    assert report["dragged"] == [837, 363, 400, 300]
    x, y, width, height = report["resized"]
    assert (x, y) == (937, 438)
    assert (x + width, y + height) == (1237, 663)
