"""A leader and its standby, five of a hundred frames between them lost: whoever is at a rev has exactly that document.

Alone: ``python -m tests.benchmarks.bench_log_loss [--seconds 120] [--share 0.05]``.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack

from tests.benchmarks.cores import machine
from tests.benchmarks.lossy_link import LossyLink, lossy_link
from tests.benchmarks.report import print_line
from tests.engine.log_client import LogClient
from tests.engine.standby.pair import SHOW, Place, follower_of, is_live, start, until
from tests.support.engine_process import EngineProcess

DESKS, PER_S = 3, 30.0
LOOK_EVERY_S = 0.005
HEAL_LIMIT_S = 70.0  # a frame that was the last one is missed by the second heart-beat

__all__ = ["main"]


def main(argv: Sequence[str] = ()) -> None:
    """One line."""
    parser = argparse.ArgumentParser(prog="bench_log_loss")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--share", type=float, default=0.05)
    options = parser.parse_args(argv)
    asyncio.run(_measure(options.seconds, options.share))


class _Witness:
    """The document's hash by rev, as one desk has it."""

    def __init__(self, desk: LogClient) -> None:
        self.desk = desk
        self.hashes: dict[int, str] = {}

    async def look(self) -> None:
        """Until it is cancelled."""
        while True:
            self.hashes[self.desk.replica.applied] = self.desk.replica.confirmed.digest()
            await asyncio.sleep(LOOK_EVERY_S)


async def _measure(seconds: float, share: float) -> None:
    async with AsyncExitStack() as stack:
        leader = await start(stack, EngineProcess(SHOW))
        link = await stack.enter_async_context(lossy_link(leader.base))
        standby = await start(stack, follower_of(link.url))
        await until(lambda: is_live(standby))
        witnesses = [_Witness(await place.desk(f"witness{place.engine.port}")) for place in (leader, standby)]
        looking = [asyncio.create_task(witness.look()) for witness in witnesses]
        link.share = share
        ops = await _edit(leader, seconds)
        link.share = 0.0
        healed_s = await _equal(witnesses)
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)
        for witness in witnesses:
            await witness.desk.close()
        _tell(seconds, ops, link, witnesses, healed_s)


async def _edit(leader: Place, seconds: float) -> int:
    """Several hands at the leader; how many ops they made."""
    desks = [await leader.desk(f"d{number}") for number in range(DESKS)]
    await asyncio.gather(*(_hand(desk, number, seconds) for number, desk in enumerate(desks)))
    made = sum(desk.replica.last_seq for desk in desks)
    for desk in desks:
        await desk.settled()
        await desk.close()
    return made


async def _hand(desk: LogClient, number: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        count += 1
        desk.tune("mix", str(count), "text_overlays", f"t{number}", "text", live=True)
        await asyncio.sleep(1 / PER_S)


async def _equal(witnesses: list[_Witness]) -> float:
    """Seconds until both ends have the same document at the same rev. Raises AssertionError after a while."""
    begun = time.monotonic()

    async def are_equal() -> bool:
        one, other = ((each.desk.replica.applied, each.desk.replica.confirmed.digest()) for each in witnesses)
        return one == other

    await until(are_equal, HEAL_LIMIT_S)
    return time.monotonic() - begun


def _tell(seconds: float, ops: int, link: LossyLink, witnesses: list[_Witness], healed_s: float) -> None:
    one, other = (witness.hashes for witness in witnesses)
    both = one.keys() & other.keys()
    differing = [rev for rev in both if one[rev] != other[rev]]
    assert not differing, f"the documents differ at {sorted(differing)[:10]}"
    print_line(
        "log_loss",
        "5 % of the frames between leader and standby lost: no divergence",
        seconds=seconds,
        ops=ops,
        frames_lost=link.lost,
        frames_passed=link.passed,
        revs_compared=len(both),
        revs_that_differed=len(differing),
        equal_after_s=round(healed_s, 2),
        **machine(),
    )


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
