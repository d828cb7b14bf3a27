"""Frames: both directions, bounds, hostile bytes."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.log.clock import Clock, Era
from sync.log.document import Document, Register
from sync.log.edits import edits_between, set_params
from sync.log.frames import (
    Auth,
    Bulk,
    Challenge,
    ClockFrame,
    DigestFrame,
    ErrorFrame,
    FilterFrame,
    Ping,
    Pong,
    PresenceFrame,
    PresentFrame,
    Ready,
    Reject,
    SnapshotPart,
    TooLarge,
    Want,
    Welcome,
    decode_control,
    encode_control,
)
from sync.log.leaves import flatten
from sync.log.live_frames import (
    VERSION,
    BatchFrame,
    LiveFrame,
    OpFrame,
    SquashFrame,
    SubmitFrame,
    UnknownVersion,
    ViewFrame,
    decode_live,
    encode_entries,
    encode_entry,
    encode_live,
)
from sync.log.op import Change, Clash, Entry, Op, OpId, Refusal, Seen
from sync.wire.codec import MalformedFrame, UnknownMessage

REGISTER = Register(("nodes", "n", "params", "p"), [1, {"a": None}], False, 3, "a", 2, 9, 4, "b")
REFUSAL = Refusal("stale", "Changed meanwhile by b.", (Clash(("nodes", "n"), 0.5, "b", 7),))
ENTRY = Entry(9, 3, "a", 2, 1.5, (Change(("nodes", "n", "params", "p"), "ü"),), None, True, "g1", True)
REFUSED = Entry(10, 4, "a", 3, 1.5, (), REFUSAL)
CLOCK = Clock("e2", 9, 1, {"a": 2}, (Era("e1", 0), Era("e2", 5)), "authority", 3)
OP = Op(
    "a", 2, (Change(("nodes", "n", "params", "p"), 1, False, 8),), 3, "e2", (Seen(("nodes", "m"), 1),), (OpId("b", 1),)
)
SIGNED = Op("a", 2, (Change(("nodes", "n"), None, True),), live=True, gesture="g", signature=b"\x00\xff")

CONTROLS = [
    Challenge("aa", "studio", True, 1.0),
    Auth("d", "Desk 2", "desk", "kk", "ss", "tt", ("batch",), 2.0),
    Welcome("e2", "kk/d", "edit", ("batch", "squash"), True, 3.0),
    ClockFrame(CLOCK, 4.0),
    SnapshotPart(CLOCK, (REGISTER,), (REFUSED,), 4, True, 5.0),
    Bulk("e2", 1, 10, (ENTRY, REFUSED), (OP, SIGNED), True, 6.0),
    Ready(7.0),
    Reject(4, "rate", "Too many.", 0.5, 8.0),
    Want(5, "e2", (OpId("a", 1),), True, True, 9.0),
    DigestFrame(CLOCK, "00ff", b"\x01\x02", 7, 1.0),
    FilterFrame("e2", b"\x01\x02", 1.0),
    PresenceFrame("a", "Ann", ("mix",), ("mix/x",), {"mix/x": "a"}, 3, 9, 1.0),
    PresentFrame((PresenceFrame("a", "Ann", beat=3), PresenceFrame("b", "Bo", ("mix",), beat=1)), 1.0),
    Ping(1, 1.0),
    Pong(1, 2.0),
    ErrorFrame(4401, "Not admitted.", 1.0),
]
LIVES: list[LiveFrame] = [
    OpFrame(1.0, 3, "e2", ENTRY),
    BatchFrame(1.0, 3, "e2", 8, (ENTRY, REFUSED)),
    SquashFrame(1.0, 3, 2, CLOCK, (REGISTER,), (REFUSED,)),
    ViewFrame(1.0, "mix", 4, {"a": 2}, {"layers": [1, None]}),
    SubmitFrame(1.0, (OP, SIGNED)),
]


@pytest.mark.parametrize("frame", CONTROLS, ids=lambda frame: type(frame).__name__)
def test_a_control_frame_comes_back_as_it_was(frame: Any) -> None:
    assert decode_control(encode_control(frame)) == frame


@pytest.mark.parametrize("frame", LIVES, ids=lambda frame: type(frame).__name__)
def test_a_live_frame_comes_back_as_it_was(frame: Any) -> None:
    data = encode_live(frame)
    assert data[0] == VERSION
    assert decode_live(data) == frame


def test_ready_encoded_entries_make_the_same_frames() -> None:
    raws = [encode_entry(ENTRY), encode_entry(REFUSED)]
    assert decode_live(encode_entries(raws, "e2", 8, 3, 1.0)) == LIVES[1]
    assert decode_live(encode_entries(raws[:1], "e2", 8, 3, 1.0)) == LIVES[0]


def test_hk_12_an_unknown_type_is_named_and_an_unknown_version_is_an_error() -> None:
    assert decode_control('{"type":"tomorrow","x":[1]}') == UnknownMessage("tomorrow")
    for data in (b"", b"\x00\x90", b"\x02" + encode_live(LIVES[0])[1:]):
        with pytest.raises(UnknownVersion):
            decode_live(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"type":5}',
        '{"type":"clock"}',
        '{"type":"ping","id":"x"}',
        '{"type":"bulk","ops":[{}]}',
        "\ud800",
    ],
)
def test_a_control_frame_of_another_shape_is_malformed(text: str) -> None:
    with pytest.raises(MalformedFrame):
        decode_control(text)


def test_deep_and_large_frames_are_malformed_not_fatal() -> None:
    deep = b"\x01" + msgspec.msgpack.encode([4, 1.0, "mix", 1, {}]).replace(b"\x95", b"\x96", 1) + b"\x91" * 100_000
    for data in (deep, b"\x01" + b"\x91" * 1_000_000, b"\x01" + b"\xdd\xff\xff\xff\xff", b"\x01" * 1_100_000):
        with pytest.raises(MalformedFrame):
            decode_live(data)
    with pytest.raises(MalformedFrame):
        decode_control('{"type":"bulk","ops":' + "[" * 100_000)
    with pytest.raises(MalformedFrame, match="1 MiB"):
        decode_control('{"type":"ping","id":1,"x":"' + "x" * 1_100_000 + '"}')


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for body in (b"\x01" + data, data):
        with suppress(MalformedFrame, UnknownVersion):
            decode_live(body)


@given(st.sampled_from(LIVES), st.integers(1, 200), st.integers(0, 255))
def test_a_flipped_byte_raises_nothing_else(frame: Any, where: int, value: int) -> None:
    data = bytearray(encode_live(frame))
    data[1 + where % (len(data) - 1)] = value
    with suppress(MalformedFrame):
        decode_live(bytes(data))


def test_sd_28_what_does_not_fit_a_frame_is_refused_before_it_is_sent() -> None:
    with pytest.raises(TooLarge):
        encode_live(ViewFrame(1.0, "mix", 1, {}, "x" * 1_100_000))
    with pytest.raises(TooLarge):
        encode_control(ErrorFrame(1, "x" * 1_100_000))


params = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        | st.lists(
            st.fixed_dictionaries({"id": st.sampled_from("xyz"), "v": inner}), max_size=2, unique_by=lambda i: i["id"]
        )
    ),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from("klm"), params, max_size=3)


@given(objects, objects)
def test_the_edits_between_two_objects_turn_one_into_the_other(old: dict[str, Any], new: dict[str, Any]) -> None:
    document = Document()
    document.apply(Entry(1, 1, "a", 1, 0.0, (Change(("nodes", "n"), {}), Change(("nodes", "n", "kind"), "k"))))
    document.apply(Entry(2, 2, "a", 2, 0.0, set_params("n", dict(flatten(old)))))
    assert document.params("n") == old
    edits = edits_between(old, new)
    document.apply(Entry(3, 3, "a", 3, 0.0, set_params("n", edits)))
    assert document.params("n") == new
    assert not edits or old != new or str(old) != str(new)
