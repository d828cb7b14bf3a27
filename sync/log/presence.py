"""Who is at which desk with a hand on what, and leases on single controls (PROTOCOL.md §12). Advice, never a lock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from sync.log.frames import ControlFrame, PresenceFrame, PresentFrame, encode_control

HEARTBEAT_S = 1.0
EXPIRY_S = 5.0
MAX_PRESENT = 1_000
MAX_CLAIMS = 64
MAX_CLAIM_BYTES = 256  # the id of a control: longer ones are let fall
MAX_CLAIMS_BYTES = 4_096  # of one desk
MAX_TOLD_BYTES = 262_144  # of control and holder, in what every desk is told
MAX_BEAT_BYTES = 4_096  # without claims
BEATS_IN_ONE = 128

__all__ = ["EXPIRY_S", "HEARTBEAT_S", "LeaseTable", "PresenceBoard", "Present", "gathered"]


class Present(NamedTuple):
    """One operator: the name to show and the place under their hand, such as ``("mix", "in_1", "opacity")``."""

    author: str
    name: str
    focus: tuple[str, ...]


class PresenceBoard:
    """Everybody's newest word. Who has not been heard for 5 s is gone; an older beat never replaces a newer one."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[PresenceFrame, float]] = {}

    def heard(self, frame: PresenceFrame, now: float) -> bool:
        """Takes a heart-beat; whether anything shown has changed."""
        known = self._rows.get(frame.author)
        if len(encode_control(frame)) > MAX_BEAT_BYTES:
            return False
        if known is not None and frame.beat <= known[0].beat:
            return False
        if known is None and len(self._rows) >= MAX_PRESENT:
            return False
        self._rows[frame.author] = (frame, now)
        return known is None or (known[0].name, known[0].focus) != (frame.name, frame.focus)

    def left(self, author: str) -> None:
        """The link of ``author`` has closed."""
        self._rows.pop(author, None)

    def present(self, now: float) -> tuple[Present, ...]:
        """Who is there, by author."""
        self._rows = {who: row for who, row in self._rows.items() if now - row[1] < EXPIRY_S}
        return tuple(Present(who, row[0].name, row[0].focus) for who, row in sorted(self._rows.items()))

    def frames(self, now: float) -> tuple[PresenceFrame, ...]:
        """Everybody's newest heart-beat: to be passed on to every desk each second."""
        return tuple(self._rows[each.author][0] for each in self.present(now))

    def on(self, place: tuple[str, ...], now: float, except_for: str = "") -> tuple[Present, ...]:
        """Who has a hand on ``place`` or on something in it."""
        return tuple(
            each for each in self.present(now) if each.author != except_for and each.focus[: len(place)] == place
        )


class LeaseTable:
    """The authority's leases: who came first holds, until they let go or miss their heart-beats."""

    def __init__(self) -> None:
        self._leases: dict[str, tuple[str, float]] = {}

    def claim(self, author: str, controls: tuple[str, ...], now: float) -> dict[str, str]:
        """Renews and takes leases for exactly these controls, lets go of the others.

        Returns the controls that somebody else holds, with the holder: that is what the loser is told.
        """
        wanted = dict.fromkeys(_within_bounds(controls))
        self.expire(now)
        for control in [each for each, lease in self._leases.items() if lease[0] == author and each not in wanted]:
            del self._leases[control]
        lost = {each: self._leases[each][0] for each in wanted if self._holder(each) not in ("", author)}
        self._leases.update({control: (author, now) for control in wanted if control not in lost})
        return lost

    def release(self, author: str) -> None:
        """The link of ``author`` has closed."""
        self._leases = {control: lease for control, lease in self._leases.items() if lease[0] != author}

    def expire(self, now: float) -> None:
        """Takes away the leases whose holders were not heard for 5 s."""
        self._leases = {control: lease for control, lease in self._leases.items() if now - lease[1] < EXPIRY_S}

    def holders(self, now: float) -> dict[str, str]:
        """Control → author: what every desk is told, the oldest first, as much as fits into one frame."""
        self.expire(now)
        told: dict[str, str] = {}
        room = MAX_TOLD_BYTES
        for control, lease in self._leases.items():
            room -= _bytes_of(control) + _bytes_of(lease[0])
            if room < 0:
                break
            told[control] = lease[0]
        return told

    def _holder(self, control: str) -> str:
        return self._leases.get(control, ("", 0.0))[0]


def _within_bounds(controls: tuple[str, ...]) -> list[str]:
    """The claims of one desk that are taken: the first ones that fit."""
    taken: list[str] = []
    room = MAX_CLAIMS_BYTES
    for control in controls[:MAX_CLAIMS]:
        size = _bytes_of(control)
        if size <= MAX_CLAIM_BYTES and size <= room:
            taken.append(control)
            room -= size
    return taken


def _bytes_of(text: str) -> int:
    return len(msgspec.json.encode(text))


def gathered(frames: Iterable[ControlFrame], t: float) -> list[ControlFrame]:
    """The same words in few frames: a hundred desks that are told of a hundred others are not told a hundred times."""
    frames = list(frames)
    beats = [frame for frame in frames if isinstance(frame, PresenceFrame) and frame.author]
    pieces = [tuple(beats[place : place + BEATS_IN_ONE]) for place in range(0, len(beats), BEATS_IN_ONE)]
    rest = [frame for frame in frames if not (isinstance(frame, PresenceFrame) and frame.author)]
    return [*(PresentFrame(piece, t) for piece in pieces), *rest]
