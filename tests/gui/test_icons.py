"""Icons: every shipped one draws, in the colour that was asked for, at the screen's scale."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QImage, QPixmap

from gui.icons import icon, pixmap
from gui.theme.tokens import load_tokens
from resources import ROOT

pytestmark = pytest.mark.usefixtures("qapp")
NAMES = sorted(path.stem for path in (ROOT / "icons").glob("*.svg"))


def colours(drawn: QPixmap) -> set[str]:
    image = drawn.toImage().convertToFormat(QImage.Format.Format_ARGB32)
    points = [(x, y) for x in range(image.width()) for y in range(image.height())]
    return {image.pixelColor(x, y).name() for x, y in points if image.pixelColor(x, y).alpha() == 255}


@pytest.mark.parametrize("name", NAMES)
def test_every_icon_draws_in_the_colour_asked_for(name: str) -> None:
    assert colours(pixmap(name, "#ff8800", 24)) == {QColor("#ff8800").name()}


def test_an_icon_is_sharp_on_a_dense_screen() -> None:
    drawn = pixmap("eye", "#ff8800", 16, 2.0)
    assert (drawn.width(), drawn.devicePixelRatio()) == (32, 2.0)


def test_a_name_that_does_not_ship_is_an_error() -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        icon("nothing", load_tokens("dark"))
