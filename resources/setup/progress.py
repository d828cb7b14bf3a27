"""The few lines that set-up prints."""

from __future__ import annotations

import sys

__all__ = ["SetupFailed", "say", "tail"]


class SetupFailed(Exception):
    """Set-up cannot go on; the text says what to do about it."""


def say(sentence: str) -> None:
    """Prints one line on stderr."""
    sys.stderr.write(f"layerdesk: {sentence}\n")
    sys.stderr.flush()


def tail(output: str) -> str:
    """The line of a program's output that most likely says what went wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "e:"))]
    return (errors or lines or ["it said nothing"])[-1]
