"""One step of the fan-out benchmark: so many hands on one session of a real engine, measured, replayed and compared."""

from __future__ import annotations

import asyncio
import json
import os
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import aiohttp
import psutil

from tests.benchmarks.log_hand import Arrival, Hand, Span, Target, span_of
from tests.benchmarks.report import percentile
from tests.engine.log_client import connect_log

SETTLE_S = 15.0

__all__ = ["Dwell", "Load", "Reach", "Sample", "all_have", "check_equal", "hands_of", "raw_line", "run_step"]


class Load(NamedTuple):
    """How many hands there are, how many of them write, how often, and for how long. ``beats``: they say each second
    that they are there."""

    desks: int
    writers: int
    per_s: float
    warm_up_s: float = 2.0
    dwell_s: float = 8.0
    beats: bool = False


class Reach:
    """The engine as clients want it."""

    def __init__(self, base: str, http: aiohttp.ClientSession) -> None:
        self.base = base
        self.http = http

    async def get(self, path: str) -> Any:
        """A JSON answer."""
        async with self.http.get(self.base + path) as answer:
            return await answer.json()


class Sample(NamedTuple):
    """What one step gave: figures by name, and the raw latencies in ms (acknowledged, at the last peer)."""

    figures: dict[str, float]
    acks_ms: list[float]
    last_ms: list[float]


class _Moment(NamedTuple):
    """Counters of the engine and of this process."""

    at: float
    engine_cpu_s: float
    own_cpu_s: float
    rss_mb: float
    facts: dict[str, Any]

    @classmethod
    async def of(cls, reach: Reach, process: psutil.Process, session: str) -> _Moment:
        facts = await reach.get(f"/api/v1/sessions/{session}/log")
        spent, own = process.cpu_times(), os.times()
        rss_mb = process.memory_info().rss / 2**20
        return cls(time.perf_counter(), spent.user + spent.system, own.user + own.system, rss_mb, facts)


async def run_step(base: str, pid: int, target: Target, load: Load) -> Sample:
    """Warms up, dwells, waits for the last frame, replays.

    Raises AssertionError when a hash differs or an op was lost.
    """
    process = psutil.Process(pid)
    async with aiohttp.ClientSession() as http, hands_of(target, load.desks) as hands:
        reach = Reach(base, http)
        beats = [asyncio.create_task(hand.beat()) for hand in hands if load.beats]
        writers = hands[: load.writers]
        await asyncio.gather(*(hand.work(load.per_s, load.warm_up_s) for hand in writers))
        await all_have(reach, target.session, hands)
        first = {hand: (len(hand.sent_at), len(hand.arrivals), hand.socket.bytes_in) for hand in hands}
        before = await _Moment.of(reach, process, target.session)
        late_s = await asyncio.gather(*(hand.work(load.per_s, load.dwell_s) for hand in writers))
        after = await _Moment.of(reach, process, target.session)
        await all_have(reach, target.session, hands)
        for beat in beats:
            beat.cancel()
        await asyncio.gather(*beats, return_exceptions=True)
        dwell = Dwell(hands, first)
        await check_equal(reach, target, hands)
    return dwell.sample(load, before, after, max(late_s))


@asynccontextmanager
async def hands_of(target: Target, count: int, length: int = 0) -> AsyncIterator[list[Hand]]:
    """Connected hands; they hang up at the end, however it ends."""
    shared: dict[bytes, bytes] = {}
    hands: list[Hand] = []
    try:
        for number in range(count):
            hand = Hand(target, number, shared, length)
            await hand.connect()
            hands.append(hand)
        yield hands
    finally:
        for hand in hands:
            await hand.close()


async def all_have(reach: Reach, session: str, hands: list[Hand]) -> None:
    """Returns when the newest rev has come to every hand."""
    async with asyncio.timeout(SETTLE_S):
        while True:
            facts = await reach.get(f"/api/v1/sessions/{session}/log")
            if all(hand.newest_rev() >= facts["head"] for hand in hands):
                return
            await asyncio.sleep(0.1)


async def check_equal(reach: Reach, target: Target, hands: list[Hand]) -> None:
    """Every hand takes what came to it; the hash of the engine is what a desk gets that comes now."""
    newcomer = await (await connect_log(reach, target.session, "newcomer")).live()
    wanted = (newcomer.replica.confirmed.digest(), newcomer.replica.applied)
    await newcomer.close()
    done: dict[tuple[int, ...], tuple[str, int]] = {}
    for hand in hands:
        key = tuple(id(each.frame) for each in hand.arrivals if isinstance(each.frame, bytes))
        if hand.sent_at or key not in done:  # who only looks and got the very same frames ends alike
            hand.replay()
            done[key] = (hand.replica.confirmed.digest(), hand.replica.applied)
        assert done[key] == wanted, f"hand {hand.number} ended with {done[key]}, the engine with {wanted}"
        assert all(hand.replica.rev_of(seq) for seq in hand.sent_at), f"an op of hand {hand.number} was lost"


class Dwell:
    """What came to the hands while it was measured."""

    def __init__(self, hands: list[Hand], first: dict[Hand, tuple[int, int, int]]) -> None:
        self._spans: dict[int, Span | None] = {}
        self._hands = hands
        self._first = first
        self.bytes_in = sum(hand.socket.bytes_in - first[hand][2] for hand in hands)
        self.frames: Counter[str] = Counter()
        self.live_bytes = 0
        self._last: dict[Span, float] = {}
        self._own: dict[Hand, list[tuple[int, float]]] = {}
        for hand in hands:
            self._own[hand] = list(self._look(hand.arrivals[first[hand][1] :]))

    def latencies(self) -> tuple[list[float], list[float]]:
        """Of every op of these hands: ms until its author had it back, and until the last of them had it."""
        acks = [ms for hand in self._hands for ms in self._acks_ms(hand)]
        last_at = self._last_at()
        last = [1000 * (last_at[rev] - at) for hand in self._hands for rev, at in self._measured(hand)]
        return acks, last

    def sample(self, load: Load, before: _Moment, after: _Moment, late_s: float) -> Sample:
        """All figures."""
        acks, last = self.latencies()
        ops, peers = len(acks), len(self._hands)
        assert ops == len(last) == round(load.per_s * load.dwell_s) * load.writers
        took_s = after.at - before.at
        events = {name: _delta(before, after, "events", name) for name in after.facts["events"]}
        rounds = max(1, events.get("rounds", 0))
        saves = _saved(after) - _saved(before)
        cpu_s = after.engine_cpu_s - before.engine_cpu_s
        figures: dict[str, float] = {
            "ops": ops,
            **{f"ack_p{share:g}_ms": percentile(acks, share / 100) for share in (50, 95, 99)},
            **{f"last_peer_p{share:g}_ms": percentile(last, share / 100) for share in (50, 95, 99)},
            "squashes": self.frames["squash"],
            "frames_per_op_per_peer": sum(self.frames[kind] for kind in ("op", "batch", "squash")) / ops / peers,
            "other_frames_per_s_per_peer": sum(self.frames[kind] for kind in ("text", "other")) / took_s / peers,
            "bytes_per_op_per_peer": self.live_bytes / ops / peers,
            "all_bytes_per_op_per_peer": self.bytes_in / ops / peers,
            "ops_per_round": ops / rounds,
            "entries_encoded_per_round": events.get("entries encoded", 0) / rounds,
            "acknowledgements_encoded_per_round": events.get("acknowledgements encoded", 0) / rounds,
            "frames_built_per_round": events.get("frames built", 0) / rounds,
            "saves_per_op": saves / ops,
            "engine_cpu_s_per_1000_ops": cpu_s / ops * 1000,
            "engine_cpu_percent": 100 * cpu_s / took_s,
            "engine_rss_mb": after.rss_mb,
            "load_cpu_percent": 100 * (after.own_cpu_s - before.own_cpu_s) / took_s,
            "load_late_ms": 1000 * late_s,
        }
        return Sample(figures, acks, last)

    def _look(self, arrivals: Iterable[Arrival]) -> Iterable[tuple[int, float]]:
        """Notes frames; (newest rev, when) of those that carry entries."""
        for at, frame in arrivals:
            if isinstance(frame, str):
                self.frames["text"] += 1
                continue
            if id(frame) not in self._spans:
                self._spans[id(frame)] = span_of(frame)
            if (span := self._spans[id(frame)]) is None:
                self.frames["other"] += 1
                continue
            self.frames[{1: "op", 2: "batch", 3: "squash"}[frame[2]]] += 1
            self.live_bytes += len(frame)
            self._last[span] = max(at, self._last.get(span, 0.0))
            yield span.upto, at

    def _measured(self, hand: Hand) -> Iterable[tuple[int, float]]:
        """Own ops: rev, and when it was sent."""
        for seq, at in hand.sent_at.items():
            if seq > self._first[hand][0]:
                rev = hand.replica.rev_of(seq)
                assert rev is not None
                yield rev, at

    def _acks_ms(self, hand: Hand) -> Iterable[float]:
        upto = [rev for rev, _ in self._own[hand]]
        for rev, at in self._measured(hand):
            yield 1000 * (self._own[hand][bisect_left(upto, rev)][1] - at)

    def _last_at(self) -> dict[int, float]:
        """When the last hand had each rev."""
        last: dict[int, float] = {}
        for span, at in self._last.items():
            for rev in range(span.after + 1, span.upto + 1):
                last[rev] = max(at, last.get(rev, 0.0))
        return last


def _delta(before: _Moment, after: _Moment, *path: str) -> int:
    values = []
    for moment in (before, after):
        found: Any = moment.facts
        for name in path:
            found = found.get(name, {}) if isinstance(found, dict) else {}
        values.append(int(found or 0))
    return values[1] - values[0]


def _saved(moment: _Moment) -> int:
    journal = moment.facts["journal"]
    return 0 if journal is None else int(journal["rounds"])


def raw_line(step: str, run: int, sample: Sample) -> str:
    """One step's raw samples as a line of JSON."""
    return json.dumps({"step": step, "run": run, "acks_ms": sample.acks_ms, "last_peer_ms": sample.last_ms})
