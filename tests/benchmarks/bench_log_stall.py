"""One peer takes nothing for a while: what the others notice of it, and how many frames bring it back.

Alone: ``python -m tests.benchmarks.bench_log_stall [--runs 5] [--seconds 6]``. What is written is so long that the
buffers of the stalled connection fill up and the engine has to notice.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

import aiohttp

from tests.benchmarks.bench_log_fleet import PIPELINE, spread
from tests.benchmarks.cores import engine_of, machine
from tests.benchmarks.log_hand import Target, span_of
from tests.benchmarks.log_step import Dwell, Reach, all_have, check_equal, hands_of
from tests.benchmarks.report import percentile, print_line

DESKS, PER_S, LENGTH = 10, 10.0, 16_000

__all__ = ["main"]


def main(argv: Sequence[str] = ()) -> None:
    """One line: min, median and max of the runs."""
    parser = argparse.ArgumentParser(prog="bench_log_stall")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=6.0)
    options = parser.parse_args(argv)
    rows = []
    for _ in range(options.runs):
        with engine_of(PIPELINE) as engine:
            target = Target(engine.port, "load", "sink", ("k{}",))
            calm = asyncio.run(_phase(engine.url, target, options.seconds, stalls=False))
            beside = asyncio.run(_phase(engine.url, target._replace(run="2"), options.seconds, stalls=True))
        ratios = {f"{name}_ratio": beside[name] / calm[name] for name in ("ack_p95_ms", "others_p95_ms")}
        rows.append({**ratios, **beside})
    print_line(
        "log_stall",
        "the others' p95 beside a stalled peer is at most 1.2 of what it is without; it catches up in O(1) frames",
        runs=options.runs,
        **machine(),
        **spread(rows),
    )


async def _phase(base: str, target: Target, seconds: float, *, stalls: bool) -> dict[str, float]:
    """The hands write; one that only looks reads nothing meanwhile, or does."""
    async with aiohttp.ClientSession() as http, hands_of(target, DESKS + 1, LENGTH) as hands:
        reach = Reach(base, http)
        *writers, watcher = hands
        await asyncio.gather(*(hand.work(PER_S, 1.0) for hand in writers))
        await all_have(reach, target.session, hands)
        first = {hand: (len(hand.sent_at), len(hand.arrivals), hand.socket.bytes_in) for hand in writers}
        if stalls:
            watcher.socket.pause()
        await asyncio.gather(*(hand.work(PER_S, seconds) for hand in writers))
        await asyncio.sleep(0.2)
        missed, cursor = await _missed(reach, target.session)
        if stalls:
            watcher.socket.go_on()
        await all_have(reach, target.session, hands)
        await check_equal(reach, target, hands)
        acks, last = Dwell(writers, first).latencies()
        after = [
            span.after for each in watcher.arrivals if isinstance(each.frame, bytes) and (span := span_of(each.frame))
        ]
    return {
        "ack_p95_ms": percentile(acks, 0.95),
        "others_p95_ms": percentile(last, 0.95),
        "revs_missed": missed,
        "frames_to_catch_up": sum(rev >= cursor for rev in after),
    }


async def _missed(reach: Reach, session: str) -> tuple[int, int]:
    """How far behind the slowest link is, and where it stands."""
    facts = await reach.get(f"/api/v1/sessions/{session}/log")
    slowest = min(link["cursor"] for link in facts["links"])
    return facts["head"] - slowest, slowest


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
