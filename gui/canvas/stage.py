"""The items of the canvas: the picture at the bottom, one item a layer, kept while the layer lives."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QGraphicsScene

from gui.canvas.layer_item import AT_REST, LayerItem, LayerLook
from gui.canvas.picture_item import PictureItem
from gui.canvas.stand_ins import StandIns
from gui.theme.tokens import Tokens
from sync.scene import Scene

__all__ = ["Stage"]


class Stage:
    """Items change with the scene; only layers that come or go make or remove one. ``made`` counts those made."""

    def __init__(self, graphics: QGraphicsScene, tokens: Tokens) -> None:
        self._graphics = graphics
        self._tokens = tokens
        self._items: dict[str, LayerItem] = {}
        self.picture = PictureItem(tokens)
        self._stand_ins = StandIns(tokens)
        self.made = 0
        graphics.addItem(self.picture)
        graphics.addItem(self._stand_ins)
        self._stand_ins.end_with(graphics)

    def show(self, scene: Scene | None, looks: Mapping[str, LayerLook]) -> None:
        """Shows the scene's layers with their looks by id; as boxes while there is no picture to see them in."""
        layers = () if scene is None else scene.layers
        if scene is not None:
            self.picture.show_canvas(*scene.canvas)
        self._remove_others({layer.id for layer in layers})
        for depth, layer in enumerate(layers):
            item = self._items.get(layer.id)
            if item is None:
                item = self._make(layer.id)
            item.show_layer(layer, looks.get(layer.id, AT_REST), depth)
        boxes = () if self.picture.has_picture else tuple(layer for layer in layers if not layer.is_hidden)
        self._stand_ins.show_layers(boxes, (0, 0) if scene is None else scene.canvas)

    def show_tokens(self, tokens: Tokens) -> None:
        """Another theme: everything is painted again in its colours."""
        self._tokens = tokens
        self.picture.show_tokens(tokens)
        self._stand_ins.show_tokens(tokens)
        for item in self._items.values():
            item.show_tokens(tokens)

    def _make(self, layer_id: str) -> LayerItem:
        item = LayerItem(self._tokens)
        self._items[layer_id] = item
        self._graphics.addItem(item)
        self.made += 1
        return item

    def _remove_others(self, kept: set[str]) -> None:
        for layer_id in [layer_id for layer_id in self._items if layer_id not in kept]:
            self._graphics.removeItem(self._items.pop(layer_id))
