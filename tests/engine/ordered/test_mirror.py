"""engine/ordered: whoever edits, in whatever order, the model and the document are the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.running.permissions import ADMIN
from engine.running.session import Session
from sync.log.edits import REMOVED, add_node, change, connect, connection_place, disconnect, param_place, remove_node
from sync.log.op import Change, Op
from sync.log.oplog import Verdict
from sync.wire.compositor import ConfigRefused
from sync.wire.pipeline import Connection, SessionInfo
from tests.engine.fake_nodes import BROKEN, SOURCE, FakeKinds
from tests.guards.profiles import INTERLEAVINGS

IDS = ("a", "b", "c")
NODE = st.sampled_from(IDS)
KIND = st.sampled_from([SOURCE, SOURCE, SOURCE, BROKEN])
LEAF: st.SearchStrategy[Any] = (
    st.integers(-3, 3) | st.none() | st.booleans() | st.floats(-2, 2) | st.just([]) | st.just({}) | st.just([1, 2])
)
ITEMS = st.lists(
    st.fixed_dictionaries({"id": st.sampled_from("uvw")}, optional={"v": LEAF, "deep": st.dictionaries(NODE, LEAF)}),
    max_size=3,
    unique_by=lambda item: str(item["id"]),
)
PARAMS = st.dictionaries(
    st.sampled_from(["x", "y", "_sender", "_rev", "items"]),
    LEAF | ITEMS | st.dictionaries(st.sampled_from(["x", "_y"]), LEAF | ITEMS, max_size=2),
    max_size=3,
)
PLACES = "x x.x y items items.u items.u.v items.v.v items.v.# items.w.id items.u.# items.u.deep.a x.x.u.v x.x.u.id"
PLACE = st.sampled_from([tuple(word.split(".")) for word in PLACES.split()])
VALUE = LEAF | st.sampled_from(["u", "v", "w", [{"id": "u"}], REMOVED, REMOVED])
MODE = st.sampled_from([None, "best_effort", "reliable", "odd"])
ENDS = st.builds(lambda a, b, pin: Connection(a, "out", b, pin), NODE, NODE, st.sampled_from(["in_0", "in_1"]))
Edit = Callable[["Stage"], None]


class Stage:
    """A session, edited by clients of protocol 1 and by ops of a desk."""

    def __init__(self) -> None:
        self.kinds = FakeKinds()
        self.session = Session(SessionInfo("s"), None, self.kinds.library(), lambda *_: None, lambda: None)
        self.session.log.shared.roles.admitted("open/d", ADMIN)
        self._seq = 0

    def op(self, changes: tuple[Change, ...]) -> None:
        self._seq += 1
        admission = self.session.log.desk.submit(Op("open/d~1", self._seq, changes))
        assert admission.verdict in (Verdict.ADMITTED, Verdict.REFUSED)

    def check(self) -> None:
        """The model is the document: nodes, params, connections that count."""
        model, document = self.session.model, self.session.log.log.document
        assert {name: document.kind(name) for name in document.node_ids()} == {
            name: node.kind for name, node in model.nodes.items()
        }
        for name, node in model.nodes.items():
            assert _typed(document.params(name)) == _typed(node.params or {}), name
        counted = {
            row.ends: row.mode
            for row in reversed(model.connections)
            if row.from_node in model.nodes and row.to_node in model.nodes
        }
        assert {row[:4]: row[4] for row in document.connections()} == counted


def _typed(value: Any) -> Any:
    """A value in which 1, 1.0 and true differ."""
    if isinstance(value, dict):
        return {key: _typed(each) for key, each in value.items()}
    return [_typed(each) for each in value] if isinstance(value, list) else (type(value), value)


def _add(node_id: str, kind: str, params: dict[str, Any]) -> Edit:
    def edit(stage: Stage) -> None:
        if stage.session.taken(node_id) is None:
            stage.session.add_node(node_id, kind, params)

    return edit


def _tune(node_id: str, params: dict[str, Any]) -> Edit:
    def edit(stage: Stage) -> None:
        try:
            stage.session.tune(node_id, params)
        except ConfigRefused:
            return

    return edit


def _op(*changes: Change) -> Edit:
    return lambda stage: stage.op(changes)


EDITS = st.one_of(
    st.builds(_add, NODE, KIND, PARAMS),
    st.builds(lambda node_id: lambda stage: stage.session.remove_node(node_id), NODE),
    st.builds(
        lambda edge, mode: lambda stage: stage.session.connect(msgspec.structs.replace(edge, mode=mode)), ENDS, MODE
    ),
    st.builds(lambda edge: lambda stage: stage.session.disconnect(edge), ENDS),
    st.builds(_tune, NODE, PARAMS),
    st.builds(lambda node, kind, params: _op(*add_node(node, kind, params)), NODE, KIND, PARAMS),
    st.builds(lambda node: _op(*remove_node(node)), NODE),
    st.builds(lambda edge, mode: _op(change(connection_place(*edge.ends), mode)), ENDS, MODE),
    st.builds(lambda edge: _op(*disconnect(*edge.ends)), ENDS),
    st.builds(
        lambda node, edits: _op(*[change(param_place(node, path), value) for path, value in edits.items()]),
        NODE,
        st.dictionaries(PLACE, VALUE, min_size=1, max_size=3),
    ),
    st.builds(lambda node, edge: _op(*add_node(node, SOURCE), *connect(*edge.ends)), NODE, ENDS),
)


@settings(max_examples=INTERLEAVINGS)
@given(edits=st.lists(EDITS, max_size=25), yields=st.lists(st.booleans(), min_size=25, max_size=25))
def test_the_model_is_the_document_whoever_edits(edits: list[Edit], yields: list[bool]) -> None:
    async def play() -> None:
        stage = Stage()
        for edit, is_yielding in zip(edits, yields, strict=False):
            edit(stage)
            stage.check()
            if is_yielding:
                await asyncio.sleep(0.0005)
                stage.check()
        await stage.session.stop()

    asyncio.run(play())
