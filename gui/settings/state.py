"""What the desk remembers without being asked: recent servers and files, window layouts, hidden and locked layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from gui.settings.atomic import write_atomically

__all__ = ["MAX_RECENT", "DeskState", "KnownStandby", "StateFile"]

MAX_RECENT: Final = 8
MAX_SESSIONS: Final = 50


class KnownStandby(msgspec.Struct, frozen=True):
    """A server that another one named as its standby."""

    url: str
    name: str = ""


class DeskState(msgspec.Struct, kw_only=True):
    """The whole file. ``layouts`` holds base64 by name; ``memories`` a session's desk-side memory by its name.

    ``kept_tokens`` names the servers whose token is in the system's keyring; no token is ever here. ``standbys`` are
    what each server named last, the server that was heard last at the end.
    """

    servers: list[str] = []
    files: list[str] = []
    layouts: dict[str, str] = {}
    memories: dict[str, Any] = {}
    kept_tokens: list[str] = []
    standbys: dict[str, list[KnownStandby]] = {}


class StateFile:
    """The state in force and its file; a broken one is put aside and named in ``complaint``. ``path`` None: no file."""

    def __init__(self, path: Path | None = None) -> None:
        self.complaint = ""
        self._path = path
        self.state = self._load()

    @property
    def folder(self) -> Path | None:
        """Where a desk keeps what it must not lose; None when it keeps nothing."""
        return None if self._path is None else self._path.parent

    def recent_server(self, url: str) -> None:
        """Puts a server on top of the recent ones."""
        self.state.servers = _on_top(url, self.state.servers)

    def recent_file(self, path: str) -> None:
        """Puts a pipeline file on top of the recent ones."""
        self.state.files = _on_top(path, self.state.files)

    def remember_standbys(self, server: str, rows: list[KnownStandby]) -> None:
        """Keeps what a server named; the servers that were heard longest ago make room."""
        self.state.standbys.pop(server, None)
        self.state.standbys[server] = rows[:MAX_RECENT]
        for old in list(self.state.standbys)[:-MAX_RECENT]:
            del self.state.standbys[old]

    def remember(self, session: str, memory: Any) -> None:
        """Keeps a session's desk-side memory; the oldest make room."""
        self.state.memories.pop(session, None)
        self.state.memories[session] = memory
        for old in list(self.state.memories)[:-MAX_SESSIONS]:
            del self.state.memories[old]

    def save(self) -> None:
        """Writes the file. Raises OSError."""
        if self._path is not None:
            write_atomically(self._path, msgspec.json.format(msgspec.json.encode(self.state)).decode() + "\n")

    def _load(self) -> DeskState:
        if self._path is None or not self._path.exists():
            return DeskState()
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=DeskState)
        except (OSError, msgspec.DecodeError) as error:
            self.complaint = f"{self._path.name} could not be read ({error}); it was put aside"
            self._put_aside(self._path)
            return DeskState()

    def _put_aside(self, path: Path) -> None:
        try:
            path.replace(path.with_name(f"{path.name}.broken"))
        except OSError as error:
            self.complaint = f"{path.name} could not be read and not be put aside ({error})"
            self._path = None


def _on_top(new: str, old: list[str]) -> list[str]:
    return [new, *(entry for entry in old if entry != new)][:MAX_RECENT]
