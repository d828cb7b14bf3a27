"""What an op may do to a session: rights, kinds, files, room, and whether its nodes would take it (§3.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from engine.ordered.params import PARAMS_DEPTH, changed_params, in_order_of, settled_params
from engine.ordered.ranges import within_range
from engine.ordered.roles import Roles
from engine.places import Places
from engine.running.new_node import check_new_node
from engine.running.path_policy import FILE_READER, check_updated_paths
from engine.running.permissions import Role
from engine.running.refused import Refused
from sync.log.document import Document
from sync.log.leaves import build, keyed_items
from sync.log.op import CONNECTIONS, NODES, Change, Entry, Op, OpId, Path
from sync.log.oplog import OpLog, OpRefused
from sync.wire.compositor import KIND as COMPOSITOR
from sync.wire.compositor import ConfigRefused, KnownLayers, parse_config
from sync.wire.json_value import JsonObject

if TYPE_CHECKING:
    from engine.running.session import Session

MODES = (None, "best_effort", "reliable")

__all__ = ["Judge", "patch_of"]


class Judge:
    """The limits and the judge of one session's log. ``params`` are what the newest op would make of its nodes."""

    def __init__(self, session: Session, log: OpLog, roles: Roles, places: Places) -> None:
        self._session = session
        self._log = log
        self._roles = roles
        self._places = places
        self._known: dict[str, KnownLayers] = {}
        self._decided: tuple[OpId, dict[str, JsonObject]] | None = None

    def limit(self, path: Path, value: Any) -> Any:
        """A value moved into its range."""
        if path[0] == CONNECTIONS:
            return None if value == "reliable" else value
        if len(path) > PARAMS_DEPTH and self._document.kind(path[1]) == COMPOSITOR:
            return within_range(path[PARAMS_DEPTH:], value)
        return value

    def judge(self, op: Op, changes: tuple[Change, ...]) -> None:
        """Raises OpRefused unless ``op``, of which ``changes`` are left, may be applied and would be taken."""
        made = {each.path[1] for each in changes if _is_node(each.path) and not each.is_removed}
        tuned = {each.path[1] for each in changes if len(each.path) > PARAMS_DEPTH and each.path[0] == NODES}
        try:
            self._check_rights(self._roles.of(op.author), changes, made)
            self._check_shape(op, changes, made)
            entry = Entry(self._log.head + 1, max(self._log.lam, op.lam) + 1, op.author, op.seq, 0.0, changes)
            self._check_structure(self._roles.of(op.author), changes, made)
            params = {node: self._checked(node, entry) for node in tuned - made if node in self._session.model.nodes}
        except Refused as refusal:
            raise OpRefused("forbidden" if refusal.status == 403 else "invalid", str(refusal)) from refusal
        except ConfigRefused as refusal:
            raise OpRefused("invalid", str(refusal)) from refusal
        self._decided = (op.id, params)

    def params_after(self, node: str, entry: Entry) -> JsonObject:
        """A node's params under an entry that is being applied."""
        if self._decided is not None and self._decided[0] == entry.id and node in self._decided[1]:
            return self._decided[1][node]
        # Decided elsewhere: something newer may stand where it writes, and it may sweep away what was there.
        before = self._session.model.nodes[node].params or {}
        if any(each.path == (NODES, node) for each in entry.changes or ()):
            return dict(in_order_of(before, self._document.params(node)))
        return settled_params(self._document, node, before, entry)

    def forget(self, node: str) -> None:
        """The node is gone."""
        self._known.pop(node, None)

    @property
    def _document(self) -> Document:
        return self._log.document

    def _check_rights(self, role: Role, changes: tuple[Change, ...], made: set[str]) -> None:
        if made or any(each.path[0] == CONNECTIONS or len(each.path) < PARAMS_DEPTH for each in changes):
            role.demand("modify_sessions", "modify sessions")
        if any(len(each.path) > PARAMS_DEPTH and each.path[1] not in made for each in changes):
            role.demand("tune_nodes", "tune nodes")

    def _check_shape(self, op: Op, changes: tuple[Change, ...], made: set[str]) -> None:
        """What the shape of the document asks of single changes."""
        for each in changes:
            if each.path[0] == CONNECTIONS:
                _check_mode(each)
            elif len(each.path) == PARAMS_DEPTH:
                _check_kind(each, made)
            elif keyed_items(each.value) is not None:
                raise Refused(f"{each.path[-1]}: a list of items with ids travels item by item")
            elif self._renames_item(op, each):
                raise Refused(f"{each.path[-2]}: an item's id is the name of its place")
        kinds = {each.path[1] for each in changes if len(each.path) == PARAMS_DEPTH}
        if (without := made - kinds) != set():
            raise Refused(f"the node {min(without)!r} has no kind")

    def _renames_item(self, op: Op, each: Change) -> bool:
        if each.path[-1] != "id" or each.is_removed or len(each.path) < PARAMS_DEPTH + 3 or each.value == each.path[-2]:
            return False
        above = each.path[:-2]
        return self._document.value(above) == [] or any(one.path == above and one.value == [] for one in op.changes)

    def _check_structure(self, role: Role, changes: tuple[Change, ...], made: set[str]) -> None:
        session = self._session
        edges = [each for each in changes if each.path[0] == CONNECTIONS and not each.is_removed]
        session.check_room(nodes=len(made), connections=len(edges))
        for node in made:
            if (label := session.taken(node)) is not None:
                raise OpRefused("exists", label)
            kind, params = _made(node, changes)
            check_new_node(role, self._places, kind, params)

    def _checked(self, node: str, entry: Entry) -> JsonObject:
        """The params that a node would have. Raises Refused or ConfigRefused when it would not take them."""
        model = self._session.model.nodes[node]
        before = model.params or {}
        after = changed_params(self._document, node, before, entry)
        patch = patch_of(before, after, self._session.defaults_of(model.kind))
        check_updated_paths(self._places, model.kind, after if model.kind == FILE_READER else patch)
        if model.kind == COMPOSITOR:
            parse_config(after, self._known.setdefault(node, {}))
        else:
            self._session.check_params(node, patch)
        return after


def patch_of(before: JsonObject, after: JsonObject, defaults: JsonObject) -> JsonObject:
    """The members of ``after`` that are others than in ``before``, and the defaults of those that are gone."""
    patch = {name: value for name, value in after.items() if name not in before or before[name] is not value}
    return {**patch, **{name: defaults[name] for name in before if name not in after and name in defaults}}


def _check_mode(each: Change) -> None:
    if not each.is_removed and each.value not in MODES:
        raise Refused(f"a connection's mode is reliable or best_effort, not {str(each.value)[:40]!r}")


def _check_kind(each: Change, made: set[str]) -> None:
    if each.path[1] not in made or each.is_removed or not (isinstance(each.value, str) and each.value):
        raise Refused("a node's kind is a text and is said once, when the node is made")


def _is_node(path: Path) -> bool:
    return path[0] == NODES and len(path) == 2


def _made(node: str, changes: tuple[Change, ...]) -> tuple[str, JsonObject]:
    mine = [each for each in changes if each.path[:2] == (NODES, node)]
    kind = next(each.value for each in mine if len(each.path) == PARAMS_DEPTH)
    return kind, build(dict(_leaves(mine)))


def _leaves(changes: list[Change]) -> Iterator[tuple[Path, Any]]:
    for each in changes:
        if len(each.path) > PARAMS_DEPTH and not each.is_removed:
            yield each.path[PARAMS_DEPTH:], each.value
