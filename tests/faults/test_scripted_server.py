"""A desk on a server that misbehaves: no stale value is applied, no peer's value is lost, all ends equal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from sync.desk import LinkState
from sync.paths import Path
from sync.store import FieldStatus
from sync.wire.requests import TuneNodeAsync
from tests.faults.scripted_server import Generation, ScriptedServer, raw_event
from tests.faults.socket_desk import OPACITY, Witness, X, desk_on, drag, session_of, settled, until
from tests.support.link import COMPOSITOR

pytestmark = pytest.mark.timeout(30)
GAIN = ("gain",)
MEGABYTES_5 = "x" * 5_000_000


@pytest.fixture(params=list(Generation), ids=lambda generation: generation.name)
def server(request: pytest.FixtureRequest) -> Iterator[ScriptedServer]:
    """A server of each generation; whatever the test did, the frames that it got are checked."""
    with ScriptedServer(request.param) as running:
        yield running
        running.check_stamps()


@pytest.fixture
def newest() -> Iterator[ScriptedServer]:
    with ScriptedServer(Generation.G3) as running:
        yield running
        running.check_stamps()


async def test_a_drag_with_foreign_edits_in_it_ends_equal(server: ScriptedServer) -> None:
    """§14.5: a peer's whole configs cross ours; its values stand in the end, ours too."""
    edits = iter(range(1, 1000))

    def edit_now_and_then(at: ScriptedServer, _tune: TuneNodeAsync) -> None:
        number = next(edits)
        if number % 4 == 0 and number <= 24:
            at.peer_commits("in_0", z_index=number)

    server.interfere(edit_now_and_then)
    async with desk_on(server.url) as desk:
        session = session_of(desk)
        witness = Witness(session, X)
        gesture = await drag(session, X, range(881, 961))
        await until(lambda: next(edits) > 24, what="all edits were made")
        server.stop_interfering()
        gesture.end()
        await settled(session, server)
        witness.check_never_back()
        layers = server.stored()["layers"]
        assert layers["in_1"]["rect"]["x"] == 960
        assert layers["in_0"]["z_index"] == max(_z_of_peer(server))


async def test_a_held_field_is_not_pulled_and_the_peers_value_waits_for_escape(server: ScriptedServer) -> None:
    async with desk_on(server.url) as desk:
        session = session_of(desk)
        witness = Witness(session, OPACITY)
        gesture = session.begin(COMPOSITOR, "Fade", [OPACITY])
        await server.do(lambda _model: server.peer_commits("in_1", opacity=0.33))
        await until(lambda: session.store.parked(COMPOSITOR, OPACITY) == 0.33, what="the peer's value is parked")
        assert set(witness.shown) == {0.9}
        gesture.cancel("escape")
        assert session.store.value(COMPOSITOR, OPACITY) == 0.33
        await settled(session, server)
        assert server.stored()["layers"]["in_1"]["opacity"] == 0.33


async def test_stale_echoes_and_stale_geometry_change_nothing(server: ScriptedServer) -> None:
    """§14.4: with each new echo all older ones come again, the layouts too."""
    server.interfere(_repeat_what_was_sent)
    async with desk_on(server.url) as desk:
        session = session_of(desk)
        witness = Witness(session, X)
        (await drag(session, X, range(881, 921))).end()
        await settled(session, server)
        await server.say(*_stamped(server)[:-1])
        await _heard_everything(server, session)
        witness.check_never_back()
        assert session.store.value(COMPOSITOR, X) == 920
        skipped = [each for each in session.decisions if each.verdict == "skipped" and each.subject == "params"]
        assert len(skipped) >= 10


async def test_the_same_echo_from_another_sender_is_applied(newest: ScriptedServer) -> None:
    """The negative control of the gate: only the stamp makes an old value stale."""
    async with desk_on(newest.url) as desk:
        session = session_of(desk)
        (await drag(session, X, range(881, 901))).end()
        await settled(session, newest)
        echo = next(text for text in newest.sent if "nodeparamschanged" in text).replace("881", "777")
        await newest.say(echo)
        await _heard_everything(newest, session)
        assert session.store.value(COMPOSITOR, X) == 900
        await newest.say(echo.replace(session.link.revisions.nonce, "another desk"))
        await until(lambda: session.store.value(COMPOSITOR, X) == 777, what="a peer's word is taken")


async def test_a_denied_tune_is_late_after_a_second_and_explained(newest: ScriptedServer) -> None:
    """§4: the only sign of a denied tune is an event that never comes."""
    async with desk_on(newest.url) as desk:
        session, refusals = session_of(desk), list[tuple[str, Path, str]]()
        session.refused.connect(lambda *refusal: refusals.append(refusal))
        newest.model.denies_tunes = True
        asked = asyncio.get_running_loop().time()
        session.edit(COMPOSITOR, {OPACITY: 0.2}, "Fade")
        assert session.store.status(COMPOSITOR, OPACITY) is FieldStatus.IN_FLIGHT
        await until(lambda: session.store.status(COMPOSITOR, OPACITY) is FieldStatus.LATE, what="the mark is late")
        assert asyncio.get_running_loop().time() - asked >= 1.0
        assert session.store.value(COMPOSITOR, OPACITY) == 0.2
        await until(lambda: refusals, what="the explanation")
        assert "not be allowed" in refusals[0][2]
        await settled(session, newest)
        assert session.store.value(COMPOSITOR, OPACITY) == 0.9


@pytest.mark.expects_log("no link")
async def test_a_restart_with_rev_zero_in_a_drag(server: ScriptedServer) -> None:
    """§14.1: new nonce, revisions from 1, the server's fresh layouts are taken, what was pending leaves again."""
    async with desk_on(server.url) as desk:
        session = session_of(desk)
        gesture = await drag(session, X, range(881, 901))
        first = session.link.revisions.nonce
        server.model.denies_tunes = True
        gesture.change({X: 950})
        await server.restart()
        server.model.denies_tunes = False
        await until(lambda: not gesture.is_open, what="the hand is told")
        desk.retry_now()
        await until(lambda: desk.link.state is LinkState.LIVE and len(server.dialogues) == 2, what="it is back")
        await settled(session, server)
        assert session.link.revisions.nonce != first
        assert server.stored()["layers"]["in_1"]["rect"]["x"] == 950
        assert [rev for _, _, rev in server.dialogues[1].stamps()] == [1]


@pytest.mark.expects_log("skipped a malformed frame")
async def test_garbage_is_counted_and_skipped(newest: ScriptedServer) -> None:
    async with desk_on(newest.url) as desk:
        session = session_of(desk)
        before = dict(session.store.params(COMPOSITOR))
        garbage = _garbage(newest)
        await newest.say(*garbage)
        await newest.say('{"type":"response","payload":{"action":"error","message":"Invalid JSON: eof"}}')
        await until(lambda: desk.counters.uncorrelated_errors == 1, what="all of it has come")
        assert desk.counters.malformed >= len(garbage) // 2
        assert session.store.params(COMPOSITOR) == before
        await _still_works(newest, desk)


async def test_unknown_events_and_states_are_tolerated(newest: ScriptedServer) -> None:
    """§6, §9: a newer server's words are no error."""
    session_id = newest.model.info.id
    state = {"event": "nodestatechanged", "session_id": session_id, "node_id": "gain", "timestamp": ""}
    async with desk_on(newest.url) as desk:
        session = session_of(desk)
        await newest.say(raw_event("aurora", session_id=session_id, brightness=[1, {"a": None}]))
        await newest.say(json.dumps({"type": "response", "payload": {"action": "novelty", "value": 1}}))
        for odd in ("Hibernating", {"Dreaming": {"reason": "night"}}):
            await newest.say(json.dumps({"type": "event", "payload": {**state, "state": odd}}))
        await newest.say(raw_event("nodeparamschanged", session_id="another", node_id=COMPOSITOR, params={"fps": 1}))
        await newest.say(raw_event("nodeparamschanged", session_id=session_id, node_id="nobody", params={"fps": 1}))
        await until(lambda: desk.counters.unknown == 2, what="both are counted")
        await _still_works(newest, desk)
        assert session.store.value(COMPOSITOR, ("fps",)) == 30


@pytest.mark.expects_log("skipped a malformed frame")
async def test_frames_of_five_megabytes_keep_the_link(newest: ScriptedServer) -> None:
    """§16 bounds what a server reads; what it says has the desk's own bound, above which it is skipped."""
    ends = {"session_id": newest.model.info.id, "node_id": "gain", "timestamp": ""}
    async with desk_on(newest.url) as desk:
        session = session_of(desk)
        await newest.say(raw_event("aurora", blob=MEGABYTES_5), MEGABYTES_5)
        await newest.say(raw_event("nodeviewdataupdated", **ends, data=MEGABYTES_5))
        await _heard_everything(newest, session)
        assert (desk.counters.malformed, session.store.view_data("gain")) == (3, None)
        assert len(newest.dialogues) == 1
        await _still_works(newest, desk)


@pytest.mark.expects_log("no link.*too large")
async def test_a_frame_beyond_all_bounds_ends_the_link_and_it_comes_back(newest: ScriptedServer) -> None:
    async with desk_on(newest.url) as desk:
        await newest.say(raw_event("aurora", blob=MEGABYTES_5 * 2))
        await until(lambda: desk.link.state is LinkState.WAITING, what="the link is given up")
        assert "too large" in desk.link.reason
        desk.retry_now()
        await until(lambda: desk.link.state is LinkState.LIVE, what="and made again")
        await _still_works(newest, desk)


async def test_ten_thousand_events_a_second_under_a_drag(newest: ScriptedServer) -> None:
    async with desk_on(newest.url) as desk:
        session = session_of(desk)
        witness = Witness(session, X)
        flood = asyncio.create_task(newest.flood(_flood_of(newest), 10_000, 1.0))
        gesture = await drag(session, X, range(881, 941))
        sent = await flood
        await newest.do(lambda model: model.tune("gain", {"gain": 7.5}))
        gesture.end()
        await settled(session, newest)
        assert sent >= 2_000, "a machine that cannot even send them proves nothing"
        witness.check_never_back()
        assert session.store.value("gain", GAIN) == 7.5
        assert newest.stored()["layers"]["in_1"]["rect"]["x"] == 940


async def test_a_plain_node_keeps_all_its_params(server: ScriptedServer) -> None:
    """§7, G1: a patch would wipe out the rest; whatever the server does, nothing is missing in the end."""
    async with desk_on(server.url) as desk:
        session = session_of(desk)
        witness = Witness(session, GAIN, "gain")
        (await drag(session, GAIN, [1 + step / 10 for step in range(20)], "gain")).end()
        await settled(session, server)
        await until(lambda: "fade" in server.stored("gain"), what="what a patch wiped out is back")
        await settled(session, server)
        assert server.stored("gain") == {"gain": 2.9, "fade": {"in": 0.5, "out": 0.5}}
        assert witness.shown == sorted(witness.shown)


async def test_stored_metadata_never_reaches_the_desk(server: ScriptedServer) -> None:
    """§14, G1 stores stamps: they are in no store, no pipeline for an export and no commit of another connection."""
    await server.do(lambda model: model.tune("gain", {"gain": 2.0, "_sender": "old", "_rev": 7, "_note": "x"}))
    async with desk_on(server.url) as desk:
        session = session_of(desk)
        session.edit(COMPOSITOR, {OPACITY: 0.4}, "Fade")
        await settled(session, server)
        await server.do(lambda model: model.tune("gain", {"gain": 3.0, "_note": "y"}))
        await until(lambda: session.store.value("gain", GAIN) == 3.0)
        assert not [
            key for node in session.store.pipeline().nodes.values() for key in node.params or {} if key[0] == "_"
        ]


def _z_of_peer(server: ScriptedServer) -> list[int]:
    """The z_index values that the scripted peer gave to the background."""
    params = [json.loads(text)["payload"].get("params") or {} for text in server.sent]
    return [each["layers"]["in_0"]["z_index"] for each in params if "layers" in each]


def _repeat_what_was_sent(server: ScriptedServer, _tune: TuneNodeAsync) -> None:
    for text in _stamped(server)[-6:]:
        server.whisper(text)


def _stamped(server: ScriptedServer) -> list[str]:
    """What was sent with a desk's stamp on it: without one nothing tells an old frame from a new one."""
    return [text for text in server.sent if '"_sender":"' in text and '"_sender":""' not in text]


def _garbage(server: ScriptedServer) -> list[str]:
    """Frames that are no message of the protocol; half of them are not even its envelope."""
    ends = {"session_id": server.model.info.id, "node_id": COMPOSITOR}
    return [
        "",
        "\x00\x01\x02",
        "[]",
        "null",
        "{" * 2_000,
        '{"type":"event"}',
        '{"type":"event","payload":7}',
        raw_event("nodeparamschanged", **ends),
        raw_event("nodeparamschanged", **ends, params=[1, 2]),
        raw_event("nodeparamschanged", **ends, params="all"),
        raw_event("nodeviewdataupdated", **ends, data=None, timestamp=""),
        raw_event("nodeviewdataupdated", **ends, data={"layers": "many", "_rev": "x"}, timestamp=""),
        raw_event("nodestatsupdated", **ends, stats={"received": "lots"}, timestamp=""),
        raw_event("connectionadded", session_id=7),
    ]


def _flood_of(server: ScriptedServer) -> list[str]:
    """States, odd view data and a plain node's params that never rest."""
    ends: dict[str, Any] = {"session_id": server.model.info.id}
    data = {"layers": [], "odd": 1}
    return [
        text
        for number in range(50)
        for text in (
            raw_event("nodestatechanged", **ends, node_id="gain", state="Running", timestamp=""),
            raw_event("nodeparamschanged", **ends, node_id="gain", params={"gain": number}),
            raw_event("nodeviewdataupdated", **ends, node_id=COMPOSITOR, data=data, timestamp=""),
        )
    ]


async def _heard_everything(server: ScriptedServer, session: Any) -> None:
    """A marker sent last has come: frames of one connection keep their order."""
    await server.do(lambda model: model.set_state("gain", {"Degraded": {"reason": "marker", "details": None}}))
    await until(lambda: "marker" in repr(session.store.state("gain")), what="the marker")


async def _still_works(server: ScriptedServer, desk: Any) -> None:
    session = session_of(desk)
    assert session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
    await settled(session, server)
    assert server.stored()["layers"]["in_1"]["opacity"] == 0.5
