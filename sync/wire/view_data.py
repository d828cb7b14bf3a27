"""View data as it came: looked into only as far as somebody needs it, as a thousand may come in a second (§13)."""

from __future__ import annotations

from typing import Any

import msgspec

from sync.wire.compositor import CompositorLayout
from sync.wire.json_value import JsonObject
from sync.wire.stamp import REV, SENDER

__all__ = ["StampedLayout", "metadata_of", "plain_of", "read_stamped_layout", "stamp_keys"]


class _Metadata(msgspec.Struct, frozen=True):
    sender: Any = msgspec.field(default=msgspec.UNSET, name=SENDER)
    rev: Any = msgspec.field(default=msgspec.UNSET, name=REV)


class StampedLayout(CompositorLayout, frozen=True, kw_only=True):
    """A layout with the stamp's keys as they came, if they came."""

    sender: Any = msgspec.field(default=msgspec.UNSET, name=SENDER)
    rev: Any = msgspec.field(default=msgspec.UNSET, name=REV)


_metadata_decoder = msgspec.json.Decoder(_Metadata)
_layout_decoder = msgspec.json.Decoder(StampedLayout)


def read_stamped_layout(data: Any) -> StampedLayout | None:
    """View data as a layout; None when it has another shape. Absent and null optionals are the same."""
    try:
        return _layout_decoder.decode(data) if isinstance(data, msgspec.Raw) else msgspec.convert(data, StampedLayout)
    except (msgspec.MsgspecError, RecursionError):
        return None


def metadata_of(data: Any) -> JsonObject:
    """The stamp's keys of view data, those that are there; none for a value that is no object."""
    try:
        found = _metadata_decoder.decode(data) if isinstance(data, msgspec.Raw) else msgspec.convert(data, _Metadata)
    except (msgspec.MsgspecError, RecursionError):
        return {}
    return stamp_keys(found)


def stamp_keys(found: StampedLayout | _Metadata) -> JsonObject:
    """As they stood in the payload."""
    keys = {SENDER: found.sender, REV: found.rev}
    return {key: value for key, value in keys.items() if value is not msgspec.UNSET}


def plain_of(data: Any) -> Any:
    """The whole value, as JSON types."""
    return msgspec.json.decode(data) if isinstance(data, msgspec.Raw) else data
