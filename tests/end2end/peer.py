"""Another operator, played by a script: commits whole stamped configs, as StreamKit's interface does."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

__all__ = ["ScriptedPeer"]


class ScriptedPeer:
    """``async with ScriptedPeer.at(url) as peer``; knows the one session of the server and its compositor."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.nonce, self._rev = str(uuid.uuid4()), 0
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.events: list[dict[str, Any]] = []
        self.session_id = ""

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str) -> AsyncIterator[ScriptedPeer]:
        """Connected, with the first session found."""
        async with connect(f"{url.replace('http', 'ws')}/api/v1/control", compression=None, proxy=None) as socket:
            peer = cls(socket)
            reader = asyncio.create_task(peer._read(), name="scripted peer")
            try:
                peer.session_id = (await peer.ask("listsessions"))["sessions"][0]["id"]
                yield peer
            finally:
                reader.cancel()
                with suppress(asyncio.CancelledError):
                    await reader

    async def ask(self, action: str, **fields: Any) -> dict[str, Any]:
        """One request and its answer."""
        correlation_id = str(uuid.uuid4())
        answer = self._waiting[correlation_id] = asyncio.get_running_loop().create_future()
        await self._send({"action": action, **fields}, correlation_id)
        async with asyncio.timeout(5):
            return dict(await answer)

    async def pipeline(self) -> dict[str, Any]:
        """The server's truth."""
        answer = await self.ask("getpipeline", session_id=self.session_id)
        return dict(answer["pipeline"])

    async def params(self, node_id: str = "compositor") -> dict[str, Any]:
        """A node's stored params."""
        return dict((await self.pipeline())["nodes"][node_id]["params"])

    async def commit(self, params: dict[str, Any], node_id: str = "compositor") -> None:
        """A whole config, stamped."""
        self._rev += 1
        message = {"UpdateParams": {**params, "_sender": self.nonce, "_rev": self._rev}}
        fields = {"session_id": self.session_id, "node_id": node_id, "message": message}
        await self._send({"action": "tunenodeasync", **fields}, None)

    async def set_layer(self, layer_id: str, **values: Any) -> None:
        """Reads the config as it is and commits it with some values of one layer changed."""
        params = await self.params()
        params["layers"][layer_id] = {**params["layers"].get(layer_id, {}), **values}
        await self.commit(params)

    async def _send(self, payload: dict[str, Any], correlation_id: str | None) -> None:
        await self._socket.send(json.dumps({"type": "request", "correlation_id": correlation_id, "payload": payload}))

    async def _read(self) -> None:
        async for text in self._socket:
            frame = json.loads(text)
            waiting = self._waiting.get(frame.get("correlation_id") or "")
            if waiting is not None and not waiting.done():
                waiting.set_result(frame["payload"])
            elif frame["type"] == "event":
                self.events.append(frame["payload"])
