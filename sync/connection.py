"""Drives the protocol over a channel: one task reads, one writes, requests become awaitable."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from sync.channel import Channel, ChannelClosed
from sync.clock import Clock
from sync.errors import LinkLost, RequestRefused, RequestTimedOut
from sync.protocol import REQUEST_LIMIT_S, Counters, Protocol, Reply, action_of
from sync.wire.events import Event
from sync.wire.requests import Request
from sync.wire.responses import Error, Response

__all__ = ["Connection"]

_BURST_S = 0.002


class Connection:
    """One connection, one life: ``run`` until the channel ends.

    ``on_event`` hears every event in order, ``on_stumble`` those at which it failed.
    """

    def __init__(
        self,
        channel: Channel,
        clock: Clock,
        on_event: Callable[[Event], None],
        on_stumble: Callable[[Event], None],
        limit_s: float = REQUEST_LIMIT_S,
    ) -> None:
        self._channel, self._clock, self._limit_s = channel, clock, limit_s
        self._on_event, self._on_stumble = on_event, on_stumble
        self._protocol = Protocol(clock.now, limit_s)
        self._replies: dict[str, asyncio.Future[Response]] = {}
        self._outbox: deque[str] = deque()
        self._outbox_chars = 0
        self._has_work = asyncio.Event()
        self._is_answered = asyncio.Event()
        self._latency_s: float | None = None
        self.is_open = True

    @property
    def counters(self) -> Counters:
        """What was skipped."""
        return self._protocol.counters

    @property
    def round_trip_s(self) -> float | None:
        """The newest measured round trip."""
        measured = self._channel.round_trip_s()
        return self._latency_s if measured is None else measured

    def unsent_bytes(self) -> int:
        """What was posted and has not left this machine."""
        return self._outbox_chars + self._channel.unsent_bytes()

    def post(self, request: Request) -> None:
        """Sends a request that is never answered; dropped silently when the connection is over."""
        self._write(self._protocol.notice(request))

    async def request(self, request: Request) -> Response:
        """Sends a request and waits for its answer; it takes its place in the order of sending at once.

        Raises RequestRefused, RequestTimedOut, LinkLost.
        """
        if not self.is_open:
            raise LinkLost("There is no connection to the server.")
        correlation_id, text = self._protocol.request(request)
        reply: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._replies[correlation_id] = reply
        cancel = self._clock.call_later(self._limit_s, self._expire)
        self._write(text)
        try:
            response = await reply
        finally:
            cancel()
            self._replies.pop(correlation_id, None)
            self._is_answered.set()
            self._protocol.forget(correlation_id)
        if isinstance(response, Error):
            raise RequestRefused(action_of(request), response.message)
        return response

    async def run(self) -> str:
        """Reads and writes until the channel ends; the reason in words. Everything that waits fails with LinkLost."""
        writer = asyncio.create_task(self._write_all(), name="layerdesk link writer")
        try:
            return await self._read_all()
        finally:
            self.is_open = False
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            self._fail_waiting()
            await self._channel.close()

    async def close(self) -> None:
        """Ends the connection."""
        await self._channel.close()

    async def _read_all(self) -> str:
        burst_ends = self._clock.now() + _BURST_S
        while True:
            try:
                text = await self._channel.receive()
            except ChannelClosed as closed:
                return str(closed)
            arrival = self._protocol.receive(text)
            if isinstance(arrival, Reply):
                self._take_reply(arrival)
                # What comes next was said after this answer: taken later, a snapshot would undo newer events.
                while arrival.correlation_id in self._replies:
                    self._is_answered.clear()
                    await self._is_answered.wait()
            elif arrival is not None:
                self._tell(arrival)
            # A full inbox never suspends the reader: without this a flood of events starves the window.
            if self._clock.now() >= burst_ends:
                await asyncio.sleep(0)
                burst_ends = self._clock.now() + _BURST_S

    def _tell(self, event: Event) -> None:
        """One event that cannot be taken costs neither the link nor the events after it."""
        try:
            self._on_event(event)
        except Exception as fault:  # noqa: BLE001  (whatever it is: the link must live)
            self._protocol.stumbled(event, fault)
            self._on_stumble(event)

    async def _write_all(self) -> None:
        while True:
            while self._outbox:
                text = self._outbox.popleft()
                self._outbox_chars -= len(text)
                try:
                    await self._channel.send(text)
                except ChannelClosed:
                    return
            self._has_work.clear()
            await self._has_work.wait()

    def _write(self, text: str) -> None:
        if not self.is_open or (not self._outbox and self._channel.send_at_once(text)):
            return
        self._outbox.append(text)
        self._outbox_chars += len(text)
        self._has_work.set()

    def _take_reply(self, reply: Reply) -> None:
        self._latency_s = reply.latency_s
        future = self._replies.get(reply.correlation_id)
        if future is not None and not future.done():
            future.set_result(reply.response)

    def _expire(self) -> None:
        for expired in self._protocol.expire():
            future = self._replies.get(expired.correlation_id)
            if future is not None and not future.done():
                future.set_exception(RequestTimedOut(expired.action, self._limit_s))

    def _fail_waiting(self) -> None:
        for future in self._replies.values():
            if not future.done():
                future.set_exception(LinkLost("The connection was lost before the server answered."))
