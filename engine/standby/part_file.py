"""What part this engine plays, on disk: an engine that took over goes on leading after a restart."""

from __future__ import annotations

from pathlib import Path

import msgspec

from sync.log.private_file import PrivateFileRefused, read_private, replace_private

FILE_NAME = "standby.json"

__all__ = ["FILE_NAME", "PartFile"]


class _Part(msgspec.Struct, frozen=True):
    leader: str
    is_leading: bool = False
    ended: tuple[str, ...] = ()


class PartFile:
    """The file in a state folder; without a folder nothing survives, this no more than the sessions."""

    def __init__(self, folder: Path | None) -> None:
        self._path = None if folder is None else folder / FILE_NAME

    def took_over_from(self, leader: str) -> bool:
        """Whether this engine took over from ``leader``. Raises PrivateFileRefused."""
        part = self._read()
        return part.is_leading and part.leader == leader

    def ended(self, leader: str) -> tuple[str, ...]:
        """The sessions, by id, that were ended here since it took over from ``leader``. Raises PrivateFileRefused."""
        part = self._read()
        return part.ended if part.leader == leader else ()

    def save(self, leader: str, *, is_leading: bool, ended: tuple[str, ...] = ()) -> None:
        """Writes it down. Raises OSError."""
        if self._path is not None:
            replace_private(self._path, msgspec.json.encode(_Part(leader, is_leading, ended)).decode())

    def _read(self) -> _Part:
        if self._path is None or not self._path.exists():
            return _Part("")
        try:
            return msgspec.json.decode(read_private(self._path, "standby file"), type=_Part)
        except msgspec.MsgspecError as error:
            raise PrivateFileRefused(
                f"the standby file {self._path} is damaged: {error}; "
                "if this engine took over, start it without --follow, else remove the file"
            ) from error
