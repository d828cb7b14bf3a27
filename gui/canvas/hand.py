"""What the pointer does: a press finds its target, a movement starts the gesture, release or a reason ends it."""

from __future__ import annotations

import msgspec

from gui.bridge import Bridge
from gui.canvas.gestures.crop import CropPan, CropZoom
from gui.canvas.gestures.gesture import CanvasGesture, Feedback, Modifiers, Pointer
from gui.canvas.gestures.marquee import MarqueeGesture
from gui.canvas.gestures.move import MoveGesture
from gui.canvas.gestures.resize import ResizeGesture
from gui.canvas.gestures.rotate import RotateGesture
from gui.canvas.handles import Handle, handle_at, handle_points
from gui.canvas.picking import layers_at, pick
from gui.canvas.plane import Box
from gui.canvas.shape import covers, frame_shape
from sync.scene import Layer, Scene
from sync.session import DeskSession

START_PX = 3.0  # a press that moves less than this is a click

__all__ = ["START_PX", "Hand", "Press"]


class Press(msgspec.Struct, frozen=True):
    """Where the button went down and on what."""

    pointer: Pointer
    handle: Handle | None = None
    layer_id: str | None = None
    was_selected: bool = False


class Hand:
    """One pointer over one canvas: at most one gesture at a time."""

    def __init__(self, bridge: Bridge, reach: float) -> None:
        self._bridge = bridge
        self._reach = reach
        self._press: Press | None = None
        self._gesture: CanvasGesture | None = None
        self.feedback = Feedback()
        self.hovered: str | None = None
        self.hot: Handle | None = None
        self.is_cropping = False
        self.is_near = False

    @property
    def is_busy(self) -> bool:
        """Whether a gesture runs."""
        return self._gesture is not None

    @property
    def is_pressed(self) -> bool:
        return self._press is not None

    def framed(self) -> Layer | None:
        """The one selected layer that shows handles; none for several, none for a locked one."""
        layer = self.single()
        session = self._bridge.session
        if layer is None or session is None or session.is_locked(layer.id):
            return None
        return layer

    def single(self) -> Layer | None:
        """The selected layer when exactly one is."""
        scene, selection = self._bridge.scene, self._bridge.selection
        return scene.layer(selection[0]) if scene is not None and len(selection) == 1 else None

    def hover(self, pointer: Pointer, viewport: Box) -> None:
        """The pointer moved with no button down."""
        scene = self._bridge.scene
        self.is_near = True
        self.hot = self._handle_at(pointer, viewport)
        under = [] if scene is None or self.hot is not None else layers_at(scene, pointer.at, self._bridge.selection)
        self.hovered = under[0].id if under else None

    def leave(self) -> None:
        """The pointer left the canvas."""
        self.is_near = False
        self.hot = self.hovered = None

    def press(self, pointer: Pointer, viewport: Box) -> None:
        """The button went down: selects what it meets, so that a drag can follow."""
        scene = self._bridge.scene
        if scene is None:
            return
        handle = self._handle_at(pointer, viewport)
        if handle is not None:
            self._press = Press(pointer, handle=handle)
            return
        selection = self._bridge.selection
        layer = self._meant(scene, pointer)
        was_selected = layer is not None and layer.id in selection
        self._press = Press(pointer, layer_id=None if layer is None else layer.id, was_selected=was_selected)
        if layer is not None and not was_selected and not self._is_ground(scene, layer):
            self._bridge.select((*selection, layer.id) if _adds(pointer.modifiers) else (layer.id,))

    def drag(self, pointer: Pointer) -> None:
        """The pointer moved with the button down."""
        press = self._press
        if press is None:
            return
        if self._gesture is None:
            far = pointer.at.minus(press.pointer.at).length() * pointer.map.scale
            if far < START_PX:
                return
            self._gesture = self._begin(press)
        if self._gesture is None:
            return
        if self._gesture.is_open:
            self.feedback = self._gesture.move(pointer)
        else:
            self._forget()

    def release(self, pointer: Pointer) -> None:
        """The button went up: ends the gesture, or was a click."""
        press, gesture = self._press, self._gesture
        self._forget()
        if gesture is not None:
            gesture.end()
        elif press is not None and press.handle is None:
            self._click(press, pointer)

    def cancel(self, reason: str) -> bool:
        """Ends a running gesture without keeping it; False when there was none."""
        gesture = self._gesture
        self._forget()
        if gesture is not None and gesture.is_open:
            gesture.cancel(reason)
        return gesture is not None

    def check(self) -> None:
        """After the scene changed: lets go of a gesture that was ended elsewhere or lost its layer."""
        gesture, scene = self._gesture, self._bridge.scene
        if gesture is None:
            return
        if scene is None or any(scene.layer(layer_id) is None for layer_id in gesture.layer_ids):
            self.cancel("layer deleted")
        elif not gesture.is_open:
            self._forget()

    def _forget(self) -> None:
        self._press = self._gesture = None
        self.feedback = Feedback()

    def _handle_at(self, pointer: Pointer, viewport: Box) -> Handle | None:
        layer = self.framed()
        if layer is None:
            return None
        points = handle_points(frame_shape(layer), pointer.map, viewport)
        if self.is_cropping:
            points = {handle: point for handle, point in points.items() if handle.is_corner}
        return handle_at(points, pointer.map.to_view(pointer.at), self._reach)

    def _meant(self, scene: Scene, pointer: Pointer) -> Layer | None:
        cropped = self.single() if self.is_cropping else None
        if cropped is not None and frame_shape(cropped).contains(pointer.at):
            return cropped
        return pick(scene, pointer.at, self._bridge.selection, keeps_selection=pointer.modifiers.is_alt)

    def _is_ground(self, scene: Scene, layer: Layer) -> bool:
        """Whether a drag from this layer draws a marquee: it is locked, or it is a background nobody has selected."""
        session = self._bridge.session
        is_locked = session is not None and session.is_locked(layer.id)
        return is_locked or (covers(layer, scene.canvas) and layer.id not in self._bridge.selection)

    def _begin(self, press: Press) -> CanvasGesture | None:
        scene, session = self._bridge.scene, self._bridge.session
        if scene is None or session is None:
            return None
        framed = self.framed()
        if press.handle is not None:
            return None if framed is None else self._begin_handle(session, scene, framed, press)
        layer = None if press.layer_id is None else scene.layer(press.layer_id)
        if layer is None or self._is_ground(scene, layer):
            return self._begin_marquee(press)
        if self.is_cropping and framed is not None and framed.id == layer.id:
            return CropPan(session, scene, layer, press.pointer)
        return self._begin_move(session, scene, press)

    def _begin_handle(self, session: DeskSession, scene: Scene, layer: Layer, press: Press) -> CanvasGesture | None:
        if press.handle is Handle.ROTATE:
            return RotateGesture(session, scene, layer, press.pointer)
        if self.is_cropping:
            return CropZoom(session, scene, layer, press.pointer)
        return None if press.handle is None else ResizeGesture(session, scene, layer, press.handle, press.pointer)

    def _begin_marquee(self, press: Press) -> MarqueeGesture:
        before = self._bridge.selection
        kept = before if _adds(press.pointer.modifiers) else ()
        return MarqueeGesture(lambda: self._bridge.scene, self._bridge.select, before, kept, press.pointer)

    def _begin_move(self, session: DeskSession, scene: Scene, press: Press) -> MoveGesture | None:
        chosen = [scene.layer(layer_id) for layer_id in self._bridge.selection]
        free = [layer for layer in chosen if layer is not None and not session.is_locked(layer.id)]
        if not free:
            return None
        if len(free) < len(chosen):
            self._bridge.noticed.emit("info", f"{len(chosen) - len(free)} locked layers stay where they are")
        return MoveGesture(session, scene, free, press.pointer)

    def _click(self, press: Press, pointer: Pointer) -> None:
        selection = self._bridge.selection
        if press.layer_id is None:
            if not _adds(pointer.modifiers):
                self._bridge.select(())
        elif _adds(pointer.modifiers):
            kept = tuple(each for each in selection if each != press.layer_id)
            self._bridge.select(kept if press.was_selected else (*kept, press.layer_id))
        else:
            self._bridge.select((self._below(press, pointer),))

    def _below(self, press: Press, pointer: Pointer) -> str:
        """The clicked layer; with Alt the next one under it."""
        scene = self._bridge.scene
        assert press.layer_id is not None
        if scene is None or not pointer.modifiers.is_alt or not press.was_selected:
            return press.layer_id
        ids = [layer.id for layer in layers_at(scene, pointer.at, self._bridge.selection)]
        return ids[(ids.index(press.layer_id) + 1) % len(ids)] if press.layer_id in ids else press.layer_id


def _adds(modifiers: Modifiers) -> bool:
    return modifiers.is_shift or modifiers.is_ctrl
