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


class PartFile:
    """The file in a state folder; without a folder nothing survives, this no more than the sessions."""

    def __init__(self, folder: Path | None) -> None:
        self._path = None if folder is None else folder / FILE_NAME

    def took_over_from(self, leader: str) -> bool:
        """Whether this engine took over from ``leader``. Raises PrivateFileRefused."""
        if self._path is None or not self._path.exists():
            return False
        try:
            part = msgspec.json.decode(read_private(self._path, "standby file"), type=_Part)
        except msgspec.MsgspecError as error:
            raise PrivateFileRefused(
                f"the standby file {self._path} is damaged: {error}; "
                "if this engine took over, start it without --follow, else remove the file"
            ) from error
        return part.is_leading and part.leader == leader

    def save(self, leader: str, *, is_leading: bool) -> None:
        """Writes it down. Raises OSError."""
        if self._path is not None:
            replace_private(self._path, msgspec.json.encode(_Part(leader, is_leading)).decode())
