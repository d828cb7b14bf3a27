"""Image overlays while a hand resizes them, when they are too many or too large, and when loading has a defect."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from engine.pictures import images
from engine.pictures.images import MAX_BITMAP_PIXELS, TRY_AGAIN_S, FittedImage, ImageShelf
from engine.pictures.stills import Still, read_still
from engine.places import Places
from sync.wire.compositor import MAX_CANVAS_SIDE, MAX_U32, ImageOverlay, Rect
from tests.support.pictures import BLUE, RED, plain, rgba

WITHIN_S = 10.0
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="20" height="10" fill="red"/></svg>'


class Room:
    """A shelf over a folder with two pictures, whose loader is stopped and waited for, and that counts its reads."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refusals: list[tuple[str, str]] = []
        self.reads: list[str] = []
        self.now = 0.0
        self.defect: Exception | None = None
        self.shelf = ImageShelf(Places(asset_roots=(root,)), self._refuse, lambda: self.now)
        monkeypatch.setattr(images, "read_still", self._read)

    def find(self, *overlays: ImageOverlay) -> list[FittedImage | None]:
        """What is found when the loader has done all that it was told to by now."""
        self.shelf.find(overlays)
        self.rest()
        return self.shelf.find(overlays)

    def rest(self) -> None:
        """Waits until the loader has nothing to do."""
        if self.shelf._loader is not None:
            self.shelf._loader.submit(lambda: None).result(WITHIN_S)

    def stop_loader(self) -> threading.Event:
        """The loader does nothing more until the returned event is set."""
        assert self.shelf._loader is not None
        gate = threading.Event()
        self.shelf._loader.submit(gate.wait, WITHIN_S)
        return gate

    def _read(self, path: Path, name: str) -> Still:
        self.reads.append(name)
        if self.defect is not None:
            raise self.defect
        return read_still(path, name)

    def _refuse(self, overlay_id: str, sentence: str) -> None:
        self.refusals.append((overlay_id, sentence))


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    (tmp_path / "images").mkdir()
    plain((400, 200), RED).save(str(tmp_path / "images" / "red.png"))
    plain((400, 200), BLUE).save(str(tmp_path / "images" / "blue.png"))
    (tmp_path / "images" / "drawing.svg").write_text(SVG)
    room = Room(tmp_path, monkeypatch)
    yield room
    room.shelf.close()


def image(side: int = 100, name: str = "red.png", overlay_id: str = "i") -> ImageOverlay:
    return ImageOverlay(asset_path=f"samples/images/{name}", rect=Rect(0, 0, side, side), id=overlay_id)


def size(found: FittedImage | None) -> tuple[int, int]:
    assert found is not None
    return found.image.width(), found.image.height()


def test_a_picture_is_there_through_all_of_a_resize_and_sharp_at_its_end(room: Room) -> None:
    room.find(image())
    gate = room.stop_loader()
    for side in range(101, 161):
        assert [size(each) for each in room.shelf.find([image(side)])] == [(100, 50)], "an older one stands in"
    gate.set()
    assert [size(each) for each in room.find(image(160))] == [(160, 80)]
    assert room.reads == ["samples/images/red.png"], "the file is read once"


def test_sizes_that_a_hand_has_left_behind_are_never_made(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.find(image())
    made: list[tuple[int, int]] = []
    keep = images._Picture.keep

    def kept(picture: images._Picture, rect: tuple[int, int], bitmap: QImage) -> None:
        made.append(rect)
        keep(picture, rect, bitmap)

    monkeypatch.setattr(images._Picture, "keep", kept)
    gate = room.stop_loader()
    for side in range(101, 161):
        room.shelf.find([image(side)])
    gate.set()
    room.rest()
    assert made == [(160, 160)]
    assert [size(each) for each in room.shelf.find([image(160)])] == [(160, 80)]


def test_a_picture_that_left_while_it_waited_is_not_read(room: Room) -> None:
    room.find(image())
    gate = room.stop_loader()
    room.shelf.find([image(name="blue.png")])
    room.shelf.find([])
    gate.set()
    room.rest()
    assert room.reads == ["samples/images/red.png"]


def test_one_picture_may_be_there_in_several_sizes(room: Room) -> None:
    pair = (image(100), image(60))
    room.find(*pair)
    assert [size(each) for each in room.find(*pair)] == [(100, 50), (60, 30)]
    room.find(*pair)
    assert len(room.reads) == 1


@pytest.mark.parametrize("name", ["red.png", "drawing.svg"])
@pytest.mark.parametrize("side", [50_000, MAX_U32])
def test_a_huge_rect_has_a_bounded_bitmap_of_the_same_shape(room: Room, name: str, side: int) -> None:
    (found,) = room.find(image(side, name))
    width, height = size(found)
    assert width * height <= MAX_BITMAP_PIXELS
    assert width <= MAX_CANVAS_SIDE
    assert abs(width / height - 2) < 0.01
    assert found is not None
    assert rgba(found.image, width - 1, height - 1) == RED


def test_what_is_too_much_together_is_left_out_and_told_until_there_is_room(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "MAX_PIXELS", 12_000)
    pair = (image(overlay_id="a"), image(200, "blue.png", "b"))
    room.find(*pair)
    found = room.find(*pair)
    assert size(found[0]) == (100, 50)
    assert found[1] is None
    ((overlay, why),) = room.refusals
    assert (overlay, why.partition(":")[0]) == ("b", "there is no room for it")
    assert room.shelf._pictures[images._Key("b", pair[1].asset_path)].newest is None, "and takes no memory"
    smaller = (pair[0], image(100, "blue.png", "b"))
    room.find(*smaller)
    assert [size(each) for each in room.find(*smaller)] == [(100, 50)] * 2
    room.find(*pair)
    assert len(room.refusals) == 2, "one word each time that it begins"


def test_files_that_nobody_resizes_are_not_held_in_memory(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_STILL_PIXELS", 100_000)
    pair = (image(overlay_id="a"), image(name="blue.png", overlay_id="b"))
    room.find(*pair)
    assert [picture.still is None for picture in room.shelf._pictures.values()] == [True, False]
    larger = (image(120, overlay_id="a"), pair[1])
    assert size(room.shelf.find(larger)[0]) == (100, 50)
    room.rest()
    assert size(room.shelf.find(larger)[0]) == (120, 60)
    assert len(room.reads) == 3


@pytest.mark.expects_log("image overlay 'i' failed by a defect")
def test_a_defect_while_loading_is_told_once_and_tried_again(room: Room) -> None:
    room.defect = RuntimeError("planted")
    assert room.find(image()) == [None]
    room.now += TRY_AGAIN_S
    assert room.find(image()) == [None]
    assert room.refusals == [("i", "internal error: RuntimeError")]
    room.defect = None
    room.now += TRY_AGAIN_S
    assert size(room.find(image())[0]) == (100, 50)


@pytest.mark.expects_log("failed by a defect")
def test_a_resize_that_fails_keeps_the_bitmap_that_there_is(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.find(image())
    monkeypatch.setattr(images, "_bitmap_size", lambda rect, _: {100: (100, 50)}[rect[0]])
    monkeypatch.setattr(images._Picture, "pixels", lambda *_: 0)
    assert size(room.find(image(120))[0]) == (100, 50)
    assert room.refusals == [("i", "internal error: KeyError")]


def test_no_memory_for_a_bitmap_is_a_sentence(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.pictures.stills._Raster.at_size", lambda *_: QImage())
    assert room.find(image()) == [None]
    assert room.refusals == [("i", "there is no memory for 'samples/images/red.png'")]
