"""A way between two engines that loses every so-manieth WebSocket frame, in both directions; HTTP passes untouched."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from tests.faults.link import HOP_HEADERS

__all__ = ["LossyLink", "lossy_link"]


class LossyLink:
    """``share`` of the frames (0 to 1) are lost from the moment that it is set."""

    def __init__(self, upstream: str, http: aiohttp.ClientSession, seed: int) -> None:
        self.share = 0.0
        self.lost = 0
        self.passed = 0
        self.url = ""
        self._upstream = upstream
        self._http = http
        self._dice = random.Random(seed)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Passes a request on."""
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return await self._forward(request)
        offered = [
            word.strip() for word in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if word.strip()
        ]
        kept = {name: request.headers[name] for name in ("Authorization",) if name in request.headers}
        async with self._http.ws_connect(
            f"{self._upstream}{request.rel_url}", protocols=offered, headers=kept, max_msg_size=0
        ) as far:
            near = web.WebSocketResponse(protocols=offered, max_msg_size=0)
            await near.prepare(request)
            pumps = [asyncio.create_task(self._pump(far, near)), asyncio.create_task(self._pump(near, far))]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            await near.close()
        return near

    async def _pump(self, source: Any, target: Any) -> None:
        async for message in source:
            if self._dice.random() < self.share:
                self.lost += 1
                continue
            self.passed += 1
            await target.send_frame(
                message.data.encode() if isinstance(message.data, str) else message.data, message.type
            )

    async def _forward(self, request: web.Request) -> web.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_HEADERS}
        url = f"{self._upstream}{request.rel_url}"
        async with self._http.request(request.method, url, headers=headers, data=await request.read()) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOP_HEADERS}
            return web.Response(status=answer.status, headers=kept, body=await answer.read())


@asynccontextmanager
async def lossy_link(upstream: str, seed: int = 5) -> AsyncIterator[LossyLink]:
    """A perfect link until its ``share`` is set."""
    async with aiohttp.ClientSession(auto_decompress=False) as http:
        link = LossyLink(upstream, http, seed)
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", link.serve)
        runner = web.AppRunner(app, shutdown_timeout=0.2)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            link.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield link
        finally:
            await runner.cleanup()
