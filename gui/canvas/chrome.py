"""What is drawn over the layers in screen pixels: border and tag, safe areas, handles, guides, labels, sentences."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from gui.canvas.coordinates import CoordinateMap, qpoint, qrect
from gui.canvas.gestures.gesture import Feedback
from gui.canvas.handles import Handle, handle_points, paint_handles
from gui.canvas.hands import HandMark, paint_hands
from gui.canvas.ink import ink_of
from gui.canvas.outlines import Outlines
from gui.canvas.pill import Pill, paint_pill
from gui.canvas.plane import Box, Point, union
from gui.canvas.plate import paint_plate
from gui.canvas.shape import Shape, drawn_shape, frame_shape
from gui.canvas.snapping import Axis, Guide
from gui.canvas.tally import Tally, tally_colours
from gui.theme.tokens import Tokens
from sync.scene import Layer

SAFE_AREAS = (("action", 0.93, 0.0), ("titles", 0.90, 1.0))  # shares of the canvas (EBU R 95), side of the word
_LABEL_GAP = 12.0
_TICK = 4.0

__all__ = ["SAFE_AREAS", "Chrome", "ChromeState"]


class ChromeState(msgspec.Struct, frozen=True):
    """All that the chrome shows."""

    canvas: tuple[int, int] | None = None
    selected: tuple[Layer, ...] = ()
    framed: Layer | None = None
    outlined: tuple[Layer, ...] = ()
    hands: tuple[HandMark, ...] = ()
    hot: Handle | None = None
    feedback: Feedback = Feedback()
    note: str = ""
    tally: Tally = Tally.NONE
    sentence: str = ""
    has_picture: bool = False
    has_safe_areas: bool = False
    has_focus_ring: bool = False
    is_cropping: bool = False
    corner: str = ""


class Chrome:
    """Paints a ChromeState; the painter is in logical pixels of the viewport."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._ink = ink_of(tokens)
        self._outlines = Outlines()
        self._font = QFont(tokens.body_font)
        self._font.setPixelSize(tokens.body_px)
        self._small = QFont(tokens.body_font)
        self._small.setPixelSize(tokens.small_px)
        self._bold, self._small_bold = _bolder(self._font), _bolder(self._small)

    def paint(self, painter: QPainter, state: ChromeState, coordinates: CoordinateMap, viewport: Box) -> None:
        """Everything, the most important last."""
        if state.canvas is not None:
            canvas = coordinates.box_to_view(Box(0, 0, *state.canvas))
            self._paint_border(painter, canvas, state.tally)
            if state.has_safe_areas:
                self._paint_safe_areas(painter, canvas)
        if state.outlined:
            self._outlines.paint(painter, state.outlined, coordinates)
        paint_hands(painter, state.hands, coordinates, viewport, self._ink, self._small_bold)
        self._paint_selection(painter, state, coordinates, viewport)
        for guide in state.feedback.guides:
            self._paint_guide(painter, guide, coordinates)
        if state.feedback.marquee is not None:
            self._paint_marquee(painter, coordinates.box_to_view(state.feedback.marquee))
        self._paint_words(painter, state, coordinates, viewport)
        if state.has_focus_ring:
            painter.setPen(QPen(QColor(self._tokens.accent), 2.0))
            painter.drawRect(qrect(viewport.grown(-1.0)))

    def _paint_border(self, painter: QPainter, canvas: Box, tally: Tally) -> None:
        width = 1.0 if tally is Tally.NONE else 3.0
        colour = QColor(tally_colours(tally, self._tokens)[0])
        outside = canvas.grown(width)
        for strip in (
            QRectF(outside.x, outside.y, outside.width, width),
            QRectF(outside.x, canvas.bottom, outside.width, width),
            QRectF(outside.x, canvas.y, width, canvas.height),
            QRectF(canvas.right, canvas.y, width, canvas.height),
        ):
            painter.fillRect(strip, colour)

    def _paint_safe_areas(self, painter: QPainter, canvas: Box) -> None:
        for name, share, side in SAFE_AREAS:
            margin = Point(canvas.width * (1 - share) / 2, canvas.height * (1 - share) / 2)
            area = Box(canvas.x + margin.x, canvas.y + margin.y, canvas.width * share, canvas.height * share)
            self._paint_dashed(painter, area)
            paint_pill(painter, Pill(name, "#FFFFFF", "#000000", self._small, 150), area.at(side, 1), viewport=area)

    def _paint_dashed(self, painter: QPainter, area: Box) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, style in (("#000000", Qt.PenStyle.SolidLine), ("#FFFFFF", Qt.PenStyle.DashLine)):
            painter.setPen(QPen(_faint(colour, 150), 1.0, style))
            painter.drawRect(qrect(area))

    def _paint_selection(
        self, painter: QPainter, state: ChromeState, coordinates: CoordinateMap, viewport: Box
    ) -> None:
        if len(state.selected) > 1:
            around = union(drawn_shape(layer).bounds() for layer in state.selected)
            if around is not None:
                self._paint_dashed(painter, coordinates.box_to_view(around).grown(6))
        if state.framed is None:
            return
        shape = frame_shape(state.framed)
        if shape.box != drawn_shape(state.framed).box:
            self._paint_bounds(painter, shape, coordinates)
        points = handle_points(shape, coordinates, viewport)
        if (state.feedback.label or state.note) and state.hot is not Handle.ROTATE:
            del points[Handle.ROTATE]  # the label takes its place
        if state.is_cropping:
            points = {handle: point for handle, point in points.items() if handle.is_corner}
            self._paint_thirds(painter, shape, coordinates)
        paint_handles(painter, points, shape.degrees, self._ink, state.hot)

    def _paint_bounds(self, painter: QPainter, shape: Shape, coordinates: CoordinateMap) -> None:
        """The box that a text may fill, where it is larger than its letters."""
        corners = [qpoint(coordinates.to_view(corner)) for corner in shape.corners()]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self._ink.sel), 1.0, Qt.PenStyle.DashLine))
        painter.drawPolygon(corners)

    def _paint_thirds(self, painter: QPainter, shape: Shape, coordinates: CoordinateMap) -> None:
        painter.setPen(QPen(_faint(self._ink.sel, 150), 1.0))
        for share in (1 / 3, 2 / 3):
            for start, end in (((share, 0.0), (share, 1.0)), ((0.0, share), (1.0, share))):
                ends = [coordinates.to_view(shape.to_canvas(shape.box.at(*place))) for place in (start, end)]
                painter.drawLine(qpoint(ends[0]), qpoint(ends[1]))

    def _paint_guide(self, painter: QPainter, guide: Guide, coordinates: CoordinateMap) -> None:
        is_upright = (guide.axis is Axis.X) != guide.is_gap
        if is_upright:
            start, end = Point(guide.at, guide.start), Point(guide.at, guide.end)
        else:
            start, end = Point(guide.start, guide.at), Point(guide.end, guide.at)
        first, last = coordinates.to_view(start), coordinates.to_view(end)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        tick = Point(_TICK, 0.0) if is_upright else Point(0.0, _TICK)
        lines = [(first, last)]
        if guide.is_gap:
            lines += [(place.minus(tick), place.plus(tick)) for place in (first, last)]
        for colour, width in ((_faint(self._ink.shade, 110), 3.0), (QColor(self._ink.accent), 1.0)):
            painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            for one, other in lines:
                painter.drawLine(qpoint(one), qpoint(other))

    def _paint_marquee(self, painter: QPainter, area: Box) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setBrush(_faint(self._ink.accent, 36))
        painter.setPen(QPen(QColor(self._ink.accent), 1.0))
        painter.drawRect(qrect(area))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_words(self, painter: QPainter, state: ChromeState, coordinates: CoordinateMap, viewport: Box) -> None:
        tokens = self._tokens
        if state.tally is not Tally.NONE:
            _, fill, text = tally_colours(state.tally, tokens)
            paint_pill(painter, Pill(state.tally.value, text, fill, self._small_bold), Point(10, 28), viewport)
        if state.corner:
            pill = Pill(state.corner, tokens.dim, tokens.bg1, self._small, 215)
            paint_pill(painter, pill, Point(viewport.right - 10 - pill.size().width(), 28), viewport)
        if state.sentence:
            paint_plate(painter, state.sentence, tokens, viewport)
        if state.selected and (state.feedback.label or state.note):
            self._paint_label(painter, state, coordinates, viewport)

    def _paint_label(self, painter: QPainter, state: ChromeState, coordinates: CoordinateMap, viewport: Box) -> None:
        """Name and numbers above the layer, below it where there is no room, always inside the viewport."""
        around = union(frame_shape(layer).bounds() for layer in state.selected)
        if around is None:
            return
        box = coordinates.box_to_view(around)
        words = state.feedback.label or state.note
        pill = Pill(words, self._ink.sel_text, self._ink.sel, self._bold)
        above = Point(box.x, box.y - _LABEL_GAP)
        below = Point(box.x, box.bottom + _LABEL_GAP + pill.size().height())
        paint_pill(painter, pill, above if above.y - pill.size().height() > 30 else below, viewport)


def _bolder(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    return bold


def _faint(name: str, alpha: int) -> QColor:
    colour = QColor(name)
    colour.setAlpha(alpha)
    return colour
