"""Where this process may read files that params name: beside its pipelines, in given folders, in the samples."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from engine.places import Places, shipped_places

__all__ = ["folders_of", "places_for"]


def folders_of(files: Iterable[Path]) -> tuple[Path, ...]:
    """The folders that hold ``files``, each once."""
    return tuple(dict.fromkeys(path.absolute().parent for path in files))


def places_for(media_dirs: Iterable[Path] = (), samples_dir: Path | None = None) -> Places:
    """What is shipped, and before it what was asked for: own files hide shipped ones of the same name."""
    shipped = shipped_places()
    own = () if samples_dir is None else (samples_dir.absolute(),)
    given = tuple(folder.absolute() for folder in media_dirs)
    return msgspec.structs.replace(
        shipped,
        asset_roots=(*own, *shipped.asset_roots),
        media_roots=(*given, *own, *shipped.media_roots),
    )
