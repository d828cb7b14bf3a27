"""The one event loop that Qt and asyncio share; the only file that knows the library behind it."""

from __future__ import annotations

import asyncio

from PySide6.QtWidgets import QApplication
from qasync import QEventLoop  # type: ignore[import-untyped]  # it ships no types

__all__ = ["shared_loop"]


def shared_loop(application: QApplication) -> asyncio.AbstractEventLoop:
    """A loop on ``application``; close it when the work on it is done. One at a time a process."""
    loop: asyncio.AbstractEventLoop = QEventLoop(application)
    return loop
