"""The keys of the canvas: one table, read by the view and by the cheat sheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent

from gui.canvas.nudging import FAR_PX

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView

__all__ = ["KEYS", "CanvasKey", "run_key"]

_NONE, _SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
_ALT, _CTRL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
_IGNORED = Qt.KeyboardModifier.KeypadModifier


class CanvasKey(NamedTuple):
    """A key with its modifiers, what it does in words, and the call; False lets the key go on to the window."""

    key: Qt.Key
    modifiers: Qt.KeyboardModifier
    title: str
    run: Callable[[CanvasView], bool]


def run_key(view: CanvasView, event: QKeyEvent) -> bool:
    """Does what the key means; False when it means nothing here."""
    row = _TABLE.get(_code(Qt.Key(event.key()), event.modifiers() & ~_IGNORED))
    return row is not None and row.run(view)


def _arrows() -> list[CanvasKey]:
    rows: list[CanvasKey] = []
    arrows = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
    for key, (across, down) in arrows.items():
        rows += [
            CanvasKey(key, _NONE, "Nudge by a pixel", _nudge(across, down)),
            CanvasKey(key, _SHIFT, "Nudge by 10 pixels", _nudge(across * FAR_PX, down * FAR_PX)),
            CanvasKey(key, _ALT, "Nudge by 0.1 %", _nudge_fine(across, down)),
        ]
    return rows


def _nudge(dx: int, dy: int) -> Callable[[CanvasView], bool]:
    return lambda view: view.nudge(dx, dy) or True


def _nudge_fine(across: int, down: int) -> Callable[[CanvasView], bool]:
    return lambda view: view.nudge_fine(across, down) or True


def _done(act: Callable[[CanvasView], object]) -> Callable[[CanvasView], bool]:
    def run(view: CanvasView) -> bool:
        act(view)
        return True

    return run


def _escape(view: CanvasView) -> bool:
    """One step back at a time: the gesture, then crop mode, then the selection."""
    if view.cancel_gesture("escape"):
        return True
    if view.is_cropping:
        view.set_cropping(on=False)
        return True
    return view.deselect()


def _code(key: Qt.Key, modifiers: Qt.KeyboardModifier) -> int:
    return QKeyCombination(modifiers, key).toCombined()


KEYS: tuple[CanvasKey, ...] = (
    *_arrows(),
    CanvasKey(Qt.Key.Key_Tab, _NONE, "Next layer down", _done(lambda view: view.cycle_selection(1))),
    CanvasKey(Qt.Key.Key_Backtab, _SHIFT, "Next layer up", _done(lambda view: view.cycle_selection(-1))),
    CanvasKey(Qt.Key.Key_Tab, _CTRL, "Leave the canvas", lambda view: view.leave()),
    CanvasKey(Qt.Key.Key_Delete, _NONE, "Delete texts and images", _done(lambda view: view.delete_selected())),
    CanvasKey(Qt.Key.Key_Backspace, _NONE, "Delete texts and images", _done(lambda view: view.delete_selected())),
    CanvasKey(Qt.Key.Key_A, _CTRL, "Select all layers", _done(lambda view: view.select_all())),
    CanvasKey(Qt.Key.Key_Escape, _NONE, "Take back, leave crop mode, deselect", _escape),
    CanvasKey(Qt.Key.Key_C, _NONE, "Crop mode", _done(lambda view: view.set_cropping(on=not view.is_cropping))),
    CanvasKey(Qt.Key.Key_0, _NONE, "Fit the canvas", _done(lambda view: view.fit())),
    CanvasKey(Qt.Key.Key_1, _NONE, "100 %", _done(lambda view: view.zoom_to(1.0))),
    CanvasKey(Qt.Key.Key_Plus, _NONE, "Zoom in", _done(lambda view: view.zoom_by(1.25))),
    CanvasKey(Qt.Key.Key_Plus, _SHIFT, "Zoom in", _done(lambda view: view.zoom_by(1.25))),
    CanvasKey(Qt.Key.Key_Minus, _NONE, "Zoom out", _done(lambda view: view.zoom_by(0.8))),
)
_TABLE = {_code(row.key, row.modifiers): row for row in KEYS}
