"""Qt's own messages go to the log; what the offscreen platform says about itself is left out."""

from __future__ import annotations

import logging

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
_HARMLESS = ("This plugin does not support propagateSizeHints()",)

_log = logging.getLogger("qt")

__all__ = ["route_qt_messages"]


def route_qt_messages() -> None:
    """Sends Qt's messages to the logger ``qt`` from now on."""
    qInstallMessageHandler(_take)


def _take(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    if text not in _HARMLESS:
        _log.log(_LEVELS.get(kind, logging.WARNING), "%s", text)
