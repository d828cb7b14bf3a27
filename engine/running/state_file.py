"""Sessions on disk: one versioned file, replaced whole; a damaged one is put aside and named, never overwritten."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

import msgspec

from sync.wire.pipeline import Pipeline, SessionInfo

VERSION = 1
FILE_NAME = "sessions.json"
LOCK_NAME = "lock"

__all__ = ["FILE_NAME", "VERSION", "Damaged", "SavedSession", "SavedState", "StateFile", "StateRefused"]


class StateRefused(Exception):
    """The state folder cannot be used; the text says what to do about it."""


class SavedSession(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a restart needs of one session."""

    info: SessionInfo
    pipeline: Pipeline
    creator: str | None = None


class Damaged(msgspec.Struct, frozen=True):
    """A file that could not be read was moved to ``kept_as``."""

    kept_as: Path
    reason: str


class SavedState(msgspec.Struct, frozen=True):
    """A file's content; ``media_roots`` are the folders of the pipeline files that the sessions came from."""

    version: int = VERSION
    sessions: list[SavedSession] = []
    media_roots: list[str] = []


class _Version(msgspec.Struct, frozen=True):
    version: int


class StateFile:
    """The file in a folder that no other engine may use at the same time."""

    def __init__(self, folder: Path) -> None:
        """Makes and locks the folder. Raises StateRefused."""
        self.folder = folder
        self._path = folder / FILE_NAME
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = (folder / LOCK_NAME).open("w")
        except OSError as error:
            raise StateRefused(f"cannot use the state folder {folder}: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise StateRefused(f"the state folder {folder} is in use by another engine; give each its own") from error

    def load(self) -> tuple[SavedState, Damaged | None]:
        """What was saved, and what happened to a file that could not be read. Raises StateRefused."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return SavedState(), None
        except OSError as error:
            raise StateRefused(f"cannot read the state file {self._path}: {error.strerror}") from error
        try:
            self._check_version(msgspec.json.decode(data, type=_Version).version)
            return msgspec.json.decode(data, type=SavedState), None
        except (ValueError, RecursionError) as error:
            return SavedState(), self._put_aside(" ".join(str(error).split())[:200])

    def save(self, data: bytes) -> None:
        """Replaces the file by ``data``: all of it or nothing, also when the power fails. Raises OSError."""
        fresh = self._path.with_suffix(".tmp")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        _sync_folder(self._path.parent)

    def close(self) -> None:
        """Gives the folder free."""
        self._lock.close()

    def _check_version(self, version: int) -> None:
        if version != VERSION:
            raise StateRefused(
                f"the state file {self._path} has version {version}, this program reads version {VERSION}; "
                "use the program that wrote it or another --state-dir"
            )

    def _put_aside(self, reason: str) -> Damaged:
        kept_as = self._path.with_name(f"{FILE_NAME}.damaged-{time.time_ns()}")
        try:
            self._path.replace(kept_as)
        except OSError as error:
            raise StateRefused(f"cannot move the damaged state file {self._path}: {error.strerror}") from error
        return Damaged(kept_as, reason)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
