"""The fonts that ship can be read, are the ones that the themes ask for, and come with their licences."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QFont, QFontDatabase, QFontMetrics, QGuiApplication

from resources import ROOT

FONTS = sorted((ROOT / "fonts").glob("*.[to]tf"))


@pytest.mark.parametrize("family", ["Inter", "JetBrains Mono", "DejaVu Sans"])
def test_a_family_is_there_after_loading(family: str, qapp: QGuiApplication) -> None:
    loaded = [QFontDatabase.addApplicationFont(str(path)) for path in FONTS]
    assert -1 not in loaded
    assert family in {name for number in loaded for name in QFontDatabase.applicationFontFamilies(number)}


@pytest.mark.parametrize("path", FONTS, ids=lambda path: path.stem)
def test_a_font_has_its_licence_beside_it(path: Path) -> None:
    texts = [text for text in (ROOT / "fonts").glob("*.txt") if path.stem.startswith(text.stem.split("-")[0])]
    assert len(texts) == 1
    assert "Copyright" in texts[0].read_text(encoding="utf-8")


def test_the_digits_of_the_number_font_have_one_width(qapp: QGuiApplication) -> None:
    font = QFont("JetBrains Mono")
    font.setPixelSize(12)
    widths = {QFontMetrics(font).horizontalAdvance(digit) for digit in "0123456789.-"}
    assert len(widths) == 1
