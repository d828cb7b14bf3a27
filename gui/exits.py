"""Exit codes and the one line that every failure prints (README, command line)."""

from __future__ import annotations

import logging
import sys
import tempfile
import traceback
from enum import IntEnum
from pathlib import Path

from platformdirs import user_log_path

__all__ = ["CommandFailed", "Exit", "explain_crash", "say"]

_log = logging.getLogger(__name__)


class Exit(IntEnum):
    """What a command's exit code means."""

    DONE = 0
    INTERNAL = 1
    USAGE = 2
    UNREACHABLE = 3
    REFUSED = 4


class CommandFailed(Exception):
    """A command ends with ``code``; the text is the line that says what to do about it."""

    def __init__(self, code: Exit, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def say(sentence: str) -> None:
    """Prints one line on stderr."""
    print(f"layerdesk: {' '.join(sentence.split())}", file=sys.stderr, flush=True)  # noqa: T201  (the one place that prints to a user)


def explain_crash(error: BaseException) -> Exit:
    """Keeps the traceback in a file and tells the user where it is."""
    path = _crash_path()
    path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    say(f"internal error ({type(error).__name__}: {error}); please report it with the file {path}")
    return Exit.INTERNAL


def _crash_path() -> Path:
    try:
        return user_log_path("layerdesk", appauthor=False, ensure_exists=True) / "crash.txt"
    except OSError:
        return Path(tempfile.gettempdir()) / "layerdesk-crash.txt"
