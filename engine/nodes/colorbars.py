"""``video::colorbars``: seven bars at 75 %, still or scrolling, with a clock on request."""

from __future__ import annotations

import time
from typing import Literal, NamedTuple

import msgspec
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from engine.flow import VideoFrame
from engine.node import NodeContext, NodeFailed
from engine.nodes.source import Source
from engine.pictures.drawing import OPAQUE
from engine.pictures.fonts import MONOSPACED, FontShelf
from engine.pictures.pool import CanvasPool
from engine.places import Places
from engine.tick import FrameClock, Tick
from sync.wire.compositor import MAX_CANVAS_SIDE, ConfigRefused, read_params
from sync.wire.json_value import JsonObject, deep_merge
from sync.wire.stamp import strip_metadata

__all__ = ["ColorBars", "ColorBarsParams", "bars", "read_colorbars"]

SCROLL_PIXELS = 4
LEVEL = 191
# White, yellow, cyan, green, magenta, red, blue: as RGB at 75 %, and as BT.601 studio-range YUV.
_RGB = ((1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1))
_YUV = (
    (180, 128, 128),
    (162, 44, 142),
    (131, 156, 44),
    (112, 72, 58),
    (84, 184, 198),
    (65, 100, 212),
    (35, 212, 114),
)


class ColorBarsParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sizes in pixels; ``frame_count`` 0 never ends."""

    width: int = 640
    height: int = 480
    fps: int = 30
    frame_count: int = 0
    pixel_format: Literal["nv12", "i420", "rgba8"] = "nv12"
    draw_time: bool = False
    draw_time_use_pts: bool = False
    draw_time_font_path: str | None = None
    animate: bool = False


class _Live(NamedTuple):
    """The params that may change while it runs."""

    animate: bool
    draw_time: bool
    draw_time_use_pts: bool


class ColorBars(Source):
    """The node. ``animate`` and the two clock switches are live, the other params are not."""

    def __init__(self, context: NodeContext, places: Places) -> None:
        """Raises NodeFailed for params that are refused."""
        try:
            self._params = read_colorbars(context.params)
        except ConfigRefused as refusal:
            raise NodeFailed(f"bad params: {refusal}") from refusal
        super().__init__(context)
        self._pool = CanvasPool(OPAQUE)
        self._fonts = FontShelf(places)

    def check(self, message: JsonObject) -> None:
        self._updated(message)

    def update(self, message: JsonObject) -> None:
        self._params = self._updated(message)

    def _updated(self, message: JsonObject) -> ColorBarsParams:
        old = msgspec.to_builtins(self._params)
        params = read_colorbars(deep_merge(old, strip_metadata(message)))
        for name, value in old.items():
            if name not in _Live._fields and getattr(params, name) != value:
                raise ConfigRefused(name, "cannot change while the node runs")
        return params

    def _run(self) -> None:
        params = self._params
        still = bars(params)
        clock = FrameClock(params.fps)
        sequence = 0
        while (tick := clock.wait(self._worker.stopping)) is not None:
            self._emit(still, tick, sequence)
            sequence += 1
            if sequence == params.frame_count:
                self._complete()
                break
        self._report.beat(is_last=True)

    def _emit(self, still: QImage, tick: Tick, sequence: int) -> None:
        pts_us = round(tick.elapsed_s * 1_000_000)
        is_subsampled = self._params.pixel_format != "rgba8"
        self._output.emit(VideoFrame(self._picture(still, pts_us, sequence), pts_us, sequence, is_subsampled))
        self._report.sent += 1
        self._report.discarded += tick.missed
        self._report.beat()

    def _picture(self, still: QImage, pts_us: int, sequence: int) -> QImage:
        params = self._params
        if not params.animate and not params.draw_time:
            return still
        canvas = self._pool.take((params.width, params.height))
        painter = QPainter(canvas)
        try:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            shift = sequence * SCROLL_PIXELS % params.width if params.animate else 0
            painter.drawImage(-shift, 0, still)
            if shift:
                painter.drawImage(params.width - shift, 0, still)
            if params.draw_time:
                size = max(12, params.height // 12)
                font = self._fonts.font(params.draw_time_font_path, size, MONOSPACED)
                _draw_time(painter, font, _time_text(params, pts_us))
        finally:
            painter.end()
        return canvas


def bars(params: ColorBarsParams) -> QImage:
    """One picture of the bars: the bar of a column is ``column · 7 div width``."""
    row = QImage(params.width, 1, OPAQUE)
    for column in range(params.width):
        row.setPixelColor(column, 0, _colour(column * 7 // params.width, params.pixel_format))
    return row.scaled(params.width, params.height, Qt.AspectRatioMode.IgnoreAspectRatio)


def _colour(bar: int, pixel_format: str) -> QColor:
    if pixel_format == "rgba8":
        red, green, blue = (LEVEL * part for part in _RGB[bar])
        return QColor(red, green, blue)
    y, u, v = (part - offset for part, offset in zip(_YUV[bar], (16, 128, 128), strict=True))
    parts = (298 * y + 409 * v + 128, 298 * y - 100 * u - 208 * v + 128, 298 * y + 516 * u + 128)
    return QColor(*(max(0, min(255, part >> 8)) for part in parts))


def _draw_time(painter: QPainter, font: QFont, text: str) -> None:
    size = font.pixelSize()
    painter.setFont(font)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
    box = QRectF(size / 2, size / 2, painter.fontMetrics().horizontalAdvance(text) + size, size * 1.5)
    painter.fillRect(box, QColor(0, 0, 0, 160))
    painter.setPen(Qt.GlobalColor.white)
    painter.drawText(QPointF(box.left() + size / 2, box.top() + size * 1.1), text)


def _time_text(params: ColorBarsParams, pts_us: int) -> str:
    if params.draw_time_use_pts:
        seconds, milliseconds = divmod(pts_us // 1000, 1000)
        return f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"
    now = time.time()
    return time.strftime("%H:%M:%S", time.localtime(now)) + f".{int(now % 1 * 1000):03}"


def read_colorbars(params: JsonObject) -> ColorBarsParams:
    """Params within their limits. Raises ConfigRefused."""
    read = read_params("", params, ColorBarsParams)
    for name in ("width", "height"):
        if not 1 <= getattr(read, name) <= MAX_CANVAS_SIDE:
            raise ConfigRefused(name, f"must be 1 to {MAX_CANVAS_SIDE}")
    if not 1 <= read.fps <= 1000:
        raise ConfigRefused("fps", "must be 1 to 1000")
    if read.frame_count < 0:
        raise ConfigRefused("frame_count", "must not be negative")
    return read
