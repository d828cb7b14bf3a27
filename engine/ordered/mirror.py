"""The document follows what clients of protocol 1 do to the model: the smallest changes, in the same step."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from engine.running.model import PipelineModel
from engine.serving.quiet_log import shown
from sync.log.document import Document
from sync.log.edits import add_node, connect, connection_place, disconnect, edits_between, remove_node, set_params
from sync.log.leaves import POSITION, keyed_items
from sync.log.op import CONNECTIONS, NODES, Change, size_of
from sync.log.op import Path as Place
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Connection, ConnectionMode

MAX_OP_CHANGES = 1_024
MAX_OP_BYTES = 100_000

Ends = tuple[str, str, str, str]
Write = Callable[[str, tuple[Change, ...]], object]

_log = logging.getLogger(__name__)

__all__ = ["Mirror"]


class Mirrored(Protocol):
    """The session, as far as it is mirrored."""

    model: PipelineModel


class Mirror:
    """Writes what differs. ``by`` is who caused it. What no op can carry stays with the model alone.

    ``asleep`` are the document's connections that do not count, because an op took one of their nodes away.
    """

    def __init__(self, session: Mirrored, document: Callable[[], Document], write: Write) -> None:
        self._session = session
        self._document = document
        self._write_op = write
        self._has_left_out = False
        self.asleep: set[Ends] = set()
        self.read_again()

    def read_again(self) -> None:
        """The document is another one: which of its connections do not count is found out anew."""
        self.asleep = {ends for ends in _connected(self._document()) if not self._is_awake(ends)}

    def follow_all(self, by: str) -> None:
        """The document becomes what the model is."""
        model, document = self._session.model, self._document()
        for node_id in document.node_ids():
            if node_id not in model.nodes:
                self.node_dropped(by, node_id)
        for node_id, node in model.nodes.items():
            if document.kind(node_id) == node.kind:
                self.params_changed(by, node_id, document.params(node_id))
            else:
                self._write(by, add_node(node_id, node.kind, node.params))
        self.connections_changed(by, {row.ends for row in model.connections} | set(_connected(document)))
        self.asleep.clear()

    def node_added(self, by: str, node_id: str) -> None:
        """The model has a new node; rows of it that waited for it count from now on."""
        node = self._session.model.nodes[node_id]
        self._write(by, (*add_node(node_id, node.kind, node.params), *self._near(node_id)))

    def node_dropped(self, by: str, node_id: str) -> None:
        """The model has a node no longer."""
        if self._document().is_live((NODES, node_id)):
            self._write(by, remove_node(node_id))

    def params_changed(self, by: str, node_id: str, before: JsonObject | None) -> None:
        """A node's params were ``before``; the model has the new ones."""
        node = self._session.model.nodes.get(node_id)
        if node is not None:
            edits = edits_between(before or {}, node.params or {})
            _complete_positions(edits, node.params or {})
            self._write(by, set_params(node_id, edits))

    def connections_changed(self, by: str, ends: Iterable[Ends]) -> None:
        """Rows with these ends came or went."""
        self._write(by, tuple(self._connection_changes(ends)))

    def settle_near(self, by: str, node_id: str) -> None:
        """A node was added by an op: rows of the model that waited for it count from now on."""
        model = self._session.model
        near = [row.ends for row in model.connections if node_id in (row.from_node, row.to_node)]
        self._write(by, tuple(self._connection_changes(near)))

    def _near(self, node_id: str) -> Iterator[Change]:
        rows = {row.ends for row in self._session.model.connections if node_id in (row.from_node, row.to_node)}
        asleep = {ends for ends in self.asleep if node_id in (ends[0], ends[2])}
        self.asleep -= asleep
        yield from self._connection_changes(rows | asleep)

    def _is_awake(self, ends: Ends) -> bool:
        document = self._document()
        return document.is_live((NODES, ends[0])) and document.is_live((NODES, ends[2]))

    def _connection_changes(self, ends: Iterable[Ends]) -> Iterator[Change]:
        model, document = self._session.model, self._document()
        modes = _modes(model.connections)
        for each in sorted(set(ends)):
            is_wanted = each in modes and each[0] in model.nodes and each[2] in model.nodes
            is_there = document.is_live(connection_place(*each))
            if is_wanted and not (is_there and document.value(connection_place(*each)) == modes[each]):
                yield from connect(*each, modes[each])
            elif is_there and not is_wanted:
                yield from disconnect(*each)

    def _write(self, by: str, changes: Iterable[Change]) -> None:
        """Writes changes in as few ops as they fit into."""
        piece: list[Change] = []
        size = 0
        for each in changes:
            weight = size_of(each)
            if weight is None or weight > MAX_OP_BYTES:
                self._tell_left_out(each.path)
                continue
            if piece and (len(piece) == MAX_OP_CHANGES or size + weight > MAX_OP_BYTES):
                self._write_op(by, tuple(piece))
                piece, size = [], 0
            piece.append(each)
            size += weight
        if piece:
            self._write_op(by, tuple(piece))

    def _tell_left_out(self, place: Place) -> None:
        """Said once a session: clients of protocol 1 may do so for ever."""
        if not self._has_left_out:
            self._has_left_out = True
            _log.info("%s does not fit into the ordered log: desks do not see it", shown(".".join(place)))


def _modes(rows: Iterable[Connection]) -> dict[Ends, ConnectionMode | None]:
    """The mode of every edge: of equal rows the first one carries the packets."""
    modes: dict[Ends, ConnectionMode | None] = {}
    for row in rows:
        modes.setdefault(row.ends, row.mode)
    return modes


def _connected(document: Document) -> list[Ends]:
    """All edges with a value, whether their nodes exist or not."""
    return [
        (each.path[1], each.path[2], each.path[3], each.path[4])
        for each in document.below((CONNECTIONS,))
        if not each.is_removed
    ]


def _complete_positions(edits: dict[Place, object], params: JsonObject) -> None:
    """Where one item of a list has moved, the positions of all are said: others may count with gaps."""
    for place in {path[:-2] for path in edits if path[-1] == POSITION and len(path) > 2}:
        value: object = params
        for name in place:
            value = value.get(name) if isinstance(value, dict) else None
        for name, item in (keyed_items(value) or {}).items():
            edits.setdefault((*place, name, POSITION), item[POSITION])
