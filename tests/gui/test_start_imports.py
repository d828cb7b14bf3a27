"""What a start does not load: it is there when it is used, and the window is not kept waiting for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROBE = "import sys, gui.program{more}; print(*[name for name in {names!r} if name in sys.modules])"
LATE = ("aiohttp", "av", "cryptography", "keyring")


def loaded(more: str = "") -> list[str]:
    """Which of LATE a fresh interpreter has loaded after the program's import."""
    probe = PROBE.format(more=more, names=LATE)
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.timeout(60)
def test_the_window_does_not_wait_for_http_codecs_and_keys() -> None:
    assert loaded() == []


@pytest.mark.timeout(60)
def test_the_probe_sees_what_is_loaded() -> None:
    assert loaded(", gui.preview.advert") == ["aiohttp", "av"]
