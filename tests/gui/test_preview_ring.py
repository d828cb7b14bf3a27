"""gui/preview: reading a frame ring that the engine writes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from engine.pictures.ring import FrameRing
from gui.preview.ring_reader import FrameRingReader
from gui.preview.ring_source import RingSource
from gui.preview.wake import WakeSocket
from sync.wire.frame_ring import (
    RingAdvert,
    RingShape,
    RingUnreadable,
    begin_frame,
    finish_frame,
    pixel_offset,
    ring_bytes,
    write_shape,
)

SIZE = (64, 36)


@pytest.fixture
def ring() -> Iterator[FrameRing]:
    ring = FrameRing.open(SIZE)
    yield ring
    ring.close()


@pytest.fixture
def source(ring: FrameRing) -> Iterator[RingSource]:
    source = RingSource(ring.advert)
    yield source
    source.stop()


def show(ring: FrameRing, colour: str) -> None:
    """The engine paints one frame."""
    ring.admit()
    ring.begin().fill(QColor(colour))
    ring.finish()


class TestReader:
    def test_before_the_first_frame_there_is_none(self, ring: FrameRing) -> None:
        assert FrameRingReader(ring.advert.segment).newest() is None

    def test_the_newest_frame_is_read_where_it_lies(self, ring: FrameRing) -> None:
        reader = FrameRingReader(ring.advert.segment)
        for colour in ("#ff0000", "#00ff00", "#0000ff"):
            show(ring, colour)
        frame = reader.newest()
        assert frame is not None
        assert (frame.number, frame.image.pixelColor(5, 5).name()) == (3, "#0000ff")
        assert (frame.image.width(), frame.image.height()) == SIZE == reader.size

    def test_a_frame_is_whole_until_its_slot_is_written_again(self, ring: FrameRing) -> None:
        reader = FrameRingReader(ring.advert.segment)
        show(ring, "#ff0000")
        frame = reader.newest()
        assert frame is not None
        for colour in ("#00ff00", "#0000ff"):
            show(ring, colour)
            assert reader.is_whole(frame.image)
        ring.begin()
        assert not reader.is_whole(frame.image)

    def test_an_image_of_another_place_is_always_whole(self, ring: FrameRing) -> None:
        assert FrameRingReader(ring.advert.segment).is_whole(QImage(2, 2, QImage.Format.Format_RGB32))

    def test_a_borrowed_picture_outlives_reader_and_ring(self, ring: FrameRing) -> None:
        reader = FrameRingReader(ring.advert.segment)
        show(ring, "#123456")
        frame = reader.newest()
        assert frame is not None
        image = frame.image
        del reader, frame
        ring.close()
        assert image.pixelColor(63, 35).name() == "#123456"

    @pytest.mark.parametrize("content", [b"x", b"\0" * 64, b"LDRF" + b"\xff" * 200, os.urandom(4096)])
    def test_a_file_that_is_no_ring_is_refused(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "frames"
        path.write_bytes(content)
        with pytest.raises(RingUnreadable):
            FrameRingReader(str(path))

    def test_an_empty_file_a_folder_and_a_link_are_refused(self, tmp_path: Path, ring: FrameRing) -> None:
        empty, link, pipe = tmp_path / "empty", tmp_path / "link", tmp_path / "pipe"
        empty.touch()
        link.symlink_to(ring.advert.segment)
        os.mkfifo(pipe)
        for path in (empty, tmp_path, link, pipe, tmp_path / "missing"):
            with pytest.raises((RingUnreadable, OSError)):
                FrameRingReader(str(path))

    def test_a_picture_larger_than_any_canvas_is_refused(self, tmp_path: Path) -> None:
        shape = RingShape(8000, 1, 32000)
        path = tmp_path / "frames"
        content = bytearray(ring_bytes(shape))
        write_shape(memoryview(content), shape)
        path.write_bytes(content)
        with pytest.raises(RingUnreadable, match="8000"):
            FrameRingReader(str(path))

    @given(
        steps=st.lists(st.sampled_from(("begin", "paint half", "paint rest", "finish", "read", "check")), max_size=60)
    )
    def test_a_picture_that_is_whole_before_and_after_is_of_one_frame(
        self, tmp_path_factory: pytest.TempPathFactory, steps: list[str]
    ) -> None:
        """Any interleaving of a writer's and a reader's steps."""
        shape = RingShape(4, 4, 16)
        path = tmp_path_factory.mktemp("ring") / "frames"
        path.write_bytes(bytes(ring_bytes(shape)))
        writer = _Writer(path, shape)
        reader = FrameRingReader(str(path))
        borrowed: QImage | None = None
        number = 0
        for step in steps:
            if step == "read":
                frame = reader.newest()
                borrowed, number = (None, 0) if frame is None else (frame.image, frame.number)
            elif step == "check" and borrowed is not None:
                seen = {borrowed.pixel(x, y) & 0xFF for x in range(4) for y in range(4)}
                if reader.is_whole(borrowed):
                    assert seen == {number % 256}
            else:
                writer.do(step)


class _Writer:
    """An engine that can be stopped between any two steps."""

    def __init__(self, path: Path, shape: RingShape) -> None:
        self._path, self._shape = path, shape
        self._frame = 0
        self._is_open = False
        self._write(lambda ring: write_shape(ring, shape))

    def do(self, step: str) -> None:
        if step == "begin" and not self._is_open:
            self._frame += 1
            self._is_open = True
            self._write(lambda ring: begin_frame(ring, self._shape, self._frame))
        elif step.startswith("paint") and self._is_open:
            self._write(lambda ring: self._paint(ring, 0 if step.endswith("half") else 32))
        elif step == "finish" and self._is_open:
            self._is_open = False
            self._write(lambda ring: self._paint(ring, 0))
            self._write(lambda ring: self._paint(ring, 32))
            self._write(lambda ring: finish_frame(ring, self._shape, self._frame, 1))

    def _paint(self, ring: memoryview, at: int) -> None:
        start = pixel_offset(self._shape, self._frame) + at
        ring[start : start + 32] = bytes([self._frame % 256]) * 32

    def _write(self, work: Callable[[memoryview], None]) -> None:
        with self._path.open("r+b") as file:
            content = bytearray(file.read())
            work(memoryview(content))
            file.seek(0)
            file.write(content)


class TestSource:
    def test_a_frame_wakes_it_by_the_socket(self, ring: FrameRing, source: RingSource, qtbot: QtBot) -> None:
        source.start()
        with qtbot.waitSignal(source.frame_arrived) as arrived:
            show(ring, "#00ff00")
        assert arrived.args[0].pixelColor(1, 1).name() == "#00ff00"
        statistics = source.statistics()
        assert (statistics.received, statistics.dropped, statistics.source) == (1, 0, "shared memory")
        assert statistics.latency_ms is not None
        assert statistics.latency_ms >= 0

    def test_frames_that_came_together_are_shown_once_the_newest(
        self, ring: FrameRing, source: RingSource, qtbot: QtBot
    ) -> None:
        source.start()
        with qtbot.waitSignal(source.frame_arrived):
            show(ring, "#000001")
        with qtbot.waitSignal(source.frame_arrived) as arrived:
            for blue in range(2, 12):
                show(ring, f"#0000{blue:02x}")
        assert arrived.args[0].pixelColor(1, 1).blue() == 11
        assert source.statistics().dropped == 9

    def test_without_a_socket_it_looks_by_itself(self, ring: FrameRing, qtbot: QtBot) -> None:
        source = RingSource(RingAdvert(ring.advert.segment))
        source.start()
        with qtbot.waitSignal(source.frame_arrived) as arrived:
            show(ring, "#0000ff")
        source.stop()
        assert arrived.args[0].pixelColor(1, 1).name() == "#0000ff"

    def test_a_ring_that_is_closed_ends_it(self, ring: FrameRing, source: RingSource, qtbot: QtBot) -> None:
        source.start()
        with qtbot.waitSignal(source.frame_arrived):
            show(ring, "#0000ff")
        with qtbot.waitSignal(source.ended) as ended:
            ring.close()
        assert "closed" in ended.args[0]

    def test_a_ring_that_is_not_there_ends_it_at_once(self, tmp_path: Path, qtbot: QtBot) -> None:
        source = RingSource(RingAdvert(str(tmp_path / "frames"), str(tmp_path / "wake")))
        with qtbot.waitSignal(source.ended) as ended:
            source.start()
        assert "cannot be opened" in ended.args[0]

    def test_an_overwritten_frame_is_renewed_by_the_newest(self, ring: FrameRing, source: RingSource) -> None:
        source.start()
        show(ring, "#ff0000")
        source._look()
        held = source._reader.newest().image  # type: ignore[union-attr]  # it was started
        assert source.renew(held) is None
        for colour in ("#00ff00", "#0000ff", "#ffffff"):
            show(ring, colour)
        newer = source.renew(held)
        assert newer is not None
        assert newer.pixelColor(0, 0).name() == "#ffffff"

    def test_nothing_comes_after_stop(self, ring: FrameRing, source: RingSource, qtbot: QtBot) -> None:
        source.start()
        source.stop()
        with qtbot.assertNotEmitted(source.frame_arrived, wait=30):
            show(ring, "#ff0000")

    def test_a_socket_that_nobody_listens_on_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(OSError):  # noqa: PT011  (the kind differs by system)
            WakeSocket(str(tmp_path / "wake"))
