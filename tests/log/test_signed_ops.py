"""Edits that carry their author's signature, where the server takes no others: over links, and at a real engine."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.command_line import UsageRefused, parse_options
from sync.log.auth import Credentials, Door, Trust, fingerprint, is_signed_by, public_hex
from sync.log.authority_end import AuthorityEnd
from sync.log.desk_end import DeskEnd
from sync.log.edits import change, set_params
from sync.log.frames import Bulk, Reject, decode_control
from sync.log.link import Link
from sync.log.live_frames import SubmitFrame, encode_live
from sync.log.op import Op
from sync.log.replica import Replica
from tests.engine.standby.pair import SHOW, start
from tests.log.world import Wire, World, X, live, the
from tests.support.engine_process import EngineProcess

KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
PUBLIC = public_hex(KEY)


class Signer:
    """A desk with a key at an authority that wants signatures, over a new wire each time."""

    def __init__(self, world: World, *, signs: bool = True) -> None:
        self.world = world
        self.replica = Replica(f"{fingerprint(PUBLIC)}/d~1")
        self.controls: list[object] = []
        self._signs = signs

    def join(self) -> Wire:
        time, engine = self.world.time, self.world.engine
        end = AuthorityEnd(engine.desk, needs_signatures=True)
        called = Link(end, Door(Trust("e", {PUBLIC: "user"})), time.now, time.wall)
        end.attach(called)
        self.end = DeskEnd(self.replica, time.now, time.wall, on_control=self.controls.append)
        caller = Link(self.end, Credentials("d", KEY), time.now, time.wall)
        self.wire = Wire(caller, called, end.left)
        self.wire.settle()
        assert caller.is_live
        if not self._signs:
            caller._sign = None
        return self.wire

    def edit(self, value: int) -> Op:
        op = the(self.replica.propose([change(X, value)]))
        self.end.submitted(op)
        self.wire.caller.submit([op])
        return op

    def run(self) -> None:
        for _ in range(2):
            self.wire.settle()
            self.world.engine.round()
            self.wire.settle()


@pytest.fixture
def world() -> World:
    return World(0)


def test_hk_21_live_and_waiting_edits_carry_the_signature_and_are_taken(world: World) -> None:
    desk = Signer(world)
    wire = desk.join()
    desk.edit(1)
    desk.run()
    (frame,) = [live(each) for each in wire.sent_by_caller if isinstance(each, bytes)]
    assert isinstance(frame, SubmitFrame)
    assert is_signed_by(frame.ops[0], PUBLIC)
    wire.cut()
    desk.end.left()
    the(desk.replica.propose([change(X, 2)]))
    again = desk.join()
    desk.run()
    waited = [
        op
        for text in again.sent_by_caller
        if isinstance(text, str) and isinstance(bulk := decode_control(text), Bulk)
        for op in bulk.ops
    ]
    assert [is_signed_by(op, PUBLIC) for op in waited if op.seq == 2] == [True]
    assert world.engine.log.document.value(X) == 2
    assert not desk.replica.outbox.pending()
    assert desk.controls == []


def test_hk_21_what_is_not_signed_is_neither_numbered_nor_passed_on_and_the_peer_is_told(world: World) -> None:
    desk = Signer(world, signs=False)
    desk.join()
    head = world.engine.log.head
    desk.edit(1)
    desk.run()
    assert world.engine.log.head == head
    assert world.engine.log.held == ()
    (reject,) = desk.controls
    assert isinstance(reject, Reject)
    assert (reject.reason, reject.seq) == ("forged", 1)
    assert [conflict.refusal.reason for conflict in desk.replica.conflicts] == ["forged"], (
        "it is a question, not a loss"
    )


def test_hk_21_an_edit_that_was_changed_on_the_way_is_rejected_and_the_true_one_taken(world: World) -> None:
    desk = Signer(world)
    wire = desk.join()
    desk.edit(1)
    wire.pump()
    frame = live(wire.to_called.pop())
    (true,) = frame.ops
    changed = msgspec.structs.replace(true, changes=set_params("mix", {("layers", "in_1", "rect", "x"): 666}))
    for op in (changed, msgspec.structs.replace(true, seq=2), msgspec.structs.replace(true, live=True)):
        wire.called.receive(encode_live(SubmitFrame(1.0, (op,))))
        assert world.engine.log.document.value(X) is None
    wire.called.receive(encode_live(SubmitFrame(1.0, (true,))))
    desk.run()
    assert world.engine.log.document.value(X) == 1
    assert [reject.reason for reject in desk.controls if isinstance(reject, Reject)] == ["forged"] * 3


async def test_hk_21_an_engine_that_wants_signed_edits_takes_those_of_its_desks_and_no_others(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"user {PUBLIC} # a desk\n")
    keys.chmod(0o600)
    async with AsyncExitStack() as stack:
        place = await start(stack, EngineProcess(SHOW, options=["--keys", keys, "--signed-edits"]))
        author = f"{fingerprint(PUBLIC)}/d"
        desk = await place.desk("d", key=KEY, replica=Replica(f"{author}~1"))
        desk.tune("mix", 0.25, "layers", "in_0", "opacity")
        await desk.settled()
        odd = await place.desk("d", key=KEY, replica=Replica(f"{author}~2"))
        odd.link._sign = None
        odd.tune("mix", 0.75, "layers", "in_0", "opacity")
        await odd.until(lambda: any(isinstance(frame, Reject) for frame in odd.controls))
        desk.tune("mix", 0.5, "layers", "in_0", "opacity")
        await desk.settled()
        await odd.until(lambda: odd.replica.applied == desk.replica.applied)
        for each in (desk, odd):
            assert each.replica.confirmed.params("mix")["layers"]["in_0"]["opacity"] == 0.5
        assert [conflict.refusal.reason for conflict in odd.replica.conflicts] == ["forged"]
        for each in (odd, desk):
            await each.close()


def test_signed_edits_need_to_know_whose() -> None:
    with pytest.raises(UsageRefused, match="give --keys FILE"):
        parse_options(["--signed-edits"])
