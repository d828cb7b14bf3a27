"""The shipped clips are real encoded video of what the scenes paint, small, and without a seam."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from PySide6.QtGui import QImage

from tests.clips.make_clips import CLIPS, FPS, Clip, encode

clips = pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)


def decoded(clip: Clip, *indexes: int) -> list[QImage]:
    images: list[QImage] = []
    with av.open(str(clip.path)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index in indexes:
                rgb = frame.reformat(format="bgra")
                plane = rgb.planes[0]
                image = QImage(bytes(plane), rgb.width, rgb.height, plane.line_size, QImage.Format.Format_RGB32)
                images.append(image.copy())
            if index >= max(indexes):
                break
    return images


def difference(first: QImage, second: QImage) -> float:
    """The mean difference of a channel over a coarse grid, 0..255."""
    points = [(x, y) for x in range(0, first.width(), 16) for y in range(0, first.height(), 16)]
    total = 0
    for x, y in points:
        a, b = first.pixelColor(x, y), second.pixelColor(x, y)
        total += abs(a.red() - b.red()) + abs(a.green() - b.green()) + abs(a.blue() - b.blue())
    return total / (3 * len(points))


@clips
def test_a_clip_is_h264_of_the_right_size_rate_and_length(clip: Clip) -> None:
    first = clip.painting(0.0)
    with av.open(str(clip.path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert (stream.width, stream.height) == (first.width(), first.height())
        assert stream.average_rate == FPS
        assert stream.frames == clip.seconds * FPS
    assert clip.path.stat().st_size <= clip.max_bytes


@clips
def test_a_clip_shows_what_its_scene_paints(clip: Clip) -> None:
    index = clip.seconds * FPS // 3
    (shown,) = decoded(clip, index)
    assert difference(shown, clip.painting(index / (clip.seconds * FPS))) < 1.5
    assert difference(shown, clip.painting(0.95)) > 2.0, "another moment would be noticed"


@clips
def test_a_clip_moves_and_ends_where_it_begins(clip: Clip) -> None:
    count = clip.seconds * FPS
    first, middle, last = clip.painting(0.0), clip.painting(0.27), clip.painting((count - 1) / count)
    assert difference(first, middle) > 1.5
    assert difference(last, first) < 1.0


def test_encoding_makes_a_file_like_the_shipped_one(tmp_path: Path) -> None:
    short = Clip("short.mp4", CLIPS[1].painting, 1, 200_000, 30)
    encode(short, (path := tmp_path / short.name))
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == FPS
