"""What servers answer over HTTP, read leniently: what is left out has a default, what is too much is cut off."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Generic, TypeVar

import msgspec

from gui.server.failure import RestFailed

MAX_ROWS = 2000

T = TypeVar("T")

__all__ = [
    "MAX_ROWS",
    "Asset",
    "CreatedSession",
    "Fault",
    "Findings",
    "Listed",
    "LogFacts",
    "LogJournal",
    "LogLink",
    "Sample",
    "SampleDraft",
    "StandbyCopy",
    "StandbyPart",
    "read_answer",
    "read_rows",
]


class CreatedSession(msgspec.Struct, frozen=True):
    """The answer of POST ``sessions``."""

    session_id: str
    name: str | None = None
    created_at: str | None = None


class StandbyCopy(msgspec.Struct, frozen=True):
    """A session as a standby has it: ``state`` is waiting, calling or live, ``trouble`` one sentence."""

    id: str
    name: str = ""
    state: str = ""
    rev: int = 0
    trouble: str = ""


class StandbyPart(msgspec.Struct, frozen=True):
    """``part`` is leader or standby; ``leader`` the engine that is copied, or was before a take-over."""

    part: str
    leader: str = ""
    trouble: str = ""
    copies: tuple[StandbyCopy, ...] = ()


class Sample(msgspec.Struct, frozen=True):
    """A sample pipeline; ``yaml`` is empty where a server lists without texts."""

    id: str
    name: str = ""
    description: str = ""
    yaml: str = ""
    is_system: bool = False
    mode: str = "dynamic"
    is_fragment: bool = False

    @property
    def title(self) -> str:
        """What the operator calls it."""
        return self.name or self.id


class SampleDraft(msgspec.Struct, frozen=True):
    """A pipeline on its way to the server's samples."""

    name: str
    description: str
    yaml: str
    overwrite: bool = False
    is_fragment: bool = False


class Asset(msgspec.Struct, frozen=True):
    """A file that params name by its ``path``; ``width`` and ``height`` in pixels, 0 where the server does not tell."""

    path: str
    id: str = ""
    name: str = ""
    is_system: bool = False
    size_bytes: int = -1
    width: int = 0
    height: int = 0

    @property
    def file_name(self) -> str:
        """The file's name with its ending."""
        return PurePosixPath(self.path).name

    @property
    def stem(self) -> str:
        """The file's name without its ending."""
        return PurePosixPath(self.path).stem


class Fault(msgspec.Struct, frozen=True):
    """One finding of a check; ``kind`` is parse, schema, connection, permission or security, or a lint rule."""

    message: str
    kind: str = ""
    node_id: str | None = None
    connection_id: str | None = None


class Findings(msgspec.Struct, frozen=True):
    """The answer of POST ``validate``."""

    valid: bool
    errors: list[Fault] = []
    warnings: list[Fault] = []


class LogLink(msgspec.Struct, frozen=True):
    """One live link of a session's log. ``author`` is an identity, ``cursor`` the newest rev that was handed to it."""

    author: str = ""
    role: str = ""
    rights: str = ""
    cursor: int | None = None
    unsent_bytes: int = 0
    round_trip_ms: float | None = None


class LogJournal(msgspec.Struct, frozen=True):
    """How the server's disk keeps up; ``badge`` is ``saved``, ``saving`` or ``not saving``."""

    badge: str = ""
    reason: str = ""
    failed_rounds: int = 0


class LogFacts(msgspec.Struct, frozen=True):
    """The answer of GET ``sessions/{id}/log``. ``journal`` is None where nothing is kept."""

    epoch: str = ""
    head: int = 0
    floor: int = 0
    stable: int = 0
    held_ops: int = 0
    duplicates: int = 0
    links: list[LogLink] = []
    journal: LogJournal | None = None


class Listed(msgspec.Struct, Generic[T], frozen=True):
    """The rows that can be used, and how many could not be read or were more than MAX_ROWS."""

    rows: tuple[T, ...] = ()
    left_out: int = 0


def read_answer(body: bytes, kind: type[T]) -> T:
    """``body`` as ``kind``; raises RestFailed."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise RestFailed("The server's answer cannot be read.", 200) from error


def read_rows(body: bytes, kind: type[T]) -> Listed[T]:
    """A JSON array row by row: one that is not ``kind`` is left out, the others count. Raises RestFailed."""
    decoder = msgspec.json.Decoder(kind)
    rows: list[T] = []
    raw = read_answer(body, list[msgspec.Raw])
    for row in raw[:MAX_ROWS]:
        try:
            rows.append(decoder.decode(row))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            continue
    return Listed(tuple(rows), len(raw) - len(rows))
