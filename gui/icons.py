"""Shipped line icons in a theme's colours, drawn sharp at every scale."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from gui.theme.tokens import Tokens
from resources import resource_path

__all__ = ["icon", "pixmap"]

_SIZES = (16, 20, 32)


def icon(name: str, tokens: Tokens, on: str = "") -> QIcon:
    """The icon ``name`` (``resources/icons``): dim at rest, bright under the pointer, ``on`` another icon when checked.

    Raises FileNotFoundError for a name that does not ship.
    """
    made = QIcon()
    for side in _SIZES:
        size = side * max(1, round(QGuiApplication.primaryScreen().devicePixelRatio()))
        for mode, colour in (
            (QIcon.Mode.Normal, tokens.dim),
            (QIcon.Mode.Active, tokens.text),
            (QIcon.Mode.Selected, tokens.text),
            (QIcon.Mode.Disabled, tokens.line),
        ):
            made.addPixmap(pixmap(name, colour, size), mode, QIcon.State.Off)
            made.addPixmap(pixmap(on or name, tokens.text if on else colour, size), mode, QIcon.State.On)
    return made


@lru_cache(maxsize=512)
def pixmap(name: str, colour: str, side: int, ratio: float = 1.0) -> QPixmap:
    """The icon as a square of ``side`` logical pixels in ``colour`` (``#RRGGBB``) for a screen of ``ratio``."""
    source = resource_path(f"icons/{name}.svg").read_bytes().replace(b"#000000", colour.encode("ascii"))
    drawn = QPixmap(QSize(side, side) * ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    QSvgRenderer(QByteArray(source)).render(painter, QRectF(0, 0, drawn.width(), drawn.height()))
    painter.end()
    drawn.setDevicePixelRatio(ratio)
    return drawn
