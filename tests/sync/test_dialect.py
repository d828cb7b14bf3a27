"""How a server stores params is found out without costing anybody one: PROTOCOL.md §7, server generations."""

from __future__ import annotations

from typing import Any

import pytest

from sync.dialect import shown_by
from sync.session import DeskSession
from sync.wire.pipeline import Node, Pipeline
from sync.wire.requests import GetPipeline, TuneNodeAsync
from tests.support.clock import FakeClock
from tests.support.link import COMPOSITOR, demo_pipeline, make_session, session_link
from tests.support.server import Family, ModelServer, Storage

GAIN, FADE_IN, FADE_OUT = ("gain",), ("fade", "in"), ("fade", "out")
OPACITY = ("layers", "in_1", "opacity")
WHOLE = {"gain": 0.5, "fade": {"in": 0.1, "out": 0.5}}


def patches(session: DeskSession) -> list[Any]:
    """The params of every tune of the gain, in their order."""
    posted = session_link(session).posted
    tunes = [request for request in posted if isinstance(request, TuneNodeAsync) and request.node_id == "gain"]
    return [tune.message["UpdateParams"] for tune in tunes if isinstance(tune.message, dict)]


def learned(session: DeskSession) -> bool | None:
    """Whether the desk believes that its server replaces params."""
    return session.store.dialect.replaces


@pytest.mark.parametrize(
    ("known", "landed", "stored", "verdict"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, {"a": 1}, True),
        ({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"c": 2}}, {"a": 1, "b": {"c": 2}}, True),
        ({"a": 1, "b": 2}, {"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1, "b": 2}, {"a": 1}, {"a": 1, "b": 7}, None),
        ({"a": 1, "b": 2}, None, {"a": 1, "b": 2}, None),
        ({"a": 1, "b": 2}, None, {"a": 1}, True),
        ({"a": 1}, {"a": 1}, {"a": 1}, None),
        ({"a": 1, "b": {"c": 2}}, {"a": 1}, {"a": 1, "b": 0}, None),
        ({"a": 1}, {"a": 1, "_sender": "x", "_rev": 1}, {"a": 1}, False),
    ],
)
def test_what_a_node_shows(known: Any, landed: Any, stored: Any, verdict: bool | None) -> None:
    assert shown_by(known, landed, stored) is verdict


@pytest.mark.parametrize("storage", Storage)
@pytest.mark.parametrize("gap_s", [0.0, 0.02, 0.05, 0.1, 0.2, 0.5])
def test_two_edits_of_one_node_over_a_slow_link_both_stay_and_cost_nothing(storage: Storage, gap_s: float) -> None:
    session, server, clock = make_session(delay_s=0.04, storage=storage)
    session.edit("gain", {GAIN: 0.5}, "Gain")
    clock.advance(gap_s)
    session.edit("gain", {FADE_IN: 0.1}, "Fade")
    clock.advance(5)
    assert server.nodes["gain"].stored == session.store.params("gain") == session.store.confirmed("gain") == WHOLE
    assert session.store.dialect.replaces is (storage is Storage.REPLACE)
    assert session.store.in_flight() == 0


def with_solo() -> ModelServer:
    """A server that replaces params, with a node of one param."""
    pipeline = demo_pipeline()
    nodes = {**pipeline.nodes, "solo": Node("audio::gain", {"gain": 1.0})}
    return ModelServer(Pipeline(nodes, pipeline.connections, name="studio"), Storage.REPLACE)


def test_a_peers_message_after_ours_proves_nothing() -> None:
    session, server, clock = make_session(server=with_solo(), clock=FakeClock())
    session.edit("solo", {GAIN: 0.5}, "Solo")
    clock.advance(1)
    server.tune("solo", {"gain": 0.7})
    session_link(session).settle()
    session_link(session).refetch(session.info.id, "test")
    clock.advance(1)
    assert session.store.params("solo") == {"gain": 0.7}
    assert session.store.dialect.replaces is None
    session.edit("gain", {FADE_IN: 0.1}, "Fade")
    clock.advance(1)
    assert server.nodes["gain"].stored == {**WHOLE, "gain": 1.0}


def test_a_node_with_one_param_shows_nothing_and_the_next_one_is_safe() -> None:
    session, server, clock = make_session(server=with_solo(), clock=FakeClock())
    session.edit("solo", {GAIN: 0.5}, "Solo")
    clock.advance(3)
    assert session.store.dialect.replaces is None
    for path, value in ((GAIN, 0.5), (FADE_IN, 0.1)):
        session.edit("gain", {path: value}, "Edit")
        clock.advance(3)
    assert server.nodes["gain"].stored == session.store.params("gain") == WHOLE


def test_stamps_that_were_learned_from_meanwhile_save_what_a_patch_on_its_way_wipes() -> None:
    session, server, clock = make_session(delay_s=0.04, storage=Storage.REPLACE)
    session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
    clock.advance(0.05)
    session.edit("gain", {GAIN: 0.5}, "Gain")
    clock.advance(5)
    assert server.nodes["gain"].stored == session.store.params("gain") == {**WHOLE, "fade": {"in": 0.5, "out": 0.5}}


def test_view_data_tells_a_later_server_before_anything_is_sent() -> None:
    """The one that replaces has none."""
    server = ModelServer(demo_pipeline())
    server.deliver_frame(COMPOSITOR, "in_0", (1280, 720))
    server.tick()
    session, _, clock = make_session(server=server, clock=FakeClock(), delay_s=0.04)
    assert session.store.dialect.replaces is False
    session.edit("gain", {GAIN: 0.5}, "Gain")
    session.edit("gain", {FADE_IN: 0.1}, "Fade")
    clock.advance(5)
    assert patches(session) == [{"gain": 0.5}, {"fade": {"in": 0.1}}]
    assert not [request for request in session_link(session).posted if isinstance(request, GetPipeline)]
    assert server.nodes["gain"].stored == WHOLE


def test_the_second_patch_waits_for_what_the_first_one_shows_and_then_is_as_small() -> None:
    session, server, clock = make_session(delay_s=0.04)
    session.edit("gain", {GAIN: 0.5}, "Gain")
    session.edit("gain", {FADE_IN: 0.1}, "Fade")
    clock.advance(0.1)
    assert patches(session) == [{"gain": 0.5}]
    clock.advance(0.2)
    assert patches(session) == [{"gain": 0.5}, {"fade": {"in": 0.1}}]
    session.edit("gain", {FADE_OUT: 0.2}, "Fade")
    assert patches(session)[2:] == [{"fade": {"out": 0.2}}]
    clock.advance(5)
    assert server.nodes["gain"].stored == {"gain": 0.5, "fade": {"in": 0.1, "out": 0.2}}


def test_what_waits_for_an_answer_leaves_though_the_first_patch_was_never_taken() -> None:
    server = ModelServer(demo_pipeline(), denies_tunes=True)
    session, _, clock = make_session(server=server, clock=FakeClock(), delay_s=0.04)
    refused: list[str] = []
    session.refused.connect(lambda _node, _path, sentence: refused.append(sentence))
    session.edit("gain", {GAIN: 0.5}, "Gain")
    session.edit("gain", {FADE_IN: 0.1}, "Fade")
    clock.advance(10)
    assert patches(session) == [{"gain": 0.5}, {"fade": {"in": 0.1}}]
    assert len(refused) == 2
    assert session.store.in_flight() == 0


@pytest.mark.parametrize("takes_sent", [True, False])
def test_a_link_that_breaks_in_the_middle_of_the_question_costs_nothing(takes_sent: bool) -> None:
    session, server, _ = make_session(delay_s=None, storage=Storage.REPLACE)
    link = session_link(session)
    session.edit("gain", {GAIN: 0.5}, "Gain")
    link.cut(takes_sent=takes_sent)
    link.reopen()
    link.cut()
    link.reopen()
    link.settle()
    assert server.nodes["gain"].stored == session.store.params("gain") == {**WHOLE, "fade": {"in": 0.5, "out": 0.5}}


def test_a_hand_on_a_param_does_not_feel_that_the_server_forgot_it() -> None:
    session, server, _ = make_session(delay_s=None, storage=Storage.REPLACE)
    link = session_link(session)
    gesture = session.begin("gain", "Fade", [FADE_IN])
    ended: list[str] = []
    gesture.ended.connect(ended.append)
    session.edit("gain", {GAIN: 0.5}, "Gain")
    link.settle()
    assert not ended
    assert session.store.value("gain", FADE_IN) == 0.5
    gesture.change({FADE_IN: 0.1})
    gesture.end()
    link.settle()
    assert server.nodes["gain"].stored == WHOLE


def test_a_peers_whole_set_only_asks_the_question_again() -> None:
    """A desk on a server that replaces sends them, and so does whoever changes every param at once."""
    session, server, clock = make_session(delay_s=0.04)
    whole = {"gain": 0.3, "fade": {"in": 0.5, "out": 0.5}}
    server.tune("gain", whole)
    server.tune("gain", {"gain": 0.4})
    session_link(session).settle()
    assert session.store.params("gain") == {**whole, "gain": 0.4}
    session.edit("gain", {FADE_IN: 0.1}, "Fade")
    clock.advance(1)
    assert learned(session) is False
    server.tune("gain", whole)
    session_link(session).settle()
    assert learned(session) is None
    session.edit("gain", {FADE_IN: 0.1}, "Fade")
    session.edit("gain", {GAIN: 0.5}, "Gain")
    clock.advance(1)
    assert patches(session) == [{"fade": {"in": 0.1}}, {"fade": {"in": 0.1}}, {"gain": 0.5}]
    assert server.nodes["gain"].stored == session.store.params("gain") == WHOLE


def test_a_whole_set_is_whole_also_after_a_peers_patch_has_wiped_what_the_server_holds() -> None:
    session, server, clock = make_session(delay_s=None, storage=Storage.REPLACE)
    session.store.dialect.learn(True, is_certain=True)
    server.tune("gain", {"gain": 0.3})
    session_link(session).pump_down(Family.PARAMS)
    assert session.store.params("gain") == {"gain": 0.3}
    session.edit("gain", {FADE_IN: 0.1}, "Fade")
    assert patches(session) == [{"gain": 0.3, "fade": {"in": 0.1, "out": 0.5}}]
    session_link(session).settle()
    clock.advance(1)
    assert server.nodes["gain"].stored == session.store.params("gain") == patches(session)[0]


def test_crossing_whole_sets_of_plain_nodes_lose_nothing() -> None:
    clock, server = FakeClock(), ModelServer(demo_pipeline(), Storage.REPLACE)
    desks = [make_session(server=server, clock=clock, delay_s=None)[0] for _ in range(2)]
    for desk in desks:
        desk.store.dialect.learn(True, is_certain=True)
    desks[0].edit("gain", {GAIN: 0.5}, "Gain")
    desks[1].edit("gain", {FADE_IN: 0.1}, "Fade")
    for desk in desks:
        session_link(desk).pump_up()
    for _ in range(3):
        for desk in desks:
            session_link(desk).pump_down(Family.PARAMS)
    for _ in range(4):
        clock.advance(0.05)
        for desk in desks:
            session_link(desk).settle()
    assert server.nodes["gain"].stored == WHOLE
    assert [desk.store.params("gain") for desk in desks] == [WHOLE, WHOLE]
