"""Images and fonts that overlays may name: shipped and uploaded, never outside their folders (PROTOCOL.md §18)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from engine.places import FileRefused, Places
from engine.running.refused import Refused

FORMATS = {"images": ("png", "jpg", "jpeg", "webp", "gif", "svg"), "fonts": ("ttf", "otf")}
_FIT_NAME = re.compile(r"[\w][\w .()-]{0,119}\Z")
MAX_NAME_BYTES = 255

__all__ = ["FORMATS", "Asset", "AssetShelf"]


class Asset(msgspec.Struct, frozen=True):
    """One file; ``path`` is what params name it by."""

    id: str
    name: str
    path: str
    format: str
    size_bytes: int
    is_system: bool


class AssetShelf:
    """Files of one sort, ``images`` or ``fonts``. Blocking: not for the event loop."""

    def __init__(self, sort: str, places: Places, uploads: Path | None) -> None:
        self._sort = sort
        self._places = places
        self._uploads = None if uploads is None else uploads / sort / "user"

    def list(self) -> list[Asset]:
        """All files, the shipped ones first."""
        found = {asset.id: asset for asset in self._find_all()}
        return sorted(found.values(), key=lambda asset: (not asset.is_system, asset.id))

    def file(self, asset_id: str) -> Path:
        """The file of ``{scope}/{name}``; raises Refused."""
        path = self._shipped_font(asset_id)
        if path is None:
            try:
                path = self._places.asset(f"samples/{self._sort}/{asset_id}")
            except FileRefused as refusal:
                raise self._missing(asset_id) from refusal
        if not self._is_fit(path):
            raise self._missing(asset_id)
        return path

    def claim(self, file_name: str) -> Path:
        """Where an upload of this name goes, in a folder that exists; raises Refused."""
        name = Path(file_name.replace("\\", "/")).name
        if self._uploads is None:
            raise Refused("This server keeps no uploads; start it with --samples-dir", 503)
        if not self._is_fit(Path(name)):
            raise Refused(f"The name must end in one of: {', '.join(FORMATS[self._sort])}")
        if not _FIT_NAME.match(name) or len(name.encode()) > MAX_NAME_BYTES:
            raise Refused("The name may hold letters, digits, spaces and _ . ( ) - only, 120 at most")
        if (self._uploads / name).exists():
            raise Refused(f"'{name}' already exists", 409)
        self._uploads.mkdir(parents=True, exist_ok=True)
        return self._uploads / name

    def keep(self, fresh: Path, path: Path) -> Asset:
        """Puts a checked upload in its claimed place; raises Refused when somebody was faster."""
        try:
            os.link(fresh, path)
        except FileExistsError:
            raise Refused(f"'{path.name}' already exists", 409) from None
        return self._asset("user", path)

    def delete(self, asset_id: str) -> None:
        """Removes an upload; raises Refused."""
        scope, _, name = asset_id.partition("/")
        if scope == "system":
            raise Refused("System assets cannot be deleted", 403)
        if self._uploads is None or scope != "user" or self.file(asset_id) != (self._uploads / name).resolve():
            raise self._missing(asset_id)
        (self._uploads / name).unlink(missing_ok=True)

    def _find_all(self) -> Iterator[Asset]:
        if self._sort == "fonts":
            yield from self._in_folder(self._places.font_root, "system")
        for root in self._places.asset_roots:
            for scope in ("system", "user"):
                yield from self._in_folder(root / self._sort / scope, scope)

    def _in_folder(self, folder: Path, scope: str) -> Iterator[Asset]:
        yield from (self._asset(scope, path) for path in self._files(folder))

    def _files(self, folder: Path) -> Iterator[Path]:
        if folder.is_dir():
            yield from (path for path in folder.iterdir() if self._is_fit(path) and path.is_file())

    def _asset(self, scope: str, path: Path) -> Asset:
        asset_id = f"{scope}/{path.name}"
        size = path.stat().st_size
        return Asset(asset_id, path.stem, f"samples/{self._sort}/{asset_id}", _format(path), size, scope == "system")

    def _shipped_font(self, asset_id: str) -> Path | None:
        scope, _, name = asset_id.partition("/")
        if self._sort != "fonts" or scope != "system" or "/" in name or not name:
            return None
        # Looked for among what is there: a name that no file can have is then one that no file has.
        return next((each for each in self._files(self._places.font_root) if each.name == name), None)

    def _is_fit(self, path: Path) -> bool:
        return _format(path) in FORMATS[self._sort] and not path.name.startswith(".")

    def _missing(self, asset_id: str) -> Refused:
        return Refused(f"Asset '{asset_id}' not found", 404)


def _format(path: Path) -> str:
    return path.suffix.lower().removeprefix(".")
