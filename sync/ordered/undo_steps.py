"""Undo on an ordered log: only what the log took can be undone, and what is taken back from a conflict is a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sync.history import History, Step
from sync.log.leaves import POSITION
from sync.log.op import NODES, Op
from sync.log.op import Path as Place
from sync.ordered.commits import LogCommits
from sync.ordered.session_log import SessionLog
from sync.paths import REMOVED

TITLE = "Take mine"

__all__ = ["tie_history"]


def tie_history(history: History, log: SessionLog, commits: LogCommits) -> list[Callable[[], None]]:
    """Keeps ``history`` true to what ``log`` decides; what unties it."""

    def refused(op: Op) -> None:
        if op.author == log.author:
            history.refused(op.seq)

    def retaken(op: Op, before: Mapping[Place, Any]) -> None:
        step = _step_of(op, before)
        if step is not None:
            history.record(step)
            history.sent(step.node_id, op.seq)

    return [commits.said.connect(history.sent), log.refused.connect(refused), log.retaken.connect(retaken)]


def _step_of(op: Op, before: Mapping[Place, Any]) -> Step | None:
    """The step that takes an op back; None for one that is more than values of one node's params."""
    nodes = {each.path[1] for each in op.changes}
    if len(nodes) != 1 or any(_is_structure(each.path) for each in op.changes):
        return None
    after = {each.path[3:]: REMOVED if each.is_removed else each.value for each in op.changes}
    known = {place[3:]: REMOVED if value is None else value for place, value in before.items()}
    return Step(nodes.pop(), TITLE, {path: known.get(path, REMOVED) for path in after}, after)


def _is_structure(place: Place) -> bool:
    return place[0] != NODES or place[2:3] != ("params",) or POSITION in place
