"""JSON text ↔ message, both directions; bad shapes end in one error type (PROTOCOL.md §2)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import reduce
from operator import or_
from typing import Any, Literal, TypeVar, get_args

import msgspec

from sync.wire.events import Event, NodeViewDataUpdated
from sync.wire.requests import Request
from sync.wire.responses import Response

MAX_MESSAGE_BYTES = 1_048_576
# The reader of the servers stops at 128; Python could work on about 400.
MAX_DEPTH = 160
Message = TypeVar("Message")
_LEAVES = frozenset({str, int, float, bool, type(None), msgspec.Raw})

__all__ = [
    "MAX_DEPTH",
    "MAX_MESSAGE_BYTES",
    "Inbound",
    "MalformedFrame",
    "UnknownMessage",
    "decode_inbound",
    "decode_request",
    "encode_event",
    "encode_request",
    "encode_response",
]


class MalformedFrame(ValueError):
    """A frame that is no JSON object of the protocol; the text says where."""


class UnknownMessage(msgspec.Struct, frozen=True):
    """A well-formed event or response whose tag this version does not know: to be ignored."""

    tag: str


class Inbound(msgspec.Struct, frozen=True):
    """A frame from a server: the message, and the correlation id of a response."""

    message: Response | Event | UnknownMessage
    correlation_id: str | None = None


class _Frame(msgspec.Struct, frozen=True):
    type: Literal["request", "response", "event"]
    payload: msgspec.Raw
    correlation_id: str | None = None


class _ViewDataArrived(NodeViewDataUpdated, frozen=True, tag="nodeviewdataupdated"):
    """Most of what a busy server sends: scanned here, read by ``sync.wire.view_data``."""

    data: msgspec.Raw


class _Tags(msgspec.Struct, frozen=True):
    action: str = ""
    event: str = ""


class _Outbound(msgspec.Struct, frozen=True, omit_defaults=True):
    type: str
    correlation_id: str | None
    payload: Any


class _Plain(msgspec.Struct, frozen=True):
    type: str
    payload: Any


def _tags_of(union: Any) -> frozenset[str]:
    return frozenset(str(member.__struct_config__.tag) for member in union.__args__)


_Arriving: Any = reduce(or_, (_ViewDataArrived if kind is NodeViewDataUpdated else kind for kind in get_args(Event)))


class _EventFrame(msgspec.Struct, frozen=True, tag_field="type", tag="event"):
    """A frame that is an event that we know: read in one go."""

    payload: _Arriving


_encoder = msgspec.json.Encoder()
_frame_decoder = msgspec.json.Decoder(_Frame)
_tags_decoder = msgspec.json.Decoder(_Tags)
_request_decoder: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_response_decoder: msgspec.json.Decoder[Response] = msgspec.json.Decoder(Response)
_event_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(_Arriving)
_event_frame_decoder = msgspec.json.Decoder(_EventFrame)
_response_tags = _tags_of(Response)
_event_tags = _tags_of(Event)


def encode_request(request: Request, correlation_id: str | None = None) -> str:
    """The text frame of a request."""
    return _encode("request", request, correlation_id)


def encode_response(response: Response, correlation_id: str | None) -> str:
    """The text frame of a response; without a correlation id the key is left out."""
    return _encode("response", response, correlation_id)


def encode_event(event: Event) -> str:
    """The text frame of an event."""
    return _encode("event", event, None)


def decode_request(text: str | bytes) -> tuple[Request, str | None]:
    """A request and its correlation id; any of the three type words is taken.

    Raises MalformedFrame.
    """
    try:
        frame = _frame_decoder.decode(text)
        return _bounded(_request_decoder.decode(frame.payload)), frame.correlation_id
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise MalformedFrame(str(error)) from error


def decode_inbound(text: str | bytes) -> Inbound:
    """A response or event from a server; unknown tags are kept as UnknownMessage.

    The ``data`` of view data is a ``msgspec.Raw`` for ``sync.wire.view_data``. Raises MalformedFrame.
    """
    with suppress(msgspec.MsgspecError, UnicodeError, RecursionError):
        return Inbound(_bounded(_event_frame_decoder.decode(text).payload))
    try:
        frame = _frame_decoder.decode(text)
        return Inbound(_bounded(_decode_payload(frame)), frame.correlation_id)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise MalformedFrame(str(error)) from error


def _decode_payload(frame: _Frame) -> Response | Event | UnknownMessage:
    is_event = frame.type == "event"
    try:
        return _event_decoder.decode(frame.payload) if is_event else _response_decoder.decode(frame.payload)
    except msgspec.ValidationError:
        tags = _tags_decoder.decode(frame.payload)
        if is_event and tags.event not in _event_tags:
            return UnknownMessage(tags.event)
        if not is_event and tags.action not in _response_tags:
            return UnknownMessage(tags.action)
        raise


def _bounded(message: Message) -> Message:
    """The message; raises MalformedFrame when its values are nested so deep that working on them could fail (§2)."""
    level: list[Any] = [message]
    for _ in range(MAX_DEPTH):
        level = [part for value in level for part in _parts_of(value) if type(part) not in _LEAVES]
        if not level:
            return message
    raise MalformedFrame(f"values nested deeper than {MAX_DEPTH}")


def _parts_of(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, list):
        return value
    return msgspec.structs.astuple(value) if isinstance(value, msgspec.Struct) else ()


def _encode(kind: str, payload: Any, correlation_id: str | None) -> str:
    frame = _Plain(kind, payload) if correlation_id is None else _Outbound(kind, correlation_id, payload)
    return _encoder.encode(frame).decode()
