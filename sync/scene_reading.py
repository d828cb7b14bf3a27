"""From params, pins and view data to the scene that is shown. Pure; never fails on odd params."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from sync.paths import Path
from sync.scene import HIDDEN_BELOW, Layer, LayerKind, Scene
from sync.view_geometry import ViewGeometry, canvas_of
from sync.wire.compositor import LayerConfig, Rect
from sync.wire.geometry import automatic_layer, fit, place, slot_key
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Connection

__all__ = ["SceneMemo", "automatic_entry", "pins_of", "read_scene", "slots_of"]

_FLAGS = ("aspect_fit", "mirror_horizontal", "mirror_vertical", "word_wrap")
_NUMBERS = ("opacity", "rotation_degrees", "crop_zoom", "crop_x", "crop_y")
_WORDS = ("crop_shape", "text", "asset_path", "font_name")
_WHOLE = ("z_index", "font_size")
_LINE_HEIGHT, _GLYPH_WIDTH = 1.2, 0.55


def pins_of(node_id: str, connections: Iterable[Connection]) -> dict[str, str]:
    """Input pin → ``node.pin`` that feeds it, in pin order."""
    feeds = {row.to_pin: f"{row.from_node}.{row.from_pin}" for row in connections if row.to_node == node_id}
    return {pin: feeds[pin] for pin in sorted(feeds, key=slot_key)}


def slots_of(pins: Iterable[str], geometry: ViewGeometry) -> tuple[str, ...]:
    """The input pins in slot order: the server's order first, then pins that it has not reported yet."""
    return tuple(dict.fromkeys((*geometry.slots, *pins)))


def automatic_entry(pin: str, slots: tuple[str, ...], canvas: tuple[int, int]) -> JsonObject:
    """The entry that says explicitly what the server does with a pin that has none."""
    slot = slots.index(pin) if pin in slots else len(slots)
    layer = automatic_layer(slot, max(len(slots), slot + 1), canvas)
    rect = layer.rect or Rect(0, 0, *canvas)
    sides = {"x": rect.x, "y": rect.y, "width": rect.width, "height": rect.height}
    return {"rect": sides, "aspect_fit": layer.aspect_fit, "opacity": 1.0, "z_index": layer.z_index}


def read_scene(
    node_id: str,
    params: JsonObject,
    pins: Mapping[str, str],
    geometry: ViewGeometry,
    remembered: Mapping[str, float],
    memo: SceneMemo | None = None,
) -> Scene:
    """The scene. ``pins`` feed the compositor, ``remembered`` holds the opacity of layers hidden here.

    ``memo`` keeps layers from one reading to the next, so that a drag rebuilds the one layer that moves.
    """
    reading = _Reading(params, pins, geometry, remembered, {} if memo is None else memo)
    layers = [*reading.videos(), *reading.images(), *reading.texts()]
    fps = params.get("fps")
    ordered = tuple(sorted(layers, key=lambda layer: layer.z_index))
    return Scene(node_id, canvas_of(params), fps if isinstance(fps, int) and fps > 0 else 30, ordered)


SceneMemo = dict[Path, tuple[tuple[Any, ...], Layer]]


class _Reading:
    """One pass over a compositor's params."""

    def __init__(
        self,
        params: JsonObject,
        pins: Mapping[str, str],
        geometry: ViewGeometry,
        remembered: Mapping[str, float],
        memo: SceneMemo,
    ) -> None:
        self._params, self._pins, self._geometry, self._remembered = params, pins, geometry, remembered
        self._memo = memo
        self._canvas = canvas_of(params)

    def videos(self) -> Iterable[Layer]:
        entries = self._params.get("layers")
        entries = entries if isinstance(entries, dict) else {}
        slots = slots_of(self._pins, self._geometry)
        extra = sorted(entries.keys() - set(slots), key=slot_key)
        for pin in (*slots, *extra):
            entry = entries.get(pin)
            yield self._video(pin, entry if isinstance(entry, dict) else None, slots)

    def texts(self) -> Iterable[Layer]:
        for item in _items(self._params, "text_overlays"):
            yield self._overlay(item, LayerKind.TEXT, "text_overlays", self._predict_text)

    def images(self) -> Iterable[Layer]:
        for item in _items(self._params, "image_overlays"):
            yield self._overlay(item, LayerKind.IMAGE, "image_overlays", self._predict_image)

    def _video(self, pin: str, entry: JsonObject | None, slots: tuple[str, ...]) -> Layer:
        config = automatic_entry(pin, slots, self._canvas) if entry is None else entry
        source, feed = self._geometry.source_size(pin), self._pins.get(pin)
        drawn = self._geometry.rect("layers", pin, self._params)
        if drawn is None:
            layer = LayerConfig(rect=_rect(config.get("rect")), aspect_fit=config.get("aspect_fit") is not False)
            drawn = place(layer, self._canvas, source)
        key = (config, entry is None, source, feed, self._canvas, self._remembered.get(pin))
        return self._kept(("layers", pin), key, drawn, lambda: self._new_video(pin, entry, config, drawn))

    def _kept(self, path: Path, key: tuple[Any, ...], drawn: Rect, make: Callable[[], Layer]) -> Layer:
        """The layer of the last reading while ``key`` is the same; moved where it is drawn elsewhere now."""
        known = self._memo.get(path)
        if known is None or known[0] != key:
            layer = make()
        elif known[1].drawn == drawn:
            return known[1]
        else:
            layer = replace(known[1], drawn=drawn)
        self._memo[path] = (key, layer)
        return layer

    def _new_video(self, pin: str, entry: JsonObject | None, config: JsonObject, drawn: Rect) -> Layer:
        rect = None if entry is None else _rect(entry.get("rect"))
        source, feed = self._geometry.source_size(pin), self._pins.get(pin)
        return Layer(
            id=pin,
            kind=LayerKind.VIDEO,
            path=("layers", pin),
            name=feed.rpartition(".")[0] if feed else pin,
            source_pin=feed,
            rect=rect,
            drawn=drawn,
            source_size=source,
            is_automatic=entry is None,
            **self._looks(pin, config),
        )

    def _overlay(self, item: JsonObject, kind: LayerKind, group: str, predict: Any) -> Layer:
        item_id = item["id"]
        rect = _rect(item.get("rect")) or Rect(0, 0, 0, 0)
        drawn = self._geometry.rect(group, item_id, self._params)
        path: Path = (group, item_id)
        return Layer(
            id=item_id,
            kind=kind,
            path=path,
            name=item_id,
            rect=rect,
            drawn=predict(item, rect) if drawn is None else drawn,
            measured_size=self._geometry.measured_size(item_id) if kind is LayerKind.TEXT else None,
            **self._looks(item_id, item),
        )

    def _predict_text(self, item: JsonObject, rect: Rect) -> Rect:
        measured = self._geometry.measured_size(item["id"])
        lines = str(item.get("text", "")).split("\n")
        size = item["font_size"] if _is_number(item.get("font_size")) else 24
        rough = (round(max(map(len, lines)) * size * _GLYPH_WIDTH), round(len(lines) * size * _LINE_HEIGHT))
        width, height = measured or rough
        return Rect(rect.x, rect.y, min(rect.width or width, width), min(rect.height or height, height))

    def _predict_image(self, item: JsonObject, rect: Rect) -> Rect:
        last = self._geometry.last_rect("image_overlays", item["id"])
        return rect if last is None else fit(rect, last.width, last.height)

    def _looks(self, layer_id: str, entry: JsonObject) -> dict[str, Any]:
        looks: dict[str, Any] = {name: entry[name] for name in _FLAGS if isinstance(entry.get(name), bool)}
        looks |= {name: float(entry[name]) for name in _NUMBERS if _is_number(entry.get(name))}
        looks |= {name: entry[name] for name in _WORDS if isinstance(entry.get(name), str)}
        looks |= {name: int(entry[name]) for name in _WHOLE if _is_number(entry.get(name))}
        looks |= _colour(entry.get("color"))
        if looks.get("opacity", 1.0) < HIDDEN_BELOW:
            looks |= {"is_hidden": True, "opacity": self._remembered.get(layer_id, 0.0)}
        return looks


def _items(params: JsonObject, group: str) -> list[JsonObject]:
    items = params.get(group)
    if not isinstance(items, list):
        return []
    return [item for item in items if isinstance(item, dict) and isinstance(item.get("id"), str)]


def _colour(value: Any) -> dict[str, Any]:
    is_colour = isinstance(value, list | tuple) and len(value) == 4 and all(isinstance(part, int) for part in value)
    return {"color": tuple(value)} if is_colour else {}


def _rect(value: Any) -> Rect | None:
    if not isinstance(value, dict) or not all(_is_number(value.get(side)) for side in ("x", "y", "width", "height")):
        return None
    return Rect(int(value["x"]), int(value["y"]), int(value["width"]), int(value["height"]))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53
