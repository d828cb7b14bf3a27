"""Colour bars and video files as sources."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from engine.node import Node, NodeFailed
from engine.nodes.colorbars import ColorBars, ColorBarsParams, bars
from engine.nodes.media import Media
from engine.pictures.clip import Clip
from engine.pictures.drawing import OPAQUE
from engine.pictures.yuv import YuvConverter, colorspace_of
from engine.places import FileRefused, Places, shipped_places
from sync.wire.compositor import ConfigRefused
from sync.wire.json_value import JsonObject
from tests.support.nodes import Reports, Tap
from tests.support.pictures import grey_of, is_near, plain, rgba, write_clip, write_sound


class Running:
    """Started nodes with their reports; stopped at the end of the test."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.reports = Reports()

    def start(self, node: Node) -> Tap:
        self.nodes.append(node)
        tap = Tap()
        node.outputs["out"].attach(tap)
        node.start()
        return tap


@pytest.fixture
def running() -> Iterator[Running]:
    running = Running()
    yield running
    for node in running.nodes:
        node.stop()
        node.stop()


def colorbars(running: Running, **params: Any) -> ColorBars:
    return ColorBars(running.reports.context({"width": 70, "height": 20, "fps": 200, **params}), shipped_places())


@pytest.mark.parametrize("pixel_format", ["rgba8", "nv12", "i420"])
def test_the_bars_are_white_yellow_cyan_green_magenta_red_blue_at_75_percent(pixel_format: Any) -> None:
    image = bars(ColorBarsParams(width=70, height=4, pixel_format=pixel_format))
    c = 191
    wanted = [(c, c, c), (c, c, 0), (0, c, c), (0, c, 0), (c, 0, c), (c, 0, 0), (0, 0, c)]
    for number, (red, green, blue) in enumerate(wanted):
        for x in (10 * number, 10 * number + 9):
            assert is_near(rgba(image, x, 3), (red, green, blue, 255), 0 if pixel_format == "rgba8" else 1)


def test_a_column_belongs_to_the_bar_column_times_7_div_width() -> None:
    image = bars(ColorBarsParams(width=100, height=1, pixel_format="rgba8"))
    edges = [x for x in range(1, 100) if rgba(image, x, 0) != rgba(image, x - 1, 0)]
    assert edges == [x for x in range(1, 100) if x * 7 // 100 != (x - 1) * 7 // 100]


def test_still_bars_are_one_picture_with_rising_times(running: Running) -> None:
    first, second, third = running.start(colorbars(running)).wait_for(3)[:3]
    assert first.image is second.image is third.image
    assert first.image.format() == OPAQUE
    assert first.pts_us < second.pts_us < third.pts_us
    assert (first.sequence, third.sequence) == (0, 2)


def test_scrolling_bars_move_four_pixels_a_frame(running: Running) -> None:
    taken = running.start(colorbars(running, animate=True, pixel_format="rgba8")).wait_for(3)
    for one, two in itertools.pairwise(taken):
        assert all(rgba(two.image, x, 5) == rgba(one.image, (x + 4) % 70, 5) for x in range(70))


def test_the_clock_is_drawn_and_can_be_switched_off_live(running: Running) -> None:
    node = colorbars(running, width=300, height=200, draw_time=True, draw_time_use_pts=True)
    tap = running.start(node)
    still = bars(ColorBarsParams(width=300, height=200))
    assert tap.wait_for(1)[0].image != still
    node.update({"draw_time": False})
    count = len(tap.packets)
    assert tap.wait_for(count + 2)[-1].image == still


def test_a_finite_row_of_bars_ends_and_says_so(running: Running) -> None:
    tap = running.start(colorbars(running, frame_count=4))
    tap.wait_for_close()
    assert len(tap.packets) == 4
    running.reports.wait_for(lambda seen: seen.states[-1].reason == "completed")


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"width": 0}, "width: must be 1 to 7680"),
        ({"fps": 0}, "fps: must be 1 to 1000"),
        ({"frame_count": -1}, "frame_count"),
        ({"pixel_format": "yuy2"}, "pixel_format"),
        ({"colour": "red"}, "colour"),
        ({"width": "wide"}, "width"),
    ],
)
def test_bad_params_fail_with_the_field(running: Running, params: JsonObject, sentence: str) -> None:
    with pytest.raises(NodeFailed, match=sentence):
        colorbars(running, **params)


def test_params_that_are_not_live_are_refused_and_change_nothing(running: Running) -> None:
    node = colorbars(running)
    with pytest.raises(ConfigRefused, match="width: cannot change while"):
        node.update({"width": 100, "animate": True})
    assert not node._params.animate


# video files


@pytest.fixture
def media_root(tmp_path: Path) -> Path:
    write_clip(tmp_path / "clip.mp4", pictures=6, fps=100)
    return tmp_path


def media(running: Running, root: Path, path: str = "clip.mp4", **params: Any) -> Media:
    return Media(running.reports.context({"path": path, **params}), Places(media_roots=(root,)))


def greys(taken: list[Any]) -> list[int]:
    return [rgba(packet.image, 20, 20)[0] for packet in taken]


def test_a_clip_plays_in_order_and_loops_without_a_gap(running: Running, media_root: Path) -> None:
    taken = running.start(media(running, media_root)).wait_for(15)[:15]
    wanted = [grey_of(round(packet.pts_us / 10_000) % 6) for packet in taken]
    assert all(abs(seen - grey) <= 3 for seen, grey in zip(greys(taken), wanted, strict=True))
    times = [packet.pts_us for packet in taken]
    assert times == sorted(set(times))
    assert taken[0].image.format() == OPAQUE
    assert taken[0].is_subsampled


def test_every_round_of_a_clip_has_all_its_pictures_at_even_distances(media_root: Path) -> None:
    clip = Clip(media_root / "clip.mp4", "clip.mp4")
    rounds = iter([True, True, False])
    shown = list(clip.frames(lambda: next(rounds)))
    values = [rgba(clip.picture(each.frame), 20, 20)[0] for each in shown]
    clip.close()
    assert all(abs(value - grey_of(number % 6)) <= 3 for number, value in enumerate(values))
    assert [round(each.due_s, 3) for each in shown] == [round(number / 100, 3) for number in range(18)]


@pytest.mark.parametrize(
    ("suffix", "codec"), [("mp4", "libx264"), ("webm", "libvpx-vp9"), ("avi", "mpeg4"), ("mkv", "ffv1")]
)
def test_other_containers_and_codecs_play_too(tmp_path: Path, suffix: str, codec: str) -> None:
    path = write_clip(tmp_path / f"clip.{suffix}", pictures=3, codec=codec)
    clip = Clip(path, path.name)
    shown = [rgba(clip.picture(each.frame), 20, 20)[0] for each in clip.frames(lambda: False)]
    clip.close()
    assert all(abs(value - grey_of(number)) <= 4 for number, value in enumerate(shown))
    assert len(shown) == 3


@pytest.mark.parametrize("size", [(1280, 720), (320, 240)])
def test_a_clip_that_does_not_say_how_its_colours_are_coded_is_read_as_players_read_it(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    path, picture = tmp_path / "clip.mkv", plain(size, (200, 40, 90, 255))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"qp": "0"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        coded = YuvConverter().convert(picture, colorspace_of(size[1]))
        coded.colorspace = 2  # not said
        container.mux(stream.encode(coded))
        container.mux(stream.encode(None))
    clip = Clip(path, "clip.mkv")
    first = next(clip.frames(lambda: False))
    assert first.frame.colorspace == 2
    assert is_near(rgba(clip.picture(first.frame), 50, 50), (200, 40, 90, 255), 3)
    clip.close()


def test_start_s_begins_each_round_later(media_root: Path) -> None:
    clip = Clip(media_root / "clip.mp4", "clip.mp4", start_s=0.03)
    first = next(clip.frames(lambda: False))
    assert first.due_s == 0.0
    assert abs(rgba(clip.picture(first.frame), 20, 20)[0] - grey_of(3)) <= 3
    clip.close()


def test_a_machine_that_cannot_keep_up_shows_some_pictures_and_stops_at_once(
    running: Running, media_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class SlowTime:
        now = 0.0

        def monotonic(self) -> float:
            self.now += 0.03
            return self.now

    monkeypatch.setattr("engine.nodes.media.time", SlowTime())
    node = media(running, media_root)
    tap = running.start(node)
    tap.wait_for(10)
    node.stop()
    assert not node._worker._thread.is_alive()
    stats = running.reports.stats[-1]
    assert 0 < stats.discarded <= 3 * (stats.sent + 1)


def test_without_loop_a_clip_ends_and_says_so(running: Running, media_root: Path) -> None:
    tap = running.start(media(running, media_root, loop=False))
    tap.wait_for_close()
    assert 1 <= len(tap.packets) <= 6
    running.reports.wait_for(lambda seen: seen.states[-1].reason == "completed")


def test_loop_can_be_switched_off_live_and_the_path_cannot_change(running: Running, media_root: Path) -> None:
    node = media(running, media_root)
    tap = running.start(node)
    with pytest.raises(ConfigRefused, match="path: cannot change"):
        node.update({"path": "other.mp4"})
    node.update({"loop": False})
    tap.wait_for_close()


def torn(path: Path) -> None:
    whole = write_clip(path.with_name("whole.mp4")).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


BROKEN: list[tuple[str, Callable[[Path], object], str]] = [
    ("gone.mp4", Path.exists, "does not exist"),
    ("empty.mp4", Path.touch, "is an empty file"),
    ("text.mp4", lambda path: path.write_text("this is no video\n" * 50), "is no video that can be played"),
    ("torn.mp4", torn, "is no video that can be played"),
    ("sound.wav", write_sound, "holds sound but no picture"),
    ("folder.mp4", Path.mkdir, "may not be read"),
    ("list.m3u8", lambda path: path.write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"), "is no video"),
    ("list.txt", lambda path: path.write_text("ffconcat version 1.0\nfile clip.mp4\n"), "is no video"),
]


@pytest.mark.parametrize(("name", "write", "sentence"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_file_that_is_no_video_is_one_clear_sentence(
    running: Running, tmp_path: Path, name: str, write: Callable[[Path], object], sentence: str
) -> None:
    write(tmp_path / name)
    with pytest.raises(NodeFailed, match=f"^'{name}' .*{sentence}") as refusal:
        media(running, tmp_path, name)
    assert str(tmp_path) not in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("params", [{"path": 3}, {}, {"path": "clip.mp4", "start_s": -1}, {"path": "clip.mp4", "x": 1}])
def test_bad_media_params_are_refused(running: Running, media_root: Path, params: JsonObject) -> None:
    with pytest.raises(NodeFailed, match="bad params"):
        Media(running.reports.context(params), Places(media_roots=(media_root,)))


def test_a_clip_that_is_cut_off_plays_what_there_is(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mkv", pictures=30, codec="ffv1").read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) * 2 // 3])
    clip = Clip(tmp_path / "cut.mkv", "cut.mkv")
    shown = list(clip.frames(lambda: False))
    clip.close()
    assert 10 <= len(shown) < 30


def test_a_file_that_vanishes_or_is_shrunk_while_it_plays_fails_only_its_node(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.avi", pictures=60, size=(320, 240), codec="rawvideo")
    clip = Clip(path, "clip.avi")
    path.write_bytes(b"")
    rounds = iter([True] * 5)
    with pytest.raises(FileRefused, match=r"'clip\.avi' can no longer be read"):
        list(clip.frames(lambda: next(rounds)))
    clip.close()


def test_start_beyond_the_end_is_refused(running: Running, media_root: Path) -> None:
    with pytest.raises(NodeFailed, match="holds no picture that can be decoded"):
        media(running, media_root, start_s=50.0)


def test_a_stopped_source_leaves_no_thread(running: Running, media_root: Path) -> None:
    before = set(threading.enumerate())
    for node in (media(running, media_root), colorbars(running)):
        running.start(node).wait_for(1)
        node.stop()
    assert set(threading.enumerate()) == before


def test_sources_have_no_inputs(running: Running, media_root: Path) -> None:
    source = colorbars(running)
    for node in (media(running, media_root), colorbars(running)):
        with pytest.raises(NodeFailed, match="no input pin 'in'"):
            node.connect_input("in", source.outputs["out"])
        node.disconnect_input("in", source.outputs["out"])
        assert node.describe("frames") is None
        running.nodes.append(node)
