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


SOURCES = (
    "import linecache, {first}; import gui.program; print(any(name.endswith('station.py') for name in linecache.cache))"
)
LOADING = "gui.qt_loading; gui.qt_loading.load_qt()"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("first", "reads"), [(LOADING, "False"), ("PySide6.QtWidgets", "True")])
def test_no_source_is_read_while_the_program_is_loaded(first: str, reads: str) -> None:
    """The second row shows what PySide does when it is left alone."""
    command = [sys.executable, "-c", SOURCES.format(first=first)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [reads]
