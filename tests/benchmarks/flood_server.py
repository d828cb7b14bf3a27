"""A server in a process of its own that floods a desk with view data: ``python -m tests.benchmarks.flood_server``."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

LAYERS = 100
EVENTS_PER_S = 1_000
SESSION = "11111111-1111-4111-8111-111111111111"


def pipeline() -> dict[str, Any]:
    """One compositor with a hundred connected layers."""
    rect = {"x": 0, "y": 0, "width": 320, "height": 180}
    layers = {f"in_{index}": {"rect": {**rect, "x": index}, "z_index": index} for index in range(LAYERS)}
    nodes: dict[str, Any] = {f"cam_{index}": {"kind": "video::colorbars", "params": None} for index in range(LAYERS)}
    nodes["compositor"] = {"kind": "video::compositor", "params": {"width": 1280, "height": 720, "layers": layers}}
    rows = [
        {"from_node": f"cam_{index}", "from_pin": "out", "to_node": "compositor", "to_pin": f"in_{index}"}
        for index in range(LAYERS)
    ]
    return {"mode": "dynamic", "nodes": nodes, "connections": rows}


def view_data(shift: int) -> str:
    """One event; every layer stands elsewhere than in the last."""
    rows = [
        {
            "id": f"in_{i}",
            "x": i + shift % 97,
            "y": 0,
            "width": 320,
            "height": 180,
            "source_width": 1280,
            "source_height": 720,
        }
        for i in range(LAYERS)
    ]
    data = {"canvas_width": 1280, "canvas_height": 720, "layers": rows, "text_overlays": [], "image_overlays": []}
    payload = {
        "event": "nodeviewdataupdated",
        "session_id": SESSION,
        "node_id": "compositor",
        "data": data,
        "timestamp": "",
    }
    return json.dumps({"type": "event", "payload": payload})


def answer(request: dict[str, Any]) -> dict[str, Any] | None:
    """What a server says to the requests that a desk opens with."""
    match request["payload"]["action"]:
        case "listsessions":
            return {"action": "sessionslisted", "sessions": [{"id": SESSION, "name": "flood", "created_at": ""}]}
        case "listnodes":
            return {"action": "nodeslisted", "nodes": []}
        case "getpermissions":
            return {"action": "permissions", "role": "admin", "permissions": {}}
        case "getpipeline":
            return {"action": "pipeline", "pipeline": pipeline()}
        case _:
            return None


async def talk(socket: ServerConnection) -> None:
    """Answers, and floods from the first ``getpipeline`` on until the desk is gone."""
    flood: asyncio.Task[None] | None = None
    async for text in socket:
        request = json.loads(text)
        payload = answer(request)
        if payload is not None:
            await socket.send(
                json.dumps({"type": "response", "correlation_id": request["correlation_id"], "payload": payload})
            )
        if flood is None and payload is not None and payload["action"] == "pipeline" and "--still" not in sys.argv:
            flood = asyncio.create_task(pour(socket))
    if flood is not None:
        flood.cancel()


async def pour(socket: ServerConnection) -> None:
    """A thousand events a second by the clock."""
    frames = [view_data(shift) for shift in range(97)]
    loop = asyncio.get_running_loop()
    begun, sent = loop.time(), 0
    while True:
        due = int((loop.time() - begun) * EVENTS_PER_S)
        while sent < due:
            await socket.send(frames[sent % len(frames)])
            sent += 1
        await asyncio.sleep(0.001)


async def main() -> None:
    """Serves until stdin ends."""
    async with serve(talk, "127.0.0.1", 0, compression=None) as server:
        sys.stdout.write(f"{next(iter(server.sockets)).getsockname()[1]}\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
