"""Image overlays: read and scaled in a thread of their own; an older bitmap stands in until the right one is ready."""

from __future__ import annotations

import itertools
import logging
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeAlias

from PySide6.QtGui import QImage

from engine.pictures.stills import Still, read_still
from engine.places import FileRefused, Places
from sync.wire.compositor import MAX_CANVAS_SIDE, ImageOverlay, Rect
from sync.wire.geometry import fit

__all__ = ["TRY_AGAIN_S", "FittedImage", "ImageShelf"]

TRY_AGAIN_S = 2.0
# A larger bitmap is drawn enlarged instead.
MAX_BITMAP_PIXELS = 3840 * 2160
# All bitmaps of a compositor's images together: 256 MB. The files that they came from: 96 MB, or one that is larger.
MAX_PIXELS = 64_000_000
MAX_STILL_PIXELS = 24_000_000
_NO_ROOM = f"there is no room for it: images are larger than {MAX_PIXELS // 1_000_000} million pixels together"

_Size: TypeAlias = tuple[int, int]
_log = logging.getLogger(__name__)


class FittedImage(NamedTuple):
    """A loaded overlay: the picture's own size, and a bitmap of it, of the fitted size as soon as that is ready."""

    source: _Size
    image: QImage


class _Key(NamedTuple):
    id: str
    asset_path: str


class _Picture:
    """One overlay's file. ``wanted`` is written by the compositor's thread, the rest by the loader's."""

    def __init__(self, key: _Key) -> None:
        self.key = key
        self.wanted: frozenset[_Size] = frozenset()  # sizes of rects, before fitting
        self.is_queued = False
        self.still: Still | None = None
        self.source: _Size | None = None
        self.used = 0  # the number of its last bitmap
        self.bitmaps: dict[_Size, QImage] = {}
        self.newest: QImage | None = None
        self.refused_s: float | None = None

    @property
    def missing(self) -> _Size | None:
        """A wanted size that there is no bitmap of."""
        return next((size for size in self.wanted if size not in self.bitmaps), None)

    def pixels(self, rect: _Size) -> int:
        """How large the bitmap for a rect is or will be; 0 while the file has not been read."""
        return 0 if self.source is None else math.prod(_bitmap_size(rect, self.source))

    def shown(self, rect: _Size) -> FittedImage | None:
        """What there is to draw for a rect."""
        image = self.bitmaps.get(rect, self.newest)
        return None if image is None or self.source is None else FittedImage(self.source, image)

    def keep(self, rect: _Size, bitmap: QImage) -> None:
        """Takes a new bitmap and lets those go that nobody wants any more."""
        wanted = self.wanted
        self.bitmaps = {size: each for size, each in self.bitmaps.items() if size in wanted} | {rect: bitmap}
        self.newest = bitmap

    def forget(self) -> None:
        """Frees all memory."""
        self.still, self.bitmaps, self.newest = None, {}, None


class ImageShelf:
    """The bitmaps of one compositor's image overlays, bounded in pixels.

    ``on_refused`` is told overlay id and a sentence, once for each that cannot be shown, from any thread; a file that
    cannot be read is tried again every few seconds, because it may be on its way here.
    """

    def __init__(
        self, places: Places, on_refused: Callable[[str, str], None], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._places = places
        self._on_refused = on_refused
        self._pictures: dict[_Key, _Picture] = {}
        self._without_room: set[_Key] = set()
        self._count = itertools.count(1)
        self._now = now
        self._loader: ThreadPoolExecutor | None = None

    def find(self, overlays: Sequence[ImageOverlay]) -> list[FittedImage | None]:
        """One bitmap an overlay, None while its file is being read or when it cannot be shown. Returns at once."""
        asked = [(_Key(each.id, each.asset_path), (each.rect.width, each.rect.height)) for each in overlays]
        self._pictures = {key: self._pictures.get(key) or _Picture(key) for key, _ in asked}
        admitted = self._with_room(asked)
        found = [self._pictures[key].shown(size) if (key, size) in admitted else None for key, size in asked]
        sizes: dict[_Key, set[_Size]] = {key: set() for key in self._pictures}
        for key, size in admitted:
            sizes[key].add(size)
        for key, picture in self._pictures.items():
            self._care_for(picture, frozenset(sizes[key]))
        return found

    def close(self) -> None:
        """Ends the loading thread."""
        if self._loader is not None:
            self._loader.shutdown(wait=True, cancel_futures=True)
            self._loader = None

    def _with_room(self, asked: Sequence[tuple[_Key, _Size]]) -> set[tuple[_Key, _Size]]:
        """What of ``asked`` stays within the bound; images in front of the list come first."""
        room, admitted, refused = MAX_PIXELS, set[tuple[_Key, _Size]](), set[_Key]()
        for key, size in asked:
            pixels = 0 if (key, size) in admitted else self._pictures[key].pixels(size)
            if pixels <= room:
                room -= pixels
                admitted.add((key, size))
            else:
                refused.add(key)
        for key in refused - self._without_room:
            self._on_refused(key.id, _NO_ROOM)
        self._without_room = refused
        return admitted

    def _care_for(self, picture: _Picture, wanted: frozenset[_Size]) -> None:
        """Has the loader bring a picture up to date; newer wishes replace those that it has not come to."""
        picture.wanted = wanted
        if not wanted:
            picture.forget()
        is_due = picture.refused_s is None or self._now() - picture.refused_s >= TRY_AGAIN_S
        if picture.missing is None or picture.is_queued or not is_due:
            return
        picture.is_queued = True
        if self._loader is None:
            self._loader = ThreadPoolExecutor(1, thread_name_prefix="image-overlays")
        self._loader.submit(self._serve, picture)

    # the loader's thread

    def _serve(self, picture: _Picture) -> None:
        try:
            if self._pictures.get(picture.key) is picture:
                self._fit(picture)
        except FileRefused as refusal:
            self._refuse(picture, str(refusal))
        except Exception as defect:  # noqa: BLE001  (an executor would swallow it, and the overlay be lost in silence)
            if picture.refused_s is None:
                _log.error("image overlay %r failed by a defect", picture.key.id, exc_info=defect)
            self._refuse(picture, f"internal error: {type(defect).__name__}")
        finally:
            picture.is_queued = False

    def _fit(self, picture: _Picture) -> None:
        """Makes one missing bitmap."""
        size, path = picture.missing, picture.key.asset_path
        if size is None:
            return
        still = picture.still or read_still(self._places.asset(path), path)
        wanted = _bitmap_size(size, still.size)
        bitmap = still.at_size(*wanted)
        if bitmap.isNull() and all(wanted):
            raise FileRefused(f"there is no memory for {path!r}")
        picture.source, picture.still, picture.used = still.size, still, next(self._count)
        picture.keep(size, bitmap)
        picture.refused_s = None
        self._drop_stills(picture)

    def _refuse(self, picture: _Picture, sentence: str) -> None:
        is_first = picture.refused_s is None
        picture.refused_s = self._now()
        if is_first:
            self._on_refused(picture.key.id, sentence)

    def _drop_stills(self, newest: _Picture) -> None:
        """Files that were not scaled for the longest time are read again when they have to be."""
        room = MAX_STILL_PIXELS
        for picture in sorted(self._pictures.values(), key=lambda each: each.used, reverse=True):
            still = picture.still
            room -= 0 if still is None else still.held_pixels
            if room < 0 and picture is not newest:
                picture.still = None


def _bitmap_size(rect: _Size, source: _Size) -> _Size:
    """The size of a source fitted into a rect, or of the largest bitmap of that shape; (0, 0) when nothing shows."""
    fitted = fit(Rect(0, 0, *rect), *source)
    width, height = fitted.width, fitted.height
    if not width or not height:
        return 0, 0
    scale = min(MAX_CANVAS_SIDE / max(width, height), math.sqrt(MAX_BITMAP_PIXELS / (width * height)))
    if scale >= 1.0:
        return width, height
    return max(1, math.floor(width * scale)), max(1, math.floor(height * scale))
