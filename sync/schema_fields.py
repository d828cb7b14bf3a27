"""Fields of any node from its JSON schema, with StreamKit's own keys ``tunable`` and ``path`` (PROTOCOL.md §8)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from sync.field import Field, FieldKind, decimals_of
from sync.paths import Path
from sync.wire.json_value import JsonObject, deep_merge

__all__ = ["fields_from_schema", "merged_schema", "required_names"]

MAX_DEPTH = 8
MAX_FIELDS = 500


def merged_schema(static: JsonObject, runtime: Any) -> JsonObject:
    """A node's own schema: what it published at run time laid over its kind's."""
    merged = deep_merge(static, runtime) if isinstance(runtime, dict) else static
    return merged if isinstance(merged, dict) else {}


def required_names(schema: JsonObject) -> tuple[str, ...]:
    """The properties that a new node must have; only those at top level count."""
    names = _SchemaReader(schema).top.get("required")
    return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()


def fields_from_schema(schema: JsonObject) -> tuple[Field, ...]:
    """One field a property, nested objects as groups; what is no number, text, switch or choice is a JSON value.

    Paths are those of the node's params. What cannot be read as properties at all gives no field.
    """
    reader = _SchemaReader(schema)
    top = _Place((), "", 0, is_tunable=False)
    return tuple(field for field, _ in zip(reader.fields(reader.top, top), range(MAX_FIELDS), strict=False))


class _Place(NamedTuple):
    """Where an object's properties are, and whether they are live unless they say something else."""

    at: Path
    group: str
    depth: int
    is_tunable: bool


class _SchemaReader:
    """One pass over a schema; references are looked up in its root. ``top`` is the root without references."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self.top, _is_nullable = self._resolved(root)

    def fields(self, schema: JsonObject, place: _Place) -> Iterator[Field]:
        properties = schema.get("properties")
        if not isinstance(properties, dict) or place.depth > MAX_DEPTH:
            return
        for name, raw in properties.items():
            if isinstance(raw, dict) or raw is True:  # true: anything
                yield from self._property(str(name), {} if raw is True else raw, place)

    def _property(self, name: str, raw: JsonObject, place: _Place) -> Iterator[Field]:
        schema, is_nullable = self._resolved(raw)
        dotted = schema.get("path")
        path = tuple(dotted.split(".")) if isinstance(dotted, str) and dotted else (*place.at, name)
        is_tunable = schema.get("tunable", place.is_tunable) is True
        if isinstance(schema.get("properties"), dict):
            yield from self.fields(schema, _Place(path, _title(name, schema), place.depth + 1, is_tunable))
            return
        field = _field(name, schema, path, is_tunable=is_tunable, is_nullable=is_nullable)
        yield msgspec.structs.replace(field, group=place.group)

    def _resolved(self, schema: JsonObject) -> tuple[JsonObject, bool]:
        """The schema without references, single ``allOf`` and nullable ``anyOf``; what stands beside them wins."""
        is_nullable = False
        for _ in range(MAX_DEPTH):
            inner, outer = self._step(schema)
            if inner is None:
                break
            is_nullable |= outer.pop("nullable", False)
            schema = {**inner, **outer}
        types = schema.get("type")
        if isinstance(types, list):
            is_nullable |= "null" in types
            words = [word for word in types if word != "null"]
            schema = {**schema, "type": words[0] if len(words) == 1 else None}
        return schema, is_nullable

    def _step(self, schema: JsonObject) -> tuple[JsonObject | None, JsonObject]:
        if isinstance(schema.get("$ref"), str):
            return self._target(schema["$ref"]), _without(schema, "$ref")
        for key in ("allOf", "anyOf", "oneOf"):
            options = schema.get(key)
            parts = [part for part in options if isinstance(part, dict)] if isinstance(options, list) else []
            real = [part for part in parts if part.get("type") != "null"]
            if len(real) == 1:
                return real[0], {**_without(schema, key), "nullable": len(parts) > 1}
        return None, schema

    def _target(self, reference: str) -> JsonObject:
        value: Any = self._root
        for part in reference.removeprefix("#/").split("/"):
            value = value.get(part) if isinstance(value, dict) else None
        return value if isinstance(value, dict) else {}


def _without(schema: JsonObject, key: str) -> JsonObject:
    return {name: value for name, value in schema.items() if name != key}


def _kind(schema: JsonObject) -> FieldKind:
    if _choices(schema):
        return FieldKind.CHOICE
    match schema.get("type"):
        case "boolean":
            return FieldKind.TOGGLE
        case "string":
            return FieldKind.COLOUR if schema.get("format") == "color" else FieldKind.TEXT
        case "number" | "integer":
            return FieldKind.SLIDER if _has_range(schema) else FieldKind.NUMBER
        case _:
            return FieldKind.JSON


def _field(name: str, schema: JsonObject, path: Path, *, is_tunable: bool, is_nullable: bool) -> Field:
    kind = _kind(schema)
    description, json_type = schema.get("description"), schema.get("type")
    field = Field(
        name=name,
        title=_title(name, schema),
        kind=kind,
        path=path,
        default=schema.get("default"),
        choices=_choices(schema),
        description=description if isinstance(description, str) else "",
        is_tunable=is_tunable,
        is_nullable=is_nullable,
        json_type=json_type if kind is FieldKind.JSON and json_type in ("array", "object") else "",
    )
    return _with_numbers(field, schema) if kind in (FieldKind.NUMBER, FieldKind.SLIDER) else field


def _with_numbers(field: Field, schema: JsonObject) -> Field:
    """Bounds, steps and multiples. Whole numbers are whole; others count as they are typed."""
    step, is_whole = _step_of(schema), schema.get("type") == "integer"
    # What is next to a bound that is itself left out: a hundredth of a step is near enough for a hand.
    inward = 1 if is_whole else step / 100
    return msgspec.structs.replace(
        field,
        minimum=_bound(schema, "minimum", "exclusiveMinimum", inward),
        maximum=_bound(schema, "maximum", "exclusiveMaximum", -inward),
        step=step,
        decimals=0 if is_whole else decimals_of(step),
        multiple=_multiple(schema),
        is_exact=not is_whole,
    )


def _title(name: str, schema: JsonObject) -> str:
    title = schema.get("title")
    return title if isinstance(title, str) and title else name.replace("_", " ").capitalize()


def _choices(schema: JsonObject) -> tuple[tuple[Any, str], ...]:
    values = schema.get("enum")
    if not isinstance(values, list):
        options = schema.get("oneOf") or schema.get("anyOf")
        parts = [part for part in options if isinstance(part, dict)] if isinstance(options, list) else []
        values = [value for part in parts for value in part.get("enum", [part["const"]] if "const" in part else [])]
        if len(parts) != len(values):
            return ()
    return tuple((value, str(value)) for value in values if value is not None)


def _number(schema: JsonObject, key: str) -> float | None:
    value = schema.get(key)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_number else None


def _bound(schema: JsonObject, inclusive: str, exclusive: str, inward: float) -> float | None:
    bound = _number(schema, inclusive)
    outer = _number(schema, exclusive)
    return bound if outer is None else outer + inward


def _has_range(schema: JsonObject) -> bool:
    low, high = (
        _bound(schema, "minimum", "exclusiveMinimum", 0.0),
        _bound(schema, "maximum", "exclusiveMaximum", 0.0),
    )
    return low is not None and high is not None and low < high


def _multiple(schema: JsonObject) -> float | None:
    multiple = _number(schema, "multipleOf")
    return multiple if multiple is not None and multiple > 0 else None


def _step_of(schema: JsonObject) -> float:
    multiple = _multiple(schema)
    if multiple is not None:
        return multiple
    if schema.get("type") == "integer":
        return 1
    if not _has_range(schema):
        return 0.01
    low = _bound(schema, "minimum", "exclusiveMinimum", 0.0) or 0.0
    high = _bound(schema, "maximum", "exclusiveMaximum", 0.0) or 0.0
    return float(f"{(high - low) / 100:.3g}")
