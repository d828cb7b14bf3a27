"""A watcher that hangs up while there is nothing to send is noticed by no write: somebody looks (PROTOCOL.md §19)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

LOOK_EVERY_S = 0.5

__all__ = ["LOOK_EVERY_S", "leaving_with"]


@asynccontextmanager
async def leaving_with(request: web.Request, leave: Callable[[], None]) -> AsyncIterator[None]:
    """Calls ``leave`` when the other end of ``request`` has gone, half a second later at most, or at the end."""
    look = asyncio.create_task(_look(request, leave), name=f"watcher of {request.path}")
    try:
        yield
    finally:
        look.cancel()
        await asyncio.wait([look])
        leave()


async def _look(request: web.Request, leave: Callable[[], None]) -> None:
    while (transport := request.transport) is not None and not transport.is_closing():  # noqa: ASYNC110  (aiohttp tells nobody)
        await asyncio.sleep(LOOK_EVERY_S)
    leave()
