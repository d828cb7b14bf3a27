"""Resizing one layer by a handle, in the layer's own turned frame."""

from __future__ import annotations

import msgspec

from gui.canvas.gestures.gesture import Feedback, LayerGesture, Pointer, neighbours_of, title_of
from gui.canvas.handles import Handle
from gui.canvas.placing import LayerEdits, configured_box, fits, holds_of_rect, placed
from gui.canvas.plane import Box, Point, rotated
from gui.canvas.shape import frame_shape
from gui.canvas.snapping import Axis, Snap, snap_edges
from sync.paths import Path
from sync.scene import Layer, LayerKind, Scene
from sync.session import DeskSession

MIN_RESIZED = 20.0

__all__ = ["MIN_RESIZED", "Pull", "ResizeGesture"]


class Pull(msgspec.Struct, frozen=True):
    """A handle pulled from a box: pure geometry in the box's unturned frame."""

    box: Box
    handle: Handle
    keeps_aspect: bool
    from_centre: bool

    @property
    def anchor_share(self) -> tuple[float, float]:
        """The point of the box that stays where it is, as shares of its width and height."""
        return (0.5, 0.5) if self.from_centre else (1 - self.handle.across, 1 - self.handle.down)

    def to(self, target: Point, snap: Snap = Snap()) -> Box:
        """The box when the handle is pulled to ``target``, before the ``snap`` of its moving edges."""
        anchor = self.box.at(*self.anchor_share)
        reach = self.box.at(self.handle.across, self.handle.down).minus(anchor)
        pulled = target.minus(anchor)
        across = _factor(pulled.x + snap.dx, reach.x, self.box.width)
        down = _factor(pulled.y + snap.dy, reach.y, self.box.height)
        if self.keeps_aspect:
            across = down = self._common_factor(pulled, reach, snap, (across, down))
        width, height = self.box.width * across, self.box.height * down
        share = self.anchor_share
        return Box(anchor.x - share[0] * width, anchor.y - share[1] * height, width, height)

    def _common_factor(self, pulled: Point, reach: Point, snap: Snap, factors: tuple[float, float]) -> float:
        """One factor for both sides: the snapped edge's where one snapped, else the pull along the diagonal."""
        smallest = max(_least(self.box.width), _least(self.box.height))
        square = reach.x * reach.x + reach.y * reach.y
        along = (pulled.x * reach.x + pulled.y * reach.y) / square if square else 1.0
        snapped = {guide.axis for guide in snap.guides}
        offers = [factors[0]] * (Axis.X in snapped) + [factors[1]] * (Axis.Y in snapped)
        return max(min(offers, key=lambda offer: abs(offer - along), default=along), smallest)


class ResizeGesture(LayerGesture):
    """Videos and images keep their aspect unless Shift is down, Alt resizes about the centre, Ctrl never snaps.

    A video that is freed from its aspect stops fitting (``aspect_fit`` false): the hand sees what it pulls.
    """

    def __init__(self, session: DeskSession, scene: Scene, layer: Layer, handle: Handle, start: Pointer) -> None:
        super().__init__(session, scene, (layer,), title_of("Resize", (layer,)))
        self._layer = layer
        self._handle = handle
        self._frame = frame_shape(layer)
        self._offset = self._frame.box.at(handle.across, handle.down).minus(self._frame.to_local(start.at))
        self._neighbours = neighbours_of(scene, (layer.id,))

    def _holds(self) -> tuple[Path, ...]:
        layer = self._layers[0]
        fit: tuple[Path, ...] = ((*layer.path, "aspect_fit"),) if layer.kind is LayerKind.VIDEO else ()
        return (*holds_of_rect(layer), *fit)

    def move(self, pointer: Pointer) -> Feedback:
        keys = pointer.modifiers
        is_free = self._layer.kind is LayerKind.TEXT or keys.is_shift
        pull = Pull(self._frame.box, self._handle, keeps_aspect=not is_free, from_centre=keys.is_alt)
        target = self._frame.to_local(pointer.at).plus(self._offset)
        snap = self._snapped(target, pointer.tolerance)
        resized = pull.to(target, snap)
        box = self._anchored(pull, resized, self._configured(resized, is_free))
        self._propose(placed(self._layer, box) | self._fit(is_free))
        guides = tuple(guide for guide in snap.guides if _holds(guide.axis, guide.at, resized))
        return Feedback(guides, f"{self._layer.name} · {resized.width:.0f} × {resized.height:.0f}")

    def _snapped(self, target: Point, tolerance: float) -> Snap:
        if not tolerance or self._frame.degrees:
            return Snap()
        x = None if self._handle.across == 0.5 else target.x
        y = None if self._handle.down == 0.5 else target.y
        return snap_edges(x, y, self._frame.box, self._neighbours, tolerance)

    def _configured(self, resized: Box, is_free: bool) -> Box:
        """The configured rect whose drawn picture is ``resized``."""
        old, drawn = configured_box(self._layer), self._frame.box
        if self._layer.kind is LayerKind.TEXT:
            return self._text_bounds(resized)
        is_stretched = self._layer.kind is LayerKind.VIDEO and (is_free or not fits(self._layer))
        if is_stretched or not (drawn.width and drawn.height):
            return resized
        across, down = resized.width / drawn.width, resized.height / drawn.height
        left, top = (old.x - drawn.x) * across, (old.y - drawn.y) * down
        return Box(resized.x + left, resized.y + top, old.width * across, old.height * down)

    def _text_bounds(self, resized: Box) -> Box:
        """A text stays unbounded on a side that nobody pulls."""
        old = configured_box(self._layer)
        width = old.width if self._handle.across == 0.5 else resized.width
        height = old.height if self._handle.down == 0.5 else resized.height
        return Box(resized.x, resized.y, width, height)

    def _fit(self, is_free: bool) -> LayerEdits:
        return {(*self._layer.path, "aspect_fit"): not is_free} if fits(self._layer) else {}

    def _anchored(self, pull: Pull, resized: Box, box: Box) -> Box:
        """``box`` shifted so that the anchor stays on the canvas although the layer now turns about another pivot."""
        if not self._frame.degrees:
            return box
        anchor = resized.at(*pull.anchor_share)
        pivot = self._pivot(resized)
        before = rotated(anchor, self._frame.pivot, self._frame.degrees)
        after = rotated(anchor, pivot, self._frame.degrees)
        return box.moved(before.minus(after))

    def _pivot(self, resized: Box) -> Point:
        if self._layer.kind is not LayerKind.TEXT:
            return resized.centre
        measured = self._layer.measured_size or (self._layer.drawn.width, self._layer.drawn.height)
        width, height = min(resized.width, measured[0]), min(resized.height, measured[1])
        return Box(resized.x, resized.y, width, height).centre


def _least(side: float) -> float:
    """The smallest factor for a side: it stays 20 px long, or as short as it already is."""
    return min(MIN_RESIZED / side, 1.0) if side else 1.0


def _factor(pulled: float, reach: float, side: float) -> float:
    return max(pulled / reach, _least(side)) if reach else 1.0


def _holds(axis: Axis, at: float, box: Box) -> bool:
    edges = (box.x, box.right) if axis is Axis.X else (box.y, box.bottom)
    return any(abs(edge - at) <= 0.5 for edge in edges)
