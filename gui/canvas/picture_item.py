"""The live picture at the bottom of the canvas: the newest frame, painted from where it lies."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui.theme.tokens import Tokens

Renewal: TypeAlias = Callable[[QImage], QImage | None]
"""Asks the source of a borrowed frame for another one; None while the frame is still whole."""

_CRISP_ZOOM = 3.0  # from here on an operator looks at single pixels

__all__ = ["PictureItem", "Renewal", "never_renewed"]


def never_renewed(_image: QImage) -> QImage | None:
    """For frames that own their memory."""
    return None


class PictureItem(QGraphicsItem):
    """Fills the canvas with the newest frame, whatever its size in pixels.

    A frame may lie in memory that its source reuses: it is checked before it is painted and again after it; a frame
    that was overwritten meanwhile is painted once more.
    """

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self._tokens = tokens
        self._area = QRectF(0, 0, 16, 9)
        self._image: QImage | None = None
        self._renewal: Renewal = never_renewed
        self.painted = 0
        self.torn = 0
        self.setZValue(-1)

    @property
    def has_picture(self) -> bool:
        return self._image is not None

    def show_canvas(self, width: int, height: int) -> None:
        area = QRectF(0, 0, width, height)
        if area != self._area:
            self.prepareGeometryChange()
            self._area = area

    def show_frame(self, image: QImage | None, renewal: Renewal = never_renewed) -> None:
        """Shows ``image`` (32 bits a pixel); None shows the empty canvas."""
        self._image = None if image is None or image.isNull() else image
        self._renewal = renewal
        self.update()

    def show_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def copy(self) -> QImage | None:
        """The shown frame in memory of its own; None without one."""
        self._renew()
        return None if self._image is None else self._image.copy()

    def _renew(self) -> bool:
        newer = None if self._image is None else self._renewal(self._image)
        if newer is not None:
            self._image = newer
        return newer is not None

    def boundingRect(self) -> QRectF:
        return self._area

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        self._renew()
        if self._image is None:
            painter.fillRect(self._area, QColor(self._tokens.bg2))
            return
        is_smooth = painter.worldTransform().m11() * painter.device().devicePixelRatioF() < _CRISP_ZOOM
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=is_smooth)
        painter.drawImage(self._area, self._image)
        self.painted += 1
        if self._renew():
            self.torn += 1
            self.update()
