"""A frame from a client: decoded strictly, with the bounds that a hostile one would break (PROTOCOL.md §1, §2)."""

from __future__ import annotations

from typing import Any

from sync.wire.codec import MalformedFrame, decode_request
from sync.wire.requests import AddNode, ApplyBatch, BatchAddNode, Request, TuneNode, TuneNodeAsync, ValidateBatch

MAX_DEPTH = 128

__all__ = ["MAX_DEPTH", "decode"]


def decode(frame: bytes) -> tuple[Request, str | None]:
    """The request in a text frame and its correlation id. Raises MalformedFrame."""
    try:
        request, correlation_id = decode_request(frame)
    except (ValueError, OverflowError) as error:
        raise MalformedFrame(_one_line(error)) from error
    if frame.count(b"{") + frame.count(b"[") > MAX_DEPTH:
        _check_depth(_free_part(request))
    if isinstance(request, TuneNode | TuneNodeAsync):
        _check_control_message(request.message)
    return request, correlation_id


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _free_part(request: Request) -> Any:
    """The part of a request that holds JSON of any shape."""
    match request:
        case TuneNode() | TuneNodeAsync():
            return request.message
        case AddNode():
            return request.params
        case ApplyBatch() | ValidateBatch():
            return [each.params for each in request.operations if isinstance(each, BatchAddNode)]
        case _:
            return None


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
        if not level:
            return
    raise MalformedFrame("recursion limit exceeded")


def _inside(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _check_control_message(message: str | dict[str, Any]) -> None:
    if message in ("Start", "Shutdown") or (isinstance(message, dict) and message.keys() == {"UpdateParams"}):
        return
    word = message if isinstance(message, str) else next(iter(message), "")
    raise MalformedFrame(f"unknown variant `{str(word)[:40]}`, expected `UpdateParams`, `Start` or `Shutdown`")
