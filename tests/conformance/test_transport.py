"""PROTOCOL.md §1 and §2: the connection and the envelope."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any

import aiohttp
import pytest

from engine.serving.control import message_limit
from engine.serving.fanout import RING_EVENTS
from sync.wire.codec import MAX_MESSAGE_BYTES
from tests.engine.control_client import LIMIT_S, ControlClient
from tests.engine.fake_nodes import SOURCE
from tests.engine.harness import Harness, running


def _request(**payload: Any) -> dict[str, Any]:
    return {"type": "request", "payload": payload}


def _has_number(number: int, frame: dict[str, Any]) -> bool:
    return bool(frame["payload"].get("params", {}).get("n") == number)


async def test_there_is_no_greeting_and_no_subprotocol(engine: Harness) -> None:
    """§1: the server sends nothing until a request arrives or an event happens."""
    socket = await engine.http.ws_connect(f"{engine.base}/api/v1/control", protocols=["anything"])
    assert socket.protocol is None
    await socket.send_json(_request(action="getpermissions"))
    assert (await socket.receive_json())["payload"]["action"] == "permissions"
    await socket.close()


async def test_pings_are_answered(engine: Harness) -> None:
    """§1: library pings are harmless."""
    async with engine.http.ws_connect(f"{engine.base}/api/v1/control", autoping=False) as socket:
        await socket.ping(b"x")
        message = await socket.receive(LIMIT_S)
        assert (message.type, message.data) == (aiohttp.WSMsgType.PONG, b"x")


async def test_binary_frames_are_ignored(client: ControlClient) -> None:
    """§1: binary frames are ignored."""
    await client.socket.send_bytes(json.dumps(_request(action="getpermissions")).encode())
    await client.ask("listsessions")
    assert len(client.frames) == 1


async def test_a_text_of_the_limit_is_taken(client: ControlClient) -> None:
    """§1: strictly greater is rejected."""
    frame = json.dumps(_request(action="getpermissions"))
    await client.send(frame + " " * (MAX_MESSAGE_BYTES - len(frame)))
    assert (await client.frame(lambda _: True))["payload"]["action"] == "permissions"


async def test_a_larger_text_gets_an_error_and_a_close_without_code(engine: Harness) -> None:
    """§1: the error has no correlation id; then comes a Close without code."""
    async with engine.http.ws_connect(f"{engine.base}/api/v1/control", autoclose=False) as socket:
        frame = json.dumps({"correlation_id": "c", **_request(action="getpermissions")})
        await socket.send_str(frame + " " * (MAX_MESSAGE_BYTES - len(frame) + 1))
        assert await socket.receive_json() == {
            "type": "response",
            "payload": {"action": "error", "message": "WebSocket message too large (max 1048576 bytes)"},
        }
        closing = await socket.receive(LIMIT_S)
        assert (closing.type, closing.data) == (aiohttp.WSMsgType.CLOSE, 0)


async def test_a_larger_binary_only_closes(engine: Harness) -> None:
    """§1: oversize binary: Close only."""
    async with engine.http.ws_connect(f"{engine.base}/api/v1/control", autoclose=False) as socket:
        await socket.send_bytes(b"x" * (MAX_MESSAGE_BYTES + 1))
        closing = await socket.receive(LIMIT_S)
        assert (closing.type, closing.data) == (aiohttp.WSMsgType.CLOSE, 0)


@pytest.mark.parametrize(
    ("word", "limit"),
    [("2000", 2000), ("0", MAX_MESSAGE_BYTES), ("-1", MAX_MESSAGE_BYTES), ("many", MAX_MESSAGE_BYTES)],
)
def test_the_environment_sets_the_limit(monkeypatch: pytest.MonkeyPatch, word: str, limit: int) -> None:
    """§1: SK_WEBSOCKET_MAX_MESSAGE_BYTES, a positive integer, overrides."""
    monkeypatch.setenv("SK_WEBSOCKET_MAX_MESSAGE_BYTES", word)
    assert message_limit() == limit


async def test_requests_are_handled_one_after_the_other(client: ControlClient, session: str) -> None:
    """§1: strictly one after the other, in the order sent."""
    for number in range(50):
        await client.tell("tunenodeasync", session_id=session, node_id="x", message={"UpdateParams": {"n": number}})
    await client.event("nodeparamschanged", params={"n": 49})
    seen = [
        frame["payload"]["params"]["n"]
        for frame in client.frames
        if frame["payload"].get("event") == "nodeparamschanged"
    ]
    assert seen == list(range(50))


@pytest.mark.expects_log("reads too slowly")
async def test_a_slow_reader_loses_the_oldest_events_and_holds_nobody_up(engine: Harness) -> None:
    """§1, §6: a ring of 128; events beyond it are lost, the connection and everybody else go on."""
    slow = await engine.http.ws_connect(f"{engine.base}/api/v1/control")
    transport = slow.get_extra_info("socket")
    assert transport is not None
    slow._response.connection.transport.pause_reading()  # type: ignore[union-attr]  # what a stalled program does
    fast = await engine.client()
    session = (await fast.ask("createsession"))["session_id"]
    text = "x" * 60_000
    total = 400
    for number in range(total):
        message = {"UpdateParams": {"n": number, "text": text}}
        await fast.tell("tunenodeasync", session_id=session, node_id="x", message=message)
        await fast.frame(partial(_has_number, number), after=number)
    slow._response.connection.transport.resume_reading()  # type: ignore[union-attr]  # and goes on
    received: list[int] = []
    while not received or received[-1] != total - 1:
        payload = json.loads((await slow.receive(LIMIT_S)).data)["payload"]
        if payload["event"] == "nodeparamschanged":
            received.append(payload["params"]["n"])
    await slow.close()
    assert len(received) < total, "the transport took everything: the reader was not slow"
    assert received == sorted(received)
    assert received[-RING_EVENTS:] == list(range(total - RING_EVENTS, total))


@pytest.mark.expects_log("sends malformed frames")
async def test_the_type_word_is_not_checked_but_must_be_one_of_three(client: ControlClient) -> None:
    """§2.1: any of the three words parses; another is a parse error."""
    for word in ("request", "response", "event"):
        before = len(client.frames)
        await client.send({"type": word, "payload": {"action": "getpermissions"}})
        assert (await client.frame(lambda _: True, before))["payload"]["action"] == "permissions"
    before = len(client.frames)
    await client.send({"type": "Request", "payload": {"action": "getpermissions"}})
    assert (await client.frame(lambda _: True, before))["payload"]["message"].startswith("Invalid JSON: ")


async def test_the_correlation_id_comes_back_or_its_key_is_absent(client: ControlClient) -> None:
    """§2.1: present in a request → the same value; absent or null → the key is omitted."""
    await client.ask("getpermissions")
    assert client.frames[0]["correlation_id"] == "c1"
    await client.send(_request(action="getpermissions"))
    await client.send({**_request(action="getpermissions"), "correlation_id": None})
    await client.ask("getpermissions")
    assert [frame.get("correlation_id", "absent") for frame in client.frames] == ["c1", "absent", "absent", "c2"]


async def test_unknown_keys_are_ignored(client: ControlClient) -> None:
    """§2.1: unknown extra keys are ignored everywhere."""
    await client.send({"extra": 1, "type": "request", "payload": {"more": {}, "action": "getpermissions"}})
    assert (await client.frame(lambda _: True))["payload"]["action"] == "permissions"


@pytest.mark.parametrize(
    "frame",
    [
        "no json",
        "",
        "[]",
        "null",
        '{"type":"request"}',
        '{"payload":{"action":"getpermissions"}}',
        '{"type":"request","payload":{}}',
        '{"type":"request","payload":{"action":"fly"}}',
        '{"type":"request","payload":{"action":"getpipeline"}}',
        '{"type":"request","payload":{"action":"getpipeline","session_id":5}}',
        '{"type":"request","correlation_id":7,"payload":{"action":"getpermissions"}}',
        '{"type":"request","payload":{"action":"tunenodefireandforget","session_id":"s","node_id":"n","message":"Start"}}',
        '{"type":"request","payload":{"action":"tunenodesilent","session_id":"s","node_id":"n","message":"Start"}}',
        '{"type":"request","payload":{"action":"TuneNode","session_id":"s","node_id":"n","message":"Start"}}',
        '{"type":"request","payload":{"action":"tunenode","session_id":"s","node_id":"n","message":"start"}}',
        '{"type":"request","payload":{"action":"tunenode","session_id":"s","node_id":"n","message":{"updateparams":{}}}}',
        '{"type":"request","payload":{"action":"tunenode","session_id":"s","node_id":"n","message":{}}}',
        '{"type":"request","payload":{"action":"applybatch","session_id":"s","operations":[{"op":"addnode"}]}}',
        '{"type":"request","payload":{"action":"connect","session_id":"s","from_node":"a","from_pin":"o","to_node":"b","to_pin":"i","mode":"besteffort"}}',
        '{"type":"request","payload":{"action":"createsession","name":"\\ud800"}}',
        '{"type":"request","payload":{"action":"addnode","session_id":"s","node_id":"n","kind":"k","params":'
        + '{"a":' * 200
        + "1"
        + "}" * 200
        + "}}",
        '{"type":"request","payload":{"action":"addnode","session_id":"s","node_id":"n","kind":"k","params":'
        + '{"a":' * 90_000
        + "1"
        + "}" * 90_000
        + "}}",
    ],
)
@pytest.mark.expects_log("sends malformed frames")
async def test_what_cannot_be_parsed_is_answered_without_a_correlation_id(client: ControlClient, frame: str) -> None:
    """§2.3: `Invalid JSON: …`, correlation id absent, connection kept."""
    await client.send(frame)
    answer = await client.frame(lambda _: True)
    assert answer.keys() == {"type", "payload"}
    assert answer["type"] == "response"
    assert answer["payload"].keys() == {"action", "message"}
    assert answer["payload"]["action"] == "error"
    assert answer["payload"]["message"].startswith("Invalid JSON: ")
    assert "\n" not in answer["payload"]["message"]
    assert (await client.ask("getpermissions"))["action"] == "permissions"


async def test_nesting_up_to_the_bound_is_taken(client: ControlClient, session: str) -> None:
    """§2: the negative control of the depth bound."""
    params: dict[str, Any] = {}
    for _ in range(100):
        params = {"a": params}
    answer = await client.ask("addnode", session_id=session, node_id="deep", kind=SOURCE, params=params)
    assert answer == {"action": "success"}


async def test_events_never_carry_a_correlation_id(client: ControlClient, session: str) -> None:
    """§2.1: events never have one."""
    assert session
    event = await client.frame(lambda frame: frame["type"] == "event")
    assert event.keys() == {"type", "payload"}


async def test_connections_end_when_the_server_stops() -> None:
    """§1: a stop closes every connection, one that does not read included."""
    async with running() as engine:
        client = await engine.client()
        assert (await client.ask("getpermissions"))["action"] == "permissions"
        async with asyncio.timeout(3.0):
            await engine.server.stop()
            await client._reader
        assert client.socket.closed
