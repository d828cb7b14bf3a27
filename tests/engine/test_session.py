"""engine/running/session.py, runner.py, model.py: events add up to what getpipeline answers, in any order of edits."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.running.batches import apply, collisions
from engine.running.model import PipelineModel
from engine.running.refused import Refused
from engine.running.session import Outlet, Session
from engine.running.sessions import Sessions
from engine.serving.fanout import Fanout
from sync.wire.compositor import ConfigRefused
from sync.wire.events import ConnectionAdded, ConnectionRemoved, Event, NodeAdded, NodeParamsChanged, NodeRemoved
from sync.wire.json_value import deep_merge
from sync.wire.pipeline import Connection, Node, Pipeline, SessionInfo
from sync.wire.requests import BatchAddNode, BatchConnect, BatchOperation, BatchRemoveNode
from sync.wire.stamp import strip_metadata
from tests.engine.fake_nodes import BROKEN, SLOW, SOURCE, FakeKinds
from tests.guards.profiles import INTERLEAVINGS

IDS = ("a", "b", "c")
PARAMS = st.dictionaries(
    st.sampled_from(["x", "y", "_sender", "_rev", "deep"]),
    st.integers() | st.none() | st.dictionaries(st.sampled_from(["x", "_y"]), st.integers(), max_size=2),
    max_size=3,
)
NODE = st.sampled_from(IDS)
KIND = st.sampled_from([SOURCE, SOURCE, SOURCE, BROKEN])
EDGE = st.builds(lambda a, b, n: Connection(a, "out", b, f"in_{n}"), NODE, NODE, st.integers(0, 1))
Edit = Callable[[Session], None]


def _add(node_id: str, kind: str, params: dict[str, Any]) -> Edit:
    def edit(session: Session) -> None:
        is_free = node_id not in session.model.nodes and not session.is_pending(node_id)
        if is_free and session.residue(node_id) is None:
            session.add_node(node_id, kind, params)

    return edit


def _tune(node_id: str, params: dict[str, Any]) -> Edit:
    return lambda session: session.tune(node_id, params)


def _refused_tune(node_id: str) -> Edit:
    def edit(session: Session) -> None:
        try:
            session.tune(node_id, {"bad": 1, "x": 99})
        except ConfigRefused:
            return

    return edit


EDITS = st.one_of(
    st.builds(_add, NODE, KIND, PARAMS),
    st.builds(lambda node_id: lambda session: session.remove_node(node_id), NODE),
    st.builds(lambda edge: lambda session: session.connect(edge), EDGE),
    st.builds(lambda edge: lambda session: session.disconnect(edge), EDGE),
    st.builds(_tune, NODE, PARAMS),
)


class Follower:
    """A client that knows only what the events say."""

    def __init__(self) -> None:
        self.nodes: dict[str, tuple[str, Any]] = {}
        self.edges: list[tuple[str, str, str, str]] = []
        self.seen = asyncio.Event()

    def hear(self, event: Event, _creator: str | None = None) -> None:
        match event:
            case NodeAdded():
                assert event.node_id not in self.nodes
                self.nodes[event.node_id] = (event.kind, event.params)
                if event.node_id == "settled":
                    self.seen.set()
            case NodeRemoved():
                self.nodes.pop(event.node_id, None)
            case NodeParamsChanged() if event.node_id in self.nodes:
                kind, params = self.nodes[event.node_id]
                self.nodes[event.node_id] = (kind, deep_merge(params, strip_metadata(event.params)))
            case ConnectionAdded():
                self.edges.append((event.from_node, event.from_pin, event.to_node, event.to_pin))
            case ConnectionRemoved():
                gone = (event.from_node, event.from_pin, event.to_node, event.to_pin)
                self.edges = [edge for edge in self.edges if edge != gone]
            case _:
                pass


def _session(kinds: FakeKinds, hear: Outlet) -> Session:
    return Session(SessionInfo("s"), None, kinds.library(), hear, lambda: None)


async def _settle(session: Session, follower: Follower) -> None:
    """Returns when the session's thread has done everything that was asked before."""
    session.add_node("settled", SOURCE, None)
    await asyncio.wait_for(follower.seen.wait(), 10.0)
    follower.nodes.pop("settled")
    done, thread = asyncio.Event(), session._runner._thread
    thread.submit(lambda: thread.call_loop(done.set))
    await asyncio.wait_for(done.wait(), 10.0)


@settings(max_examples=INTERLEAVINGS)
@given(edits=st.lists(EDITS, max_size=25), yields=st.lists(st.booleans(), min_size=25, max_size=25))
def test_events_add_up_to_the_pipeline(edits: list[Edit], yields: list[bool]) -> None:
    """§4, §6, §7: with and without the session's thread getting a turn between two edits."""

    async def play() -> None:
        kinds, follower = FakeKinds(), Follower()
        session = _session(kinds, follower.hear)
        for edit, is_yielding in zip(edits, yields, strict=False):
            edit(session)
            if is_yielding:
                await asyncio.sleep(0)
        await _settle(session, follower)
        pipeline = session.pipeline()
        stored = {key: (node.kind, node.params) for key, node in pipeline.nodes.items() if key != "settled"}
        assert follower.nodes == stored
        assert follower.edges == [row.ends for row in pipeline.connections]
        for node_id, (_kind, params) in stored.items():
            assert not [key for key in params or {} if key.startswith("_")]
            assert kinds.nodes[node_id].calls[:1] in ([], ["start"])
        await _assert_attached(kinds, stored, follower.edges)
        await session.stop()
        assert all(node.calls[-1] == "stop" for node in kinds.nodes.values())

    asyncio.run(play())


async def _assert_attached(kinds: FakeKinds, stored: dict[str, Any], edges: list[tuple[str, str, str, str]]) -> None:
    """Every edge between two nodes carries packets exactly once, and nothing else does."""
    for node_id in stored:
        wanted = {(edge[3], edge[0]) for edge in edges if edge[2] == node_id and edge[0] in stored}
        sources = {id(kinds.nodes[source].outputs["out"]): source for source in stored}
        attached = [(pin, sources[id(output)]) for pin, output in kinds.nodes[node_id].inputs]
        assert sorted(attached) == sorted(wanted)


@given(params=PARAMS, updates=st.lists(PARAMS, max_size=5))
def test_a_refused_update_leaves_no_trace(params: dict[str, Any], updates: list[dict[str, Any]]) -> None:
    """§7, Engine: at any moment of a node's life."""

    async def play() -> None:
        kinds, follower = FakeKinds(), Follower()
        session = _session(kinds, follower.hear)
        session.add_node("a", SOURCE, params)
        await _settle(session, follower)
        for update in updates:
            session.tune("a", update)
            before = session.model.pipeline()
            heard = dict(follower.nodes)
            _refused_tune("a")(session)
            assert session.model.pipeline() == before
            assert follower.nodes == heard
        await session.stop()

    asyncio.run(play())


async def test_nodes_that_hang_do_not_hold_up_a_stop() -> None:
    """The others are stopped; the caller is told that some were not."""
    kinds, follower = FakeKinds(), Follower()
    sessions = Sessions({**kinds.library()}, Fanout())
    stuck = sessions.create("stuck", None, Pipeline(nodes={"x": Node(SLOW)}))
    fine = sessions.create("fine", None)
    fine._send_event = follower.hear
    fine.add_node("a", SOURCE, None)
    await _settle(fine, follower)
    assert await sessions.stop(0.5) is False
    assert kinds.nodes["a"].calls[-1] == "stop"
    kinds.gate.set()
    await stuck.stop()
    assert kinds.nodes["x"].calls == ["stop"]


OPERATIONS = st.lists(
    st.one_of(
        st.builds(lambda node_id: BatchAddNode(node_id, SOURCE), NODE),
        st.builds(BatchRemoveNode, NODE),
        st.builds(lambda a, b: BatchConnect(a, "out", b, "in"), NODE, NODE),
    ),
    max_size=6,
)


@given(first=OPERATIONS, second=OPERATIONS)
def test_a_batch_is_applied_whole_or_not_at_all(first: list[BatchOperation], second: list[BatchOperation]) -> None:
    """§5: and a batch that was accepted never meets a collision on its way."""

    async def play() -> None:
        kinds, follower = FakeKinds(), Follower()
        session = _session(kinds, follower.hear)
        for operations in (first, second):
            before = session.model.pipeline()
            expected = next(collisions(session, operations), None)
            if expected is None:
                apply(session, operations, lambda _operation: None)
                continue
            with pytest.raises(Refused, match=re.escape(f"Batch rejected: {expected[1]}")):
                apply(session, operations, lambda _operation: None)
            assert session.model.pipeline() == before
        await _settle(session, follower)
        nodes = {key for key in session.model.nodes if key != "settled"}
        assert set(follower.nodes) == nodes
        await session.stop()

    asyncio.run(play())


@given(params=PARAMS, message=PARAMS)
def test_the_model_stores_no_metadata(params: dict[str, Any], message: dict[str, Any]) -> None:
    """§7: top-level `_…` keys never; nested ones stay; the message is not changed."""
    model = PipelineModel(Pipeline(nodes={"a": Node(SOURCE, params)}))
    copy = dict(message)
    model.merge_params("a", message)
    model.merge_params("ghost", message)
    assert message == copy
    assert list(model.nodes) == ["a"]
    stored = model.nodes["a"].params
    assert stored == deep_merge(strip_metadata(params), strip_metadata(message))
