"""A pipeline file, or a text, becomes a session on the connected server and opens here (PROTOCOL.md §18)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from itertools import chain, count
from pathlib import Path
from typing import Final

from gui.bridge import Bridge
from gui.server.answers import CreatedSession
from gui.server.errands import Errand, Errands
from gui.server.failure import RestFailed
from gui.server.rest import RestClient
from sync.pipeline_file import read_pipeline_file
from sync.pipeline_yaml import LoadedPipeline, PipelineFileRefused
from sync.wire.pipeline import SessionInfo

NAME_TRIES: Final = 5
OWN_KINDS: Final = "layerdesk::"

__all__ = ["SessionStarter", "read_local"]


class SessionStarter:
    """Starts sessions one after the other; ``origin_of`` remembers the files that they came from."""

    def __init__(self, bridge: Bridge, errands: Errands, client: Callable[[], RestClient]) -> None:
        self._bridge, self._errands, self._client = bridge, errands, client
        self._origins: dict[str, LoadedPipeline] = {}

    def origin_of(self, session_id: str) -> LoadedPipeline | None:
        """The file that a session was started from here."""
        return self._origins.get(session_id)

    def start_file(self, file: Path) -> None:
        """Checks a file here, then starts it there; a failure is one sentence."""
        if (obstacle := self._bridge.desk.why_not("create_session")) is not None:
            self._bridge.noticed.emit("warning", f"{file.name} was not started. {obstacle}")
            return

        async def work(_errand: Errand) -> None:
            loaded = await read_local(file, is_for_engine=self._is_own_engine())
            session = await self._create(loaded.text, file.stem)
            self._origins[session.session_id] = loaded
            self._open(session)
            self._tell_doubts(file.name, loaded)

        self._errands.start(f"Starting {file.name}", f"{file.name} was not started.", work)

    def start_text(self, yaml: str, title: str) -> None:
        """Starts a text that no file of this machine holds; the server judges it."""

        async def work(_errand: Errand) -> None:
            self._open(await self._create(yaml, title))

        self._errands.start(f"Starting {title}", f"{title} was not started.", work)

    def _is_own_engine(self) -> bool:
        """Our own engine is known by the kinds that nobody else has."""
        return any(kind.startswith(OWN_KINDS) for kind in self._bridge.desk.definitions)

    async def _create(self, yaml: str, wanted_name: str) -> CreatedSession:
        """A name that is taken, also one that this desk cannot see, gets a number."""
        taken = {info.name for info in self._bridge.desk.sessions if info.name}
        for _ in range(NAME_TRIES):
            name = _free_name(wanted_name, taken)
            try:
                return await self._client().create_session(yaml, name)
            except RestFailed as failed:
                if failed.status != 409:
                    raise
                taken.add(name)
        return await self._client().create_session(yaml, None)

    def _open(self, session: CreatedSession) -> None:
        info = SessionInfo(session.session_id, session.name, session.created_at or "")
        self._bridge.desk.open_made(info)

    def _tell_doubts(self, name: str, loaded: LoadedPipeline) -> None:
        if loaded.warnings:
            more = f" (and {len(loaded.warnings) - 1} more)" if len(loaded.warnings) > 1 else ""
            self._bridge.noticed.emit("warning", f"{name} runs, but {loaded.warnings[0].message}{more}.")


def _free_name(wanted: str, taken: Collection[str]) -> str:
    """``wanted``, or with the first number that is free; the server has the last word, so two desks cannot clash."""
    return next(name for name in chain((wanted,), (f"{wanted}_{number}" for number in count(2))) if name not in taken)


async def read_local(file: Path, *, is_for_engine: bool = False) -> LoadedPipeline:
    """A pipeline file, checked whole, off the loop; raises RestFailed with file, line and field."""
    try:
        return await asyncio.to_thread(read_pipeline_file, file, is_for_engine=is_for_engine)
    except PipelineFileRefused as refused:
        field = f", {refused.field}" if refused.field else ""
        raise RestFailed(f"Line {refused.line}{field}: {refused.reason.rstrip('.')}.") from refused
    except OSError as error:
        raise RestFailed(f"It cannot be read: {error.strerror or error}.") from error
