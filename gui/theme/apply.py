"""Puts a theme on the application: Fusion, the palette, the fonts and one small style sheet."""

from __future__ import annotations

from string import Template

import msgspec
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from gui.theme.fonts import body_font, load_fonts
from gui.theme.tokens import Tokens
from resources import resource_path

__all__ = ["apply", "palette_of", "style_sheet"]

_ROLES = {
    QPalette.ColorRole.Window: "bg1",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "field",
    QPalette.ColorRole.AlternateBase: "bg2",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.PlaceholderText: "faint",
    QPalette.ColorRole.Button: "bg2",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.BrightText: "onair",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "accent_text",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "accent",
    QPalette.ColorRole.ToolTipBase: "bg3",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.Light: "line",
    QPalette.ColorRole.Midlight: "line",
    QPalette.ColorRole.Mid: "line",
    QPalette.ColorRole.Dark: "bg0",
    QPalette.ColorRole.Shadow: "shade",
}
_DISABLED = (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText)


def apply(app: QApplication, tokens: Tokens) -> None:
    """Makes ``app`` look like ``tokens``; may be called again to change the theme while the desk runs."""
    load_fonts()
    app.setStyle("Fusion")
    app.setPalette(palette_of(tokens))
    app.setFont(body_font(tokens))
    app.setStyleSheet(style_sheet(tokens))


def palette_of(tokens: Tokens) -> QPalette:
    """The palette for everything that the style sheet does not name."""
    palette = QPalette()
    for role, name in _ROLES.items():
        palette.setColor(role, QColor(getattr(tokens, name)))
    for role in _DISABLED:
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.faint))
    return palette


def style_sheet(tokens: Tokens) -> str:
    """The style sheet template filled in; raises KeyError for a name that the table does not hold."""
    template = Template(resource_path("themes/desk.qss").read_text("utf-8"))
    mark = resource_path("icons/check.svg").as_posix()
    return template.substitute(
        {name: str(value) for name, value in msgspec.structs.asdict(tokens).items()}, check_mark=mark
    )
