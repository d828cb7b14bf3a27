"""Where a desk works: a server on the network, or the embedded engine with a pipeline file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from gui.embedded import EmbeddedEngine
from gui.exits import CommandFailed
from gui.preview.access import HttpAccess
from resources import resource_path
from sync.channel import Channel
from sync.errors import LinkProblem
from sync.log.transport import Transport
from sync.pipeline_yaml import LoadedPipeline
from sync.websocket import open_log_socket, open_websocket
from sync.wire.address import ServerAddress

DEMO = "samples/studio.yaml"

__all__ = ["DEMO", "EmbeddedPlace", "Place", "RemotePlace", "demo_file"]


class Place(Protocol):
    """What a desk needs to know of where it works. ``loaded`` is the file that its first session came from."""

    title: str
    loaded: LoadedPipeline | None
    outlives_desk: bool  # whether edits that wait for it are worth keeping when the desk ends

    async def prepare(self) -> None:
        """Begins what ``open`` will need; returns at once."""

    async def open(self) -> Channel:
        """Opens the control link; raises LinkProblem."""

    async def open_log(self, session_id: str) -> Transport:
        """Opens a session's ordered log; raises NotOrdered, LinkProblem."""

    @property
    def access(self) -> HttpAccess | None:
        """How to reach the server's HTTP routes; None before it is known where they are."""

    async def close(self) -> None:
        """Frees what only this desk used."""


class RemotePlace:
    """A server that somebody else runs. Raises AddressRefused for a URL that is none.

    ``find_token`` is asked before the first ``open``, in place of ``token``.
    """

    def __init__(
        self, url: str, token: str | None = None, find_token: Callable[[], Awaitable[str | None]] | None = None
    ) -> None:
        self._address = ServerAddress.parse(url)
        self.title = url
        self._token, self._find_token = token, find_token
        self._desk = str(uuid4())
        self.loaded: LoadedPipeline | None = None
        self.outlives_desk = True

    async def prepare(self) -> None:
        """Nothing here is ours."""

    async def open(self) -> Channel:
        if self._find_token is not None:
            self._token, self._find_token = await self._find_token(), None
        return await open_websocket(self._address.control_url, self._token, desk=self._desk)

    async def open_log(self, session_id: str) -> Transport:
        return await open_log_socket(self._address.control_url, session_id, self._token, desk=self._desk)

    @property
    def access(self) -> HttpAccess | None:
        return HttpAccess(self._address.http_url, self._token)

    async def close(self) -> None:
        """Nothing here is ours."""


class EmbeddedPlace:
    """Our own engine running ``file``; started by the first ``open``, restarted by itself when it dies."""

    def __init__(self, file: Path, loaded: LoadedPipeline, on_trouble: Callable[[str], None]) -> None:
        self.title = "embedded engine"
        self.loaded: LoadedPipeline | None = loaded
        self._engine = EmbeddedEngine([file], on_trouble)
        self._address: ServerAddress | None = None
        self._desk = str(uuid4())
        self.outlives_desk = False

    async def prepare(self) -> None:
        await self._engine.spawn()

    async def open(self) -> Channel:
        if self._address is None:
            try:
                self._address = ServerAddress.parse(await self._engine.start())
            except CommandFailed as failure:
                raise LinkProblem(str(failure)) from failure
        try:
            await self._engine.until_up()
            return await open_websocket(self._address.control_url, desk=self._desk)
        except (TimeoutError, LinkProblem) as problem:
            raise LinkProblem("The embedded engine is not back yet.") from problem

    async def open_log(self, session_id: str) -> Transport:
        if self._address is None:
            raise LinkProblem("The embedded engine is not there yet.")
        try:
            await self._engine.until_up()
        except TimeoutError as problem:
            raise LinkProblem("The embedded engine is not back yet.") from problem
        return await open_log_socket(self._address.control_url, session_id, desk=self._desk)

    @property
    def access(self) -> HttpAccess | None:
        return None if self._address is None else HttpAccess(self._address.http_url)

    @property
    def engine_pid(self) -> int | None:
        """The engine's process id while it runs."""
        return self._engine.pid

    async def close(self) -> None:
        await self._engine.stop()


def demo_file() -> Path:
    """The demo pipeline that ships with the project."""
    return resource_path(DEMO)
