"""Which layer a point means. Pure."""

from __future__ import annotations

from collections.abc import Collection

from gui.canvas.plane import Point
from gui.canvas.shape import drawn_shape, frame_shape
from sync.scene import Layer, LayerKind, Scene

__all__ = ["layers_at", "next_layer", "pick"]


def layers_at(scene: Scene, point: Point, selection: Collection[str] = ()) -> list[Layer]:
    """The layers under the point, topmost first; a hidden one counts only while it is selected."""
    return [
        layer
        for layer in reversed(scene.layers)
        if (not layer.is_hidden or layer.id in selection) and _is_under(layer, point, layer.id in selection)
    ]


def pick(scene: Scene, point: Point, selection: Collection[str], *, keeps_selection: bool) -> Layer | None:
    """The layer that a press means: the topmost, but a selected hidden one first, and with Alt any selected one."""
    under = layers_at(scene, point, selection)
    for layer in under:
        if layer.id in selection and (keeps_selection or layer.is_hidden):
            return layer
    return under[0] if under else None


def next_layer(scene: Scene, selection: Collection[str], step: int) -> str | None:
    """The layer above (+1) or below (-1) the selected one, going round; hidden layers take part."""
    ids = [layer.id for layer in scene.layers]
    if not ids:
        return None
    chosen = [index for index, layer_id in enumerate(ids) if layer_id in selection]
    if not chosen:
        return ids[-1 if step > 0 else 0]
    return ids[(chosen[-1] - step) % len(ids)]


def _is_under(layer: Layer, point: Point, is_selected: bool) -> bool:
    if drawn_shape(layer).contains(point):
        return True
    return is_selected and layer.kind is LayerKind.TEXT and frame_shape(layer).contains(point)
