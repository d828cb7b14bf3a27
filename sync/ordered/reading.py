"""A reading of a log and its link, put together from what each part counts."""

from __future__ import annotations

from typing import Any

from sync.log.desk_end import DeskEnd
from sync.log.end import LinkState
from sync.log.link import Link
from sync.ordered.outbox_file import OutboxFile
from sync.ordered.session_log import SessionLog
from sync.ordered.status import LogState, LogStatus

__all__ = ["Reading"]


class Reading:
    """What stays between two links: why there is none, and when the next try is."""

    def __init__(self, log: SessionLog, outbox: OutboxFile | None) -> None:
        self._log = log
        self._outbox = outbox
        self._state = LogState.CONNECTING
        self._retry_at: float | None = None
        self._attempt = 0
        self.reason = ""

    def say(self, state: LogState, reason: str, retry_at: float | None, attempt: int) -> None:
        """There is no link: what happens instead."""
        self._state, self.reason, self._retry_at, self._attempt = state, reason, retry_at, attempt

    def status(self, link: Link | None, end: DeskEnd | None, now: float) -> LogStatus:
        """All of it at ``now``, monotonic seconds."""
        replica, link_facts = self._log.replica, _of_link(link, end)
        bills = replica.outbox.undecided()
        since = [bill.first_sent for bill in bills if bill.first_sent is not None]
        return LogStatus(
            self._state if link is None else _STATES[link.state],
            author=replica.author,
            epoch=replica.epoch,
            applied=replica.applied,
            authors=dict(replica.clock().authors),
            attempt=self._attempt,
            retry_in_s=None if self._retry_at is None else max(0.0, self._retry_at - now),
            reason=self.reason if link is None else "",
            waiting=len(bills),
            oldest_wait_s=now - min(since) if since else 0.0,
            unsafe=replica.outbox.unsafe,
            undelivered=len(replica.outbox.undelivered()),
            conflicts=len(replica.conflicts),
            duplicates=replica.duplicates,
            journal="" if self._outbox is None else self._outbox.badge.value,
            journal_reason="" if self._outbox is None else self._outbox.reason,
            server_unsaved=self._log.server_unsaved,
            **link_facts,
        )


_STATES = {state: LogState(state.value) for state in LinkState}


def _of_link(link: Link | None, end: DeskEnd | None) -> dict[str, Any]:
    if link is None or end is None:
        return {}
    round_trip_s, offset_s = link.server_time.round_trip_s, link.server_time.offset_s
    return {
        "rights": "" if end.welcome is None else end.welcome.rights,
        "lag": end.lag,
        "round_trip_ms": None if round_trip_s is None else round_trip_s * 1000,
        "clock_offset_ms": None if offset_s is None else offset_s * 1000,
        "progress": end.progress,
        "gaps": end.gaps,
        "malformed": link.traffic.events["malformed frames"],
        "frames": dict(link.traffic.frames),
        "bytes": dict(link.traffic.bytes),
        "batches": dict(link.traffic.batches),
    }
