"""New texts and images over the picture, and copies of them: each is one edit, one undo step."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from typing import Any, Final

from gui.bridge import Bridge
from gui.server.answers import Asset
from sync.paths import Path, read
from sync.scene import LayerKind, Scene

__all__ = ["OverlayMaker", "free_name"]

LEFT: Final = 40
TOP: Final = 40
STEP: Final = 60
FONT_PX: Final = 40
IMAGE_SIDE: Final = 200
COPY_SHIFT: Final = 24
DIGITS: Final = "23456789"
SIGNS: Final = f"{DIGITS}abcdefghjkmnpqrstuvwxyz"  # none that looks like another
_MARK: Final = re.compile(f"_[{DIGITS}][{SIGNS}]{{3}}$")


class OverlayMaker:
    """Puts overlays on the shown compositor, above everything, and selects them."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def add_text(self) -> None:
        """A text of unbounded size at the upper left, below the ones that were added before."""
        scene = self._bridge.scene
        if scene is None:
            return
        rect = {"x": LEFT, "y": self._next_top(scene, LayerKind.TEXT), "width": 0, "height": 0}
        item = {"text": "Text", "rect": rect, "font_size": FONT_PX, "z_index": _above(scene)}
        self._add(scene, {("text_overlays", free_name("text", _ids(scene))): item}, "Add a text")

    def add_image(self, image: Asset) -> None:
        """An image that the server has, at most 200 px on its longer side and never enlarged."""
        scene = self._bridge.scene
        if scene is None:
            return
        scale = min(1.0, IMAGE_SIDE / max(image.width, image.height, 1))
        width, height = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        rect = {"x": LEFT, "y": self._next_top(scene, LayerKind.IMAGE), "width": width, "height": height}
        item = {"asset_path": image.path, "rect": rect, "z_index": _above(scene)}
        name = free_name(image.stem, _ids(scene))
        self._add(scene, {("image_overlays", name): item}, f"Add the image {image.stem}")

    def duplicate(self) -> None:
        """Copies the selected texts and images a little to the right and below; a video has one source."""
        scene, session = self._bridge.scene, self._bridge.session
        if scene is None or session is None:
            return
        layers = [layer for layer in scene.layers if layer.id in self._bridge.selection]
        overlays = [layer for layer in layers if layer.kind is not LayerKind.VIDEO]
        if len(overlays) < len(layers):
            self._bridge.noticed.emit("info", "A video cannot be copied: connect its source to another input instead.")
        taken = _ids(scene)
        edits: dict[Path, dict[str, Any]] = {}
        params = session.store.params(scene.node_id)
        for at, layer in enumerate(overlays):
            name = free_name(layer.id, taken)
            taken.add(name)
            edits[(layer.path[0], name)] = _shifted(read(params, layer.path, {}), _above(scene) + at)
        if edits:
            self._add(
                scene, edits, f"Duplicate {overlays[0].name if len(overlays) == 1 else f'{len(overlays)} layers'}"
            )

    def _add(self, scene: Scene, items: dict[Path, dict[str, Any]], title: str) -> None:
        session = self._bridge.session
        whole = {
            path: {"id": path[1], **{key: item[key] for key in item if key != "id"}} for path, item in items.items()
        }
        if session is not None and session.edit(scene.node_id, whole, title):
            self._bridge.select(path[1] for path in whole)

    def _next_top(self, scene: Scene, kind: LayerKind) -> int:
        number = sum(layer.kind is kind for layer in scene.layers)
        return TOP + STEP * number % max(STEP, scene.canvas[1] - 2 * TOP)


def free_name(stem: str, taken: Iterable[str]) -> str:
    """``stem`` with a mark such as ``_4k7q``, in place of the one it may have already.

    A number that is free here may be taken at the same moment by another operator, and one text would be lost.
    """
    stem, names = _MARK.sub("", stem), set(taken)
    while (name := f"{stem}_{secrets.choice(DIGITS)}{''.join(secrets.choice(SIGNS) for _ in range(3))}") in names:
        pass
    return name


def _ids(scene: Scene) -> set[str]:
    return {layer.id for layer in scene.layers}


def _above(scene: Scene) -> int:
    return max((layer.z_index for layer in scene.layers), default=-1) + 1


def _shifted(item: dict[str, Any], z_index: int) -> dict[str, Any]:
    rect = item.get("rect")
    moved = {**rect, "x": rect["x"] + COPY_SHIFT, "y": rect["y"] + COPY_SHIFT} if isinstance(rect, dict) else rect
    return {**item, "rect": moved, "z_index": z_index}
