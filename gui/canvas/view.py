"""The canvas to work on: pointer, wheel and keys become gestures."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from gui.bridge import Bridge
from gui.canvas.coordinates import point_of
from gui.canvas.gestures.gesture import Modifiers, Pointer
from gui.canvas.handles import cursor_of
from gui.canvas.keyboard import run_key
from gui.canvas.layered_view import LayeredView
from gui.canvas.picking import pick
from gui.canvas.shape import frame_shape
from gui.theme.tokens import Tokens
from sync.scene import LayerKind

_MODIFIER_KEYS = {
    Qt.Key.Key_Shift: Qt.KeyboardModifier.ShiftModifier,
    Qt.Key.Key_Control: Qt.KeyboardModifier.ControlModifier,
    Qt.Key.Key_Alt: Qt.KeyboardModifier.AltModifier,
}
_KEYBOARD_REASONS = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)

__all__ = ["CanvasView"]


class CanvasView(LayeredView):
    """Events in. Signals: those of LayeredView."""

    def __init__(self, bridge: Bridge, tokens: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(bridge, tokens, parent)
        self._is_space_down = False
        self._last_place = QPointF()

    def _pointer(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> Pointer:
        keys = Modifiers(
            is_shift=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
            is_ctrl=bool(modifiers & Qt.KeyboardModifier.ControlModifier),
            is_alt=bool(modifiers & Qt.KeyboardModifier.AltModifier),
        )
        return Pointer(self.coordinates.to_canvas(point_of(position)), self.coordinates, keys)

    def _show_cursor(self) -> None:
        layer = self._hand.framed()
        if self._is_space_down:
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif self._hand.hot is not None and layer is not None:
            self.viewport().setCursor(cursor_of(self._hand.hot, layer.rotation_degrees))
        elif self._hand.is_cropping and layer is not None and self._hand.hovered == layer.id:
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.viewport().unsetCursor()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at, button = event.position(), event.button()
        if button == Qt.MouseButton.MiddleButton or (button == Qt.MouseButton.LeftButton and self._is_space_down):
            self.start_panning(point_of(at))
        elif button == Qt.MouseButton.LeftButton:
            self.settle()
            self._hand.press(self._pointer(at, event.modifiers()), self.viewport_box())
            self.refresh()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._last_place = event.position()
        pointer = self._pointer(event.position(), event.modifiers())
        if self.is_panning:
            super().mouseMoveEvent(event)
        elif self._hand.is_pressed:
            self._hand.drag(pointer)
            self.restate()
        else:
            before = (self._hand.hovered, self._hand.hot, self._hand.is_near)
            self._hand.hover(pointer, self.viewport_box())
            self._show_cursor()
            if before != (self._hand.hovered, self._hand.hot, self._hand.is_near):
                self.refresh()
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.is_panning:
            self.stop_panning()
        elif event.button() == Qt.MouseButton.LeftButton:
            self._hand.release(self._pointer(event.position(), event.modifiers()))
            self.refresh()
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        scene = self._bridge.scene
        pointer = self._pointer(event.position(), event.modifiers())
        layer = None if scene is None else pick(scene, pointer.at, self._bridge.selection, keeps_selection=False)
        if event.button() == Qt.MouseButton.LeftButton and layer is not None and layer.kind is LayerKind.TEXT:
            self.text_edit_wanted.emit(layer.id)
            event.accept()
        else:
            self.mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Selects what is under the pointer, as the menu speaks of the selection."""
        scene = self._bridge.scene
        place = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            place = self._menu_place()
        elif scene is not None:
            pointer = self._pointer(QPointF(event.pos()), event.modifiers())
            layer = pick(scene, pointer.at, self._bridge.selection, keeps_selection=True)
            if layer is not None and layer.id not in self._bridge.selection:
                self._select((layer.id,))
        self.menu_wanted.emit(place)
        event.accept()

    def _menu_place(self) -> QPoint:
        chosen = self.layer_actions.chosen()
        centre = frame_shape(chosen[0]).pivot if chosen else self.coordinates.to_canvas(self.viewport_box().centre)
        shown = self.coordinates.to_view(centre)
        return self.viewport().mapToGlobal(QPoint(round(shown.x), round(shown.y)))

    def wheelEvent(self, event: QWheelEvent) -> None:
        layer = self._hand.framed()
        is_zoom = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if self._hand.is_pressed and not is_zoom:
            event.accept()
        elif self._hand.is_cropping and layer is not None and not is_zoom:
            pointer = self._pointer(event.position(), event.modifiers())
            self._wheel_feedback = self._wheel_crop.turn(layer, event.angleDelta().y() / 120, pointer)
            self.restate()
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._is_space_down = True
            self._show_cursor()
        elif event.key() in _MODIFIER_KEYS:
            self._take_modifiers(event.modifiers() | _MODIFIER_KEYS[Qt.Key(event.key())])
        elif event.key() != Qt.Key.Key_Space and not run_key(self, event):
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._is_space_down = False
            self._show_cursor()
        elif event.key() in _MODIFIER_KEYS:
            self._take_modifiers(event.modifiers() & ~_MODIFIER_KEYS[Qt.Key(event.key())])
        event.ignore()

    def _take_modifiers(self, modifiers: Qt.KeyboardModifier) -> None:
        """A resting drag obeys a modifier at once, not at the next movement."""
        if self._hand.is_busy:
            self._hand.drag(self._pointer(self._last_place, modifiers))
            self.restate()

    def leave(self) -> bool:
        """The focus goes on to the next control."""
        return super().focusNextPrevChild(True)

    def focusNextPrevChild(self, _next: bool) -> bool:
        """Tab belongs to the layers; Ctrl+Tab leaves the canvas."""
        return False

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.show_focus(is_shown=event.reason() in _KEYBOARD_REASONS)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._hand.cancel("focus lost")
        self.settle()
        self.stop_panning()
        self._is_space_down = False
        self.show_focus(is_shown=False)
        super().focusOutEvent(event)
        self.refresh()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hand.leave()
            self.refresh()
        elif isinstance(event, QNativeGestureEvent) and event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom_at(1.0 + event.value(), point_of(event.position()))
            return True
        return super().viewportEvent(event)
