"""A reading of the ordered log in the operator's words: sections of named figures, and the same as text. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from sync.ordered.status import LogState, LogStatus

__all__ = [
    "NOT_KNOWN",
    "NO_LOG",
    "NO_SESSION",
    "STEPS",
    "Figure",
    "Section",
    "as_text",
    "grouped",
    "in_bytes",
    "sections_of",
    "state_tone",
    "state_words",
]

STEPS: Final = (LogState.AUTH, LogState.CLOCK, LogState.BULK, LogState.READY, LogState.LIVE)
NO_SESSION: Final = "Open a session to see how it is synchronised."
NO_LOG: Final = (
    "This session runs on protocol 1: the server keeps no ordered log of it, so there is no outbox, no clock table and "
    "nothing to repair. The Sync tab below the picture tells why a value did, or did not, change."
)
NOT_KNOWN: Final = (
    "This server does not know this desk’s key. Add this line to its keys file and open the session again. Until then "
    "its edits go by protocol 1, and none waits for a link."
)
LATE_S: Final = 1.0
MAX_AUTHORS: Final = 8


class Figure(NamedTuple):
    """One line: ``key`` names it for programs, ``tone`` is good, late, bad or plain."""

    key: str
    name: str
    words: str
    tone: str = ""
    tip: str = ""


class Section(NamedTuple):
    """Figures that belong together."""

    title: str
    figures: tuple[Figure, ...]


def grouped(number: int) -> str:
    """``12 345``: thousands apart by a space that does not break."""
    return f"{number:,}".replace(",", "\u00a0")


def in_bytes(count: int) -> str:
    """``512 B``, ``1.4 KB``, ``2.0 MB``."""
    for unit, size in (("MB", 1 << 20), ("KB", 1 << 10)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"


def state_words(status: LogStatus) -> str:
    """Where the link is, in a few words."""
    match status.state:
        case LogState.CONNECTING:
            return f"connecting, try {status.attempt}" if status.attempt > 1 else "connecting"
        case LogState.WAITING:
            wait_s = status.retry_in_s
            return f"next try in {wait_s:.0f} s" if wait_s is not None and wait_s >= 0.5 else "trying now"
        case LogState.BULK:
            return f"catching up, {100 * status.progress:.0f} %"
        case _:
            return str(status.state.value)


def state_tone(status: LogStatus) -> str:
    """How it is said."""
    tones = {LogState.LIVE: "good", LogState.WAITING: "late", LogState.CLOSED: "bad"}
    return tones.get(status.state, "")


def sections_of(status: LogStatus, name_of: Callable[[str], str], held: int = 0) -> tuple[Section, ...]:
    """Everything; ``name_of`` turns an author into an operator's name, ``held`` counts places under our own hand."""
    return (
        Section("Link", _link(status)),
        Section("Outbox", _outbox(status)),
        Section("Authors", _authors(status.authors, name_of)),
        Section("Repair", _repair(status, held)),
        Section("Frames received", _frames(status.frames, status.bytes)),
    )


def as_text(sections: tuple[Section, ...]) -> str:
    """All sections as lines of plain text, to be pasted into a message."""
    lines: list[str] = []
    for section in sections:
        lines += [section.title, *(f"  {each.name}: {each.words}" for each in section.figures), ""]
    return "\n".join(lines).replace("\u00a0", " ")


def _link(status: LogStatus) -> tuple[Figure, ...]:
    trip, offset = status.round_trip_ms, status.clock_offset_ms
    return (
        Figure("round_trip", "Round trip", "–" if trip is None else f"{trip:.1f} ms", tip="The newest ping's way"),
        Figure("offset", "Clock offset", "–" if offset is None else f"{offset:+.1f} ms",
               tip="The server's clock against ours, wrong by at most half a round trip; nothing is decided by it"),
        Figure("position", "Position", f"rev {grouped(status.applied)}",
               tip="Everything up to this entry of the log is applied here"),
        Figure("lag", "Behind", grouped(status.lag), "late" if status.lag else "",
               tip="Entries that the server is known to have and this desk has not"),
        Figure("epoch", "Numbering", status.epoch[:12] or "–", tip=f"Epoch {status.epoch or 'not known yet'}"),
        Figure("rights", "Rights", status.rights or "–", tip="What the server lets this desk do: view, edit, control"),
    )  # fmt: skip


def _outbox(status: LogStatus) -> tuple[Figure, ...]:
    wait = f" · {status.oldest_wait_s:.1f} s" if status.waiting else ""
    is_late = status.waiting > 0 and status.oldest_wait_s > LATE_S
    return (
        Figure("waiting", "Waiting", f"{grouped(status.waiting)}{wait}", "late" if is_late else "",
               tip="Your edits that the server has not decided yet, and how long the oldest has been on its way"),
        Figure("unsafe", "On server", grouped(status.unsafe),
               tip="Decided, but not on the server's disk yet: they are kept here until they are"),
        Figure("undelivered", "Undelivered", grouped(status.undelivered), "bad" if status.undelivered else "",
               tip="Sent five times without an answer; they are kept and sent with the next link"),
        Figure("conflicts", "Conflicts", grouped(status.conflicts), "late" if status.conflicts else "",
               tip="Refused edits that wait for your decision: take mine, or take theirs"),
        _journal(status),
    )  # fmt: skip


def _journal(status: LogStatus) -> Figure:
    words, tone = {
        "saved": ("saved", "good"),
        "saving": ("saving…", ""),
        "not saving": ("NOT SAVING", "bad"),
    }.get(status.journal, ("in memory only", ""))
    tip = status.journal_reason or "Whether your edits that are still on their way would survive a crash of this desk"
    return Figure("journal", "Kept on disk", words, tone, tip)


def _authors(authors: Mapping[str, int], name_of: Callable[[str], str]) -> tuple[Figure, ...]:
    rows = sorted(authors.items(), key=lambda row: (-row[1], row[0]))
    figures = [Figure(f"author/{who}", name_of(who), grouped(count), tip=who) for who, count in rows[:MAX_AUTHORS]]
    if len(rows) > MAX_AUTHORS:
        rest = rows[MAX_AUTHORS:]
        words = grouped(sum(count for _who, count in rest))
        figures.append(Figure("author/others", f"{len(rest)} others", words, tip="Authors with fewer edits"))
    return tuple(figures)


def _repair(status: LogStatus, held: int) -> tuple[Figure, ...]:
    return (
        Figure("held", "Held by your hand", grouped(held), tip="Places that a running gesture keeps from changing"),
        Figure("gaps", "Gaps repaired", grouped(status.gaps), tip="How often entries were missing and were asked for"),
        Figure("duplicates", "Duplicates ignored", grouped(status.duplicates), tip="Entries that came a second time"),
        Figure("malformed", "Unreadable frames", grouped(status.malformed), "late" if status.malformed else "",
               tip="Frames that were skipped; what may have been in them was asked for"),
    )  # fmt: skip


def _frames(frames: Mapping[str, int], sizes: Mapping[str, int]) -> tuple[Figure, ...]:
    rows = sorted(frames.items(), key=lambda row: (-row[1], row[0]))
    return tuple(
        Figure(
            f"frames/{kind}", kind, f"{grouped(count)} · {in_bytes(sizes.get(kind, 0))}", tip=f"Frames of type {kind}"
        )
        for kind, count in rows
    )
