"""Keeps the wheel from editing: a control without the focus lets the panel scroll instead."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QWidget

__all__ = ["WheelGuard", "guard_wheel"]


class WheelGuard(QObject):
    """An event filter that passes the wheel on to the parent unless its widget has the focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def guard_wheel(widget: QWidget) -> None:
    """Guards ``widget`` (a spin box, slider or combo box); focus comes by click or Tab only, never by the wheel."""
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.installEventFilter(WheelGuard(widget))
