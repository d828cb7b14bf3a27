"""Text overlays: measured and drawn once, kept as bitmaps until something about them changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtGui import QFont, QImage

from engine.pictures.fonts import FontShelf
from engine.pictures.layout import TextBox
from engine.pictures.visible import visible_part
from engine.pictures.writing import Written, draw, write
from sync.wire.compositor import Rect, TextOverlay

__all__ = ["RenderedText", "TextShelf"]

# A larger text is drawn only where it shows; moving it costs a new bitmap then.
WHOLE_PIXELS = 4_000_000
# All bitmaps of a compositor's texts together: 256 MB.
MAX_PIXELS = 64_000_000
# What drawing may take of one tick; what is not done by then is done at the next ones.
DRAW_FOR_S = 0.02
_NO_ROOM = f"there is no room for it: texts are larger than {MAX_PIXELS // 1_000_000} million pixels together"


class RenderedText(NamedTuple):
    """A text's box, and a bitmap of a part of it, as seen from the box's top left corner.

    The first line's accents stand above the box; of a large text the bitmap is only the part that shows. It is null
    while nothing shows, and before its turn to be drawn has come.
    """

    box: TextBox
    image: QImage
    part: Rect


class _Key(NamedTuple):
    text: str
    color: tuple[int, int, int, int]
    font_size: int
    font_name: str | None
    word_wrap: bool
    bounds: tuple[int, int]


class _Piece(NamedTuple):
    """The part of a text that one bitmap shows."""

    key: _Key
    part: Rect


class TextShelf:
    """The bitmaps of one compositor's texts, bounded in pixels together and in what drawing takes of one tick.

    ``on_refused`` is told overlay id and a sentence, once for each text that finds no room. ``now`` is CPU seconds.
    """

    def __init__(
        self,
        fonts: FontShelf,
        on_refused: Callable[[str, str], None] = lambda _id, _sentence: None,
        now: Callable[[], float] = time.thread_time,
    ) -> None:
        self._fonts = fonts
        self._on_refused = on_refused
        self._now = now
        self._written: dict[_Key, Written] = {}
        self._drawn: dict[_Piece, QImage] = {}
        self._shown: dict[str, _Piece | None] = {}
        self._refused: set[str] = set()
        self.is_complete = True

    def render(self, overlays: Sequence[TextOverlay], canvas: tuple[int, int]) -> list[RenderedText]:
        """One text an overlay; unchanged bitmaps are taken from the shelf, unused ones leave it.

        While not ``is_complete``, the same overlays want to be rendered again at the next tick.
        """
        keys = [_key(overlay) for overlay in overlays]
        fonts: dict[tuple[str | None, int], QFont] = {}  # of this call: a file may come, and none is looked for twice
        self._written = {key: self._written.get(key) or self._write(key, fonts) for key in dict.fromkeys(keys)}
        wanted = self._with_room(overlays, [self._piece(*each, canvas) for each in zip(overlays, keys, strict=True)])
        ready = self._draw(wanted)
        shown = [
            piece if piece is None or piece in ready else self._stand_in(overlay.id, piece)
            for overlay, piece in zip(overlays, wanted, strict=True)
        ]
        drawn = {**self._drawn, **ready}
        self._drawn = {piece: drawn[piece] for piece in shown if piece is not None}
        self._shown = {overlay.id: piece for overlay, piece in zip(overlays, shown, strict=True)}
        return [self._rendered(key, piece) for key, piece in zip(keys, shown, strict=True)]

    def _write(self, key: _Key, fonts: dict[tuple[str | None, int], QFont]) -> Written:
        name, size = key.font_name, max(1, key.font_size)
        if (name, size) not in fonts:
            fonts[name, size] = self._fonts.font(name, size)
        return write(key.text, fonts[name, size], size, key.bounds, wraps=key.word_wrap)

    def _piece(self, overlay: TextOverlay, key: _Key, canvas: tuple[int, int]) -> _Piece | None:
        """What is to be drawn of a text: all of it, or of a large one what lies on the canvas."""
        area, box = self._written[key].area, self._written[key].box
        if area.width * area.height <= WHOLE_PIXELS:
            return _Piece(key, area) if area.width else None
        x, y = overlay.rect.x, overlay.rect.y
        place = Rect(x, y + area.y, area.width, area.height)
        seen = visible_part(place, Rect(x, y, box.width, box.height), overlay, canvas)
        return None if seen is None else _Piece(key, Rect(seen.x - x, seen.y - y, seen.width, seen.height))

    def _with_room(self, overlays: Sequence[TextOverlay], wanted: Sequence[_Piece | None]) -> list[_Piece | None]:
        """``wanted`` without what would go over the bound; texts in front of the list come first."""
        room, admitted, refused = MAX_PIXELS, set[_Piece | None]([None]), set[str]()
        for overlay, piece in zip(overlays, wanted, strict=True):
            pixels = 0 if piece is None or piece in admitted else piece.part.width * piece.part.height
            if pixels <= room:
                room -= pixels
                admitted.add(piece)
            else:
                refused.add(overlay.id)
        for name in refused - self._refused:
            self._on_refused(name, _NO_ROOM)
        self._refused = refused
        return [piece if piece in admitted else None for piece in wanted]

    def _draw(self, wanted: Sequence[_Piece | None]) -> dict[_Piece, QImage]:
        """The wanted pieces that are drawn, now or earlier: one at least, as many as there is time for."""
        until = self._now() + DRAW_FOR_S
        ready = {piece: self._drawn[piece] for piece in wanted if piece is not None and piece in self._drawn}
        missing = [piece for piece in dict.fromkeys(wanted) if piece is not None and piece not in ready]
        for count, piece in enumerate(missing):
            if count and self._now() >= until:
                self.is_complete = False
                return ready
            ready[piece] = draw(self._written[piece.key], piece.key.color, piece.part)
        self.is_complete = True
        return ready

    def _stand_in(self, overlay_id: str, piece: _Piece) -> _Piece | None:
        """What this overlay showed before, if that is a part of the same text."""
        last = self._shown.get(overlay_id)
        return last if last is not None and last.key == piece.key else None

    def _rendered(self, key: _Key, piece: _Piece | None) -> RenderedText:
        image, place = (self._drawn[piece], piece.part) if piece is not None else (QImage(), Rect(0, 0, 0, 0))
        return RenderedText(self._written[key].box, image, place)


def _key(overlay: TextOverlay) -> _Key:
    bounds = (overlay.rect.width, overlay.rect.height)
    # Half a surrogate pair is no text for Qt.
    text = overlay.text.encode("utf-8", "replace").decode()
    return _Key(text, overlay.color, overlay.font_size, overlay.font_name, overlay.word_wrap, bounds)
