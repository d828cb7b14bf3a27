"""One session's ordered log: what its model, its nodes, its links and its journal have in common."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.ordered.adoption import adopt
from engine.ordered.judge import Judge, patch_of
from engine.ordered.logs import OrderedLogs
from engine.ordered.mirror import Ends, Mirror
from engine.ordered.rounds import Rounds
from engine.pictures.view_data import stamp_of
from engine.serving.quiet_log import shown
from sync.log.authority_end import LogDesk
from sync.log.driver import LinkDriver
from sync.log.fanout import Fanout
from sync.log.journal import Badge
from sync.log.link import Link
from sync.log.log_journal import LogJournal
from sync.log.op import CONNECTIONS, NODES, Change, Entry, Op
from sync.log.oplog import OpLog
from sync.log.view_slot import ViewSlots
from sync.wire.compositor import KIND as COMPOSITOR
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Connection
from sync.wire.stamp import Stamp, stamped, strip_metadata

if TYPE_CHECKING:
    from engine.running.session import Session

SESSION_ENDED = 4404
PART_CHANGED = 1012

_log = logging.getLogger(__name__)

__all__ = ["PART_CHANGED", "SESSION_ENDED", "SessionLog"]


class SessionLog:
    """Numbers everything that changes a session, and applies to it what links have asked for."""

    def __init__(self, session: Session, shared: OrderedLogs, restored: OpLog | None = None) -> None:
        self.shared = shared
        self.log = restored if restored is not None else OpLog(shared.run)
        self.fanout = Fanout(self.log, shared.wall)
        self.desk = LogDesk(self.log, self.fanout, shared.now, shared.wall, self._record)
        self.desk.standby_of = shared.standby_of
        self.views = ViewSlots()
        self.rounds = Rounds(self.desk, self.views, session.id)
        self._called: dict[Link, LinkDriver] = {}
        self._session = session
        self._judge = Judge(session, self.log, shared.roles, shared.places)
        self._mirror = Mirror(session, lambda: self.log.document, self._write)
        self.log.rule(self._judge.limit, self._decide)
        self._applied = self.log.head
        self.journal = self._kept(is_restored=restored is not None)
        self._is_applying = False

    # ---- protocol 1 has changed the session; ``by`` is the name of the role that did it

    def loaded(self, by: str) -> None:
        """The model is a whole new one."""
        self._mirror.follow_all(by)

    def node_added(self, by: str, node_id: str) -> None:
        """The model has a new node."""
        self._mirror.node_added(by, node_id)

    def node_dropped(self, by: str, node_id: str) -> None:
        """The model has a node no longer."""
        self._mirror.node_dropped(by, node_id)
        self._forget(node_id)

    def tuned(self, by: str, node_id: str, before: JsonObject | None, message: JsonObject) -> None:
        """A node's params were ``before``; ``message`` is what the node was told."""
        self._mirror.params_changed(by, node_id, before)
        author = self.shared.author(by)
        if node_id in self._session.model.nodes and (seq := self.log.authors.get(author)) is not None:
            self.views.applied(node_id, author, seq, self.shared.now(), stamp_of(message))

    def connections_changed(self, by: str, ends: list[Ends]) -> None:
        """Rows with these ends came or went."""
        self._mirror.connections_changed(by, ends)

    def view_data_changed(self, node_id: str, data: Any) -> None:
        """A node has new view data, with the stamp of what it was computed from."""
        is_object = isinstance(data, dict)
        shown_data = strip_metadata(data) if is_object else data
        mark = stamp_of(data) if is_object else None
        self.views.publish(node_id, shown_data, self.shared.now(), self.shared.wall(), mark)
        self.rounds.wake()

    # ---- links

    def opened(self, link: Link, driver: LinkDriver) -> None:
        """Somebody calls: whether the link becomes live or not, it ends with the session."""
        self._called[link] = driver

    def joined(self, link: Link, driver: LinkDriver, desk: str, *, is_desk: bool = True) -> None:
        """A link is live. Another engine computes its own view data."""
        self.rounds.join(link, driver, is_desk=is_desk)
        self.shared.joined(desk, self._session.id)

    def left(self, link: Link, desk: str) -> None:
        """A link has closed; it need not have been live."""
        self._called.pop(link, None)
        if link in self.rounds.links:
            self.rounds.leave(link)
            self.shared.left(desk, self._session.id)

    def hang_up(self, code: int, reason: str) -> None:
        """Ends all links."""
        for link, driver in (self._called | self.rounds.links).items():
            link.drop(code, reason)
            driver.kick()

    def end(self) -> None:
        """The session has been ended for good: who copies it ends its copy too."""
        self.hang_up(SESSION_ENDED, "The session has ended.")

    async def close(self) -> None:
        """No more rounds."""
        await self.rounds.close()

    # ---- a standby's log

    def replaced(self) -> None:
        """The log that is copied here has become another: so does the session, and its own links come back."""
        self._applied = self.log.head
        self._rewrite(LogJournal.replaced)
        self._adopt()
        self.hang_up(PART_CHANGED, "The log that is copied here has become another one.")

    def lead(self) -> None:
        """Numbers from now on. The links come back: with other rights, and with what was not passed on."""
        self.log.begin_epoch(self.shared.run)
        self._rewrite(LogJournal.begin)
        self.desk.standby_of = ""
        if not len(self.log.document):  # the copy's own log could not be read, and the leader never came
            self._mirror.follow_all("engine")
        self.hang_up(PART_CHANGED, "This engine has taken over.")

    # ---- inside

    def _write(self, by: str, changes: tuple[Change, ...]) -> None:
        if not self.desk.standby_of:  # who is copied writes such things itself
            self.desk.write(self.shared.author(by), changes)

    def _adopt(self) -> None:
        self._is_applying = True
        try:
            adopt(self._session, self.log.document)
        finally:
            self._is_applying = False
        self._mirror.read_again()
        self._session.on_durable_change()

    def _decide(self, op: Op, changes: tuple[Change, ...]) -> None:
        self._catch_up()  # an op that was held is decided in the same step as the one before it
        self._judge.judge(op, changes)

    def _record(self, entries: tuple[Entry, ...]) -> None:
        if self.journal is not None and self.shared.keeper is not None:
            self.journal.record(entries)
            self.shared.keeper.wake()
        self._catch_up()
        self._has_written()
        self.rounds.wake()

    def _rewrite(self, how: Callable[[LogJournal], None]) -> None:
        """The journal gets a new base state."""
        if self.journal is not None and self.shared.keeper is not None:
            how(self.journal)
            self.shared.keeper.wake()
            self._has_written()

    def _kept(self, *, is_restored: bool) -> LogJournal | None:
        keeper = self.shared.keeper
        if keeper is None:
            return None
        return keeper.keep(self._session.id, self.log, self._has_written, is_restored=is_restored)

    def _has_written(self) -> None:
        """What is on disk has moved on; without a journal nothing is safer than it is."""
        self.fanout.stable = self.log.head if self.journal is None else self.journal.journal.stable
        is_failing = self.journal is not None and self.journal.journal.badge is Badge.NOT_SAVING
        self.desk.unsaved = self.journal.journal.reason if self.journal is not None and is_failing else ""

    def _catch_up(self) -> None:
        """Applies to the session what was decided since the last time, in order; by whom this was begun, once."""
        if self._is_applying:
            return
        self._is_applying = True
        made: dict[str, None] = {}
        try:
            while self._applied < self.log.head or made:
                if self._applied < self.log.head:
                    (entry,) = self.log.entries.after(self._applied, 1)
                    self._applied = entry.rev
                    if entry.changes and not self.shared.is_own(entry.author):
                        made |= dict.fromkeys(self._apply(entry))
                else:  # not before: a row that a later entry takes away is none that the document lacks
                    self._mirror.settle_near("engine", made.popitem()[0])
        finally:
            self._is_applying = False

    def _apply(self, entry: Entry) -> list[str]:
        """Applies one entry; the nodes of it that are there."""
        changes = entry.changes or ()
        nodes = dict.fromkeys(each.path[1] for each in changes if each.path[0] == NODES)
        for node_id in nodes:
            self._apply_node(entry, node_id)
        made = [node_id for node_id in nodes if node_id in self._session.model.nodes]
        edges = {_ends(each) for each in changes if each.path[0] == CONNECTIONS}
        self._apply_connections(edges | self._woken(made))
        self._session.on_durable_change()
        return made

    def _apply_node(self, entry: Entry, node_id: str) -> None:
        session, document = self._session, self.log.document
        known = session.model.nodes.get(node_id)
        kind = document.kind(node_id)
        if known is not None and known.kind != kind:
            self._mirror.asleep.update(session.take_node(node_id))
            self._forget(node_id)
        if kind and (known is None or known.kind != kind):
            session.put_node(node_id, kind, document.params(node_id))
        elif kind and known is not None:
            self._tune(entry, node_id, known.params or {})

    def _forget(self, node_id: str) -> None:
        self.views.forget(node_id)
        self._judge.forget(node_id)

    def _tune(self, entry: Entry, node_id: str, before: JsonObject) -> None:
        after = self._judge.params_after(node_id, entry)
        kind = self._session.model.nodes[node_id].kind
        message = after if kind == COMPOSITOR else patch_of(before, after, self._session.defaults_of(kind))
        stamp = Stamp(entry.author, entry.seq)
        self._session.put_params(node_id, after, stamped(message, stamp))
        self.views.applied(node_id, entry.author, entry.seq, self.shared.now(), stamp)

    def _woken(self, made: list[str]) -> set[Ends]:
        """The connections that slept because one of these nodes was not there."""
        woken = {ends for ends in self._mirror.asleep if ends[0] in made or ends[2] in made}
        self._mirror.asleep -= woken
        return woken

    def _apply_connections(self, edges: set[Ends]) -> None:
        session, document = self._session, self.log.document
        nodes = session.model.nodes
        for ends in sorted(edges):
            place = (CONNECTIONS, *ends)
            is_there = document.is_live(place)
            if is_there and ends[0] in nodes and ends[2] in nodes:
                session.put_connection(Connection(*ends, document.value(place)))
            elif is_there:
                self._mirror.asleep.add(ends)
            else:
                self._mirror.asleep.discard(ends)
                session.take_connection(ends)

    def name(self) -> str:
        """The session, for a log line."""
        return shown(self._session.info.name or self._session.id)


def _ends(change: Change) -> Ends:
    _, from_node, from_pin, to_node, to_pin = change.path
    return (from_node, from_pin, to_node, to_pin)
