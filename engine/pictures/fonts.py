"""Fonts for overlays: loaded from files by name, once a process."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from PySide6.QtGui import QFont, QFontDatabase, QRawFont

from engine.places import Places

__all__ = ["MONOSPACED", "FontShelf"]

DEFAULT = ("DejaVuSans.ttf", "DejaVu Sans")
MONOSPACED = ("JetBrainsMono-Medium.ttf", "DejaVu Sans Mono")

_log = logging.getLogger(__name__)
_loading = threading.Lock()
_loaded: dict[Path, QFont | None] = {}


class FontShelf:
    """Finds fonts by the names that params use; a name without a file falls back to the default."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def font(self, name: str | None, size: int, default: tuple[str, str] = DEFAULT) -> QFont:
        """A font of ``size`` pixels. ``default`` is a file name and, without that file, a family."""
        path = self._places.font(name) or self._places.font(default[0])
        base = _load(path) if path is not None else None
        font = QFont(base) if base is not None else QFont(default[1])
        font.setPixelSize(size)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return font


def _load(path: Path) -> QFont | None:
    with _loading:
        if path not in _loaded:
            _loaded[path] = _font_of_file(path)
            if _loaded[path] is None:
                _log.warning("%s is no font that can be read; the default is used", path.name)
        return _loaded[path]


def _font_of_file(path: Path) -> QFont | None:
    families = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(path)))
    if not families:
        return None
    raw = QRawFont(str(path), 16.0)
    font = QFont(families[0])
    font.setWeight(QFont.Weight(raw.weight()) if raw.weight() in list(QFont.Weight) else QFont.Weight.Normal)
    font.setStyle(raw.style())
    return font
