"""Pictures and short video files for tests of what the engine draws."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
from PySide6.QtGui import QColor, QImage

from engine.pictures.drawing import OPAQUE

RED, GREEN, BLUE = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255)
WHITE, BLACK, CLEAR = (255, 255, 255, 255), (0, 0, 0, 255), (0, 0, 0, 0)

Rgba = tuple[int, int, int, int]


def plain(size: tuple[int, int], color: Rgba, picture_format: QImage.Format = OPAQUE) -> QImage:
    """A picture of one colour."""
    image = QImage(*size, picture_format)
    image.fill(QColor(*color))
    return image


def quarters(size: tuple[int, int] = (100, 100)) -> QImage:
    """Red top left, green top right, blue bottom left, white bottom right."""
    image = QImage(*size, OPAQUE)
    for y in range(size[1]):
        for x in range(size[0]):
            color = ((RED, GREEN), (BLUE, WHITE))[y * 2 // size[1]][x * 2 // size[0]]
            image.setPixelColor(x, y, QColor(*color))
    return image


def rgba(image: QImage, x: int, y: int) -> Rgba:
    """A pixel, alpha unmultiplied."""
    color = image.pixelColor(x, y)
    return color.red(), color.green(), color.blue(), color.alpha()


def is_near(seen: Rgba, wanted: Rgba, tolerance: int = 2) -> bool:
    """Whether two colours agree in every part within ``tolerance``."""
    return all(abs(one - other) <= tolerance for one, other in zip(seen, wanted, strict=True))


def grey_of(number: int) -> int:
    """The grey that ``write_clip`` gives to its n-th picture: each is told from its neighbours."""
    return 20 + 10 * (number % 20)


def write_clip(
    path: Path,
    pictures: int = 10,
    size: tuple[int, int] = (64, 48),
    fps: int = 30,
    codec: str = "libx264",
    grey: Callable[[int], int] = grey_of,
) -> Path:
    """A video file whose n-th picture is plain ``grey(n)`` (luma of full-range RGB)."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, fps)
        for number in range(pictures):
            frame = av.VideoFrame(*size, "bgra")
            frame.planes[0].update(bytes([grey(number)] * 3 + [255]) * (frame.planes[0].buffer_size // 4))
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_noise(path: Path, pictures: int = 15, size: tuple[int, int] = (320, 240)) -> Path:
    """A video file of pictures that cannot be foretold, the same ones each time."""
    noise = random.Random(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("rawvideo", rate=30)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for number in range(pictures):
            frame = av.VideoFrame(*size, "yuv420p")
            for plane in frame.planes:
                plane.update(noise.randbytes(plane.buffer_size))
            frame.pts = number
            container.mux(stream.encode(frame))
    return path


def write_sound(path: Path) -> Path:
    """A file with sound and no picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame("s16", "mono", 800)
        frame.sample_rate = 8000
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
