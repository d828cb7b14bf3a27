"""A server on a real socket that misbehaves on demand; a model of the three generations of PROTOCOL.md is behind it.

It runs in a thread with a loop of its own. Every frame that a desk sends is kept by connection and checked in the end.
"""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from sync.wire.codec import decode_request, encode_event, encode_response
from sync.wire.events import Event, NodeParamsChanged, NodeViewDataUpdated
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Connection
from sync.wire.requests import ApplyBatch, BatchConnect, GetPermissions, ListNodes, ListSessions, Request, TuneNodeAsync
from sync.wire.responses import BatchApplied, NodesListed, Permissions, PipelineReply, Response, SessionsListed
from sync.wire.stamp import strip_metadata
from tests.support.link import COMPOSITOR, demo_pipeline
from tests.support.server import ModelServer, Peer, Storage

__all__ = ["Dialogue", "Generation", "ScriptedServer", "raw_event"]

SOURCES = {"in_0": (1280, 720), "in_1": (640, 480), "in_2": (640, 360)}
Interference = Callable[["ScriptedServer", TuneNodeAsync], None]


class Generation(Enum):
    """The servers of PROTOCOL.md: G1 replaces and has no view data, G3 stamps all view data."""

    G1 = "january 2026"
    G2 = "in between"
    G3 = "newest"


@dataclass(eq=False)
class Dialogue:
    """One connection and all that came on it."""

    socket: ServerConnection
    peer: Peer
    received: list[Request] = field(default_factory=list)

    def stamps(self) -> list[tuple[str, str, int]]:
        """Node, sender and revision of every stamped tune, in their order."""
        tunes = [request for request in self.received if isinstance(request, TuneNodeAsync)]
        sent = [(tune.node_id, tune.message["UpdateParams"]) for tune in tunes if isinstance(tune.message, dict)]
        return [(node_id, params["_sender"], params["_rev"]) for node_id, params in sent if "_rev" in params]


class ScriptedServer:
    """``with ScriptedServer() as server``; ``await server.do(work)`` runs ``work(model)`` on its own thread."""

    def __init__(self, generation: Generation = Generation.G2) -> None:
        self.generation = generation
        storage = Storage.REPLACE if generation is Generation.G1 else Storage.MERGE
        self.model = ModelServer(demo_pipeline(), storage, writes_empty_stamp=generation is Generation.G3)
        for pin, size in SOURCES.items():
            self.model.deliver_frame(COMPOSITOR, pin, size)
        self.dialogues: list[Dialogue] = []
        self.sent: list[str] = []
        self.port = 0
        self._open: list[Dialogue] = []
        self._interferences: list[Interference] = []
        self._raw: list[str] = []
        self._listens = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="scripted server", daemon=True)
        self._peer_nonce, self._peer_rev = str(uuid.uuid4()), 0

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listens.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def stored(self, node_id: str = COMPOSITOR) -> JsonObject:
        """The truth about a node's params, without metadata."""
        return strip_metadata(self.model.nodes[node_id].stored or {})

    async def do(self, work: Callable[[ModelServer], None]) -> None:
        """Changes the model and tells everybody."""
        await self._on_own_loop(self._do(work))

    async def say(self, *texts: str) -> None:
        """Sends frames as they are."""
        await self._on_own_loop(self._say(texts))

    async def flood(self, texts: list[str], per_s: int, seconds: float) -> int:
        """Sends the frames round and round at a rate by the clock; how many were sent."""
        return int(await self._on_own_loop(self._flood(texts, per_s, seconds)))

    async def drop_all(self) -> None:
        """Cuts every connection and stays."""
        await self._on_own_loop(self._drop_all())

    async def restart(self) -> None:
        """A new process on the same port: durable params stay, stamps, revisions and layouts start at nothing."""
        await self._on_own_loop(self._restart())

    def interfere(self, interference: Interference) -> None:
        """Calls it on the server's thread after each tune, before anybody is told of the tune."""
        self._interferences.append(interference)

    def stop_interfering(self) -> None:
        self._interferences.clear()

    def peer_commits(self, layer_id: str, **values: Any) -> None:
        """Another desk's whole stamped config: what is stored now with values of one layer changed. Own thread only."""
        params = self.stored()
        layers = params.get("layers", {})
        self._peer_rev += 1
        changed = {**params, "layers": {**layers, layer_id: {**layers.get(layer_id, {}), **values}}}
        self.model.tune(COMPOSITOR, {**changed, "_sender": self._peer_nonce, "_rev": self._peer_rev})

    def whisper(self, text: str) -> None:
        """Sends a frame after the events that wait. Own thread only."""
        self._raw.append(text)

    def check_stamps(self) -> None:
        """One nonce a connection, no nonce on two, and revisions that count 1, 2, 3… for each node."""
        owners: dict[str, Dialogue] = {}
        for dialogue in self.dialogues:
            revs: dict[str, list[int]] = {}
            for node_id, sender, rev in dialogue.stamps():
                assert owners.setdefault(sender, dialogue) is dialogue, "a frame was stamped for another connection"
                revs.setdefault(node_id, []).append(rev)
            assert len({sender for _, sender, _ in dialogue.stamps()}) <= 1
            for counted in revs.values():
                assert counted == list(range(1, len(counted) + 1))

    # its own thread

    async def _on_own_loop(self, work: Any) -> Any:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def _serve(self) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        await self._listen()
        self._listens.set()
        await self._stopped.wait()
        await self._close()

    async def _listen(self) -> None:
        self._server = await serve(self._talk, "127.0.0.1", self.port, compression=None, max_size=None)
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def _close(self) -> None:
        await self._drop_all()
        self._server.close()
        await self._server.wait_closed()

    async def _restart(self) -> None:
        await self._close()
        for node in self.model.nodes.values():
            node.sender, node.rev, node.last_layout, node.is_dirty = "", 0, None, True
        await self._listen()

    async def _drop_all(self) -> None:
        for dialogue in tuple(self._open):
            dialogue.socket.transport.abort()

    async def _do(self, work: Callable[[ModelServer], None]) -> None:
        work(self.model)
        self.model.tick()
        await self._flush()

    async def _say(self, texts: tuple[str, ...]) -> None:
        for text in texts:
            for dialogue in tuple(self._open):
                await dialogue.socket.send(text)

    async def _flood(self, texts: list[str], per_s: int, seconds: float) -> int:
        begun, sent = self._loop.time(), 0
        while (elapsed := self._loop.time() - begun) < seconds:
            while sent < elapsed * per_s:
                await self._say((texts[sent % len(texts)],))
                sent += 1
            await asyncio.sleep(0.001)
        return sent

    async def _talk(self, socket: ServerConnection) -> None:
        dialogue = Dialogue(socket, self.model.connect())
        self.dialogues.append(dialogue)
        self._open.append(dialogue)
        try:
            async for text in socket:
                request, correlation_id = decode_request(text)
                dialogue.received.append(request)
                await self._answer(dialogue, request, correlation_id)
        except ConnectionClosed:
            return
        finally:
            self._open.remove(dialogue)
            self.model.disconnect(dialogue.peer)

    async def _answer(self, dialogue: Dialogue, request: Request, correlation_id: str | None) -> None:
        response = self._reply(dialogue.peer, request)
        if response is not None:
            await dialogue.socket.send(encode_response(response, correlation_id))
        if isinstance(request, TuneNodeAsync):
            for interference in tuple(self._interferences):
                interference(self, request)
        self.model.tick()
        await self._flush()

    def _reply(self, peer: Peer, request: Request) -> Response | None:
        match request:
            case GetPermissions():
                return Permissions("admin", {"tune_nodes": True})
            case ListSessions():
                return SessionsListed([self.model.info])
            case ListNodes():
                return NodesListed([])
            case ApplyBatch():
                return self._apply(request)
            case _:
                self.model.handle(peer, request)
                return self._of_generation(peer.replies.popleft()) if peer.replies else None

    def _apply(self, batch: ApplyBatch) -> Response:
        """Connections made in a batch are told to nobody (PROTOCOL.md §5)."""
        rows = [each for each in batch.operations if isinstance(each, BatchConnect)]
        self.model.connections += [Connection(row.from_node, row.from_pin, row.to_node, row.to_pin) for row in rows]
        return BatchApplied(success=True, errors=[])

    def _of_generation(self, response: Response) -> Response:
        if self.generation is Generation.G1 and isinstance(response, PipelineReply):
            return PipelineReply(msgspec.structs.replace(response.pipeline, view_data=None))
        return response

    async def _flush(self) -> None:
        for dialogue in tuple(self._open):
            for queue in dialogue.peer.queues.values():
                while queue:
                    await self._tell(dialogue, queue.popleft())
        texts, self._raw = self._raw, []
        await self._say(tuple(texts))

    async def _tell(self, dialogue: Dialogue, event: Event) -> None:
        if self.generation is Generation.G1 and isinstance(event, NodeViewDataUpdated):
            return
        text = encode_event(event)
        if isinstance(event, NodeParamsChanged | NodeViewDataUpdated):
            self.sent.append(text)
        await dialogue.socket.send(text)


def raw_event(name: str, **fields: Any) -> str:
    """The text of an event of any name and shape."""
    return json.dumps({"type": "event", "payload": {"event": name, **fields}})
