"""The frame ring's engine end and the feed that chooses where to paint."""

from __future__ import annotations

import mmap
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.pictures.feed import ProgrammeFeed
from engine.pictures.ring import PREFIX, FrameRing, RingDirectory, sweep_stale
from sync.wire.frame_ring import RingAdvert, newest, pixel_offset, read_shape, slot_frame
from tests.support.pictures import BLUE, GREEN, RED, Rgba, plain, rgba

SIZE = (16, 8)


class Reader:
    """What a desk does: maps the file, connects to the socket."""

    def __init__(self, advert: RingAdvert) -> None:
        with Path(advert.segment).open("rb") as file:
            self.ring = memoryview(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))
        self.shape = read_shape(self.ring)
        assert advert.wake_socket is not None
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(5)
        self.socket.connect(advert.wake_socket)

    def wake(self) -> int:
        return int.from_bytes(self.socket.recv(8, socket.MSG_WAITALL), "little")

    def pixel(self, frame: int) -> Rgba:
        assert slot_frame(self.ring, self.shape, frame) is not None
        start = pixel_offset(self.shape, frame)
        blue, green, red = self.ring[start : start + 3]
        return red, green, blue, 255

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[FrameRing]:
    ring = FrameRing(RingDirectory(tmp_path), SIZE)
    yield ring
    ring.close()


@pytest.fixture
def reader(ring: FrameRing) -> Iterator[Reader]:
    reader = Reader(ring.advert)
    assert ring.admit()
    yield reader
    reader.close()


def test_a_reader_finds_shape_frames_and_pixels(ring: FrameRing, reader: Reader) -> None:
    assert reader.shape == (16, 8, 64)
    assert newest(reader.ring) == 0
    for number, color in enumerate((RED, GREEN, BLUE, RED), start=1):
        ring.begin().fill(plain((1, 1), color).pixelColor(0, 0))
        ring.finish()
        assert reader.wake() == newest(reader.ring) == number
        assert reader.pixel(number) == color


def test_a_slot_that_is_being_written_is_never_whole(ring: FrameRing, reader: Reader) -> None:
    for _ in range(3):
        ring.begin()
        ring.finish()
    assert slot_frame(reader.ring, reader.shape, 1) is not None
    ring.begin()
    assert slot_frame(reader.ring, reader.shape, 1) is None
    assert slot_frame(reader.ring, reader.shape, 4) is None
    assert newest(reader.ring) == 3


def test_nobody_watches_until_somebody_connects_and_after_they_went(ring: FrameRing) -> None:
    assert not ring.admit()
    watched = [ring.is_watched]
    reader = Reader(ring.advert)
    assert ring.admit()
    assert [*watched, ring.is_watched] == [False, True]
    assert not ring.admit()
    reader.close()
    for _ in range(2):
        ring.begin()
        ring.finish()
    assert not ring.is_watched


def test_a_watcher_that_never_reads_holds_nobody_up(ring: FrameRing, reader: Reader) -> None:
    lively = Reader(ring.advert)
    ring.admit()
    for _ in range(200_000):
        ring.begin()
        ring.finish()
        if lively.wake() >= 3000:
            break
    assert ring.is_watched
    lively.close()
    assert reader.wake() == 1


def test_all_is_private_and_gone_after_close(tmp_path: Path) -> None:
    ring = FrameRing(RingDirectory(tmp_path), SIZE)
    folder = Path(ring.advert.segment).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in ("frames", "wake")} == {0o600}
    reader = Reader(ring.advert)
    ring.admit()
    ring.close()
    assert not folder.exists()
    assert reader.socket.recv(8) == b""
    reader.close()


def test_a_canvas_outlives_its_ring(tmp_path: Path) -> None:
    ring = FrameRing(RingDirectory(tmp_path), SIZE)
    canvas = ring.begin()
    ring.close()
    canvas.fill(plain((1, 1), RED).pixelColor(0, 0))
    assert rgba(canvas, 3, 3) == RED


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_has_is_not(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from engine.ring import RingDirectory;"
        "RingDirectory(Path(sys.argv[1])); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, timeout=60)
    living = RingDirectory(tmp_path)
    assert [each.name for each in tmp_path.glob(PREFIX + "*")] == [living.path.name]
    sweep_stale(tmp_path)
    assert living.path.exists()
    living.close()
    assert list(tmp_path.iterdir()) == []


def test_sweeping_touches_no_links_and_nothing_that_is_not_a_ring(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "lock").touch()
    (tmp_path / f"{PREFIX}link").symlink_to(precious)
    (tmp_path / f"{PREFIX}bare").mkdir()
    sweep_stale(tmp_path)
    assert (precious / "lock").exists()
    assert (tmp_path / f"{PREFIX}bare").exists()


def test_without_room_there_is_no_ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    monkeypatch.setattr("engine.pictures.ring._shared_memory_roots", lambda: [tmp_path])
    with pytest.raises(OSError, match="No space left"):
        FrameRing.open(SIZE)
    assert list(tmp_path.iterdir()) == []


# the feed


@pytest.fixture
def feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProgrammeFeed]:
    monkeypatch.setattr("engine.pictures.ring._shared_memory_roots", lambda: [tmp_path])
    feed = ProgrammeFeed("mix er", SIZE, 30)
    yield feed
    feed.close()
    assert list(tmp_path.iterdir()) == []


def local_reader(feed: ProgrammeFeed) -> Reader:
    ring = feed.stream("", "s", is_local=True).ring
    assert ring is not None
    reader = Reader(ring)
    assert feed.has_newcomer()
    return reader


def test_the_advert_names_the_ring_only_to_local_callers(feed: ProgrammeFeed) -> None:
    far = feed.stream("http://host:1", "id 1")
    assert (far.node_id, far.width, far.height, far.fps, far.ring) == ("mix er", 16, 8, 30, None)
    assert far.mjpeg == "http://host:1/mjpeg/id%201/mix%20er"
    assert feed.stream("", "s", is_local=True).ring == feed.stream("", "s", is_local=True).ring


def test_with_a_ring_watcher_alone_the_canvas_is_the_shared_memory(feed: ProgrammeFeed) -> None:
    reader = local_reader(feed)
    canvas = feed.open_canvas(is_kept=False)
    canvas.fill(plain((1, 1), GREEN).pixelColor(0, 0))
    assert not feed.show(canvas)
    assert reader.pixel(reader.wake()) == GREEN
    reader.close()


def test_a_picture_that_others_keep_is_copied_to_the_ring(feed: ProgrammeFeed) -> None:
    reader = local_reader(feed)
    canvas = feed.open_canvas(is_kept=True)
    canvas.fill(plain((1, 1), BLUE).pixelColor(0, 0))
    assert feed.show(canvas)
    assert reader.pixel(reader.wake()) == BLUE
    reader.close()


def test_without_watchers_nothing_is_copied(feed: ProgrammeFeed) -> None:
    feed.stream("", "s", is_local=True)
    assert not feed.has_newcomer()
    assert not feed.is_watched
    assert feed.show(feed.open_canvas(is_kept=False))


def test_another_canvas_size_ends_the_ring_and_a_new_one_is_told(feed: ProgrammeFeed) -> None:
    reader = local_reader(feed)
    feed.set_shape((32, 8), 60)
    assert reader.socket.recv(8) == b""
    reader.close()
    again = feed.stream("", "s", is_local=True)
    assert (again.width, again.fps) == (32, 60)
    other = local_reader(feed)
    assert other.shape == (32, 8, 128)
    other.close()


def test_another_rate_keeps_the_ring(feed: ProgrammeFeed) -> None:
    before = feed.stream("", "s", is_local=True)
    feed.set_shape(SIZE, 60)
    after = feed.stream("", "s", is_local=True)
    assert (before.ring, after.fps) == (after.ring, 60)


@pytest.mark.expects_log("no frame ring for mix er, watchers get JPEGs: .*No space left")
def test_a_full_disk_costs_the_ring_and_nothing_else(feed: ProgrammeFeed, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    assert feed.stream("", "s", is_local=True).ring is None
    assert feed.stream("", "s", is_local=True).ring is None
    assert feed.show(feed.open_canvas(is_kept=False))
