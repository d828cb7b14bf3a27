"""A desk that comes back after a thousand missed edits, beside a full dump; a guarded write of 200 params in one trip.

Alone: ``python -m tests.benchmarks.bench_log_return [--runs 5]``.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence

import aiohttp

from sync.log.edits import change, param_place
from sync.log.op import Change
from sync.log.replica import Replica
from tests.benchmarks.bench_log_fleet import spread
from tests.benchmarks.cores import engine_of, machine
from tests.benchmarks.log_step import Reach
from tests.benchmarks.report import print_line
from tests.engine.log_client import LogClient, connect_log

MISSED, PARAMS = 1_000, 50
OTHERS = 450  # params of the same node that nobody touched meanwhile: a full dump has them too
WRITTEN = 200
DELAY_S = 0.05

__all__ = ["main"]


def main(argv: Sequence[str] = ()) -> None:
    """Two lines: min, median and max of the runs."""
    parser = argparse.ArgumentParser(prog="bench_log_return")
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args(argv).runs
    returns, writes = [], []
    for _ in range(runs):
        with engine_of(_pipeline()) as engine:
            returns.append(asyncio.run(_measure_return(engine.url)))
            writes.append(asyncio.run(_measure_write(engine.url)))
    print_line(
        "log_return",
        "1 000 missed edits of 50 params: <= 8 KB, <= 50 ms; rival: a full dump",
        runs=runs,
        **machine(),
        **spread(returns),
    )
    print_line("log_guarded", "200 params, guarded: 1 round trip; rival: 2", runs=runs, **machine(), **spread(writes))


def _pipeline() -> str:
    params = ", ".join(f"p{number}: 0" for number in range(PARAMS + OTHERS))
    return f"name: load\nnodes:\n  sink: {{kind: 'core::sink', params: {{{params}}}}}\n"


async def _measure_return(base: str) -> dict[str, float]:
    async with aiohttp.ClientSession() as http:
        reach = Reach(base, http)
        away = await (await connect_log(reach, "load", "away")).live()
        replica = away.replica
        await away.close()
        busy = await (await connect_log(reach, "load", "busy")).live()
        for number in range(MISSED):
            busy.submit([change(param_place("sink", (f"p{number % PARAMS}",)), number + 1)])
            if number % 100 == 99:
                await busy.settled()
        back_ms, back_bytes = await _catch_up(reach, busy, replica)
        dump_ms, dump_bytes = await _catch_up(reach, busy, None)
        await busy.close()
    return {
        "return_kb": back_bytes / 1024,
        "return_ms": back_ms,
        "dump_kb": dump_bytes / 1024,
        "dump_ms": dump_ms,
        "bytes_of_a_dump": back_bytes / dump_bytes,
    }


async def _catch_up(reach: Reach, other: LogClient, replica: Replica | None) -> tuple[float, int]:
    """From the first byte of the upgrade until nothing is missing: ms and bytes of what was said to the desk."""
    begun = time.perf_counter()
    client = await connect_log(reach, "load", "away", replica=replica)
    await client.until(lambda: client.replica.applied == other.replica.applied)
    took_ms = (time.perf_counter() - begun) * 1000
    assert client.replica.confirmed.digest() == other.replica.confirmed.digest()
    received = sum(client.link.traffic.bytes.values())
    await client.close()
    return took_ms, received


async def _measure_write(base: str) -> dict[str, float]:
    """Once as it is, once with a link that delivers everything a while later."""
    async with aiohttp.ClientSession() as http:
        client = await (await connect_log(Reach(base, http), "load", "writer")).live()
        near_ms, sent, heard = await _write(client, 1)
        take = client.transport.receive

        async def take_later() -> str | bytes:
            frame = await take()
            await asyncio.sleep(DELAY_S)
            return frame

        client.transport.receive = take_later  # type: ignore[method-assign]
        await _write(client, 2)  # the frame that the reader waits for already comes without the delay
        await asyncio.sleep(2 * DELAY_S)
        far_ms, _, _ = await _write(client, 3)
        await client.close()
    return {
        "ms": near_ms,
        "frames_sent": sent,
        "answers": heard,
        "ms_when_all_comes_50_ms_later": far_ms,
        "delays": far_ms / 1000 / DELAY_S,
    }


async def _write(client: LogClient, value: int) -> tuple[float, int, int]:
    """ms, frames that left, frames with entries that came."""
    changes: list[Change] = [change(param_place("sink", (f"p{number}",)), -value) for number in range(WRITTEN)]
    sent, heard = client.transport.sent, _entry_frames(client)
    begun = time.perf_counter()
    op = client.submit(changes, guarded=True)
    await client.decided(op)
    took_ms = (time.perf_counter() - begun) * 1000
    assert all(client.replica.confirmed.value(each.path) == -value for each in changes)
    return took_ms, client.transport.sent - sent, _entry_frames(client) - heard


def _entry_frames(client: LogClient) -> int:
    return client.link.traffic.frames["op"] + client.link.traffic.frames["batch"]


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
