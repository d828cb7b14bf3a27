"""Qt made ready for drawing without a display, and the two picture formats that everything here uses."""

from __future__ import annotations

import os
import sys

from PySide6.QtGui import QGuiApplication, QImage

__all__ = ["OPAQUE", "SWITCH_INTERVAL_S", "WITH_ALPHA", "prepare_drawing"]

OPAQUE = QImage.Format.Format_RGB32
WITH_ALPHA = QImage.Format.Format_ARGB32_Premultiplied

SWITCH_INTERVAL_S = 0.001

_application: QGuiApplication | None = None


def prepare_drawing() -> None:
    """Makes the process's one QGuiApplication on the offscreen platform; texts cannot be drawn before. May be repeated.

    Threads hand the interpreter over within a millisecond, so that a decoder never holds a due frame back for long.
    """
    global _application  # noqa: PLW0603  (Qt wants exactly one, alive as long as the process)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    if QGuiApplication.instance() is None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        _application = QGuiApplication(["layerdesk-engine"])
