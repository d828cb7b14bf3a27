"""A server at which the open session can go on, as far as this desk knows it; and what is said of it. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from gui.health.speech import counted
from gui.server.answers import StandbyPart
from sync.wire.address import AddressRefused, ServerAddress

LEADER, STANDBY = "leader", "standby"

__all__ = ["LEADER", "STANDBY", "Candidate", "answered", "best", "here_text", "offer_text", "place_name", "root_of"]


class Candidate(msgspec.Struct, frozen=True):
    """``rev`` is the newest that it was known to have on disk, 0 when that was never told.

    ``part`` is leader or standby, empty until it was asked; ``hears`` the leader that it still hears, ``trouble`` why
    it could not be asked or would be of no use.
    """

    url: str
    name: str
    rev: int = 0
    part: str = ""
    hears: str = ""
    trouble: str = ""

    @property
    def leads(self) -> bool:
        """Whether nothing has to be taken over there."""
        return self.part == LEADER and not self.trouble


def root_of(place: str) -> str:
    """The HTTP address of a server that the desk can go to; empty for a place that is none."""
    try:
        return ServerAddress.parse(place).http_url if "://" in place else ""
    except AddressRefused:
        return ""


def place_name(url: str) -> str:
    """A server without a name of its own: where it is."""
    return urlsplit(url).netloc or url


def answered(candidate: Candidate, part: StandbyPart, session_id: str | None) -> Candidate:
    """The candidate as it describes itself; without a session, what it says of whichever copies it has."""
    copy = next((each for each in part.copies if each.id == session_id), None)
    is_missing = session_id is not None and copy is None and bool(part.copies or part.part == STANDBY)
    heard = [each for each in part.copies if each.state == "live"] if session_id is None else [copy]
    is_heard = any(each is not None and each.state == "live" for each in heard)
    return msgspec.structs.replace(
        candidate,
        part=part.part,
        rev=candidate.rev if copy is None else copy.rev,
        hears=part.leader if is_heard and part.part == STANDBY else "",
        trouble="it has no copy of this session" if is_missing else "",
    )


def best(candidates: tuple[Candidate, ...]) -> Candidate | None:
    """Who leads already, else who can be reached and has most."""
    return max(candidates, key=lambda each: (each.leads, not each.trouble, each.rev), default=None)


def offer_text(candidate: Candidate, applied: int, waiting: int) -> str:
    """What the operator needs to know before going on there; ``applied`` is the rev that this desk has."""
    if candidate.leads:
        return f"{candidate.name} leads now.{_waiting(waiting, 'goes there with you', 'go there with you')}"
    behind = f" of {applied:,}" if candidate.rev < applied else ""
    has = f"has everything up to rev {candidate.rev:,}{behind}".replace(",", "\u202f") if candidate.rev else "stands by"
    sentence = f"Standby {candidate.name} {has}.{_waiting(waiting, 'waits', 'wait')}"
    if candidate.trouble:
        return f"{sentence} At present: {candidate.trouble}."
    if candidate.hears:
        return f"{sentence} It still hears {place_name(candidate.hears)}: what is broken may be your way to it."
    return sentence


def here_text(part: StandbyPart, session_id: str, waiting: int = 0) -> str:
    """What is said at a server that is a standby itself; ``waiting`` counts edits that no server has decided."""
    copy = next((each for each in part.copies if each.id == session_id), None)
    trouble = (copy.trouble if copy is not None else "") or part.trouble
    why = f" At present: {trouble.rstrip('.')}." if trouble else ""
    return f"Standby of {part.leader}: it takes no edits.{_waiting(waiting, 'waits', 'wait')}{why}"


def _waiting(count: int, one: str, several: str) -> str:
    return f" {counted(count, 'edit')} of yours {one if count == 1 else several}." if count else ""
