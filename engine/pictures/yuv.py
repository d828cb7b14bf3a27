"""32-bit pictures to 4:2:0 frames for encoders, without an allocation a frame."""

from __future__ import annotations

from av import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from PySide6.QtGui import QImage

__all__ = ["YuvConverter", "colorspace_of"]

SMALLEST_HD_HEIGHT = 577


def colorspace_of(height: int) -> Colorspace:
    """What players take a picture of this height for when it does not say: BT.709 from HD on, BT.601 below."""
    return Colorspace.ITU709 if height >= SMALLEST_HD_HEIGHT else Colorspace.ITU601


class YuvConverter:
    """Converts QImages (RGB32, ARGB32 premultiplied) to ``pixel_format``; one thread's. Odd sizes round chroma up."""

    def __init__(self, pixel_format: str = "yuv420p") -> None:
        self._pixel_format = pixel_format
        self._reformatter = VideoReformatter()
        self._packed: VideoFrame | None = None

    def convert(self, image: QImage, colorspace: Colorspace = Colorspace.ITU601) -> VideoFrame:
        """A new frame; timestamps are the caller's."""
        return self._reformatter.reformat(
            self._load(image),
            format=self._pixel_format,
            interpolation=Interpolation.FAST_BILINEAR,
            dst_colorspace=colorspace,
            threads=1,
        )

    def _load(self, image: QImage) -> VideoFrame:
        size = (image.width(), image.height())
        if self._packed is None or (self._packed.width, self._packed.height) != size:
            self._packed = VideoFrame(*size, "bgra")
        plane = self._packed.planes[0]
        if plane.line_size == image.bytesPerLine():
            memoryview(plane)[:] = image.constBits()
        else:
            _copy_rows(memoryview(plane), plane.line_size, image)
        return self._packed


def _copy_rows(target: memoryview, stride: int, image: QImage) -> None:
    pixels, row = memoryview(image.constBits()), image.bytesPerLine()
    for y in range(image.height()):
        target[y * stride : y * stride + row] = pixels[y * row : (y + 1) * row]
