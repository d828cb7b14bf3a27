"""A picture that is painted a few milliseconds at a time, so that many boxes never hold the window up."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QImage, QPainter, QTransform

from sync.scene import Layer

SLICE_MS = 2.0
_EVERY_MS = 6  # between slices the window does everything else

__all__ = ["SLICE_MS", "LayerPainter", "Order", "Painted", "Place", "Sheet"]


class Place(NamedTuple):
    """Where it is painted: the map from canvas to viewport, the viewport's size and its device pixels a pixel."""

    to_view: QTransform
    size: QSize
    ratio: float


class Order(NamedTuple):
    """What is painted: the layers, bottom first, and the part of the viewport in which they all lie."""

    layers: tuple[Layer, ...]
    place: Place
    area: QRect


class Painted(NamedTuple):
    """A picture and where its left top corner lies in the viewport, in logical pixels."""

    image: QImage
    at: QPoint


class LayerPainter(Protocol):
    """Who knows what a layer looks like."""

    def paint_ground(self, painter: QPainter, area: QRect, to_view: QTransform) -> None:
        """Paints what lies under all layers, every pixel of ``area``."""

    def prepare(self, painter: QPainter) -> None:
        """Sets pen, font and hints."""

    def paint_layer(self, painter: QPainter, layer: Layer, to_view: QTransform) -> None:
        """Paints one with a painter that was prepared, and leaves it so."""


class Sheet:
    """Shows the last order that is complete; a newer one waits until the one in work is done, the newest wins.

    ``finished`` is called when another picture is complete.
    """

    def __init__(
        self, layers: LayerPainter, finished: Callable[[], object], now_s: Callable[[], float] = time.perf_counter
    ) -> None:
        self._layers, self._finished, self._now_s = layers, finished, now_s
        self._done: tuple[Order, QImage] | None = None
        self._work: tuple[Order, QImage] | None = None
        self._next: Order | None = None
        self._painted = 0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self.paint_slice)

    @property
    def is_busy(self) -> bool:
        """Whether a picture is in work."""
        return self._work is not None

    def ask(self, order: Order) -> None:
        """This is to be shown; it is begun as soon as the one in work is complete."""
        self._next = order
        if self._work is None:
            self._begin()

    def forget(self) -> None:
        """Nothing is shown or in work any more, and no memory kept."""
        self._timer.stop()
        self._done = self._work = self._next = None

    def shown(self, place: Place) -> Painted | None:
        """The newest complete picture of a place; None when there is none."""
        if self._done is None or self._done[0].place != place:
            return None
        order, image = self._done
        return Painted(image, order.area.topLeft())

    def paint_slice(self) -> None:
        """As many layers as fit in SLICE_MS, at least one."""
        if self._work is None:
            return
        order, image = self._work
        ends = self._now_s() + SLICE_MS / 1000
        painter = self._painter(order, image)
        self._layers.prepare(painter)
        while self._painted < len(order.layers):
            self._layers.paint_layer(painter, order.layers[self._painted], order.place.to_view)
            self._painted += 1
            if self._now_s() >= ends:
                break
        painter.end()
        if self._painted == len(order.layers):
            self._complete()

    def _begin(self) -> None:
        order, self._next = self._next, None
        if order is None:
            return
        image = QImage(order.area.size() * order.place.ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(order.place.ratio)
        painter = self._painter(order, image)
        self._layers.paint_ground(painter, order.area, order.place.to_view)
        painter.end()
        self._work, self._painted = (order, image), 0
        if not self._timer.isActive():
            self._timer.start()

    @staticmethod
    def _painter(order: Order, image: QImage) -> QPainter:
        painter = QPainter(image)
        painter.translate(-order.area.topLeft())
        return painter

    def _complete(self) -> None:
        self._done, self._work = self._work, None
        self._begin()
        if self._work is None:
            self._timer.stop()
        self._finished()
