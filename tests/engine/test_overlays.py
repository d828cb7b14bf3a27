"""Text and image overlays: measured, wrapped, fitted, cached, and safe against hostile files."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtGui import QColor, QImage

from engine.pictures.drawing import WITH_ALPHA
from engine.pictures.fonts import FontShelf
from engine.pictures.images import TRY_AGAIN_S, FittedImage, ImageShelf
from engine.pictures.stills import read_still
from engine.pictures.text import RenderedText, TextShelf
from engine.pictures.writing import wrap
from engine.places import FileRefused, Places, shipped_places
from sync.wire.compositor import MAX_CANVAS_SIDE, ImageOverlay, Rect, TextOverlay
from tests.support.pictures import RED, plain, rgba

ANYWHERE = Rect(0, 0, 0, 0)
CANVAS = (1280, 720)
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100">'
    '<rect width="200" height="100" fill="red"/>%s</svg>'
)


def text(content: str = "Hello", **fields: Any) -> TextOverlay:
    return TextOverlay(text=content, rect=fields.pop("rect", ANYWHERE), id=fields.pop("id", "t"), **fields)


def drawn(*overlays: TextOverlay) -> list[RenderedText]:
    return TextShelf(FontShelf(shipped_places())).render(overlays, CANVAS)


def ink(image: QImage) -> int:
    """Pixels that are not clear."""
    return sum(image.pixelColor(x, y).alpha() > 0 for x in range(image.width()) for y in range(image.height()))


def ten_a_character(line: str) -> float:
    return 10.0 * len(line)


@pytest.mark.parametrize(
    ("content", "width", "lines"),
    [
        ("one two three", 0, ["one two three"]),
        ("one two three", 130, ["one two three"]),
        ("one two three", 129, ["one two", "three"]),
        ("one two three", 30, ["one", "two", "three"]),
        ("extraordinary it is", 50, ["extraordinary", "it is"]),
        ("a\nb c", 0, ["a", "b c"]),
        ("a\n\nb", 20, ["a", "", "b"]),
        ("", 20, [""]),
        ("  spaced   out ", 200, ["spaced out"]),
        ("  kept ", 0, ["  kept "]),
    ],
)
def test_wrapping_is_greedy_at_white_space(content: str, width: int, lines: list[str]) -> None:
    assert wrap(content, width, ten_a_character) == lines


def test_an_unbounded_text_is_as_large_as_its_measurement_with_lines_of_1_2_sizes() -> None:
    one, two = drawn(text("Hello", font_size=40), text("Hello\nthere", font_size=40))
    assert one.box.height == 48
    assert two.box.height == 96
    assert (one.box.width, one.box.height) == (one.box.measured_width, one.box.measured_height)
    assert one.image.width() == one.box.width
    assert two.box.width >= one.box.width


def test_a_bounded_text_is_cut_and_its_measurement_is_not() -> None:
    free, cut = drawn(text(font_size=40), text(font_size=40, rect=Rect(0, 0, 30, 20)))
    assert (cut.box.width, cut.box.height) == (30, 20)
    assert (cut.box.measured_width, cut.box.measured_height) == (free.box.width, free.box.height)


def test_a_text_wraps_at_its_rect_only_when_it_is_told_to() -> None:
    narrow = Rect(0, 0, 120, 0)
    content = "one two three four"
    whole, wrapped = drawn(text(content, rect=narrow), text(content, rect=narrow, word_wrap=True))
    assert whole.box.measured_height == 29
    assert wrapped.box.measured_height > whole.box.measured_height
    assert wrapped.box.measured_width <= 120


def test_ink_colour_and_alpha() -> None:
    (solid,) = drawn(text("█", color=(255, 0, 0, 128), font_size=40))
    middle = rgba(solid.image, solid.image.width() // 2, solid.image.height() // 2)
    assert middle[:3] == (255, 0, 0)
    assert abs(middle[3] - 128) <= 1


def test_accents_of_the_first_line_are_drawn_above_the_box_not_cut() -> None:
    accented, bare = drawn(text("Å", font_size=60), text("A", font_size=60))
    overhang = -accented.part.y
    assert overhang > 0
    above = accented.image.copy(0, 0, accented.image.width(), overhang)
    assert ink(above) > 0
    assert ink(bare.image.copy(0, 0, bare.image.width(), overhang - 1)) == 0


def test_an_empty_text_and_size_zero_draw_nothing_and_do_no_harm() -> None:
    empty, tiny = drawn(text(""), text("x", font_size=0))
    assert empty.image.isNull()
    assert tiny.box.height == 2


def test_a_long_text_is_wrapped_in_one_pass() -> None:
    measured = 0

    def count(line: str) -> float:
        nonlocal measured
        measured += len(line)
        return float(len(line))

    (line,) = wrap("a " * 5000, 2**32 - 1, count)
    assert len(line) == 9999
    assert measured <= 5001


def test_half_a_surrogate_pair_is_drawn_as_a_replacement() -> None:
    (odd,) = drawn(text("a\ud800b"))
    assert odd.box == drawn(text("a?b"))[0].box


def test_only_what_changed_is_drawn_again_and_what_left_is_forgotten() -> None:
    shelf = TextShelf(FontShelf(shipped_places()))
    (first,) = shelf.render([text()], CANVAS)
    again, _ = shelf.render([text(), text("other")], CANVAS)
    assert again.image is first.image
    (moved,) = shelf.render([text(rect=Rect(50, 60, 0, 0), opacity=0.5)], CANVAS)
    assert moved.image is first.image
    (other,) = shelf.render([text(font_size=25)], CANVAS)
    assert other.image is not first.image
    assert len(shelf._written) == len(shelf._drawn) == 1


def test_a_font_is_found_by_path_or_name_and_an_unknown_one_falls_back() -> None:
    named, path, unknown, default = drawn(
        text("Hello", font_name="Inter-Bold.otf"),
        text("Hello", font_name="samples/fonts/system/Inter-Bold.otf"),
        text("Hello", font_name="../../etc/passwd"),
        text("Hello"),
    )
    assert named.box == path.box != default.box
    assert unknown.box == default.box


@pytest.mark.expects_log("broken.ttf is no font")
def test_a_file_that_is_no_font_is_told_and_falls_back(tmp_path: Path) -> None:
    shipped = shipped_places()
    (tmp_path / "broken.ttf").write_bytes(b"nonsense")
    shelf = FontShelf(msgspec.structs.replace(shipped, asset_roots=(tmp_path,)))
    assert shelf.font("samples/broken.ttf", 20).family() == shelf.font(None, 20).family()


# images


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    plain((200, 100), RED).save(str(tmp_path / "images" / "wide.png"))
    for suffix in ("jpg", "webp"):
        plain((200, 100), RED).save(str(tmp_path / "images" / f"wide.{suffix}"))
    (tmp_path / "images" / "wide.svg").write_text(SVG % "")
    (tmp_path / "images" / "wide.svgz").write_bytes(gzip.compress((SVG % "").encode()))
    (tmp_path / "images" / "wide.gif").write_bytes(_tiny_gif())
    return tmp_path


def _tiny_gif() -> bytes:
    head = b"GIF89a\x02\x00\x01\x00\x80\x00\x00\xff\x00\x00\x00\x00\x00"
    return head + b"\x2c\x00\x00\x00\x00\x02\x00\x01\x00\x00\x02\x02\x04\x0a\x00\x3b"


class Loaded:
    """A shelf whose loading thread can be waited for."""

    def __init__(self, root: Path) -> None:
        self.refusals: list[tuple[str, str]] = []
        self.now = 0.0
        self.shelf = ImageShelf(
            Places(asset_roots=(root,)), lambda name, why: self.refusals.append((name, why)), lambda: self.now
        )

    def find(self, *overlays: ImageOverlay) -> list[FittedImage | None]:
        self.shelf.find(overlays)
        if self.shelf._loader is not None:
            self.shelf._loader.submit(lambda: None).result(10)
        return self.shelf.find(overlays)


@pytest.fixture
def shelf(assets: Path) -> Any:
    loaded = Loaded(assets)
    yield loaded
    loaded.shelf.close()


def image(name: str = "wide.png", side: int = 100, **fields: Any) -> ImageOverlay:
    return ImageOverlay(asset_path=f"samples/images/{name}", rect=Rect(5, 6, side, side), id="i", **fields)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "svg", "svgz"])
def test_pictures_of_every_format_are_fitted_into_their_rect(shelf: Loaded, suffix: str) -> None:
    (found,) = shelf.find(image(f"wide.{suffix}"))
    assert found is not None
    assert found.source == (200, 100)
    assert (found.image.width(), found.image.height()) == (100, 50)
    assert found.image.format() == WITH_ALPHA
    assert found.image.pixelColor(50, 25).red() > 250


def test_a_gif_shows_its_first_frame(shelf: Loaded) -> None:
    (found,) = shelf.find(image("wide.gif"))
    assert found is not None
    assert found.source == (2, 1)


def test_nothing_is_read_twice_unless_path_or_size_change(shelf: Loaded) -> None:
    (first,) = shelf.find(image())
    (moved,) = shelf.find(image(opacity=0.4))
    assert first is not None
    assert moved is not None
    assert first.image is moved.image
    (larger,) = shelf.find(image(side=120))
    assert larger is not None
    assert larger.image.width() == 120


def test_a_picture_that_comes_later_is_shown_and_was_missed_once(shelf: Loaded, assets: Path) -> None:
    """An overlay may name a file that is still on its way here."""
    late = assets / "images" / "late.png"
    assert shelf.find(image("late.png")) == [None]
    shutil.copy(assets / "images" / "wide.png", late)
    assert shelf.find(image("late.png")) == [None], "not yet: no disk is asked at every frame"
    shelf.now += TRY_AGAIN_S
    (found,) = shelf.find(image("late.png"))
    assert found is not None
    late.unlink()
    assert shelf.find(image("late.png")) == [found]
    assert shelf.find(image("never.png")) == [None]
    shelf.now += TRY_AGAIN_S
    assert shelf.find(image("never.png")) == [None]
    assert len(shelf.refusals) == 2, "one word for each, however often it is tried"


def test_find_never_waits_for_the_disk(assets: Path) -> None:
    loaded = Loaded(assets)
    try:
        assert loaded.shelf.find([image()]) == [None]
    finally:
        loaded.shelf.close()


BROKEN: list[tuple[str, Callable[[Path], object], str]] = [
    ("gone.png", Path.exists, "does not exist"),
    ("broken.png", lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n nonsense"), "no picture that can be read"),
    ("empty.png", lambda path: path.write_bytes(b""), "is neither PNG"),
    ("folder.png", lambda path: path.mkdir(), "may not be read"),
    ("broken.svg", lambda path: path.write_text("<svg"), "no SVG drawing"),
    ("bomb.svgz", lambda path: path.write_bytes(gzip.compress(bytes(9_000_000))), "larger than 8 MB"),
    ("torn.svgz", lambda path: path.write_bytes(gzip.compress(SVG.encode())[:-9]), "damaged SVGZ"),
    ("link.svg", lambda path: path.write_text(SVG % '<image href="file:///etc/passwd"/>'), "outside itself"),
    ("style.svg", lambda path: path.write_text(SVG % "<style>@import 'x'</style>"), "outside itself"),
    ("entity.svg", lambda path: path.write_text('<!DOCTYPE s [<!ENTITY a "b">]>' + SVG % ""), "outside itself"),
    ("sly.png", lambda path: path.write_text(SVG % '<image href="/etc/passwd"/>'), "is neither PNG"),
]


@pytest.mark.parametrize(("name", "write", "sentence"), BROKEN)
def test_a_bad_file_is_one_sentence_and_the_overlay_is_left_out(
    shelf: Loaded, assets: Path, name: str, write: Callable[[Path], object], sentence: str
) -> None:
    write(assets / "images" / name)
    assert shelf.find(image(name)) == [None]
    ((overlay, why),) = shelf.refusals
    assert overlay == "i"
    assert sentence in why
    assert str(assets) not in why


def test_an_svg_may_refer_to_itself(assets: Path) -> None:
    path = assets / "images" / "self.svg"
    path.write_text(SVG % '<defs><g id="a"/></defs><use href="#a"/><rect fill="url(#a)"/>')
    assert read_still(path, "self.svg").size == (200, 100)


def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded(assets: Path) -> None:
    path = assets / "images" / "large.png"
    canvas = QImage(MAX_CANVAS_SIDE + 1, 1, WITH_ALPHA)
    canvas.fill(QColor("red"))
    canvas.save(str(path))
    with pytest.raises(FileRefused, match="larger than 7680 pixels"):
        read_still(path, "large.png")


def test_links_out_of_the_asset_folder_are_refused(assets: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.png"
    plain((4, 4), RED).save(str(outside))
    (assets / "images" / "door.png").symlink_to(outside)
    places = Places(asset_roots=(assets,), media_roots=(assets,))
    for path in ("samples/images/door.png", "samples/images/../../x", str(outside), "", "a\0b"):
        with pytest.raises(FileRefused):
            places.asset(path)
        with pytest.raises(FileRefused):
            places.media(path)
    assert places.asset("samples/images/wide.png").name == "wide.png"
    assert places.media(str(assets / "images" / "wide.png")).name == "wide.png"
