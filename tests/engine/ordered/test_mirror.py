"""engine/ordered: whoever edits, in whatever order, the model and the document are the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ordered.restored import under_document
from engine.running.permissions import ADMIN, Role
from engine.running.session import Session
from sync.log.edits import REMOVED, add_node, change, connect, connection_place, disconnect, param_place, remove_node
from sync.log.live_frames import ViewFrame
from sync.log.op import Change, Op
from sync.log.oplog import Verdict
from sync.wire.compositor import ConfigRefused
from sync.wire.pipeline import Connection, Node, Pipeline, SessionInfo
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

    def op(self, changes: tuple[Change, ...]) -> bool:
        """Whether the op was admitted."""
        self._seq += 1
        admission = self.session.log.desk.submit(Op("open/d~1", self._seq, changes))
        assert admission.verdict in (Verdict.ADMITTED, Verdict.REFUSED)
        return admission.verdict is Verdict.ADMITTED

    async def built(self, *node_ids: str) -> None:
        """Returns when the session's thread has built what it was asked for."""
        for _ in range(2_000):
            if all(node_id in self.kinds.nodes and node_id in self.session.running() for node_id in node_ids):
                return
            await asyncio.sleep(0.001)
        raise AssertionError(f"{node_ids} were never built")

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
    def edit(stage: Stage) -> None:
        stage.op(changes)

    return edit


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


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Two nodes, connected."""
    stage = Stage()
    stage.session.add_node("a", SOURCE, {"items": [{"id": "u"}, {"id": "v"}]}, "admin")
    stage.session.add_node("b", SOURCE, None, "admin")
    await stage.built("a", "b")
    stage.session.connect(Connection("a", "out", "b", "in_0"), by="admin")
    stage.check()
    yield stage
    stage.check()
    await stage.session.stop()


def _rows(stage: Stage) -> list[tuple[str, str, str, str]]:
    return [row.ends for row in stage.session.model.connections]


async def test_a_node_that_an_op_brings_back_has_its_connections_again(stage: Stage) -> None:
    """They slept in the document; undoing a removal needs no more than the node."""
    assert stage.op(remove_node("b"))
    assert (_rows(stage), list(stage.session.model.nodes)) == ([], ["a"])
    stage.check()
    assert stage.op(add_node("b", SOURCE))
    assert _rows(stage) == [("a", "out", "b", "in_0")]


async def test_a_node_that_protocol_1_brings_back_is_bare(stage: Stage) -> None:
    """There a removal takes the connections away for good."""
    assert stage.op(remove_node("b"))
    del stage.kinds.nodes["b"]
    stage.session.add_node("b", SOURCE, None)
    await stage.built("b")
    stage.check()
    assert _rows(stage) == []


async def test_a_row_that_waited_for_its_node_counts_when_an_op_makes_it(stage: Stage) -> None:
    stage.session.connect(Connection("a", "out", "c", "in_1"))
    stage.check()
    assert stage.op(add_node("c", SOURCE))
    stage.check()
    assert ("a", "out", "c", "in_1", None) in stage.session.log.log.document.connections()


async def test_positions_with_gaps_and_positions_that_are_counted_go_together(stage: Stage) -> None:
    """A desk numbers items as it likes; protocol 1 sends whole lists."""
    assert stage.op(
        (
            change(param_place("a", ("items", "u", "#")), 10),
            change(param_place("a", ("items", "v", "#")), 20),
        )
    )
    stage.check()
    stage.session.tune("a", {"items": [{"id": "u"}, {"id": "v"}, {"id": "w"}]})
    stage.check()
    assert [item["id"] for item in stage.session.log.log.document.params("a")["items"]] == ["u", "v", "w"]


async def test_a_node_that_an_op_replaces_is_not_taken_away_by_the_end_of_the_old_one(stage: Stage) -> None:
    """Protocol 1 keeps a node in the model until it has stopped; an op does not wait for that."""
    stage.session.remove_node("a", "admin")
    assert stage.op(remove_node("a"))
    assert stage.op(add_node("a", SOURCE, {"second": True}))
    del stage.kinds.nodes["a"]
    await stage.built("a")
    stage.check()
    assert stage.session.model.nodes["a"].params == {"second": True}


async def test_an_id_that_is_being_added_is_taken(stage: Stage) -> None:
    stage.session.add_node("c", BROKEN, None)
    assert not stage.op(add_node("c", SOURCE))
    assert stage.session.log.log.refusals[-1].refusal is not None
    assert stage.session.log.log.refusals[-1].refusal.reason == "exists"


@pytest.mark.parametrize(("right", "admitted"), [("tune_nodes", [True, False]), ("modify_sessions", [False, True])])
async def test_an_op_needs_the_right_for_what_it_changes(stage: Stage, right: str, admitted: list[bool]) -> None:
    stage.session.log.shared.roles.admitted("open/d", Role("half", frozenset({right}), ("*",)))
    assert [stage.op((change(param_place("a", ("x",)), 2),)), stage.op(remove_node("b"))] == admitted
    refused = stage.session.log.log.refusals[-1].refusal
    assert refused is not None
    assert (refused.reason, refused.sentence.startswith("Permission denied: cannot ")) == ("forbidden", True)
    assert not stage.op(add_node("c", SOURCE)) or right == "modify_sessions"


async def test_who_did_it_is_named_by_the_role_also_when_it_takes_a_while(stage: Stage) -> None:
    """A node of protocol 1 is in the model, and in the log, when it has been built, and gone when it has stopped."""
    run = stage.session.log.shared.run
    assert {entry.author for entry in stage.session.log.log.entries.after(0)} == {f"p1/admin~{run}"}
    stage.session.remove_node("b", "user")
    for _ in range(2_000):
        if "b" not in stage.session.model.nodes:
            break
        await asyncio.sleep(0.001)
    assert stage.session.log.log.entries.after(0)[-1].author == f"p1/user~{run}"


async def test_what_has_no_place_in_the_log_stays_with_the_model(stage: Stage) -> None:
    """§2.2: too deep, a name too long, a number too large; the rest of the same update is carried."""
    deep: Any = 1
    for _ in range(20):
        deep = {"d": deep}
    stage.session.tune("a", {"deep": deep, "n" * 600: 1, "big": 2**60, "plain": 5, "": 1})
    document = stage.session.log.log.document
    assert document.params("a") == {"items": [{"id": "u"}, {"id": "v"}], "plain": 5}
    params = stage.session.model.nodes["a"].params or {}
    assert params["big"] == 2**60
    saved = stage.session.model.pipeline()
    assert under_document(saved, document).nodes["a"].params == params
    stage.session.model.set_params("a", document.params("a"))


async def test_a_change_of_an_op_is_one_leaf_in_a_copy(stage: Stage) -> None:
    """What is not touched is the same object: nobody's copy is changed behind their back."""
    stage.session.tune("a", {"deep": {"x": {"y": 1}, "z": {}}, "w": [1]})
    before = stage.session.model.nodes["a"].params or {}
    assert stage.op((change(param_place("a", ("deep", "x", "y")), 2),))
    after = stage.session.model.nodes["a"].params or {}
    assert (before["deep"]["x"]["y"], after["deep"]["x"]["y"]) == (1, 2)
    assert after["items"] is before["items"]
    assert after["deep"]["z"] is before["deep"]["z"]


async def test_view_data_of_a_node_that_lags_names_the_op_that_it_was_computed_from(stage: Stage) -> None:
    """§9: the node hands the stamp of its config back; the slot keeps it for itself."""
    log, run = stage.session.log, stage.session.log.shared.run
    stage.session.tune("a", {"x": 1, "_sender": "nonce", "_rev": 7}, "admin")
    plain = log.log.authors[f"p1/admin~{run}"]
    assert stage.op((change(param_place("a", ("x",)), 2),))
    assert stage.op((change(param_place("a", ("x",)), 3),))
    frames: list[ViewFrame] = []
    for sender, rev in (("nonce", 7), ("open/d~1", 1), ("open/d~1", 2)):
        log.view_data_changed("a", {"x": 1, "_sender": sender, "_rev": rev})
        frames += log.views.newest()
    seen = [{name: count for name, count in frame.seen.items() if name == "open/d~1"} for frame in frames]
    assert seen == [{}, {"open/d~1": 1}, {"open/d~1": 2}]
    assert all(frame.seen[f"p1/admin~{run}"] == plain for frame in frames)
    assert all(frame.data == {"x": 1} for frame in frames)


async def test_a_whole_pipeline_becomes_as_few_entries_as_hold_it(stage: Stage) -> None:
    text = "w" * 60_000
    nodes = {"big": Node(SOURCE, {f"k{index}": text for index in range(5)}), "small": Node(SOURCE, {"x": 1})}
    head = stage.session.log.log.head
    stage.session.load(Pipeline(nodes=nodes, connections=[Connection("big", "out", "small", "in_0")]))
    stage.check()
    assert stage.session.log.log.head - head <= 9
