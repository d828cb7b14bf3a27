"""Reading the store, and what each event does to it."""

from __future__ import annotations

import pytest

from sync.store import FieldStatus
from sync.wire import events
from sync.wire.events import NodeStats
from sync.wire.pipeline import Connection
from sync.wire.state import NodeState
from tests.support.link import COMPOSITOR, make_session, session_link


def test_a_node_that_is_not_there_reads_as_nothing() -> None:
    session, _, _ = make_session()
    store = session.store
    assert (store.kind("x"), store.params("x"), store.confirmed("x"), store.state("x")) == ("", {}, {}, None)
    assert (store.scene("x"), store.stats("x"), store.view_data("x"), store.in_flight("x")) == (None, None, None, 0)
    assert (store.value("x", ("a",), 1), store.parked("x", ("a",)), store.is_held("x", ("a",))) == (1, None, False)
    assert store.status("x", ("a",)) is FieldStatus.SETTLED
    assert store.scene("gain") is None


def test_states_and_counters_also_of_a_node_that_is_still_being_built() -> None:
    session, server, _ = make_session()
    changed: list[str] = []
    session.store.state_changed.connect(changed.append)
    server.set_state("new", "Creating")
    server.set_state("gain", {"Degraded": {"reason": "slow", "details": None}})
    session_link(session).settle()
    assert session.store.state("new") == NodeState("Creating")
    assert session.store.state("gain") == NodeState("Degraded", "slow")
    assert "new" not in session.store.node_ids()
    session.accept(events.NodeStatsUpdated(session.info.id, "gain", NodeStats(received=3)))
    stats = session.store.stats("gain")
    assert stats is not None
    assert stats.received == 3
    assert changed == ["new", "gain", "gain"]


def test_edges_are_counted_once_and_go_with_their_node() -> None:
    session, server, _ = make_session()
    structure: list[None] = []
    session.store.structure_changed.connect(lambda: structure.append(None))
    edge = Connection("cam_a", "out", "gain", "in")
    for _ in range(2):
        session.accept(events.ConnectionAdded(session.info.id, *edge.ends))
    assert session.store.connections().count(edge) == 1
    server.remove_node("cam_a")
    session_link(session).settle()
    assert not [row for row in session.store.connections() if "cam_a" in row.ends]
    assert len(structure) >= 2


def test_the_mode_of_an_edge_is_learnt_from_the_pipeline_and_kept() -> None:
    session, server, _ = make_session()
    server.connections.append(Connection("cam_a", "out", "gain", "in", "best_effort"))
    session.take_snapshot(server.pipeline(), 0)
    session.accept(events.ConnectionAdded(session.info.id, "cam_a", "out", "gain", "in"))
    assert Connection("cam_a", "out", "gain", "in", "best_effort") in session.store.connections()


def test_a_node_added_twice_keeps_what_is_known_of_it() -> None:
    session, server, _ = make_session()
    session.accept(events.NodeAdded(session.info.id, "gain", "audio::gain", {"gain": 9}))
    assert session.store.params("gain")["gain"] == 1.0
    session.accept(events.NodeAdded(session.info.id, "gain2", "audio::gain", None))
    assert session.store.state("gain2") == NodeState("Initializing")
    assert session.store.node_ids()[-1] == "gain2"
    assert server.nodes["gain"].stored["gain"] == 1.0


def test_a_runtime_schema_belongs_to_its_node() -> None:
    session, server, _ = make_session()
    session.accept(events.RuntimeSchemasUpdated(session.info.id, "gain", {"properties": {}}))
    assert session.store.runtime_schemas == {"gain": {"properties": {}}}
    server.remove_node("gain")
    session_link(session).settle()
    assert session.store.runtime_schemas == {}


def test_an_export_has_no_states_no_view_data_and_no_empty_params() -> None:
    session, server, _ = make_session()
    server.add_node("bare", "core::sink", {})
    server.deliver_frame(COMPOSITOR, "in_0", (1, 1))
    session_link(session).settle()
    pipeline = session.store.pipeline()
    assert pipeline.nodes["bare"].params is None
    assert pipeline.view_data is None
    assert {node.state for node in pipeline.nodes.values()} == {None}
    assert (pipeline.name, pipeline.mode, len(pipeline.connections)) == ("studio", "dynamic", 3)


@pytest.mark.parametrize("params", [None, [], "x", 3])
def test_odd_params_events_change_nothing(params: object) -> None:
    session, _, _ = make_session()
    before = session.store.params(COMPOSITOR)
    session.accept(events.NodeParamsChanged(session.info.id, COMPOSITOR, params))
    session.accept(events.NodeParamsChanged(session.info.id, "nobody", {"a": 1}))
    assert session.store.params(COMPOSITOR) == before


def test_how_late_the_oldest_unconfirmed_field_is() -> None:
    session, _, clock = make_session(delay_s=None)
    assert session.store.unconfirmed_for() == 0
    session.edit(COMPOSITOR, {("fps",): 25}, "Rate")
    clock.advance(0.5)
    assert session.store.unconfirmed_for() == pytest.approx(0.5)
    assert (session.store.in_flight(), session.store.in_flight(COMPOSITOR), session.store.local_rev(COMPOSITOR)) == (
        1,
        1,
        1,
    )
