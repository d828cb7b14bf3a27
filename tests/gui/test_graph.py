"""The Graph tab: what it shows, drags from pin to pin, drafts, removing with a second press, rights and selection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.graph.confirming import CONFIRM_WITHIN_S, SecondPress
from gui.graph.draft_card import DraftCard
from gui.graph.faces import Library, read_graph
from gui.graph.levels import columns, places
from gui.graph.menus import add_menu, item_menu
from gui.graph.node_item import PinRef
from gui.graph.panel import GraphPanel
from gui.inspector.rows.json_text import JsonRow
from sync.errors import RequestRefused
from sync.health import Rates
from sync.wire import requests
from sync.wire.events import NodeStats, NodeStatsUpdated
from sync.wire.pipeline import Connection, NodeDefinition
from sync.wire.requests import Request
from sync.wire.responses import BatchApplied, Response, Success, ValidationResult
from tests.gui.conftest import shown
from tests.gui.desk import ModelDesk
from tests.support.clock import FakeClock
from tests.support.link import COMPOSITOR
from tests.sync.test_graph_edit import DEFINITIONS, run_now

BARS = "video::colorbars"


class Asked:
    """The desk's requests, answered by the model at once."""

    def __init__(self, model: ModelDesk) -> None:
        self.requests: list[Request] = []
        self._model = model
        self.error: str | None = None

    async def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        if self.error is not None:
            raise RequestRefused("any", self.error)
        match request:
            case requests.ValidateBatch():
                return ValidationResult([])
            case requests.ApplyBatch():
                return BatchApplied(True, [])
        self._model.link.post(request)
        return Success()


class Graph:
    """The panel under test, what it asked for and what it said."""

    def __init__(self, qtbot: QtBot, model: ModelDesk) -> None:
        self.model, self.clock = model, FakeClock()
        self.asked = Asked(model)
        model.desk.definitions = dict(DEFINITIONS)
        model.desk.request = self.asked  # type: ignore[method-assign]  # the server is a model
        self.said: list[str] = []
        model.bridge.noticed.connect(lambda _severity, sentence: self.said.append(sentence))
        self.panel = GraphPanel(model.bridge, model.tokens, self.clock, run_now)
        qtbot.addWidget(self.panel)
        self.panel.resize(1200, 500)
        with qtbot.waitExposed(self.panel):
            self.panel.show()
        self.scene, self.view = self.panel.graph, self.panel.view

    def settle(self) -> None:
        self.model.settle()
        self.panel.refresh()

    def at(self, node_id: str, pin: str, *, is_output: bool) -> QPoint:
        """A pin's dot in the view."""
        place = self.scene.nodes[node_id].pin_place(PinRef(node_id, pin, is_output))
        assert place is not None
        return self.view.mapFromScene(place)

    def drag(self, start: QPoint, end: QPoint) -> None:
        """From pin to pin with the left button."""
        target = self.view.viewport()
        QTest.mousePress(target, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
        for step in range(1, 5):
            QTest.mouseMove(target, start + (end - start) * step / 4)
        QTest.mouseRelease(target, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)


@pytest.fixture
def graph(qtbot: QtBot, model: ModelDesk) -> Graph:
    return Graph(qtbot, model)


def drafts(graph: Graph) -> list[str]:
    """The nodes that are drawn as drafts."""
    return [node_id for node_id, item in graph.scene.nodes.items() if item.face.is_draft]


# what is shown


def test_nodes_stand_in_columns_by_their_longest_way() -> None:
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("d", "c")]
    assert columns("abcd", edges) == {"a": 0, "b": 1, "c": 2, "d": 0}


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=20))
def test_every_graph_has_places_and_no_two_nodes_overlap(edges: list[tuple[str, str]]) -> None:
    sizes = {letter: (200.0, 60.0 + 10 * number) for number, letter in enumerate("abcdef")}
    spots = places(sizes, edges)
    assert spots.keys() == sizes.keys()
    boxes = [(x, y, x + sizes[name][0], y + sizes[name][1]) for name, (x, y) in spots.items()]
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_without_circles_every_edge_goes_to_the_right(pairs: list[tuple[int, int]]) -> None:
    edges = [(str(min(pair)), str(max(pair))) for pair in pairs if pair[0] != pair[1]]
    level = columns([str(number) for number in range(8)], edges)
    assert all(level[source] < level[target] for source, target in edges)


def test_a_graph_shows_pins_spare_pins_states_rates_and_hides_previews(model: ModelDesk) -> None:
    model.server.add_node("_preview_1_tap", BARS, None)
    model.server.add_connection(Connection("cam_a", "out", "_preview_1_tap", "in"))
    model.server.set_state("cam_a", {"Degraded": {"reason": "late", "details": None}})
    model.settle()
    model.session.accept(
        NodeStatsUpdated(model.session.info.id, "cam_a", NodeStats(0, 60, 4, 0, 2.0)),
    )
    face = read_graph(model.session.store, {}, Library(DEFINITIONS), Rates())
    nodes = {node.node_id: node for node in face.nodes}
    assert set(nodes) == {"cam_a", "cam_b", "cam_c", "gain", COMPOSITOR}
    assert (nodes["cam_a"].state, nodes["cam_a"].tone, nodes["cam_a"].reason) == ("Degraded", "late", "late")
    assert nodes["cam_a"].rates == "30 out · 2 dropped /s"
    pins = [(pin.name, pin.is_spare) for pin in nodes[COMPOSITOR].inputs]
    assert pins == [("in_0", False), ("in_1", False), ("in_2", False), ("in_3", True)]
    assert len(face.edges) == 3


def test_pins_of_an_unknown_kind_come_from_its_connections(model: ModelDesk) -> None:
    face = read_graph(model.session.store, {}, Library({}), Rates())
    mix = next(node for node in face.nodes if node.node_id == COMPOSITOR)
    assert [(pin.name, pin.colour) for pin in mix.inputs] == [("in_0", ""), ("in_1", ""), ("in_2", "")]


def test_an_edge_that_holds_its_target_up_is_marked(graph: Graph) -> None:
    details = {"slow_pins": ["in_1"], "newly_slow_pins": None, "sync_timeout_ms": 50}
    graph.model.server.set_state(COMPOSITOR, {"Degraded": {"reason": "slow_input_timeout", "details": details}})
    graph.settle()
    late = {ends: item for ends, item in graph.scene.edges.items() if item.face.alert is not None}
    assert list(late) == [("cam_b", "out", COMPOSITOR, "in_1")]
    tip = next(iter(late.values())).toolTip()
    assert "mix degraded" in tip
    assert "Timeout: 50 ms" in tip
    graph.model.server.set_state(COMPOSITOR, "Running")
    graph.settle()
    assert all(item.face.alert is None for item in graph.scene.edges.values())


def test_best_effort_edges_are_drawn_dashed(graph: Graph) -> None:
    before = graph.view.grab().toImage()
    row = graph.model.server.connections[0]
    graph.model.server.connections[0] = msgspec.structs.replace(row, mode="best_effort")
    graph.model.session.take_snapshot(graph.model.server.pipeline(), 0)
    graph.settle()
    assert "best effort" in graph.scene.edges[row.ends].toolTip()
    assert graph.view.grab().toImage() != before


def test_items_follow_what_peers_do(graph: Graph) -> None:
    graph.model.server.add_node("cam_d", BARS, None)
    graph.model.server.add_connection(Connection("cam_d", "out", COMPOSITOR, "in_3"))
    graph.model.server.remove_node("cam_a")
    graph.settle()
    assert set(graph.scene.nodes) == {"cam_b", "cam_c", "cam_d", "gain", COMPOSITOR}
    assert ("cam_d", "out", COMPOSITOR, "in_3") in graph.scene.edges
    assert len(graph.scene.items()) == len(graph.scene.nodes) + len(graph.scene.edges)


# connecting


def test_a_drag_from_pin_to_pin_connects(graph: Graph) -> None:
    graph.model.server.add_node("cam_d", BARS, None)
    graph.settle()
    graph.drag(graph.at("cam_d", "out", is_output=True), graph.at(COMPOSITOR, "in_3", is_output=False))
    assert graph.asked.requests == [
        requests.Connect(graph.model.session.info.id, "cam_d", "out", COMPOSITOR, "in_3", None)
    ]
    graph.settle()
    assert ("cam_d", "out", COMPOSITOR, "in_3") in graph.scene.edges
    assert not graph.scene.is_linking


def test_a_drag_may_begin_at_the_input(graph: Graph) -> None:
    graph.model.server.add_node("cam_d", BARS, None)
    graph.settle()
    graph.drag(graph.at(COMPOSITOR, "in_3", is_output=False), graph.at("cam_d", "out", is_output=True))
    assert len(graph.asked.requests) == 1


def test_pins_that_do_not_fit_fade_while_a_drag_runs_and_refuse_it(graph: Graph) -> None:
    cam = PinRef("cam_a", "out", is_output=True)
    graph.scene.begin_link(cam)
    fitting = graph.scene.nodes["gain"].fitting
    assert fitting is not None
    assert fitting == {cam, PinRef(COMPOSITOR, "in_3", is_output=False)}
    gain = graph.scene.nodes["gain"].pin_place(PinRef("gain", "in", is_output=False))
    assert gain is not None
    graph.view.say(graph.scene.drag_link(gain))
    assert "takes Raw Audio" in graph.view.words.text()
    graph.scene.end_link(gain)
    assert graph.asked.requests == []
    assert "takes Raw Audio" in graph.said[0]
    assert graph.scene.nodes["gain"].fitting is None
    assert not graph.view.words.isVisible()


def test_escape_and_a_peer_end_a_drag(graph: Graph) -> None:
    graph.scene.begin_link(PinRef("cam_a", "out", is_output=True))
    QTest.keyClick(graph.view, Qt.Key.Key_Escape)
    assert not graph.scene.is_linking
    graph.scene.begin_link(PinRef("cam_a", "out", is_output=True))
    graph.model.server.remove_node("cam_a")
    graph.settle()
    assert not graph.scene.is_linking


def test_two_outputs_are_not_connected(graph: Graph) -> None:
    graph.drag(graph.at("cam_a", "out", is_output=True), graph.at("cam_b", "out", is_output=True))
    assert (graph.asked.requests, graph.said) == ([], [])


def test_the_palette_offers_what_the_selected_node_can_be_connected_to(graph: Graph) -> None:
    graph.scene.choose(["cam_a"])
    assert [edge.ends for edge in graph.panel.possible_edges()] == [("cam_a", "out", COMPOSITOR, "in_3")]
    graph.scene.choose([])
    assert graph.panel.possible_edges() == []


# adding


def test_a_node_is_added_and_selected(graph: Graph) -> None:
    graph.panel.add(BARS)
    assert graph.scene.chosen_nodes() == ("video::colorbars_1",)
    assert drafts(graph) == ["video::colorbars_1"]
    graph.settle()
    assert drafts(graph) == []
    assert graph.model.bridge.inspected == "video::colorbars_1"
    assert not graph.panel.draft_card.isVisible()


def test_a_draft_is_filled_in_on_its_card(graph: Graph) -> None:
    graph.panel.add("core::file_reader")
    card = graph.panel.draft_card
    assert card.isVisible()
    assert (card.words.text(), card.add.isEnabled()) == ("Still needed: path.", False)
    row = card.rows[("path",)]
    row.change("/clip.webm")
    row.release()
    graph.panel.refresh()
    assert (card.words.text(), card.add.isEnabled()) == ("Ready to be added.", True)
    QTest.mouseClick(card.add, Qt.MouseButton.LeftButton)
    sent = graph.asked.requests[-1]
    assert isinstance(sent, requests.AddNode)
    assert sent.params == {"path": "/clip.webm"}


def test_a_refused_draft_says_why_and_can_be_discarded(graph: Graph) -> None:
    graph.asked.error = "Invalid file path: not in the media folder"
    graph.panel.add(BARS)
    graph.panel.refresh()
    card = graph.panel.draft_card
    assert (card.words.text(), card.add.text()) == ("Invalid file path: not in the media folder.", "Try again")
    QTest.mouseClick(card.discard, Qt.MouseButton.LeftButton)
    graph.panel.refresh()
    assert "video::colorbars_1" not in graph.scene.nodes
    assert not card.isVisible()


def test_json_params_of_a_draft_are_typed_as_json(graph: Graph) -> None:
    card, row = table_draft(graph, {"type": "array"})
    QTest.keyClicks(row.text, "[1, 2]")
    assert graph.panel.edit is not None
    assert graph.panel.edit.drafts["core::table_1"].params == {"table": [1, 2]}
    graph.panel.refresh()
    assert (card.words.text(), card.add.isEnabled()) == ("Ready to be added.", True)


@pytest.mark.parametrize(
    ("schema", "text", "problem"),
    [
        ({"type": "array"}, "[1, 2", "This is no JSON yet: it ends too early."),
        ({"type": "array"}, "{}", "This must be a list, as in [1, 2]."),
        ({"type": ["integer", "string"]}, "auto", 'This is no JSON; a text needs quotes, as in "hello".'),
    ],
    ids=["early", "type", "bare"],
)
def test_broken_json_of_a_draft_is_said_at_its_row_and_nothing_is_added(
    qtbot: QtBot, graph: Graph, schema: dict[str, Any], text: str, problem: str
) -> None:
    card, row = table_draft(graph, schema)
    QTest.keyClicks(row.text, "[]" if "array" in schema["type"] else "1")
    row.text.selectAll()
    QTest.keyClicks(row.text, text)
    row.release()
    graph.panel.refresh()
    assert (row.complaint.isVisible(), row.complaint.text()) == (True, problem)
    assert (card.words.text(), card.add.isEnabled()) == (f"Table: {problem}", False)
    card.resize(card.width(), 400)
    qtbot.waitUntil(lambda: row.complaint.geometry().top() >= row.text.geometry().bottom())
    assert row.text.toPlainText() == text
    row.text.selectAll()
    QTest.keyClicks(row.text, "[3]" if "array" in schema["type"] else '"auto"')
    graph.panel.refresh()
    assert (row.complaint.isVisible(), card.add.isEnabled()) == (False, True)


def test_a_required_param_of_any_type_can_be_given(graph: Graph) -> None:
    """Untyped, of two types, and behind a reference at the very top."""
    for name, table in (("a", True), ("b", {"anyOf": [{"type": "integer"}, {"type": "string"}]}), ("c", {})):
        kind = f"core::{name}"
        top = {"properties": {"table": table}, "required": ["table"]}
        graph.model.desk.definitions[kind] = NodeDefinition(
            kind, param_schema={"$ref": "#/$defs/T", "$defs": {"T": top}}
        )
        graph.panel.add(kind)
        card = graph.panel.draft_card
        assert not card.add.isEnabled()
        row = card.rows[("table",)]
        assert isinstance(row, JsonRow)
        QTest.keyClicks(row.text, "7")
        row.release()
        graph.panel.refresh()
        QTest.mouseClick(card.add, Qt.MouseButton.LeftButton)
        sent = graph.asked.requests[-1]
        assert isinstance(sent, requests.AddNode)
        assert (sent.kind, sent.params) == (kind, {"table": 7})


def table_draft(graph: Graph, schema: dict[str, Any]) -> tuple[DraftCard, JsonRow]:
    """The card of a draft with one required param of that schema, and the param's row."""
    whole = {"properties": {"table": schema}, "required": ["table"]}
    graph.model.desk.definitions["core::table"] = NodeDefinition("core::table", param_schema=whole)
    graph.panel.add("core::table")
    row = graph.panel.draft_card.rows[("table",)]
    assert isinstance(row, JsonRow)
    return graph.panel.draft_card, row


# removing


def test_a_running_node_takes_a_second_press_within_two_seconds(graph: Graph) -> None:
    graph.model.server.set_state("gain", "Running")
    graph.settle()
    graph.scene.choose(["gain"])
    QTest.keyClick(graph.view, Qt.Key.Key_Delete)
    assert graph.asked.requests == []
    assert graph.said == [
        "Press Delete again to remove gain from the running pipeline. Changes of the graph cannot be undone."
    ]
    graph.clock.advance(CONFIRM_WITHIN_S + 0.1)
    QTest.keyClick(graph.view, Qt.Key.Key_Delete)
    assert graph.asked.requests == []
    graph.clock.advance(1.0)
    QTest.keyClick(graph.view, Qt.Key.Key_Delete)
    assert graph.asked.requests == [requests.RemoveNode(graph.model.session.info.id, "gain")]
    graph.settle()
    assert "gain" not in graph.scene.nodes


def test_another_selection_is_another_question() -> None:
    clock = FakeClock()
    press = SecondPress(clock)
    assert not press.confirms("a")
    assert not press.confirms("b")
    assert not press.confirms("a")
    assert press.confirms("a")
    assert not press.confirms("a")


def test_a_failed_node_and_a_connection_go_at_once(graph: Graph) -> None:
    graph.model.server.set_state("gain", {"Failed": {"reason": "broken"}})
    graph.settle()
    graph.scene.choose(["gain"])
    graph.panel.remove_chosen()
    graph.settle()
    graph.scene.edges["cam_c", "out", COMPOSITOR, "in_2"].setSelected(True)
    graph.panel.remove_chosen()
    assert [type(request).__name__ for request in graph.asked.requests] == ["RemoveNode", "Disconnect"]


def test_menus_name_what_they_do(graph: Graph) -> None:
    edge = graph.scene.edges["cam_c", "out", COMPOSITOR, "in_2"]
    edge.setSelected(True)
    titles = [action.text() for action in item_menu(graph.panel, edge).actions()]
    assert titles == ["Disconnect", "Make it best effort"]
    graph.panel.toggle_mode(edge.face.edge)
    batch = graph.asked.requests[-1]
    assert isinstance(batch, requests.ApplyBatch)
    assert batch.operations[1] == requests.BatchConnect(*edge.face.edge.ends, "best_effort")
    node = graph.scene.nodes["gain"]
    assert [action.text() for action in item_menu(graph.panel, node).actions()] == ["Remove gain"]
    chosen: list[str] = []
    menu = add_menu(graph.panel, {BARS: DEFINITIONS[BARS]}, chosen.append)
    families = [action.menu() for action in menu.actions()]
    families[0].actions()[0].trigger()  # type: ignore[attr-defined]  # the stubs know no QMenu here
    assert chosen == [BARS]


# rights, selection, view


def test_a_role_without_the_right_sees_why(graph: Graph) -> None:
    graph.model.desk.permissions, graph.model.desk.role = {"modify_sessions": False}, "viewer"
    graph.scene.choose(["gain"])
    graph.panel.refresh()
    sentence = "The role viewer may not change the graph on this server."
    assert (graph.panel.add_button.isEnabled(), graph.panel.add_button.toolTip()) == (False, sentence)
    graph.panel.remove_chosen()
    graph.panel.add(BARS)
    assert (graph.said, graph.asked.requests) == ([sentence, sentence], [])


def test_a_selected_node_is_inspected_and_the_other_way_round(graph: Graph) -> None:
    bridge = graph.model.bridge
    place = graph.view.mapFromScene(graph.scene.nodes["gain"].mapToScene(QPointF(20, 12)))
    QTest.mouseClick(graph.view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert bridge.inspected == "gain"
    bridge.inspect("cam_b")
    bridge.flush()
    assert graph.scene.chosen_nodes() == ("cam_b",)
    bridge.select(["title"])
    bridge.flush()
    assert graph.scene.chosen_nodes() == ()


def test_the_graph_is_fitted_until_the_hand_zooms(graph: Graph) -> None:
    assert graph.view.zoom <= 1.0
    graph.view.zoom_by(1.5)
    zoomed = graph.view.zoom
    graph.model.server.add_node("cam_d", BARS, None)
    graph.settle()
    assert graph.view.zoom == zoomed
    graph.view.fit()
    box = graph.view.mapFromScene(graph.view.sceneRect()).boundingRect()
    assert graph.view.viewport().rect().contains(box.adjusted(2, 2, -2, -2))


def test_leaving_a_session_empties_the_graph(graph: Graph) -> None:
    graph.panel.add("core::file_reader")
    graph.model.desk._open.leave()
    graph.model.bridge.flush()
    assert (graph.scene.nodes, graph.panel.edit) == ({}, None)
    assert not graph.panel.add_button.isEnabled()


def test_the_window_has_the_tab_and_its_actions(qtbot: QtBot, make_model: Callable[..., ModelDesk]) -> None:
    model = make_model()
    model.desk.definitions = dict(DEFINITIONS)
    window = shown(qtbot, model.window())
    assert window.actions_table.run("docks.graph")
    assert window.details.current() == "graph"
    model.settle()
    window.graph.graph.choose(["cam_a"])
    offered = [action.title for action in window.actions_table.offered()]
    assert f"Add node {BARS}" in offered
    assert f"Connect cam_a.out to {COMPOSITOR}.in_3" in offered


def test_states_are_read_at_most_four_times_a_second(
    qtbot: QtBot, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 0

    def counting(*_: Any) -> None:
        nonlocal count
        count += 1

    monkeypatch.setattr(graph.scene, "show_face", counting)
    for number in range(50):
        graph.model.session.accept(
            NodeStatsUpdated(graph.model.session.info.id, "cam_a", NodeStats(0, number, 0, 0, number + 1.0))
        )
        graph.model.bridge.flush()
    qtbot.waitUntil(lambda: count == 1, timeout=2000)
