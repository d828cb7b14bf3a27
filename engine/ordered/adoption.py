"""A session becomes what its document says: after a restart, or when the log that it copies has become another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.ordered.judge import patch_of
from engine.ordered.params import in_order_of
from sync.log.document import Document
from sync.log.edits import connection_place
from sync.log.op import NODES
from sync.wire.compositor import KIND as COMPOSITOR
from sync.wire.pipeline import Connection

if TYPE_CHECKING:
    from engine.running.session import Session

__all__ = ["adopt"]


def adopt(session: Session, document: Document) -> None:
    """Takes away what the document does not have, then adds and changes the rest. What is equal is left alone."""
    for node_id in [each for each, node in session.model.nodes.items() if document.kind(each) != node.kind]:
        session.take_node(node_id)
        session.log.views.forget(node_id)
    for node_id in sorted(document.node_ids(), key=lambda each: _made_at(document, each)):
        if node_id in session.model.nodes:
            _adopt_params(session, document, node_id)
        else:
            session.put_node(node_id, document.kind(node_id), document.params(node_id))
    places = [row[:4] for row in document.connections()]
    rows = [Connection(*ends, document.value(connection_place(*ends))) for ends in places]
    wanted = {row.ends for row in rows}
    for row in [each for each in session.model.connections if each.ends not in wanted]:
        session.take_connection(row.ends)
    for row in rows:
        session.put_connection(row)


def _adopt_params(session: Session, document: Document, node_id: str) -> None:
    node = session.model.nodes[node_id]
    before = node.params or {}
    after = in_order_of(before, document.params(node_id))
    if msgspec.json.encode(before) != msgspec.json.encode(after):
        defaults = session.defaults_of(node.kind)
        session.put_params(node_id, after, after if node.kind == COMPOSITOR else patch_of(before, after, defaults))


def _made_at(document: Document, node_id: str) -> int:
    """The rev that made a node: nodes keep the order in which they came."""
    register = document.register((NODES, node_id, "kind"))
    return 0 if register is None else register.rev
