"""Warnings about a pipeline's ``client`` section: never errors (PROTOCOL.md §17.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Pipeline

_DYNAMIC_ONLY = ("publish", "watch", "gateway_path", "relay_url", "controls")
_ONESHOT_ONLY = ("input", "output")
_UNFIT = {("audio", "camera"), ("audio", "screen"), ("video", "microphone")}
_CODECS = {"video": ("vp9", "av1", "h264"), "audio": ("opus", "aac")}
_NO_PICKER = {"none": "input-none-with-accept", "trigger": "input-trigger-with-accept"}

__all__ = ["LintWarning", "lint_client"]


class LintWarning(msgspec.Struct, frozen=True):
    """One finding: the rule's name and a sentence."""

    rule: str
    message: str


def lint_client(pipeline: Pipeline) -> list[LintWarning]:
    """What is doubtful in the client section; odd shapes are passed over."""
    client = pipeline.client
    if client is None:
        return []
    found = [*_mode_findings(client, pipeline.mode), *_publish_findings(client), *_watch_findings(client)]
    found += [*_input_findings(client), *_control_findings(client, pipeline)]
    return [LintWarning(rule, message) for rule, message in found]


def _mode_findings(client: JsonObject, mode: str) -> Iterator[tuple[str, str]]:
    unfit = [key for key in (_ONESHOT_ONLY if mode == "dynamic" else _DYNAMIC_ONLY) if client.get(key) is not None]
    if unfit:
        yield f"mode-mismatch-{mode}", f"client.{unfit[0]} has no effect in a {mode} pipeline"
    needs_relay = client.get("publish") is not None or _object(client, "watch").get("broadcast") is not None
    if needs_relay and client.get("gateway_path") is None and client.get("relay_url") is None:
        yield "missing-gateway", "client publishes or watches, but neither gateway_path nor relay_url says where"


def _publish_findings(client: JsonObject) -> Iterator[tuple[str, str]]:
    publish = _object(client, "publish")
    if publish.get("broadcast") == "":
        yield "empty-broadcast", "client.publish.broadcast is empty"
    if publish.get("tracks") == []:
        yield "empty-tracks", "client.publish.tracks is empty: nothing will be captured"
    seen: set[tuple[str, str, str]] = set()
    for track in _objects(publish.get("tracks")):
        yield from _track_findings(track)
        broadcast = track.get("broadcast", publish.get("broadcast"))
        source = (str(broadcast), str(track.get("kind")), str(track.get("source")))
        if source in seen:
            yield "duplicate-source", f"two {source[1]} tracks of '{source[0]}' capture the {source[2]}"
        seen.add(source)
    watched = _object(client, "watch").get("broadcast")
    if isinstance(watched, str) and watched and watched in _broadcasts(publish):
        yield "duplicate-broadcast", f"client publishes and watches '{watched}': a feedback loop"


def _track_findings(track: JsonObject) -> Iterator[tuple[str, str]]:
    kind, source = str(track.get("kind")), str(track.get("source"))
    if (kind, source) in _UNFIT:
        yield "kind-source-mismatch", f"an {kind} track cannot come from the {source}".replace("an video", "a video")
    if track.get("broadcast") == "":
        yield "empty-track-broadcast", f"the broadcast of the {kind} track is empty"
    codec = track.get("codec")
    if isinstance(codec, str) and codec not in _CODECS.get(kind, (codec,)):
        yield "unrecognized-codec", f"the {kind} codec '{codec}' is none of {', '.join(_CODECS[kind])}"
    if track.get("max_bitrate") == 0:
        yield "zero-bitrate", f"the max_bitrate of the {kind} track is 0"
    yield from _size_findings(kind, track.get("width"), track.get("height"))


def _size_findings(kind: str, width: Any, height: Any) -> Iterator[tuple[str, str]]:
    has_size = (width is not None, height is not None)
    if kind == "audio" and any(has_size):
        yield "dimensions-on-audio", "width and height have no effect on an audio track"
    if kind == "video" and has_size[0] != has_size[1]:
        yield "partial-dimensions", "a video track wants both width and height, or neither"
    if kind == "video" and 0 in (width, height):
        yield "zero-dimension", "the width or height of the video track is 0"


def _watch_findings(client: JsonObject) -> Iterator[tuple[str, str]]:
    watch = client.get("watch")
    if not isinstance(watch, dict):
        return
    if not watch.get("audio") and not watch.get("video"):
        yield "watch-no-media", "client.watch asks for neither audio nor video"
    if watch.get("broadcast") == "":
        yield "empty-broadcast", "client.watch.broadcast is empty"


def _input_findings(client: JsonObject) -> Iterator[tuple[str, str]]:
    shown = _object(client, "input")
    kind = shown.get("type")
    if kind in _NO_PICKER and shown.get("accept") is not None:
        yield _NO_PICKER[kind], f"client.input.accept has no effect with type {kind}"
    if kind == "none" and shown.get("field_hints"):
        yield "field-hints-no-input", "client.input.field_hints has no effect with type none"
    if kind in ("none", "text") and shown.get("asset_tags") is not None:
        yield "asset-tags-no-input", f"client.input.asset_tags has no effect with type {kind}"
    if kind == "text" and shown.get("placeholder") is None:
        yield "text-no-placeholder", "client.input has no placeholder for its text field"


def _control_findings(client: JsonObject, pipeline: Pipeline) -> Iterator[tuple[str, str]]:
    for control in _objects(client.get("controls")):
        node = control.get("node")
        if isinstance(node, str) and node not in pipeline.nodes:
            yield (
                "control-unknown-node",
                f"the control '{control.get('label')}' tunes '{node}', which is no node",
            )


def _broadcasts(publish: JsonObject) -> list[Any]:
    return [publish.get("broadcast"), *(track.get("broadcast") for track in _objects(publish.get("tracks")))]


def _object(parent: JsonObject, key: str) -> JsonObject:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[JsonObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
