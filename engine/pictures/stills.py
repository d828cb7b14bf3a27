"""Still pictures from files: PNG, JPEG, WebP, GIF (its first frame), SVG and SVGZ; hostile ones are refused."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPainter
from PySide6.QtSvg import QSvgRenderer

from engine.pictures.drawing import WITH_ALPHA
from engine.places import FileRefused
from sync.wire.compositor import MAX_CANVAS_SIDE

__all__ = ["Still", "read_still"]

MAX_FILE_BYTES = 100_000_000
MAX_SVG_BYTES = 8_000_000
_MAGIC = {b"\x89PNG\r\n\x1a\n": b"png", b"\xff\xd8\xff": b"jpeg", b"GIF8": b"gif"}
_SVG_SUFFIXES = (".svg", ".svgz")
_OUTSIDE_REFERENCE = re.compile(
    rb"""href\s*=\s*["']\s*(?!\#|data:|["'])|url\(\s*["']?\s*(?!\#|data:|["'])|<!ENTITY|@import""", re.IGNORECASE
)


class Still(Protocol):
    """A picture that can be drawn at any size."""

    @property
    def size(self) -> tuple[int, int]:
        """Its own size in pixels."""

    @property
    def held_pixels(self) -> int:
        """How many pixels are kept in memory for it."""

    def at_size(self, width: int, height: int) -> QImage:
        """A bitmap of exactly this size, ARGB32 premultiplied; null when a side is 0 or there is no memory."""


class _Raster:
    def __init__(self, image: QImage) -> None:
        self._image = image
        self.size = (image.width(), image.height())
        self.held_pixels = image.width() * image.height()

    def at_size(self, width: int, height: int) -> QImage:
        mode = Qt.TransformationMode.SmoothTransformation
        fitted = self._image.scaled(QSize(width, height), Qt.AspectRatioMode.IgnoreAspectRatio, mode)
        return fitted.convertToFormat(WITH_ALPHA)


class _Drawing:
    def __init__(self, svg: bytes, size: tuple[int, int]) -> None:
        self._svg = svg
        self.size = size
        self.held_pixels = 0

    def at_size(self, width: int, height: int) -> QImage:
        if not width or not height:
            return QImage()
        image = QImage(width, height, WITH_ALPHA)
        if image.isNull():
            return image
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        try:
            QSvgRenderer(QByteArray(self._svg)).render(painter, QRectF(0, 0, width, height))
        finally:
            painter.end()
        return image


def read_still(path: Path, name: str) -> Still:
    """Reads a picture; ``name`` is what refusals call it. Raises FileRefused."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise FileRefused(f"{name!r} is larger than {MAX_FILE_BYTES // 1_000_000} MB")
        data = path.read_bytes()
    except OSError as error:
        raise FileRefused(f"{name!r} cannot be read: {error.strerror}") from error
    still = _read_drawing(data, name) if path.suffix.lower() in _SVG_SUFFIXES else _read_raster(path, data, name)
    if max(still.size) > MAX_CANVAS_SIDE:
        raise FileRefused(f"{name!r} is larger than {MAX_CANVAS_SIDE} pixels")
    return still


def _read_raster(path: Path, data: bytes, name: str) -> Still:
    reader = QImageReader(str(path), QByteArray(_format_of(data, name)))
    reader.setAutoTransform(True)
    reader.setAutoDetectImageFormat(False)
    if max(reader.size().width(), reader.size().height()) > MAX_CANVAS_SIDE:
        raise FileRefused(f"{name!r} is larger than {MAX_CANVAS_SIDE} pixels")
    image = reader.read()
    if image.isNull():
        raise FileRefused(f"{name!r} is no picture that can be read: {reader.errorString()}")
    return _Raster(image)


def _format_of(data: bytes, name: str) -> bytes:
    """Qt's name of the format, by content: left to itself Qt would try formats that read other files, like SVG."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return b"webp"
    for magic, found in _MAGIC.items():
        if data.startswith(magic):
            return found
    raise FileRefused(f"{name!r} is neither PNG, JPEG, WebP, GIF nor SVG")


def _read_drawing(data: bytes, name: str) -> Still:
    svg = _inflated(data, name)
    if _OUTSIDE_REFERENCE.search(svg):
        raise FileRefused(f"{name!r} refers to something outside itself")
    size = QSvgRenderer(QByteArray(svg)).defaultSize()
    if size.isEmpty():
        raise FileRefused(f"{name!r} is no SVG drawing with a size")
    return _Drawing(svg, (size.width(), size.height()))


def _inflated(data: bytes, name: str) -> bytes:
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.GzipFile(fileobj=io.BytesIO(data)).read(MAX_SVG_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise FileRefused(f"{name!r} is a damaged SVGZ file") from error
    if len(data) > MAX_SVG_BYTES:
        raise FileRefused(f"{name!r} is larger than {MAX_SVG_BYTES // 1_000_000} MB of SVG")
    return data
