"""engine/pictures/drawing.py: what is drawn with is there before two threads can need it at once."""

from __future__ import annotations

import subprocess
import sys


def test_many_nodes_may_begin_to_draw_at_the_same_moment() -> None:
    """In a process of its own: what may happen once a process happens there, and a crash would take this one along."""
    command = [sys.executable, "-m", "tests.engine.drawing_child"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert (run.returncode, run.stderr) == (0, "")
