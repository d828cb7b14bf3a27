"""Where files that params name may lie: asset paths and media paths can never leave their roots."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

import resources

__all__ = ["FileRefused", "Places", "shipped_places"]

ASSET_PREFIX = "samples/"


class FileRefused(ValueError):
    """A path that does not exist or may not be read; the text is one sentence that names it as it was given."""


class Places(msgspec.Struct, frozen=True):
    """Roots, searched in order. ``samples/images/x.png`` is ``images/x.png`` under an asset root; a relative media
    path is taken from each media root, an absolute one must lie inside one.
    """

    asset_roots: tuple[Path, ...] = ()
    media_roots: tuple[Path, ...] = ()
    font_root: Path = Path()

    def asset(self, path: str) -> Path:
        """The file of an asset path. Raises FileRefused."""
        return _find(path, path.removeprefix(ASSET_PREFIX), self.asset_roots, "the asset folders")

    def media(self, path: str) -> Path:
        """The file of a media path. Raises FileRefused."""
        return _find(path, path, self.media_roots, "the media folders")

    def font(self, name: str | None) -> Path | None:
        """The font file that a text overlay names, by path or by file name; None when there is no such file."""
        if name is None:
            return None
        try:
            return self.asset(name)
        except FileRefused:
            shipped = self.font_root / os.path.basename(name)  # noqa: PTH119  (a bare name, whatever was given)
            return shipped if _is_file(shipped) else None


def shipped_places() -> Places:
    """The samples and fonts that come with the program."""
    home = Path(resources.__file__).resolve().parent
    samples = home / "samples"
    return Places(asset_roots=(samples,), media_roots=(samples,), font_root=home / "fonts")


def _find(given: str, wanted: str, roots: tuple[Path, ...], where: str) -> Path:
    if not wanted or "\0" in wanted or ".." in Path(wanted).parts:
        raise FileRefused(f"{given!r} is no path of a file")
    candidates = [root / wanted for root in roots]
    try:
        for root, candidate in zip(roots, candidates, strict=True):
            if candidate.is_file() and candidate.resolve().is_relative_to(root.resolve()):
                return candidate.resolve()
        is_there = any(candidate.exists() for candidate in candidates)
    except (OSError, ValueError) as error:  # a name too long, a folder that may not be entered
        raise FileRefused(f"{given!r} cannot be looked up in {where}: {_cause(error)}") from error
    if is_there:
        raise FileRefused(f"{given!r} may not be read: it is no file inside {where}")
    raise FileRefused(f"{given!r} does not exist in {where}")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _cause(error: OSError | ValueError) -> str:
    cause = error.strerror if isinstance(error, OSError) else None
    return cause or "it is no name of a file"
