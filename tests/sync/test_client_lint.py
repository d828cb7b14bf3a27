"""Warnings about a client section: one test a rule, and none for a sound one (PROTOCOL.md §17.4)."""

from __future__ import annotations

from typing import Any

import pytest

from sync.wire.client_lint import lint_client
from sync.wire.pipeline import Node, Pipeline

PUBLISH: dict[str, Any] = {
    "broadcast": "in",
    "tracks": [{"kind": "video", "source": "camera", "width": 640, "height": 360}],
}
SOUND = {"gateway_path": "/moq", "publish": PUBLISH, "watch": {"broadcast": "out", "audio": True, "video": True}}


def rules(client: dict[str, Any], mode: str = "dynamic") -> list[str]:
    return [found.rule for found in lint_client(Pipeline({"m": Node("k")}, client=client, mode=mode))]


def track(**values: Any) -> dict[str, Any]:
    return {**SOUND, "publish": {"broadcast": "in", "tracks": [values]}}


@pytest.mark.parametrize(
    ("client", "rule"),
    [
        ({"input": {"type": "trigger"}}, "mode-mismatch-dynamic"),
        ({"publish": PUBLISH}, "missing-gateway"),
        ({"watch": {"broadcast": "x", "audio": True}}, "missing-gateway"),
        ({**SOUND, "watch": {"broadcast": "out", "audio": False, "video": False}}, "watch-no-media"),
        ({**SOUND, "watch": {"broadcast": "", "audio": True}}, "empty-broadcast"),
        ({**SOUND, "publish": {**PUBLISH, "broadcast": ""}}, "empty-broadcast"),
        ({**SOUND, "watch": {"broadcast": "in", "audio": True}}, "duplicate-broadcast"),
        ({**SOUND, "publish": {"broadcast": "in", "tracks": []}}, "empty-tracks"),
        ({**SOUND, "publish": {**PUBLISH, "tracks": PUBLISH["tracks"] * 2}}, "duplicate-source"),
        (track(kind="audio", source="camera"), "kind-source-mismatch"),
        (track(kind="audio", source="screen"), "kind-source-mismatch"),
        (track(kind="video", source="microphone"), "kind-source-mismatch"),
        (track(kind="video", source="camera", broadcast=""), "empty-track-broadcast"),
        (track(kind="audio", source="microphone", width=1, height=1), "dimensions-on-audio"),
        (track(kind="video", source="camera", width=1), "partial-dimensions"),
        (track(kind="video", source="camera", width=0, height=1), "zero-dimension"),
        (track(kind="video", source="camera", codec="mjpeg"), "unrecognized-codec"),
        (track(kind="video", source="camera", max_bitrate=0), "zero-bitrate"),
        ({"controls": [{"label": "Gain", "node": "gone", "property": "gain"}]}, "control-unknown-node"),
    ],
)
def test_each_doubt_has_its_rule(client: dict[str, Any], rule: str) -> None:
    assert rules(client) == [rule]


@pytest.mark.parametrize(
    ("shown", "rule"),
    [
        ({"type": "none", "accept": "audio/*"}, "input-none-with-accept"),
        ({"type": "trigger", "accept": "audio/*"}, "input-trigger-with-accept"),
        ({"type": "none", "field_hints": {"a": {}}}, "field-hints-no-input"),
        ({"type": "text", "asset_tags": ["x"], "placeholder": "p"}, "asset-tags-no-input"),
        ({"type": "text"}, "text-no-placeholder"),
    ],
)
def test_inputs_of_a_oneshot_pipeline(shown: dict[str, Any], rule: str) -> None:
    assert rules({"input": shown}, "oneshot") == [rule]


@pytest.mark.parametrize("key", ["publish", "watch", "gateway_path", "relay_url", "controls"])
def test_a_oneshot_pipeline_has_no_live_client(key: str) -> None:
    client = {key: SOUND.get(key, []), "relay_url": "r"}
    assert rules(client, "oneshot") == ["mode-mismatch-oneshot"]


def test_a_sound_section_raises_nothing() -> None:
    assert rules(SOUND) == []
    assert rules({"watch": {"mse_path": "/video", "video": True}}) == []
    assert rules({"input": {"type": "file_upload", "accept": "audio/*"}, "output": {"type": "audio"}}, "oneshot") == []
    assert lint_client(Pipeline()) == []


@pytest.mark.parametrize("odd", [[], "x", 5, [5], {"tracks": 5}, {"tracks": [5]}, {"broadcast": []}])
def test_odd_shapes_are_passed_over(odd: Any) -> None:
    assert all(rules({key: odd}) is not None for key in ("publish", "watch", "input", "controls"))
