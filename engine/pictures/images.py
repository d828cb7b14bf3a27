"""Image overlays: read from disk in a thread of their own, fitted once, kept until path or size changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from PySide6.QtGui import QImage

from engine.pictures.stills import read_still
from engine.places import FileRefused, Places
from sync.wire.compositor import ImageOverlay, Rect
from sync.wire.geometry import fit

TRY_AGAIN_S = 2.0

__all__ = ["TRY_AGAIN_S", "FittedImage", "ImageShelf"]


class FittedImage(NamedTuple):
    """A loaded overlay: the picture's own size, and its bitmap at the fitted size."""

    source: tuple[int, int]
    image: QImage


class _Key(NamedTuple):
    id: str
    asset_path: str
    width: int
    height: int


class ImageShelf:
    """The bitmaps of one compositor's image overlays.

    ``on_refused`` is called from the loading thread with overlay id and a sentence, once for each file that cannot be
    read; it is tried again every few seconds, because it may be on its way here.
    """

    def __init__(
        self, places: Places, on_refused: Callable[[str, str], None], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._places = places
        self._on_refused = on_refused
        self._shelf: dict[_Key, FittedImage | None] = {}
        self._refused_at: dict[_Key, float] = {}
        self._now = now
        self._loader: ThreadPoolExecutor | None = None

    def find(self, overlays: Sequence[ImageOverlay]) -> list[FittedImage | None]:
        """One bitmap an overlay, None while it is being read or when it could not be read. Returns at once."""
        wanted = [_key(overlay) for overlay in overlays]
        shelf = self._shelf
        self._shelf = {key: shelf.get(key) for key in wanted}
        found = [self._shelf[key] for key in wanted]
        for gone in self._refused_at.keys() - self._shelf.keys():
            self._refused_at.pop(gone, None)
        for key in self._shelf:
            if key not in shelf or self._is_worth_a_try(key):
                self._load_later(key)
        return found

    def _is_worth_a_try(self, key: _Key) -> bool:
        refused_at = self._refused_at.get(key)
        if refused_at is None or self._now() - refused_at < TRY_AGAIN_S:
            return False
        self._refused_at[key] = self._now()
        return True

    def close(self) -> None:
        """Ends the loading thread."""
        if self._loader is not None:
            self._loader.shutdown(wait=True, cancel_futures=True)
            self._loader = None

    def _load_later(self, key: _Key) -> None:
        if self._loader is None:
            self._loader = ThreadPoolExecutor(1, thread_name_prefix="image-overlays")
        self._loader.submit(self._load, key)

    def _load(self, key: _Key) -> None:
        try:
            loaded = _fitted(key, self._places)
        except FileRefused as refusal:
            is_first = key not in self._refused_at
            self._refused_at[key] = self._now()
            if is_first:
                self._on_refused(key.id, str(refusal))
            return
        self._refused_at.pop(key, None)
        if key in self._shelf:
            self._shelf[key] = loaded


def _key(overlay: ImageOverlay) -> _Key:
    return _Key(overlay.id, overlay.asset_path, overlay.rect.width, overlay.rect.height)


def _fitted(key: _Key, places: Places) -> FittedImage:
    still = read_still(places.asset(key.asset_path), key.asset_path)
    rect = fit(Rect(0, 0, key.width, key.height), *still.size)
    return FittedImage(still.size, still.at_size(rect.width, rect.height))
