"""Which files the params of a node may name: checked before a node is added or tuned (PROTOCOL.md §4, §7)."""

from __future__ import annotations

from engine.places import FileRefused, Places
from engine.running.refused import Refused
from sync.wire.json_value import JsonObject

MEDIA = "layerdesk::media"
FILE_READER = "core::file_reader"
FILE_WRITER = "core::file_writer"
SCRIPT = "core::script"

__all__ = ["check_paths", "check_updated_paths"]


def check_paths(places: Places, kind: str, params: JsonObject | None) -> None:
    """Raises Refused when a new node of ``kind`` names a file that it may not use."""
    wanted = params or {}
    if kind == FILE_READER and not isinstance(wanted.get("path"), str):
        raise Refused("Invalid file_reader params: expected params.path to be a string")
    if kind == FILE_WRITER:
        raise Refused("Invalid write path: this server writes no files")
    if kind in (MEDIA, FILE_READER) and isinstance(wanted.get("path"), str):
        _check(places, wanted["path"], "Invalid file path")
    script = wanted.get("script_path")
    if kind == SCRIPT and isinstance(script, str) and script.strip():
        _check(places, script, "Invalid script_path")


def check_updated_paths(places: Places, kind: str, message: JsonObject) -> None:
    """Raises Refused, always with the same sentence, when an update names such a file."""
    try:
        if kind != FILE_WRITER or "path" in message:
            check_paths(places, kind, message)
    except Refused as refusal:
        raise Refused("Security policy rejected the UpdateParams payload", 403) from refusal


def _check(places: Places, path: str, what: str) -> None:
    try:
        places.media(path)
    except FileRefused as refusal:
        # One sentence for all: whether a file exists outside the folders is nobody's business.
        raise Refused(f"{what}: {path!r} is no file in the media folders") from refusal
