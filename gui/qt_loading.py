"""Loads Qt, and nothing of it that only costs time."""

from __future__ import annotations

import builtins

__all__ = ["load_qt"]


def load_qt() -> None:
    """Imports Qt before anything else of the window is. Raises ImportError when a system library is missing.

    PySide wraps ``__import__`` for ``from __feature__``, which nothing here uses, and then reads the source of every
    module that is imported: a sixth of the start, and 12 MB of memory.
    """
    import PySide6.QtWidgets  # noqa: F401

    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
