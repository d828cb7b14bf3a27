"""All sessions of the server: made, found by id or name, and ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from uuid import UUID, uuid4

import msgspec

from engine.node import Kind
from engine.ordered.logs import OrderedLogs
from engine.ordered.restored import under_document
from engine.running.permissions import Role
from engine.running.refused import Refused
from engine.running.session import ENGINE, Session
from engine.running.session_name import generated_name
from engine.running.timestamp import timestamp
from engine.serving.fanout import Fanout
from sync.log.journal import JournalFailed
from sync.wire.events import SessionCreated, SessionDestroyed
from sync.wire.pipeline import Pipeline, SessionInfo

STOP_WITHIN_S = 10.0

_log = logging.getLogger(__name__)

__all__ = ["Sessions"]


class Sessions:
    """The registry. ``on_durable_change`` is called whenever something changed that a restart has to survive."""

    def __init__(
        self, kinds: Mapping[str, Kind], fanout: Fanout, limit: int | None = None, logs: OrderedLogs | None = None
    ) -> None:
        self._kinds = kinds
        self._fanout = fanout
        self._limit = limit
        self._logs = logs if logs is not None else OrderedLogs()
        self._by_id: dict[str, Session] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self.on_durable_change: Callable[[], None] = lambda: None
        self.on_ended: Callable[[Session], None] = lambda _session: None  # whoever ended it

    def all(self) -> list[Session]:
        """Every session, oldest first."""
        return list(self._by_id.values())

    def visible(self, role: Role) -> list[Session]:
        """The sessions that ``role`` may see."""
        return [session for session in self._by_id.values() if role.owns(session.creator)]

    def by_id(self, session_id: str) -> Session | None:
        """The session with this id; names do not count."""
        return self._by_id.get(session_id)

    def find(self, id_or_name: str) -> Session | None:
        """The session with this id, else the one with this name."""
        if (session := self._by_id.get(id_or_name)) is not None:
            return session
        return next((each for each in self._by_id.values() if each.info.name == id_or_name), None)

    def resolve(self, id_or_name: str, role: Role) -> Session:
        """The session, checked as every request checks it; raises Refused (PROTOCOL.md §4)."""
        session = self.find(id_or_name)
        if session is None:
            raise Refused(f"Session '{id_or_name}' not found", 404)
        if not role.owns(session.creator):
            raise Refused("Permission denied: you do not own this session", 403)
        return session

    def create(self, name: str | None, creator: str | None, pipeline: Pipeline | None = None) -> Session:
        """Makes a session, of ``pipeline`` or empty; nodes are handed over before it is announced. Raises Refused."""
        session_id = str(uuid4())
        wanted = (name or "").strip()
        if wanted and any(session.info.name == wanted for session in self._by_id.values()):
            raise Refused(f"Session with name '{wanted}' already exists", 409)
        if self._limit is not None and len(self._by_id) >= self._limit:
            raise Refused("Maximum concurrent sessions limit reached", 429)
        info = SessionInfo(session_id, wanted or generated_name(session_id), timestamp())
        return self.open(info, creator, pipeline)

    def adopt(self, info: SessionInfo, creator: str | None, head: Pipeline) -> Session:
        """A session that another engine has, under its id and still empty; the one that is here. Raises Refused."""
        if (known := self._by_id.get(info.id)) is not None:
            return known
        try:
            UUID(info.id)
        except ValueError:
            raise Refused("The id of a session is a UUID") from None
        if any(session.info.name == info.name for session in self._by_id.values()):
            raise Refused(f"Session with name '{info.name}' already exists", 409)
        if self._limit is not None and len(self._by_id) >= self._limit:
            raise Refused("Maximum concurrent sessions limit reached", 429)
        try:
            return self.open(info, creator, msgspec.structs.replace(head, nodes={}, connections=[]))
        except JournalFailed as failure:
            raise Refused(str(failure), 507) from failure

    def open(self, info: SessionInfo, creator: str | None, pipeline: Pipeline | None) -> Session:
        """Starts a session under an identity that is already known to be free. Raises JournalFailed."""
        restored = self._logs.restored(info.id)
        if restored is not None:
            pipeline = under_document(pipeline or Pipeline(), restored.document)
        session = Session(info, creator, self._kinds, self._fanout.send, self._changed, self._logs, restored)
        self._by_id[info.id] = session
        if pipeline is not None:
            session.load(pipeline, creator or ENGINE)
        self._fanout.send(SessionCreated(info.id, info.name, info.created_at), creator)
        self._changed()
        return session

    def end(self, id_or_name: str, role: Role) -> Session:
        """Ends a session for a caller. Raises Refused (PROTOCOL.md §4)."""
        if "destroy_sessions" not in role.withheld:
            role.demand("destroy_sessions", "destroy sessions")
        session = self.resolve(id_or_name, role)
        if not session.is_kept:
            role.demand("destroy_sessions", "destroy sessions")
        self.destroy(session)
        return session

    def destroy(self, session: Session) -> None:
        """Takes a session away at once; its nodes stop in the background."""
        del self._by_id[session.id]
        self.on_ended(session)
        session.log.end()
        self._logs.forget(session.id)
        self._fanout.send(SessionDestroyed(session.id), session.creator)
        self._changed()
        task = asyncio.create_task(_stop(session), name=f"stop session {session.id}")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def stop(self, within_s: float) -> bool:
        """Stops all nodes of all sessions at once; False when some did not end in time."""
        stops = [asyncio.ensure_future(session.stop()) for session in self._by_id.values()] + list(self._ending)
        if not stops:
            return True
        _, late = await asyncio.wait(stops, timeout=within_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return not late

    def _changed(self) -> None:
        self.on_durable_change()


async def _stop(session: Session) -> None:
    try:
        async with asyncio.timeout(STOP_WITHIN_S):
            await session.stop()
    except TimeoutError:
        _log.error("session %s: some nodes did not stop within %g s", session.id, STOP_WITHIN_S)
