"""The fonts that ship with the desk, known to Qt before the first widget is made."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontDatabase

from gui.theme.tokens import Tokens
from resources import ROOT

__all__ = ["body_font", "load_fonts", "mono_font", "small_font"]


def load_fonts() -> tuple[str, ...]:
    """Registers every shipped font file; returns the families. A file that is no font is passed over."""
    families: list[str] = []
    for path in sorted((ROOT / "fonts").rglob("*.[to]tf")):
        number = QFontDatabase.addApplicationFont(str(path))
        if number >= 0:
            families += QFontDatabase.applicationFontFamilies(number)
    return tuple(dict.fromkeys(families))


def body_font(tokens: Tokens) -> QFont:
    """The font of all text; falls back to the system's sans serif."""
    return _sized(tokens.body_font, tokens.body_px, QFont.StyleHint.SansSerif)


def small_font(tokens: Tokens) -> QFont:
    """The font of section heads and second lines."""
    return _sized(tokens.body_font, tokens.small_px, QFont.StyleHint.SansSerif)


def mono_font(tokens: Tokens, pixels: int | None = None) -> QFont:
    """The font of numbers and logs: digits of one width, so that nothing jumps while a value runs."""
    return _sized(tokens.mono_font, pixels or tokens.body_px - 1, QFont.StyleHint.Monospace)


def _sized(family: str, pixels: int, hint: QFont.StyleHint) -> QFont:
    font = QFont(family)
    font.setStyleHint(hint)
    font.setPixelSize(pixels)
    return font
