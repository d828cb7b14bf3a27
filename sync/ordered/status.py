"""What an operator is told of the ordered log of the open session: one reading, made anew each time it is asked for."""

from __future__ import annotations

from enum import Enum

import msgspec

__all__ = ["LogState", "LogStatus", "NoLog"]


class LogState(Enum):
    """Where the link to the log is in its life; the five in the middle are the protocol's own."""

    CONNECTING = "connecting"
    AUTH = "auth"
    CLOCK = "clock"
    BULK = "bulk"
    READY = "ready"
    LIVE = "live"
    WAITING = "waiting"
    CLOSED = "closed"


class NoLog(msgspec.Struct, frozen=True):
    """Why a session goes on without its log, and the line that would open it, for the server's keys file."""

    sentence: str
    key_line: str = ""


class LogStatus(msgspec.Struct, frozen=True):
    """One reading of a log and its link.

    ``lag``: revs that the server is known to have and this desk has not. ``waiting`` counts own edits that nobody has
    decided, ``unsafe`` decided ones that are not on the server's disk yet, ``undelivered`` undecided
    ones that were sent five times.
    ``frames`` and ``bytes`` count what came, by frame type; ``batches`` how many entries frames carried (upper bound
    → frames). ``journal`` is the outbox's badge, ``journal_reason`` why it does not save; ``server_unsaved`` why the
    server, or who copies it, does not.
    """

    state: LogState
    author: str = ""
    rights: str = ""
    epoch: str = ""
    applied: int = 0
    lag: int = 0
    authors: dict[str, int] = {}
    round_trip_ms: float | None = None
    clock_offset_ms: float | None = None
    progress: float = 1.0
    attempt: int = 0
    retry_in_s: float | None = None
    reason: str = ""
    waiting: int = 0
    oldest_wait_s: float = 0.0
    unsafe: int = 0
    undelivered: int = 0
    conflicts: int = 0
    gaps: int = 0
    duplicates: int = 0
    malformed: int = 0
    frames: dict[str, int] = {}
    bytes: dict[str, int] = {}
    batches: dict[int, int] = {}
    journal: str = "saved"
    journal_reason: str = ""
    server_unsaved: str = ""
