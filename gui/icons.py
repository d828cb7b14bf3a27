"""Shipped line icons in a theme's colours, drawn sharp at every scale."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from gui.theme.tokens import Tokens
from resources import resource_path

__all__ = ["icon", "pixmap", "retint", "set_icon", "set_sign"]

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


def set_icon(button: QAbstractButton, name: str, tokens: Tokens, on: str = "") -> None:
    """Gives a button an icon that ``retint`` can draw again in another theme."""
    button.setProperty("icon_name", name)
    button.setProperty("icon_on", on)
    button.setIcon(icon(name, tokens, on))


def set_sign(label: QLabel, name: str, colour: str, side: int, tokens: Tokens) -> None:
    """Gives a label an icon of ``side`` pixels in the token named ``colour``."""
    label.setProperty("icon_name", name)
    label.setProperty("icon_colour", colour)
    label.setProperty("icon_side", side)
    label.setPixmap(pixmap(name, getattr(tokens, colour), side, label.devicePixelRatioF()))


def retint(root: QWidget, tokens: Tokens) -> None:
    """Draws the icons of all buttons and labels under ``root`` again, in the theme as it is now."""
    for button in root.findChildren(QAbstractButton):
        if name := button.property("icon_name"):
            button.setIcon(icon(name, tokens, button.property("icon_on") or ""))
    for label in root.findChildren(QLabel):
        if name := label.property("icon_name"):
            set_sign(label, name, label.property("icon_colour"), label.property("icon_side"), tokens)


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
