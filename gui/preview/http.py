"""What the pictures that come over HTTP share: one attempt as a task, its end as a sentence."""

from __future__ import annotations

import asyncio
import contextlib
from abc import abstractmethod
from collections.abc import Coroutine

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from PySide6.QtCore import QObject

from gui.preview.access import CONNECT_S, HttpAccess, PictureLost, proxy_of
from gui.preview.picture import PictureSource

__all__ = ["HttpSource", "together"]


async def together(*parts: Coroutine[None, None, None]) -> None:
    """Runs the parts until all have ended; when one fails the others are cancelled and its exception is raised."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in ended:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class HttpSource(PictureSource):
    """One attempt to watch ``url``; runs in the event loop that is running when it is started."""

    silence_s: float | None = None
    """How long a healthy body may be silent; None where an unchanged picture is not sent again."""

    def __init__(self, title: str, url: str, access: HttpAccess, parent: QObject | None = None) -> None:
        super().__init__(title, parent)
        self._url = url
        self._access = access
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"picture: {self.title}")

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def closed(self) -> None:
        if self._task is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        try:
            sentence = await self._attempt()
        except PictureLost as lost:
            sentence = str(lost)
        except TimeoutError:
            sentence = "The picture did not come in time"
        except (aiohttp.ClientError, HttpProcessingError, EOFError, OSError, ValueError) as error:
            sentence = f"The picture was lost ({type(error).__name__})"
        self.ended.emit(sentence)

    async def _attempt(self) -> str:
        # No limit on the whole: the body has no end. A dead server shows on the link beside it.
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=self.silence_s)
        headers = self._access.headers_for(self._url)
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as client,
            client.get(self._url, allow_redirects=False, proxy=proxy_of(self._url)) as answer,
        ):
            _check(answer.status)
            await self._watch(answer)
        return "The server ended the picture"

    @abstractmethod
    async def _watch(self, answer: aiohttp.ClientResponse) -> None:
        """Reads the body until it ends; raises PictureLost."""


def _check(status: int) -> None:
    match status:
        case 200:
            return
        case 401 | 403:
            raise PictureLost("The server does not let you see the picture")
        case 404:
            raise PictureLost("The picture is not there yet")
        case 410:
            raise PictureLost("The node that streams the picture has stopped")
        case 503:
            raise PictureLost("The picture has as many viewers as the server allows")
        case _:
            raise PictureLost(f"The server refuses the picture (HTTP {status})")
