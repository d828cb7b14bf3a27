"""A client written from PROTOCOL.md alone: plain JSON and MessagePack, none of our types, against a real link."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.log.auth import Door, Trust
from sync.log.authority_end import AuthorityEnd
from sync.log.end import LinkState
from sync.log.link import Link
from sync.log.op import Op
from tests.log.world import World

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key().public_bytes_raw().hex()
WIDTH = ["nodes", "mix", "params", "width"]


class PlainClient:
    """Frames as plain values, both ways."""

    def __init__(self, world: World) -> None:
        end = AuthorityEnd(world.engine.desk)
        self.server = Link(end, Door(Trust("studio", {PUBLIC: "user"})), world.time.now, world.time.wall)
        end.attach(self.server)

    def heard(self) -> list[Any]:
        frames = []
        while (frame := self.server.next_frame()) is not None:
            frames.append(json.loads(frame) if isinstance(frame, str) else msgspec.msgpack.decode(frame[1:]))
        return frames

    def say(self, **frame: Any) -> None:
        self.server.receive(json.dumps(frame))

    def submit(self, *ops: dict[str, Any]) -> None:
        self.server.receive(b"\x01" + msgspec.msgpack.encode([5, 0.0, ops]))

    def sign_in(self) -> str:
        (challenge,) = self.heard()
        body = ["layerdesk.v2", challenge["server"], "desk", "plain", challenge["nonce"]]
        signature = KEY.sign(b"layerdesk link\x00" + msgspec.msgpack.encode(body)).hex()
        self.say(type="auth", install="plain", role="desk", key=PUBLIC, signature=signature, caps=["batch"])
        welcome, clock = self.heard()
        assert (welcome["type"], welcome["rights"], clock["type"]) == ("welcome", "edit", "clock")
        return str(welcome["author"])


def document_hash(registers: list[list[Any]]) -> str:
    """§3.1."""
    total = 0
    for row in registers:
        total ^= int.from_bytes(hashlib.blake2b(msgspec.msgpack.encode(row[:6]), digest_size=8).digest())
    return f"{total:016x}"


def test_a_client_from_the_text_signs_in_takes_the_state_edits_and_is_refused() -> None:
    world = World(0)
    client = PlainClient(world)
    author = client.sign_in()
    assert author == f"{hashlib.blake2b(bytes.fromhex(PUBLIC), digest_size=8).hexdigest()}/plain"
    client.say(type="clock", clock={"epoch": "", "rev": 0})
    frames = client.heard()
    assert [frame["type"] for frame in frames] == ["snapshot", "snapshot", "bulk", "ready"]
    registers = [row for frame in frames[:2] for row in frame.get("registers", [])]
    assert document_hash(registers) == world.engine.document()
    assert [row[1] for row in registers if row[0] == WIDTH] == [1280]
    client.say(type="bulk", is_last=True)
    client.say(type="ready")
    assert client.server.state is LinkState.LIVE

    epoch, rev = frames[0]["clock"]["epoch"], frames[0]["clock"]["rev"]
    client.submit({"author": f"{author}~1", "seq": 1, "changes": [[WIDTH, 640, False, rev]], "epoch": epoch})
    world.engine.round()
    ((kind, _t, _stable, of_epoch, entry),) = client.heard()
    assert (kind, of_epoch, entry[0], entry[3], entry[5], entry[6]) == (1, epoch, rev + 1, 1, None, None)
    assert world.engine.log.document.params("mix") == {"width": 640}

    world.engine.desk.submit(Op("somebody", 1, (), live=True))
    client.submit({"author": f"{author}~1", "seq": 3, "changes": [[WIDTH, 1, False]]})
    (want,) = [frame for frame in client.heard() if isinstance(frame, dict)]
    assert (want["type"], want["ids"]) == ("want", [[f"{author}~1", 2]])
    client.submit({"author": f"{author}~1", "seq": 2, "changes": [[["nodes", "gone", "params", "p"], 1, False]]})
    world.time.pass_by(1.0)
    world.engine.round()
    ((kind, _t, _stable, _epoch, after, entries),) = client.heard()
    assert (kind, after) == (2, rev + 1)
    assert [each[6][0] if each[6] else None for each in entries] == ["invalid", "gone", None]
    assert world.engine.log.document.params("mix") == {"width": 1}


def test_what_is_left_out_has_its_default_and_what_is_new_is_ignored() -> None:
    world = World(0)
    client = PlainClient(world)
    author = client.sign_in()
    client.say(type="clock", clock={"epoch": "", "rev": 0, "mood": "fine"}, tomorrow=1)
    client.say(type="tomorrow", anything=[1])
    client.say(type="bulk", is_last=True, ops=[{"author": f"{author}~1", "seq": 1, "changes": [[WIDTH, 7]], "new": 1}])
    client.say(type="ready")
    client.heard()
    assert world.engine.log.document.params("mix") == {"width": 7}
