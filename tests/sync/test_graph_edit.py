"""Editing a graph: what is refused at the desk, drafts until they are built, batches, and what is sent."""

from __future__ import annotations

import string
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import RequestRefused
from sync.graph_checks import (
    Graph,
    GraphRefused,
    check_connection,
    free_name,
    missing_params,
    new_node_id,
    produced_type,
    spoken_type,
)
from sync.graph_edit import BUILD_LIMIT_S, GraphEdit, Stage
from sync.wire import requests
from sync.wire.packets import KNOWN
from sync.wire.pipeline import Connection, InputPin, Node, NodeDefinition, OutputPin
from sync.wire.requests import Request
from sync.wire.responses import BatchApplied, Response, Success, ValidationIssue, ValidationResult
from sync.wire.user_form import find_cycle
from tests.support.clock import FakeClock
from tests.support.link import COMPOSITOR, make_session, session_link

VIDEO = {"RawVideo": {"width": None, "height": None, "pixel_format": "Rgba8"}}
SMALL = {"RawVideo": {"width": 640, "height": 360, "pixel_format": "Rgba8"}}
SOUND = {"RawAudio": {"sample_rate": 48000, "channels": 2, "sample_format": "F32"}}
DEFINITIONS = {
    row.kind: row
    for row in (
        NodeDefinition("video::colorbars", outputs=[OutputPin("out", SMALL)]),
        NodeDefinition(
            "video::compositor",
            inputs=[InputPin("in", [VIDEO], {"Dynamic": {"prefix": "in"}})],
            outputs=[OutputPin("out", VIDEO)],
        ),
        NodeDefinition("audio::gain", inputs=[InputPin("in", [SOUND])], outputs=[OutputPin("out", SOUND)]),
        NodeDefinition("core::pace", inputs=[InputPin("in", ["Any"])], outputs=[OutputPin("out", "Passthrough")]),
        NodeDefinition("core::bus", inputs=[InputPin("in", [VIDEO], "Broadcast")], outputs=[OutputPin("out", VIDEO)]),
        NodeDefinition("core::line", inputs=[InputPin("in", [VIDEO])], outputs=[OutputPin("out", VIDEO, "One")]),
        NodeDefinition(
            "net::peer", inputs=[InputPin("in", [VIDEO])], outputs=[OutputPin("out", VIDEO)], bidirectional=True
        ),
        NodeDefinition(
            "core::file_reader",
            param_schema={"properties": {"path": {"type": "string"}}, "required": ["path"]},
            outputs=[OutputPin("out", "Binary")],
        ),
    )
}


def graph(nodes: dict[str, str], *edges: str) -> Graph:
    return Graph(nodes, tuple(edge_of(text) for text in edges), DEFINITIONS)


def edge_of(text: str) -> Connection:
    source, _, target = text.partition(" > ")
    from_node, from_pin = source.split(".")
    to_node, to_pin = target.split(".")
    return Connection(from_node, from_pin, to_node, to_pin)


BARS, MIX, GAIN, PACE = "video::colorbars", "video::compositor", "audio::gain", "core::pace"


@pytest.mark.parametrize(
    ("there", "edge", "sentence"),
    [
        (graph({"a": BARS}), "a.out > m.in_0", "m is not in the pipeline yet."),
        (graph({"a": BARS, "m": MIX}), "a.left > m.in_0", "a has no output left; it has out."),
        (graph({"a": BARS, "m": MIX}), "a.out > m.input", "m has no input input; it has in."),
        (graph({"a": BARS, "b": BARS}), "a.out > b.in", "b has no input in; it has none."),
        (graph({"a": BARS, "m": MIX}, "a.out > m.in_0"), "a.out > m.in_0", "a.out feeds m.in_0 already."),
        (
            graph({"a": BARS, "b": BARS, "m": MIX}, "a.out > m.in_0"),
            "b.out > m.in_0",
            "m.in_0 is fed by a.out already; disconnect that first.",
        ),
        (
            graph({"a": BARS, "g": GAIN}),
            "a.out > g.in",
            "a.out gives Raw Video (640x360, Rgba8), g.in takes Raw Audio (48000Hz, 2ch, F32).",
        ),
        (graph({"m": MIX}), "m.out > m.in_0", "That would close a circle: m → m."),
        (
            graph({"m": MIX, "n": MIX}, "m.out > n.in_0"),
            "n.out > m.in_0",
            "That would close a circle: m → n → m.",
        ),
        (
            graph({"l": "core::line", "m": MIX}, "l.out > m.in_0"),
            "l.out > m.in_1",
            "l.out can feed one input only, and feeds m.in_0.",
        ),
        (
            graph({"g": GAIN, "p": PACE, "m": MIX}, "g.out > p.in"),
            "p.out > m.in_0",
            "p.out gives Raw Audio (48000Hz, 2ch, F32), m.in_0 takes Raw Video (anyxany, Rgba8).",
        ),
    ],
)
def test_an_edge_that_would_not_work_is_refused(there: Graph, edge: str, sentence: str) -> None:
    with pytest.raises(GraphRefused) as refused:
        check_connection(there, edge_of(edge))
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("there", "edge"),
    [
        (graph({"a": BARS, "m": MIX}), "a.out > m.in_0"),
        (graph({"a": BARS, "b": BARS, "m": MIX}, "a.out > m.in_0"), "b.out > m.in_1"),
        (graph({"a": BARS, "b": BARS, "s": "core::bus"}, "a.out > s.in"), "b.out > s.in"),
        (graph({"a": BARS, "m": MIX, "n": MIX}, "a.out > m.in_0"), "a.out > n.in_0"),
        (graph({"a": BARS, "p": PACE}), "a.out > p.in"),
        (graph({"p": PACE, "m": MIX}), "p.out > m.in_0"),
        (graph({"a": BARS, "p": PACE, "m": MIX}, "a.out > p.in"), "p.out > m.in_0"),
        (graph({"p": "net::peer", "m": MIX}, "m.out > p.in"), "p.out > m.in_0"),
        (graph({"x": "plugin::new", "m": MIX}), "x.anything > m.in_0"),
    ],
)
def test_an_edge_that_works_is_not_refused(there: Graph, edge: str) -> None:
    check_connection(there, edge_of(edge))


def test_a_circle_that_is_there_already_does_not_forbid_other_edges() -> None:
    there = graph({"m": MIX, "n": MIX, "a": BARS}, "m.out > n.in_0", "n.out > m.in_0")
    check_connection(there, edge_of("a.out > m.in_1"))


def test_pass_throughs_in_a_circle_end_the_search() -> None:
    assert produced_type(graph({"p": PACE, "q": PACE}, "p.out > q.in", "q.out > p.in"), "p", "out") is None


def test_names_of_pins_and_nodes() -> None:
    pin = DEFINITIONS[MIX].inputs[0]
    assert free_name(pin, ["in_0", "in_2"]) == "in_1"
    assert free_name(DEFINITIONS[GAIN].inputs[0], ["in"]) == "in"
    assert new_node_id("audio::gain", {"audio::gain_1", "audio::gain_3"}) == "audio::gain_2"


def test_words_for_types_and_missing_params() -> None:
    assert spoken_type("Binary") == "Binary"
    assert spoken_type({"Unheard": {}}) == "Unheard"
    assert spoken_type({"EncodedVideo": {"codec": "vp9"}}) == "Encoded Video (vp9)"
    reader = DEFINITIONS["core::file_reader"]
    assert missing_params(reader, {}) == ("path",)
    assert missing_params(reader, {"path": ""}) == ("path",)
    assert missing_params(reader, {"path": "/clip.webm"}) == ()


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=25))
def test_whatever_is_connected_in_any_order_never_holds_a_circle(wanted: list[tuple[int, int]]) -> None:
    kinds = dict.fromkeys(string.ascii_lowercase[:6], MIX)
    edges: tuple[Connection, ...] = ()
    for source, target in wanted:
        used = [row.to_pin for row in edges if row.to_node == string.ascii_lowercase[target]]
        pin = free_name(DEFINITIONS[MIX].inputs[0], used)
        edge = Connection(string.ascii_lowercase[source], "out", string.ascii_lowercase[target], pin)
        before = Graph(kinds, edges, DEFINITIONS)
        try:
            check_connection(before, edge)
        except GraphRefused:
            circle = find_cycle({name: Node(kind) for name, kind in kinds.items()}, [*edges, edge])
            assert circle is not None
        else:
            edges = (*edges, edge)
    assert find_cycle({name: Node(kind) for name, kind in kinds.items()}, list(edges)) is None


class Port:
    """A desk whose server is the model: answers at once, remembers what was asked."""

    def __init__(self) -> None:
        self.session, self.server, self.clock = make_session()
        self.definitions = dict(DEFINITIONS)
        self.packets = KNOWN
        self.asked: list[Request] = []
        self.forbidden: str | None = None
        self.error: str | None = None
        self.issues: list[ValidationIssue] = []
        self.builds = True

    def why_not(self, action: str) -> str | None:
        assert action == "edit_graph"
        return self.forbidden

    async def request(self, request: Request) -> Response:
        self.asked.append(request)
        if self.error is not None:
            raise RequestRefused("addnode", self.error)
        match request:
            case requests.ValidateBatch():
                return ValidationResult(self.issues)
            case requests.ApplyBatch():
                return BatchApplied(True, [])
            case requests.AddNode() if not self.builds:
                return Success()
        session_link(self.session).post(request)
        return Success()


class Desk:
    """The edit under test beside what it said."""

    def __init__(self) -> None:
        self.port = Port()
        self.store, self.clock = self.port.session.store, self.port.clock
        self.said: list[str] = []
        self.edit = GraphEdit(self.store, self.port, self.clock, run_now)
        self.edit.refused.connect(self.said.append)

    def settle(self) -> None:
        self.clock.advance(0.1)
        session_link(self.port.session).settle()

    def stage(self, node_id: str) -> Stage | None:
        draft = self.edit.drafts.get(node_id)
        return None if draft is None else draft.stage


def run_now(work: Coroutine[Any, Any, object]) -> None:
    """Runs a coroutine that never waits to its end."""
    with pytest.raises(StopIteration):
        work.send(None)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_new_node_is_a_draft_until_the_server_tells_of_it(desk: Desk) -> None:
    node_id = desk.edit.add(BARS)
    assert node_id == "video::colorbars_1"
    assert desk.stage(node_id) is Stage.ASKED
    desk.settle()
    assert desk.stage(node_id) is None
    assert desk.store.kind(node_id) == BARS
    desk.clock.advance(BUILD_LIMIT_S + 1)
    assert desk.said == []


def test_a_node_that_is_never_built_is_given_up_after_the_limit(desk: Desk) -> None:
    desk.port.builds = False
    desk.edit.add(BARS, "bars")
    desk.clock.advance(BUILD_LIMIT_S - 0.01)
    assert desk.stage("bars") is Stage.ASKED
    desk.clock.advance(0.02)
    assert desk.stage("bars") is Stage.FAILED
    assert desk.said == ["The server did not build bars within 8 s."]


def test_a_node_that_fails_says_why_and_is_removed_before_it_is_asked_for_again(desk: Desk) -> None:
    desk.port.builds = False
    desk.edit.add(BARS, "bars")
    desk.port.server.set_state("bars", {"Failed": {"reason": "no such camera"}})
    desk.settle()
    assert desk.edit.drafts["bars"].reason == "bars could not be built: no such camera."
    desk.port.builds = True
    desk.edit.submit("bars")
    assert [type(request).__name__ for request in desk.port.asked] == ["AddNode", "RemoveNode", "AddNode"]
    desk.settle()
    assert (desk.stage("bars"), desk.store.kind("bars")) == (None, BARS)


def test_a_node_with_required_params_waits_for_them(desk: Desk) -> None:
    node_id = desk.edit.add("core::file_reader", "reader")
    assert node_id == "reader"
    assert (desk.stage("reader"), desk.port.asked) == (Stage.FILLING, [])
    desk.edit.submit("reader")
    assert desk.said == ["reader needs path first."]
    desk.edit.fill("reader", ("path",), "/clip.webm")
    desk.edit.submit("reader")
    assert desk.port.asked == [
        requests.AddNode(desk.store.info.id, "reader", "core::file_reader", {"path": "/clip.webm"})
    ]


def test_a_draft_is_discarded_without_a_word_unless_the_server_has_it(desk: Desk) -> None:
    desk.edit.add("core::file_reader", "reader")
    desk.edit.discard("reader")
    assert (dict(desk.edit.drafts), desk.port.asked) == ({}, [])
    desk.port.builds = False
    desk.edit.add(BARS, "bars")
    desk.edit.remove(["bars"])
    assert desk.port.asked[-1] == requests.RemoveNode(desk.store.info.id, "bars")
    desk.clock.advance(BUILD_LIMIT_S + 1)
    assert desk.said == []


def test_what_the_server_answers_is_said(desk: Desk) -> None:
    desk.port.error = "Permission denied: plugin 'x' not allowed"
    desk.edit.add(BARS, "bars")
    assert desk.stage("bars") is Stage.FAILED
    assert desk.said == ["Permission denied: plugin 'x' not allowed."]


@pytest.mark.parametrize(
    ("kind", "node_id", "sentence"),
    [
        (BARS, "cam_a", "There is a node cam_a already."),
        (BARS, " ", "A node needs a name."),
        ("video::none", None, "This server has no node kind video::none."),
    ],
)
def test_a_node_that_cannot_be_added(desk: Desk, kind: str, node_id: str | None, sentence: str) -> None:
    assert desk.edit.add(kind, node_id) is None
    assert (desk.said, desk.port.asked) == ([sentence], [])


def test_a_role_without_the_right_is_told_and_sends_nothing(desk: Desk) -> None:
    desk.port.forbidden = "The role viewer may not change the graph on this server."
    edge = desk.store.connections()[0]
    assert desk.edit.add(BARS) is None
    assert not desk.edit.connect(Connection("gain", "out", "gain", "in"))
    assert not desk.edit.disconnect(edge.ends)
    assert not desk.edit.remove(["gain"])
    assert not desk.edit.set_mode(edge, "best_effort")
    assert desk.said == [desk.port.forbidden] * 5
    assert desk.port.asked == []


def test_connecting_twice_in_one_moment_takes_two_pins(desk: Desk) -> None:
    """The event of the first has not come when the second is asked for."""
    desk.edit.add(BARS, "bars")
    desk.settle()
    assert desk.edit.connect(Connection("bars", "out", COMPOSITOR, "in_3"))
    assert not desk.edit.connect(Connection("bars", "out", COMPOSITOR, "in_3"))
    assert desk.said == ["bars.out feeds mix.in_3 already."]
    desk.settle()
    assert len(desk.store.connections()) == 4


def test_a_refused_connection_frees_its_pin(desk: Desk) -> None:
    desk.edit.add(BARS, "bars")
    desk.settle()
    desk.port.error = "Session not found"
    assert desk.edit.connect(Connection("bars", "out", COMPOSITOR, "in_3"))
    desk.port.error = None
    assert desk.edit.why_not_connect(Connection("bars", "out", COMPOSITOR, "in_3")) is None


def test_the_mode_of_an_own_edge_is_known_at_once(desk: Desk) -> None:
    desk.edit.add(BARS, "bars")
    desk.settle()
    edge = Connection("bars", "out", COMPOSITOR, "in_3", "best_effort")
    desk.edit.connect(edge)
    desk.settle()
    assert edge in desk.store.connections()


def test_a_draft_cannot_be_connected(desk: Desk) -> None:
    desk.edit.add("core::file_reader", "reader")
    reason = desk.edit.why_not_connect(Connection("reader", "out", COMPOSITOR, "in_3"))
    assert reason == "reader is still a draft; it can be connected when it is built."


def test_one_thing_is_one_request_and_several_are_a_batch_that_is_validated(desk: Desk) -> None:
    edges = [row.ends for row in desk.store.connections()]
    desk.edit.remove(["gain"])
    desk.edit.remove([], [edges[0]])
    desk.edit.remove(["cam_b", "cam_c"], [edges[0], edges[1]])
    names = [type(request).__name__ for request in desk.port.asked]
    assert names == ["RemoveNode", "Disconnect", "ValidateBatch", "ApplyBatch"]
    batch = desk.port.asked[-1]
    assert isinstance(batch, requests.ApplyBatch)
    assert batch.operations == [
        requests.BatchDisconnect(*edges[0]),
        requests.BatchRemoveNode("cam_b"),
        requests.BatchRemoveNode("cam_c"),
    ]


def test_a_batch_that_is_not_valid_is_not_applied(desk: Desk) -> None:
    desk.port.issues = [ValidationIssue("error", "Permission denied: cannot modify sessions")]
    desk.edit.remove(["cam_b", "cam_c"])
    assert [type(request).__name__ for request in desk.port.asked] == ["ValidateBatch"]
    assert desk.said == ["Permission denied: cannot modify sessions"]


def test_a_warning_does_not_stop_a_batch(desk: Desk) -> None:
    desk.port.issues = [ValidationIssue("warning", "slow")]
    desk.edit.set_mode(desk.store.connections()[0], "best_effort")
    assert [type(request).__name__ for request in desk.port.asked] == ["ValidateBatch", "ApplyBatch"]


def test_a_closed_edit_keeps_no_timer(desk: Desk) -> None:
    desk.port.builds = False
    desk.edit.add(BARS, "bars")
    desk.edit.close()
    desk.clock.advance(BUILD_LIMIT_S + 1)
    assert desk.said == []
    assert isinstance(desk.clock, FakeClock)


def build(desk: Desk, node_id: str) -> None:
    """The server builds a node, once."""
    if node_id not in desk.port.server.nodes:
        desk.port.server.add_node(node_id, BARS, None)


def answer(error: str | None) -> Callable[[Desk, str], None]:
    """From now on the server answers so."""

    def set_answer(desk: Desk, _node_id: str) -> None:
        desk.port.error = error

    return set_answer


EVENTS: dict[str, Callable[[Desk, str], object]] = {
    "add": lambda desk, node_id: desk.edit.add(BARS, node_id),
    "built": build,
    "failed": lambda desk, node_id: desk.port.server.set_state(node_id, {"Failed": {"reason": "broken"}}),
    "gone": lambda desk, node_id: desk.port.server.remove_node(node_id),
    "submit": lambda desk, node_id: desk.edit.submit(node_id),
    "discard": lambda desk, node_id: desk.edit.discard(node_id),
    "refuse": answer("no"),
    "accept": answer(None),
    "wait": lambda desk, _node_id: desk.clock.advance(1.0),
    "long wait": lambda desk, _node_id: desk.clock.advance(BUILD_LIMIT_S),
}


@given(st.lists(st.tuples(st.sampled_from(sorted(EVENTS)), st.sampled_from(["n", "m"])), max_size=30))
def test_whatever_happens_in_any_order_every_draft_ends(events: list[tuple[str, str]]) -> None:
    desk = Desk()
    desk.port.builds = False
    for what, node_id in events:
        EVENTS[what](desk, node_id)
        session_link(desk.port.session).settle()
        assert not any(desk.store.has(name) for name in desk.edit.drafts)
    desk.clock.advance(BUILD_LIMIT_S + 0.1)
    assert all(draft.stage is Stage.FAILED and draft.reason for draft in desk.edit.drafts.values())
