"""A proxy in front of a real server whose WebSocket can be delayed, thinned, doubled, reordered, stalled and cut.

It runs in a thread with a loop of its own, so that a busy desk does not slow the link that it is tested against.
HTTP requests pass through untouched.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self, TypeVar

import aiohttp
from aiohttp import web

T = TypeVar("T")
Lanes = dict[float, tuple["asyncio.Queue[tuple[float, str]]", "asyncio.Task[None]"]]
HOP_HEADERS = {"transfer-encoding", "content-length", "connection", "keep-alive", "upgrade", "host"}


class Fault:
    """What happens to the frames of one direction; everything zero is a perfect link."""

    def __init__(self) -> None:
        self.delay_s = 0.0
        self.jitter_s = 0.0
        self.drop: Callable[[str], bool] = lambda _text: False
        self.duplicate: Callable[[str], bool] = lambda _text: False
        self.hold_back: Callable[[str], float] = lambda _text: 0.0
        self.flows = asyncio.Event()
        self.flows.set()

    def delay_of(self, text: str, dice: random.Random) -> float:
        return self.delay_s + dice.uniform(0, self.jitter_s) + self.hold_back(text)


class FaultyLink:
    """``with FaultyLink(server_url) as link: … link.url`` with faults switched on by its context managers."""

    def __init__(self, upstream: str, seed: int = 7) -> None:
        self.upstream = upstream.rstrip("/")
        self._dice = random.Random(seed)
        self.to_desk, self.to_server = Fault(), Fault()
        self.is_refusing = False
        self.seen_by_server: list[str] = []
        self.seen_by_desk: list[str] = []
        self._requests: list[web.Request] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="faulty link", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def delayed(self, seconds: float, jitter_s: float = 0.0) -> Iterator[None]:
        """Everything that the server says arrives later; order is kept."""
        self.to_desk.delay_s, self.to_desk.jitter_s = seconds, jitter_s
        yield
        self.to_desk.delay_s = self.to_desk.jitter_s = 0.0

    @contextmanager
    def dropping(self, matches: Callable[[str], bool]) -> Iterator[None]:
        """Frames to the desk that match are lost."""
        self.to_desk.drop = matches
        yield
        self.to_desk.drop = lambda _text: False

    @contextmanager
    def duplicating(self, matches: Callable[[str], bool] = lambda _text: True) -> Iterator[None]:
        """Frames to the desk that match come twice."""
        self.to_desk.duplicate = matches
        yield
        self.to_desk.duplicate = lambda _text: False

    @contextmanager
    def reordering(self, family: str, seconds: float) -> Iterator[None]:
        """One event family arrives later than the others; order inside it is kept."""
        self.to_desk.hold_back = lambda text: seconds if f'"event":"{family}"' in text else 0.0
        yield
        self.to_desk.hold_back = lambda _text: 0.0

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """No message passes in either direction; everything passes afterwards."""
        self._call(self._set_flowing(is_flowing=False))
        yield
        self._call(self._set_flowing(is_flowing=True))

    @contextmanager
    def half_open(self) -> Iterator[None]:
        """The far end is gone without a word: nothing is read any more, pings are not answered."""
        self._call(self._set_reading(is_reading=False))
        yield
        self._call(self._set_reading(is_reading=True))

    @contextmanager
    def refused(self) -> Iterator[None]:
        """The link is cut and nobody may connect."""
        self.is_refusing = True
        self.cut()
        yield
        self.is_refusing = False

    def cut(self) -> None:
        """Closes every connection the hard way."""
        self._call(self._cut())

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _set_flowing(self, *, is_flowing: bool) -> None:
        for fault in (self.to_desk, self.to_server):
            (fault.flows.set if is_flowing else fault.flows.clear)()

    async def _set_reading(self, *, is_reading: bool) -> None:
        await self._set_flowing(is_flowing=is_reading)
        for transport in self._transports():
            (transport.resume_reading if is_reading else transport.pause_reading)()

    async def _cut(self) -> None:
        for transport in self._transports():
            transport.abort()

    def _transports(self) -> list[asyncio.Transport]:
        found = [request.transport for request in self._requests]
        return [
            transport for transport in found if isinstance(transport, asyncio.Transport) and not transport.is_closing()
        ]

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application()
        app.router.add_get("/api/v1/control", self._control)
        app.router.add_route("*", "/{tail:.*}", self._forward)
        runner = web.AppRunner(app, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        async with aiohttp.ClientSession(auto_decompress=False) as self._client:
            self._ready.set()
            await self._stopped.wait()
            await self._cut()
            await runner.cleanup()

    async def _control(self, request: web.Request) -> web.StreamResponse:
        if self.is_refusing:
            return web.Response(status=503)
        desk = web.WebSocketResponse(autoping=True, max_msg_size=0)
        kept = {
            key: value for key, value in request.headers.items() if key.lower() in {"authorization", "cookie", "origin"}
        }
        async with self._client.ws_connect(f"{self.upstream}/api/v1/control", headers=kept, max_msg_size=0) as server:
            await desk.prepare(request)
            self._requests.append(request)
            try:
                await self._pump_both(desk, server)
            finally:
                self._requests.remove(request)
        return desk

    async def _pump_both(self, desk: Any, server: Any) -> None:
        pumps = [
            asyncio.create_task(self._pump(server, desk, self.to_desk, self.seen_by_desk)),
            asyncio.create_task(self._pump(desk, server, self.to_server, self.seen_by_server)),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        await desk.close()

    async def _pump(self, source: Any, target: Any, fault: Fault, seen: list[str]) -> None:
        """Reads at once and delivers each family in order at its own time."""
        lanes: Lanes = {}
        try:
            async for message in source:
                if message.type is not aiohttp.WSMsgType.TEXT or fault.drop(message.data):
                    continue
                for _ in range(2 if fault.duplicate(message.data) else 1):
                    self._enqueue(lanes, message.data, target, fault, seen)
        finally:
            for _, task in lanes.values():
                task.cancel()

    def _enqueue(self, lanes: Lanes, text: str, target: Any, fault: Fault, seen: list[str]) -> None:
        lane = fault.hold_back(text)
        if lane not in lanes:
            queue: asyncio.Queue[tuple[float, str]] = asyncio.Queue()
            lanes[lane] = (queue, asyncio.create_task(self._deliver(queue, target, fault, seen)))
        lanes[lane][0].put_nowait((self._loop.time() + fault.delay_of(text, self._dice), text))

    async def _deliver(
        self, lane: asyncio.Queue[tuple[float, str]], target: Any, fault: Fault, seen: list[str]
    ) -> None:
        while True:
            due, text = await lane.get()
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            await fault.flows.wait()
            seen.append(text)
            with suppress(ConnectionError, RuntimeError):
                await target.send_str(text)

    async def _forward(self, request: web.Request) -> web.StreamResponse:
        headers = {key: value for key, value in request.headers.items() if key.lower() not in HOP_HEADERS}
        body = await request.read()
        async with self._client.request(
            request.method,
            f"{self.upstream}{request.rel_url}",
            headers=headers,
            data=body,
            timeout=aiohttp.ClientTimeout(total=None),
        ) as answer:
            kept = {key: value for key, value in answer.headers.items() if key.lower() not in HOP_HEADERS}
            response = web.StreamResponse(status=answer.status, headers=kept)
            await response.prepare(request)
            with suppress(ConnectionError):
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
            return response
