"""An image or font from elsewhere is looked at before it is kept among the assets (PROTOCOL.md §18)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from engine.assets import FORMATS, AssetShelf
from engine.pictures.stills import read_still
from engine.places import FileRefused
from engine.running.refused import Refused

MAX_ASSET_BYTES = 100 * 1024 * 1024
FONT_MARKS = (b"\x00\x01\x00\x00", b"OTTO", b"true")

__all__ = ["MAX_ASSET_BYTES", "keep_checked"]


def keep_checked(shelf: AssetShelf, fresh: Path, path: Path) -> dict[str, Any]:
    """Puts a file in its claimed place if it is what its name says; its row, an image's with its size in pixels.

    Blocking. Raises Refused.
    """
    size = _checked_size(fresh, path)
    row: dict[str, Any] = msgspec.to_builtins(shelf.keep(fresh, path))
    return row if size is None else {**row, "width": size[0], "height": size[1]}


def _checked_size(fresh: Path, path: Path) -> tuple[int, int] | None:
    """An image's size in pixels, None for a font; raises Refused for a file that is neither."""
    if path.suffix.lower().removeprefix(".") in FORMATS["fonts"]:
        with fresh.open("rb") as file:
            if not file.read(4).startswith(FONT_MARKS):
                raise Refused(f"'{path.name}' is no font")
        return None
    try:
        return read_still(fresh, path.name).size
    except FileRefused as refusal:
        raise Refused(str(refusal)) from refusal
