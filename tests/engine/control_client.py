"""A client of the control protocol for tests: requests with answers, and events that can be waited for."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any

import aiohttp

LIMIT_S = 10.0
MARKER = "test marker"

__all__ = ["LIMIT_S", "ControlClient", "Event"]

Event = dict[str, Any]


class ControlClient:
    """One connection; everything that comes in is kept in order."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.frames: list[dict[str, Any]] = []
        self._news = asyncio.Event()
        self._ids = itertools.count(1)
        self._reader = asyncio.create_task(self._read(), name="test client")

    async def close(self) -> None:
        """Hangs up."""
        await self.socket.close()
        await self._reader

    async def send(self, frame: Any) -> None:
        """Sends a frame as it is: text, or an object as JSON."""
        await self.socket.send_str(frame if isinstance(frame, str) else json.dumps(frame))

    async def ask(self, action: str, **fields: Any) -> dict[str, Any]:
        """A request; the payload of its response."""
        correlation_id = f"c{next(self._ids)}"
        await self.send({"type": "request", "correlation_id": correlation_id, "payload": {"action": action, **fields}})
        frame = await self.frame(lambda each: each.get("correlation_id") == correlation_id)
        return dict(frame["payload"])

    async def tell(self, action: str, **fields: Any) -> None:
        """A request without an answer."""
        await self.send({"type": "request", "payload": {"action": action, **fields}})

    async def frame(self, fits: Callable[[dict[str, Any]], bool], after: int = 0) -> dict[str, Any]:
        """The first frame that fits, from number ``after`` on, as soon as it has come."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                for frame in self.frames[after:]:
                    if fits(frame):
                        return frame
                self._news.clear()
                await self._news.wait()

    async def event(self, name: str, after: int = 0, **fields: Any) -> Event:
        """The first event of this name with these fields."""

        def fits(frame: dict[str, Any]) -> bool:
            payload = frame["payload"]
            is_it = frame["type"] == "event" and payload["event"] == name
            return is_it and all(payload.get(key) == value for key, value in fields.items())

        return dict((await self.frame(fits, after))["payload"])

    async def state(self, node_id: str, state: Any, after: int = 0) -> Event:
        """The event that brings a node into ``state``; a word also fits the states that carry a reason."""

        def fits(frame: dict[str, Any]) -> bool:
            payload = frame["payload"]
            if payload.get("event") != "nodestatechanged" or payload["node_id"] != node_id:
                return False
            found = payload["state"]
            return bool(found == state or (isinstance(found, dict) and isinstance(state, str) and state in found))

        return dict((await self.frame(fits, after))["payload"])

    async def events_so_far(self, session_id: str, after: int = 0) -> list[Event]:
        """All events since frame ``after`` that were caused before now, proven by a marker that came behind them."""
        mark = next(self._ids)
        await self.tell("tunenodeasync", session_id=session_id, node_id=MARKER, message={"UpdateParams": {"m": mark}})
        await self.event("nodeparamschanged", after, node_id=MARKER, params={"m": mark})
        payloads = [frame["payload"] for frame in self.frames[after:] if frame["type"] == "event"]
        return [payload for payload in payloads if payload.get("node_id") != MARKER]

    async def _read(self) -> None:
        async for message in self.socket:
            self.frames.append(json.loads(message.data))
            self._news.set()
