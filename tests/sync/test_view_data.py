"""View data in both forms, as text that was not read yet and as plain values: they say the same."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.wire.codec import MalformedFrame, UnknownMessage, decode_inbound, encode_event
from sync.wire.events import NodeViewDataUpdated
from sync.wire.view_data import metadata_of, plain_of, read_stamped_layout, stamp_keys

LAYOUT: dict[str, Any] = {
    "canvas_width": 1280,
    "canvas_height": 720,
    "layers": [{"id": "in_0", "x": 1, "y": 2, "width": 3, "height": 4, "source_width": None}],
    "text_overlays": [],
    "a key of tomorrow": [1],
}
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner))
STAMPS = st.fixed_dictionaries({}, optional={"_sender": VALUES, "_rev": VALUES})


def arrived(data: Any) -> Any:
    """``data`` as it comes out of a frame."""
    message = decode_inbound(encode_event(NodeViewDataUpdated("s", "mix", data))).message
    assert isinstance(message, NodeViewDataUpdated)
    return message.data


@given(VALUES)
def test_any_value_survives_unread(value: Any) -> None:
    assert plain_of(arrived(value)) == value


@given(VALUES | st.builds(lambda stamp: {**LAYOUT, **stamp}, STAMPS))
def test_both_forms_have_the_same_stamp_and_the_same_layout(value: Any) -> None:
    assert metadata_of(arrived(value)) == metadata_of(value)
    assert read_stamped_layout(arrived(value)) == read_stamped_layout(value)


@given(STAMPS)
def test_the_stamp_of_a_layout_is_what_stood_there(stamp: dict[str, Any]) -> None:
    layout = read_stamped_layout(arrived({**LAYOUT, **stamp}))
    assert layout is not None
    assert stamp_keys(layout) == stamp
    assert layout.layers[0].source_width is None


@pytest.mark.parametrize("wrong", [None, 7, "x", [], {}, {**LAYOUT, "layers": [{"id": "in_0"}]}])
def test_what_is_no_layout_is_none(wrong: Any) -> None:
    assert read_stamped_layout(arrived(wrong)) is None
    assert read_stamped_layout(wrong) is None


def test_an_unknown_event_is_still_told_from_a_malformed_one() -> None:
    unknown = {"type": "event", "payload": {"event": "aurora", "session_id": "s"}}
    assert decode_inbound(msgspec.json.encode(unknown)).message == UnknownMessage("aurora")
    malformed = {"type": "event", "payload": {"event": "nodeviewdataupdated", "session_id": "s"}}
    with pytest.raises(MalformedFrame):
        decode_inbound(msgspec.json.encode(malformed))


@pytest.mark.parametrize("text", ['{"type":"event","payload":{"event":"nodeviewdataupdated"', "[" * 100_000, "\ud800"])
def test_broken_text_is_malformed(text: str) -> None:
    with pytest.raises(MalformedFrame):
        decode_inbound(text)
