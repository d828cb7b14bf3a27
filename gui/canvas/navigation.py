"""Zoom and pan: which part of the canvas the viewport shows."""

from __future__ import annotations

from gui.canvas.coordinates import CoordinateMap
from gui.canvas.plane import Box, Point

TOP_MARGIN = 36.0  # room for the tag and the zoom above the picture
MARGIN = 14.0
NOTCH_FACTOR = 1.25

__all__ = ["MARGIN", "NOTCH_FACTOR", "TOP_MARGIN", "Navigation"]


class Navigation:
    """Fitted until the operator zooms or pans; then the middle of the view stays when the window changes."""

    def __init__(self) -> None:
        self.map = CoordinateMap()
        self.is_fitted = True
        self._canvas = (1280, 720)
        self._viewport = (1, 1)

    def show_canvas(self, canvas: tuple[int, int]) -> None:
        """The canvas has another size: a fitted view stays fitted."""
        if canvas != self._canvas:
            self._canvas = canvas
            self._refit()

    def resize(self, viewport: tuple[int, int], device_ratio: float) -> None:
        """The viewport has another size in logical pixels, or moved to a screen with another scale."""
        old = Point(self._viewport[0] / 2, self._viewport[1] / 2)
        kept, zoom = self.map.to_canvas(old), self.map.zoom
        self._viewport = (max(viewport[0], 1), max(viewport[1], 1))
        middle = Point(self._viewport[0] / 2, self._viewport[1] / 2)
        scale = zoom / device_ratio
        self.map = CoordinateMap(scale, middle.minus(kept.times(scale)), device_ratio).panned(Point(0.0, 0.0))
        self._refit()

    def fit(self) -> None:
        """Shows the whole canvas, and goes on doing so when the window changes."""
        self.is_fitted = True
        self._refit()

    def zoom_by(self, factor: float, about: Point | None = None) -> None:
        """Zooms with the canvas point under ``about`` (logical pixels; the middle by default) staying there."""
        self.zoom_to(self.map.zoom * factor, about)

    def zoom_to(self, zoom: float, about: Point | None = None) -> None:
        self.is_fitted = False
        middle = Point(self._viewport[0] / 2, self._viewport[1] / 2)
        self.map = self.map.zoomed(zoom, middle if about is None else about)
        self._keep_in_reach()

    def pan(self, by: Point) -> None:
        """Moves the canvas by logical pixels."""
        self.is_fitted = False
        self.map = self.map.panned(by)
        self._keep_in_reach()

    def _refit(self) -> None:
        if not self.is_fitted:
            self._keep_in_reach()
            return
        width, height = max(self._viewport[0] - 2 * MARGIN, 8.0), max(self._viewport[1] - TOP_MARGIN - MARGIN, 8.0)
        self.map = CoordinateMap.fitted(self._canvas, Box(MARGIN, TOP_MARGIN, width, height), self.map.device_ratio)

    def _keep_in_reach(self) -> None:
        """A part of the canvas always stays in sight: nobody pans it away for good."""
        shown = self.map.box_to_view(Box(0, 0, *self._canvas))
        reach = 48.0
        dx = max(reach - shown.right, 0.0) + min(self._viewport[0] - reach - shown.x, 0.0)
        dy = max(reach - shown.bottom, 0.0) + min(self._viewport[1] - reach - shown.y, 0.0)
        if dx or dy:
            self.map = self.map.panned(Point(dx, dy))
