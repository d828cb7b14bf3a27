"""What an operator may know of a session's log: where it stands, who follows it, how the disk keeps up."""

from __future__ import annotations

from collections import Counter

import msgspec

from engine.ordered.session_log import SessionLog
from sync.log.frames import Standby
from sync.log.link import Link

__all__ = ["JournalFacts", "LinkFacts", "LogFacts", "TrafficFacts", "facts_of"]


class LinkFacts(msgspec.Struct, frozen=True):
    """One live link. ``author`` is its identity in the log, ``cursor`` the newest rev that was handed to it."""

    author: str
    role: str
    rights: str
    cursor: int | None
    unsent_bytes: int
    round_trip_ms: float | None


class JournalFacts(msgspec.Struct, frozen=True):
    """How the disk keeps up; ``badge`` is ``saved``, ``saving`` or ``not saving``, then with the reason.

    ``rounds`` were written.
    """

    badge: str
    reason: str
    failed_rounds: int
    rounds: int


class TrafficFacts(msgspec.Struct, frozen=True):
    """Frames and bytes by type; what was sent counts from the session's start, what was heard over the live links."""

    frames: dict[str, int]
    bytes: dict[str, int]


class LogFacts(msgspec.Struct, frozen=True):
    """A session's log. ``journal`` is null when nothing is kept."""

    epoch: str
    head: int
    floor: int
    stable: int
    safe: int
    places: int
    held_ops: int
    duplicates: int
    links: list[LinkFacts]
    standbys: list[Standby]
    journal: JournalFacts | None
    sent: TrafficFacts
    heard: TrafficFacts
    events: dict[str, int]


def facts_of(log: SessionLog) -> LogFacts:
    """The facts of now."""
    fanout, oplog = log.fanout, log.log
    links = list(log.rounds.links)
    return LogFacts(
        epoch=oplog.epoch,
        head=oplog.head,
        floor=oplog.entries.floor,
        stable=fanout.stable,
        safe=fanout.safe,
        places=len(oplog.document),
        held_ops=len(oplog.held),
        duplicates=oplog.duplicates,
        links=[_link(log, link) for link in links],
        standbys=list(fanout.standbys.rows()),
        journal=_journal(log),
        sent=TrafficFacts(dict(fanout.traffic.frames), dict(fanout.traffic.bytes)),
        heard=_heard(links),
        events=dict(fanout.traffic.events),
    )


def _link(log: SessionLog, link: Link) -> LinkFacts:
    who, round_trip_s = link.identity, link.server_time.round_trip_s
    return LinkFacts(
        author="" if who is None else who.author,
        role="" if who is None else who.role,
        rights="" if who is None else who.rights,
        cursor=log.fanout.cursor(link),
        unsent_bytes=link.unsent_bytes(),
        round_trip_ms=None if round_trip_s is None else round_trip_s * 1000,
    )


def _journal(log: SessionLog) -> JournalFacts | None:
    if log.journal is None:
        return None
    journal = log.journal.journal
    return JournalFacts(journal.badge.value, journal.reason, journal.failures, journal.rounds)


def _heard(links: list[Link]) -> TrafficFacts:
    frames: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for link in links:
        frames.update(link.traffic.frames)
        sizes.update(link.traffic.bytes)
    return TrafficFacts(dict(frames), dict(sizes))
