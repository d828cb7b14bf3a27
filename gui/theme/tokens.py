"""The one table of named colours and sizes that everything in the window is drawn with."""

from __future__ import annotations

from pathlib import Path

import msgspec

from resources import resource_path

__all__ = ["THEME_NAMES", "ThemeRefused", "Tokens", "load_tokens", "read_tokens"]

THEME_NAMES = ("dark", "light", "contrast")


class ThemeRefused(ValueError):
    """A theme file that cannot be used; says which file and which entry."""


class Tokens(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A theme: colours as ``#RRGGBB`` (usable by ``QColor``), sizes in logical pixels at 100 %.

    Surfaces run from ``bg0`` (window) to ``bg3`` (a pressed control); ``field`` is what is typed into, ``edge`` lies
    between parts. ``text``, ``dim``, ``faint`` and every colour that is used for words is readable (4.5:1) on the
    surfaces it appears on: tests/gui/test_theme.py. ``peer_0`` … are other operators, ``peer_text`` is written on them.
    """

    name: str
    title: str
    is_dark: bool
    bg0: str
    bg1: str
    bg2: str
    bg3: str
    field: str
    line: str
    edge: str
    text: str
    dim: str
    faint: str
    accent: str
    accent_text: str
    onair: str
    onair_fill: str
    onair_text: str
    preview: str
    late: str
    sel: str
    sel_fill: str
    sel_text: str
    error: str
    peer_0: str
    peer_1: str
    peer_2: str
    peer_3: str
    peer_4: str
    peer_text: str
    kind_video: str
    kind_text: str
    kind_image: str
    shade: str = "#000000"
    line_width: int = 1
    radius: int = 4
    gap: int = 8
    row_height: int = 30
    left_width: int = 232
    right_width: int = 316
    topbar_height: int = 44
    status_height: int = 28
    body_px: int = 13
    small_px: int = 11
    handle: int = 14
    handle_reach: int = 20
    body_font: str = "Inter"
    mono_font: str = "JetBrains Mono"

    def become(self, other: Tokens) -> None:
        """Takes another theme's values: everything that was made with these tokens is drawn in it from now on."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(other, name))


def read_tokens(path: Path) -> Tokens:
    """The theme in a JSON file. Raises ThemeRefused naming the file and the entry that is wrong."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Tokens)
    except OSError as error:
        raise ThemeRefused(f"{path.name}: {error.strerror or error}") from error
    except msgspec.DecodeError as error:
        raise ThemeRefused(f"{path.name}: {error}") from error


def load_tokens(name: str) -> Tokens:
    """A theme that ships with the desk: one of THEME_NAMES. Raises ThemeRefused."""
    if name not in THEME_NAMES:
        raise ThemeRefused(f"no theme called {name}; there are {', '.join(THEME_NAMES)}")
    return read_tokens(resource_path(f"themes/{name}.json"))
