"""Finding a control of the running desk, and reading what it sent."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from PySide6.QtWidgets import QSlider

from tests.end2end.desk import DeskInTest, until

__all__ = ["commits_in", "slider_of"]


async def slider_of(desk: DeskInTest, layer_id: str = "in_1", row: str = "opacity") -> QSlider:
    """Selects a layer and finds one of its sliders."""
    desk.station.bridge.select([layer_id])
    name = f"inspector/{row}/slider"
    await until(lambda: desk.station.window.findChild(QSlider, name) is not None, what=name)
    slider = desk.widget(QSlider, name)
    await until(slider.isVisible, what=f"{name} is on screen")
    return slider


def commits_in(frames: Iterable[str]) -> list[dict[str, Any]]:
    """The configs among frames to the server."""
    payloads = (json.loads(text)["payload"] for text in frames)
    return [payload["message"]["UpdateParams"] for payload in payloads if payload["action"] == "tunenodeasync"]
