"""Which outputs fit which inputs, and what dynamic pins are called (PROTOCOL.md §3.5, §3.6)."""

from __future__ import annotations

import pytest

from sync.wire.packets import KNOWN, REGISTRY, input_for, output_for, read_registry, type_id
from sync.wire.pipeline import InputPin, OutputPin, PacketType

AUDIO: PacketType = {"RawAudio": {"sample_rate": 48_000, "channels": 2, "sample_format": "F32"}}
H264: PacketType = {"EncodedVideo": {"codec": "h264", "bitstream_format": "AnnexB"}}
VIDEO: PacketType = {"RawVideo": {"width": 640, "height": 480, "pixel_format": "Nv12"}}


@pytest.mark.parametrize(
    ("produced", "accepted", "fits"),
    [
        ("Any", "Text", True),
        (VIDEO, "Any", True),
        ("Any", "Unheard", True),
        ("Text", "Text", True),
        ("Text", "Binary", False),
        ("Unheard", "Unheard", True),
        ("Unheard", "Unheard too", False),
        ({"Unheard": {"a": 1}}, {"Unheard": {"a": 1}}, True),
        ({"Unheard": {"a": 1}}, {"Unheard": {"a": 2}}, False),
        ("Passthrough", "Passthrough", False),
        ("OpusAudio", "OpusAudio", True),
        ("OpusAudio", {"EncodedAudio": {"codec": "opus"}}, False),
        (VIDEO, {"RawVideo": {"width": None, "height": None, "pixel_format": "Nv12"}}, True),
        (VIDEO, {"RawVideo": {"pixel_format": "Nv12"}}, True),
        (VIDEO, {"RawVideo": {"width": 640, "height": 480, "pixel_format": "I420"}}, False),
        (VIDEO, {"RawVideo": {"width": 641, "height": 480, "pixel_format": "Nv12"}}, False),
        (VIDEO, {"RawVideo": {"width": 640, "height": 480}}, False),
        (AUDIO, {"RawAudio": {"sample_rate": 0, "channels": 0, "sample_format": "F32"}}, True),
        (AUDIO, {"RawAudio": {"sample_rate": 44_100, "channels": 0, "sample_format": "F32"}}, False),
        (AUDIO, VIDEO, False),
        (H264, {"EncodedVideo": {"codec": "H264"}}, True),
        (H264, {"EncodedVideo": {"codec": "vp9"}}, False),
        (H264, {"EncodedVideo": {"codec": "h264", "bitstream_format": "Avcc"}}, False),
        ({"Custom": {"type_id": "a"}}, {"Custom": {"type_id": "a"}}, True),
        ({"Custom": {"type_id": "a"}}, {"Custom": {"type_id": "b"}}, False),
        ({"Custom": {}}, {"Custom": {}}, False),
    ],
)
def test_types_that_fit(produced: PacketType, accepted: PacketType, fits: bool) -> None:
    assert KNOWN.connects(produced, accepted) is fits
    assert KNOWN.connects(accepted, produced) is fits


def test_an_input_takes_any_of_its_types() -> None:
    pin = InputPin("in", ["Text", H264])
    assert KNOWN.accepts(pin, "Text")
    assert KNOWN.accepts(pin, H264)
    assert not KNOWN.accepts(pin, VIDEO)
    assert not KNOWN.accepts(InputPin("in", []), "Text")


def test_the_registry_has_the_order_and_the_null_wildcards_of_the_wire() -> None:
    assert [row["id"] for row in REGISTRY] == [
        *("Any", "Binary", "Text", "RawAudio", "RawVideo"),
        *("EncodedAudio", "EncodedVideo", "Transcription", "Custom"),
    ]
    video = next(row for row in REGISTRY if row["id"] == "RawVideo")["compatibility"]
    assert video == {
        "kind": "structfieldwildcard",
        "fields": [
            {"name": "width", "wildcard_value": None},
            {"name": "height", "wildcard_value": None},
            {"name": "pixel_format"},
        ],
    }
    assert REGISTRY[0]["compatibility"] == {"kind": "any"}
    assert REGISTRY[1]["compatibility"] == {"kind": "exact"}


def test_odd_types_have_no_name() -> None:
    assert type_id({}) == ""
    assert type_id({"a": 1, "b": 2}) == ""
    assert not KNOWN.connects({}, {})
    assert KNOWN.connects({"RawVideo": 5}, {"RawVideo": 5}) is False


@pytest.mark.parametrize(
    ("name", "found"),
    [("in", "in"), ("in_0", "in"), ("in_12", "in"), ("in0", None), ("key", "key"), ("key_1", None), ("out", None)],
)
def test_a_dynamic_pin_stands_for_its_names(name: str, found: str | None) -> None:
    pins = [InputPin("in", ["Any"], {"Dynamic": {"prefix": "in"}}), InputPin("key", ["Any"])]
    pin = input_for(pins, name)
    assert (pin.name if pin else None) == found


def test_a_fixed_pin_goes_before_a_dynamic_one() -> None:
    pins = [OutputPin("out", "Any", {"Dynamic": {"prefix": "out"}}), OutputPin("out_1", "Text")]
    assert output_for(pins, "out_1") == pins[1]
    assert output_for(pins, "out_2") == pins[0]
    assert output_for([OutputPin("out", "Any", {"Dynamic": 5})], "out") == OutputPin("out", "Any", {"Dynamic": 5})


def test_a_servers_own_registry_counts_where_it_can_be_read() -> None:
    opus = {"id": "OpusAudio", "label": "Opus Audio", "color": "#ff6b6b", "compatibility": {"kind": "exact"}}
    tile = {
        "id": "Tile",
        "label": "Tile",
        "color": "#123456",
        "compatibility": {"kind": "structfieldwildcard", "fields": [{"name": "size", "wildcard_value": 0}]},
    }
    strict = {**next(row for row in REGISTRY if row["id"] == "EncodedAudio"), "compatibility": {"kind": "novel"}}
    broken = [
        {},
        {"id": 5},
        {**opus, "id": "NoColour", "color": "red; }"},
        {**opus, "id": "NoRule", "compatibility": "exact"},
        {**opus, "id": "NoFields", "compatibility": {"kind": "exact", "fields": [5]}},
        "OpusAudio",
        None,
    ]
    packets = read_registry([opus, tile, strict, *broken])
    shown = packets.row("OpusAudio")
    assert shown is not None
    assert shown["label"] == "Opus Audio"
    assert packets.connects({"Tile": {"size": 5}}, {"Tile": {"size": 0}})
    assert not packets.connects({"Tile": {"size": 5}}, {"Tile": {"size": 6}})
    assert packets.connects("Text", "Text")
    codec = {"EncodedAudio": {"codec": "opus"}}
    assert packets.connects(codec, codec)
    assert not packets.connects(codec, {"EncodedAudio": {"codec": "opus", "codec_private": None}})
    assert [packets.row(name) for name in ("NoColour", "NoRule", "NoFields")] == [None, None, None]
