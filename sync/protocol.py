"""The control protocol without I/O: which reply is whose, deadlines, and what to ignore (PROTOCOL.md §2).

``request`` and ``notice`` give the text to send; ``receive`` takes a text that came and tells what it means.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import count
from typing import TypeAlias

import msgspec

from sync.wire.codec import MalformedFrame, UnknownMessage, decode_inbound, encode_request
from sync.wire.events import Event
from sync.wire.requests import Request
from sync.wire.responses import Error, Response

__all__ = ["MAX_FRAME_CHARS", "REQUEST_LIMIT_S", "Arrival", "Counters", "Expired", "Protocol", "Reply"]

REQUEST_LIMIT_S = 5.0
MAX_FRAME_CHARS = 4 * 1024 * 1024
_LOG_SPACING_S = 1.0
_log = logging.getLogger(__name__)


class Reply(msgspec.Struct, frozen=True):
    """The answer to a request of ours; ``latency_s`` since it was made."""

    correlation_id: str
    response: Response
    latency_s: float


class Expired(msgspec.Struct, frozen=True):
    """A request that nobody answered in time."""

    correlation_id: str
    action: str


class Counters(msgspec.Struct):
    """What was skipped, for the health panel."""

    malformed: int = 0
    unknown: int = 0
    unmatched: int = 0
    uncorrelated_errors: int = 0
    failed: int = 0


class _Waiting(msgspec.Struct, frozen=True):
    action: str
    asked_at: float
    deadline: float


Arrival: TypeAlias = Reply | Event


class Protocol:
    """One connection's conversation."""

    def __init__(self, now: Callable[[], float], limit_s: float = REQUEST_LIMIT_S) -> None:
        self.counters = Counters()
        self._now, self._limit_s = now, limit_s
        self._numbers = count(1)
        self._waiting: dict[str, _Waiting] = {}
        self._logged_at: float | None = None

    def request(self, request: Request) -> tuple[str, str]:
        """A request that is answered: its correlation id and the text to send now."""
        correlation_id = str(next(self._numbers))
        now = self._now()
        self._waiting[correlation_id] = _Waiting(action_of(request), now, now + self._limit_s)
        return correlation_id, encode_request(request, correlation_id)

    def notice(self, request: Request) -> str:
        """The text of a request that is never answered."""
        return encode_request(request)

    def forget(self, correlation_id: str) -> None:
        """Nobody waits for this reply any more."""
        self._waiting.pop(correlation_id, None)

    def receive(self, text: str) -> Arrival | None:
        """What a frame means; None for one that is counted and skipped."""
        if len(text) > MAX_FRAME_CHARS:
            self._skip_malformed(f"a frame of {len(text)} characters")
            return None
        try:
            inbound = decode_inbound(text)
        except MalformedFrame as error:
            self._skip_malformed(str(error))
            return None
        message = inbound.message
        if isinstance(message, UnknownMessage):
            self.counters.unknown += 1
            return None
        if isinstance(message, Event):
            return message
        return self._match(message, inbound.correlation_id)

    def stumbled(self, event: Event, fault: Exception) -> None:
        """An event could not be taken: counted, and logged with its traceback as often as other frames are."""
        self.counters.failed += 1
        if self._may_log():
            _log.error("an event could not be taken: %s", type(event).__name__, exc_info=fault)

    def expire(self) -> list[Expired]:
        """The requests whose time is over now; each is told once."""
        now = self._now()
        late = [key for key, waiting in self._waiting.items() if waiting.deadline <= now]
        return [Expired(key, self._waiting.pop(key).action) for key in late]

    def _match(self, response: Response, correlation_id: str | None) -> Reply | None:
        waiting = None if correlation_id is None else self._waiting.pop(correlation_id, None)
        if waiting is not None and correlation_id is not None:
            return Reply(correlation_id, response, self._now() - waiting.asked_at)
        if correlation_id is None and isinstance(response, Error):
            self.counters.uncorrelated_errors += 1
            self._log_once("the server could not read a frame of ours: %s", response.message[:200])
        else:
            self.counters.unmatched += 1
        return None

    def _skip_malformed(self, reason: str) -> None:
        self.counters.malformed += 1
        self._log_once("skipped a malformed frame: %s", reason[:200])

    def _log_once(self, template: str, text: str) -> None:
        if self._may_log():
            _log.warning(template, text)

    def _may_log(self) -> bool:
        """True once a second at most."""
        now = self._now()
        if self._logged_at is not None and now - self._logged_at < _LOG_SPACING_S:
            return False
        self._logged_at = now
        return True


def action_of(request: Request) -> str:
    """The request's name on the wire."""
    return type(request).__name__.lower()
