"""A child process of ``bench_ordered``: many hands on one session's log, and one whole desk that watches them.

A hand keeps a link and counts; only the desk keeps a copy of the session, as a real one would: a hundred copies in two
processes would measure themselves. One JSON line on stdout at the end. Loopback only; it stops by itself.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Iterable
from typing import Any

import aiohttp

from sync.log.auth import Credentials
from sync.log.clock import Clock
from sync.log.driver import LinkDriver
from sync.log.edits import change, param_place
from sync.log.end import End
from sync.log.frames import SUBPROTOCOL, ControlFrame, Welcome
from sync.log.link import Link
from sync.log.live_frames import BatchFrame, LiveFrame, OpFrame
from sync.log.op import Op, OpId
from tests.engine.log_client import SocketTransport, connect_log

SETTLE_S = 2.0

__all__ = ["Reach", "main"]


class Reach:
    """The engine as clients want it."""

    def __init__(self, base: str, http: aiohttp.ClientSession) -> None:
        self.base = base
        self.http = http


class Watch:
    """When ops left, when they came back, and when the others had them (all clocks are this machine's)."""

    def __init__(self) -> None:
        self.acks_ms: list[float] = []
        self.seen_ms: list[float] = []
        self.frames = 0
        self.sent: dict[OpId, float] = {}


class Hand(End):
    """One operator's link: it sends, and notes what comes."""

    def __init__(self, watch: Watch, name: str) -> None:
        self.author = f"open/{name}~1"
        self._watch = watch

    def welcomed(self, welcome: Welcome) -> None:
        del welcome

    def clock(self) -> Clock:
        return Clock("", 0)

    def take_live(self, frame: LiveFrame) -> Iterable[ControlFrame]:
        if isinstance(frame, OpFrame | BatchFrame):
            now, watch = time.monotonic(), self._watch
            watch.frames += 1
            for entry in (frame.entry,) if isinstance(frame, OpFrame) else frame.entries:
                at = watch.sent.get(entry.id)
                if at is not None:
                    (watch.acks_ms if entry.author == self.author else watch.seen_ms).append((now - at) * 1000)
        return ()


class HandLink:
    """A hand with its connection."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, watch: Watch, place: int) -> None:
        self._watch = watch
        self._place = place
        self._end = Hand(watch, f"h{place}")
        self._driver = LinkDriver(SocketTransport(socket))
        self.link = Link(self._end, Credentials(f"h{place}"), time.monotonic, time.time, has_room=self._driver.has_room)
        self.running = asyncio.create_task(self._driver.run(self.link))

    async def work(self, per_s: float, until: float) -> None:
        """Sends ops at its pace."""
        await asyncio.sleep(random.Random(self._place).random() / per_s)
        count, place = 0, param_place("sink", (f"k{self._place}",))
        while time.monotonic() < until:
            count += 1
            op = Op(self._end.author, count, (change(place, count),), live=True)
            self._watch.sent[op.id] = time.monotonic()
            self.link.submit([op])
            self._driver.kick()
            await asyncio.sleep(1 / per_s)

    async def close(self) -> None:
        """Hangs up."""
        self.link.drop(1000, "")
        self._driver.kick()
        await self.running


async def run(base: str, session: str, first: int, hands: int, per_s: float, seconds: float) -> dict[str, Any]:
    """Connects, works, and tells what it saw."""
    async with aiohttp.ClientSession() as http:
        watch, url = Watch(), f"{base}/api/v1/control"
        desk = await (await connect_log(Reach(base, http), session, f"desk{first}")).live()
        links = []
        for place in range(first, first + hands):
            socket = await http.ws_connect(url, params={"session": session}, protocols=(SUBPROTOCOL,))
            links.append(HandLink(socket, watch, place))
        await desk.until(lambda: all(each.link.is_live for each in links))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        until = time.monotonic() + seconds
        await asyncio.gather(*(each.work(per_s, until) for each in links))
        await asyncio.sleep(SETTLE_S)
        result = {
            "acks_ms": watch.acks_ms,
            "seen_ms": watch.seen_ms,
            "frames": watch.frames,
            "ops": len(watch.sent),
            "position": [desk.replica.confirmed.digest(), desk.replica.applied],
        }
        for link in links:
            await link.close()
        await desk.close()
    return result


def main(argv: list[str]) -> None:
    """``base session first hands per_s seconds``; begins with a line on stdin."""
    base, session, first, hands, per_s, seconds = argv
    result = asyncio.run(run(base, session, int(first), int(hands), float(per_s), float(seconds)))
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
