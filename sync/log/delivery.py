"""How far an own edit has come: queued, sent, on the server, possibly seen, seen (PROTOCOL.md §11.4)."""

from __future__ import annotations

from collections import OrderedDict
from enum import IntEnum

from sync.log.bloom import may_contain
from sync.log.op import OpId

TRACKED = 1_000
HITS_THAT_COUNT = 2

__all__ = ["HITS_THAT_COUNT", "TRACKED", "DeliveryBoard", "Tick"]


class Tick(IntEnum):
    """In the order in which they are reached; UNDELIVERED is an answer too."""

    UNDELIVERED = -1
    QUEUED = 0
    SENT = 1
    ON_SERVER = 2
    POSSIBLY_SEEN = 3
    SEEN = 4


class _Parcel:
    def __init__(self) -> None:
        self.tick = Tick.QUEUED
        self.rev = 0
        self.hits: dict[str, set[bytes]] = {}


class DeliveryBoard:
    """The ticks of the newest own ops. A tick never goes back, except to UNDELIVERED, from where an answer
    leads, and to QUEUED where nothing is decided."""

    def __init__(self) -> None:
        self._parcels: OrderedDict[OpId, _Parcel] = OrderedDict()

    def queued(self, op_id: OpId) -> None:
        """An own op was made."""
        self._parcels[op_id] = _Parcel()
        while len(self._parcels) > TRACKED:
            self._parcels.popitem(last=False)

    def sent(self, op_id: OpId) -> None:
        """Bytes left for the server. For one that is undelivered that is no news."""
        if self.tick(op_id) is not Tick.UNDELIVERED:
            self._reach(op_id, Tick.SENT)

    def put_off(self, op_id: OpId) -> None:
        """Where it was sent nothing is decided: it waits as if it had not left."""
        parcel = self._parcels.get(op_id)
        if parcel is not None and parcel.tick <= Tick.SENT:
            parcel.tick = Tick.QUEUED

    def on_server(self, op_id: OpId, rev: int) -> None:
        """The authority has numbered it."""
        if (parcel := self._parcels.get(op_id)) is not None:
            parcel.rev = rev
        self._reach(op_id, Tick.ON_SERVER)

    def heard_applied(self, rev: int) -> list[OpId]:
        """A peer has applied everything up to ``rev``: it has seen our ops below it. The ops that this settles."""
        return self._settle([op_id for op_id, parcel in self._parcels.items() if 0 < parcel.rev <= rev])

    def undelivered(self, op_id: OpId) -> None:
        """Sent as often as it makes sense, without an answer."""
        parcel = self._parcels.get(op_id)
        if parcel is not None and parcel.tick <= Tick.SENT:
            parcel.tick = Tick.UNDELIVERED

    def tick(self, op_id: OpId) -> Tick | None:
        """How far an op has come; None when it is too old to be known."""
        parcel = self._parcels.get(op_id)
        return parcel.tick if parcel is not None else None

    def heard_bloom(self, peer: str, filter_bytes: bytes) -> list[OpId]:
        """The filter of another engine: one hit says possibly, a second one in another filter of it counts as seen.

        The ops that this settles.
        """
        settled = []
        for op_id, parcel in self._parcels.items():
            if parcel.tick < Tick.SEEN and may_contain(filter_bytes, op_id):
                hits = parcel.hits.setdefault(peer, set())
                hits.add(filter_bytes)
                parcel.tick = max(parcel.tick, Tick.POSSIBLY_SEEN)
                if len(hits) >= HITS_THAT_COUNT:
                    parcel.tick = Tick.SEEN
                    settled.append(op_id)
        return settled

    def _settle(self, op_ids: list[OpId]) -> list[OpId]:
        settled = [op_id for op_id in op_ids if self._parcels[op_id].tick < Tick.SEEN]
        for op_id in settled:
            self._parcels[op_id].tick = Tick.SEEN
        return settled

    def _reach(self, op_id: OpId, tick: Tick) -> None:
        parcel = self._parcels.get(op_id)
        if parcel is not None:
            parcel.tick = max(parcel.tick, tick)
