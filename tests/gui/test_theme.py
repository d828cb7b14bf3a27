"""The theme table: every theme is complete, readable, and a broken file is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from gui.syncing.people import HUES
from gui.theme.contrast import contrast_ratio
from gui.theme.tokens import THEME_NAMES, ThemeRefused, Tokens, load_tokens, read_tokens
from resources import resource_path

WORDS_ON_SURFACES = [
    (word, surface)
    for word in ("text", "dim", "faint", "accent", "preview", "late", "error", "kind_video", "kind_text", "kind_image")
    for surface in ("bg0", "bg1", "bg2")
]
FILLED = [
    ("onair_text", "onair_fill"),
    ("accent_text", "accent"),
    ("sel_text", "sel"),
    ("text", "bg3"),
    ("text", "field"),
    ("faint", "field"),
    ("dim", "field"),
    ("text", "sel_fill"),
    ("dim", "sel_fill"),
    *(("peer_text", f"peer_{hue}") for hue in range(HUES)),
]


def colour_names() -> list[str]:
    return [name for name in Tokens.__struct_fields__ if str(getattr(load_tokens("dark"), name)).startswith("#")]


@pytest.mark.parametrize("theme", THEME_NAMES)
@pytest.mark.parametrize(("word", "surface"), WORDS_ON_SURFACES + FILLED)
def test_words_are_readable(theme: str, word: str, surface: str) -> None:
    tokens = load_tokens(theme)
    ratio = contrast_ratio(getattr(tokens, word), getattr(tokens, surface))
    assert ratio >= 4.5, f"{word} on {surface} in {theme}: {ratio:.2f}"


@pytest.mark.parametrize("theme", THEME_NAMES)
@pytest.mark.parametrize("name", colour_names())
def test_every_colour_is_a_colour(theme: str, name: str) -> None:
    value = getattr(load_tokens(theme), name)
    assert len(value) == 7
    int(value[1:], 16)


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast_ratio("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast_ratio("#777777", "#777777") == pytest.approx(1)
    assert contrast_ratio("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


def test_an_unknown_theme_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ThemeRefused, match="dark, light, contrast"):
        load_tokens("../dark")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "broken.json"),
        ('{"name": "x"}', "title"),
        (resource_path("themes/dark.json").read_text("utf-8").replace('"bg0"', '"bg9"'), "bg9"),
        (resource_path("themes/dark.json").read_text("utf-8").replace('"#0E1013"', "7"), "bg0"),
    ],
)
def test_a_broken_theme_file_names_file_and_entry(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content, "utf-8")
    with pytest.raises(ThemeRefused, match=complaint):
        read_tokens(path)


def test_a_missing_theme_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ThemeRefused, match="gone"):
        read_tokens(tmp_path / "gone.json")
