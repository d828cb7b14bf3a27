"""Batches: every id and kind is checked before anything is applied; connections raise no events (PROTOCOL.md §5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from engine.running.refused import Refused
from engine.running.session import ENGINE, Session
from sync.wire.pipeline import Connection
from sync.wire.requests import BatchAddNode, BatchConnect, BatchDisconnect, BatchOperation, BatchRemoveNode

KindCheck = Callable[[BatchAddNode], None]

__all__ = ["KindCheck", "apply", "collisions", "issues"]


def collisions(session: Session, operations: Sequence[BatchOperation]) -> Iterator[tuple[str, str]]:
    """Node id and reason of every addnode whose id is taken when its turn comes."""
    removed: set[str] = set()
    added: set[str] = set()
    for operation in operations:
        if isinstance(operation, BatchRemoveNode):
            removed.add(operation.node_id)
        elif isinstance(operation, BatchAddNode):
            node_id = operation.node_id
            reason = f"node '{node_id}' is added more than once in this batch" if node_id in added else None
            if reason is None and node_id not in removed:
                reason = session.taken(node_id)
            if reason is not None:
                yield node_id, reason
            added.add(node_id)


def issues(session: Session, operations: Sequence[BatchOperation], check_kind: KindCheck) -> Iterator[tuple[str, str]]:
    """Node id and sentence of everything that would refuse the batch: ids first, then kinds."""
    for node_id, reason in collisions(session, operations):
        yield node_id, f"Batch rejected: {reason}"
    for operation in operations:
        if isinstance(operation, BatchAddNode):
            try:
                check_kind(operation)
            except Refused as refusal:
                yield operation.node_id, str(refusal)


def apply(session: Session, operations: Sequence[BatchOperation], check_kind: KindCheck, by: str = ENGINE) -> None:
    """Applies a batch in its order, or nothing of it. Raises Refused."""
    first = next(issues(session, operations, check_kind), None)
    if first is not None:
        raise Refused(first[1])
    session.check_room(
        nodes=sum(isinstance(operation, BatchAddNode) for operation in operations),
        connections=sum(isinstance(operation, BatchConnect) for operation in operations),
    )
    for operation in operations:
        _apply(session, operation, by)


def _apply(session: Session, operation: BatchOperation, by: str) -> None:
    match operation:
        case BatchAddNode():
            session.add_node(operation.node_id, operation.kind, operation.params, by)
        case BatchRemoveNode():
            session.remove_node(operation.node_id, by)
        case BatchConnect():
            session.connect(_connection(operation), is_silent=True, by=by)
        case BatchDisconnect():
            session.disconnect(_connection(operation), is_silent=True, by=by)


def _connection(operation: BatchConnect | BatchDisconnect) -> Connection:
    mode = operation.mode if isinstance(operation, BatchConnect) else None
    return Connection(operation.from_node, operation.from_pin, operation.to_node, operation.to_pin, mode)
