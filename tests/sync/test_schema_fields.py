"""Rows from the JSON schema of any node."""

from __future__ import annotations

from typing import Any

import pytest

from sync.fields import Field, FieldKind, fields_from_schema
from sync.schema_fields import merged_schema, required_names


def only(schema: dict[str, Any], **root: Any) -> Field:
    (field,) = fields_from_schema({"properties": {"it": schema}, **root})
    return field


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "boolean"}, FieldKind.TOGGLE),
        ({"type": "string"}, FieldKind.TEXT),
        ({"type": "string", "enum": ["a", "b"]}, FieldKind.CHOICE),
        ({"oneOf": [{"const": "a"}, {"const": "b"}]}, FieldKind.CHOICE),
        ({"oneOf": [{"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["b"]}]}, FieldKind.CHOICE),
        ({"type": "number", "minimum": 0, "maximum": 4}, FieldKind.SLIDER),
        ({"type": "number", "minimum": 0}, FieldKind.NUMBER),
        ({"type": "integer", "minimum": 4, "maximum": 4}, FieldKind.NUMBER),
        ({"type": ["integer", "null"]}, FieldKind.NUMBER),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, FieldKind.TEXT),
        ({"allOf": [{"$ref": "#/$defs/T"}]}, FieldKind.TOGGLE),
        ({"$ref": "#/definitions/U"}, FieldKind.TEXT),
        ({"type": "array"}, FieldKind.JSON),
        ({"type": "object"}, FieldKind.JSON),
        ({}, FieldKind.JSON),
        ({"type": 7}, FieldKind.JSON),
        ({"type": ["integer", "string"]}, FieldKind.JSON),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, FieldKind.JSON),
        ({"$ref": "#/$defs/none"}, FieldKind.JSON),
        ({"$ref": 5}, FieldKind.JSON),
        ({"$ref": "#/$defs/L"}, FieldKind.JSON),
    ],
)
def test_kinds(schema: dict[str, Any], kind: FieldKind) -> None:
    root = {"$defs": {"T": {"type": "boolean"}, "L": {"$ref": "#/$defs/L"}}, "definitions": {"U": {"type": "string"}}}
    assert only(schema, **root).kind is kind


@pytest.mark.parametrize(
    ("schema", "bounds"),
    [
        ({"type": "number", "minimum": 0, "maximum": 4}, (0, 4, 0.04, 2)),
        ({"type": "integer", "minimum": 0, "maximum": 4}, (0, 4, 1, 0)),
        ({"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.125}, (0, 1, 0.125, 3)),
        ({"type": "integer", "exclusiveMinimum": 0, "maximum": 9}, (1, 9, 1, 0)),
        ({"type": "integer", "exclusiveMinimum": 3, "maximum": 30, "multipleOf": 5}, (4, 30, 5, 0)),
        ({"type": "number", "minimum": 0, "maximum": 0.0001}, (0, 0.0001, 0.000001, 6)),
        ({"type": "number", "minimum": "x", "multipleOf": -1}, (None, None, 0.01, 2)),
    ],
)
def test_bounds_and_steps(schema: dict[str, Any], bounds: tuple[Any, ...]) -> None:
    field = only(schema)
    assert (field.minimum, field.maximum, field.step, field.decimals) == bounds


def test_path_tunable_nullable_title_default_and_description() -> None:
    field = only(
        {"type": ["string", "null"], "tunable": True, "path": "properties.show", "default": "x", "description": "D"}
    )
    assert field.path == ("properties", "show")
    assert (field.is_tunable, field.is_nullable, field.title, field.default, field.description) == (
        True,
        True,
        "It",
        "x",
        "D",
    )
    assert not only({"type": "string"}).is_tunable


def test_numbers_with_fractions_are_exact_and_know_what_they_are_multiples_of() -> None:
    assert (only({"type": "number"}).is_exact, only({"type": "integer"}).is_exact) == (True, False)
    assert only({"type": "number", "multipleOf": 0.25}).multiple == 0.25
    assert only({"type": "number", "multipleOf": 0}).multiple is None


def test_nested_objects_are_groups_and_lists_are_json() -> None:
    schema = {
        "properties": {
            "fade": {"type": "object", "title": "Fading", "properties": {"in": {"type": "number"}}},
            "list": {"type": "array"},
            "any": True,
        }
    }
    fade, row, anything = fields_from_schema(schema)
    assert (fade.path, fade.group) == (("fade", "in"), "Fading")
    assert (row.kind, row.json_type, row.group) == (FieldKind.JSON, "array", "")
    assert (anything.kind, anything.json_type) == (FieldKind.JSON, "")


def test_what_is_live_as_a_whole_is_live_in_its_parts() -> None:
    parts = {"in": {"type": "number"}, "out": {"type": "number", "tunable": False}}
    fields = fields_from_schema({"properties": {"fade": {"type": "object", "tunable": True, "properties": parts}}})
    assert [field.is_tunable for field in fields] == [True, False]


def test_a_reference_at_the_top_is_followed() -> None:
    top = {"properties": {"a": {"type": "integer"}}, "required": ["a"]}
    for schema in ({"$ref": "#/$defs/A", "$defs": {"A": top}}, {"allOf": [top]}):
        assert [field.name for field in fields_from_schema(schema)] == ["a"]
        assert required_names(schema) == ("a",)


def test_a_runtime_schema_is_laid_over_the_static_one() -> None:
    static = {"properties": {"a": {"type": "number", "minimum": 0}}}
    merged = merged_schema(static, {"properties": {"a": {"maximum": 1}, "b": {"type": "boolean"}}})
    assert [(row.name, row.kind) for row in fields_from_schema(merged)] == [
        ("a", FieldKind.SLIDER),
        ("b", FieldKind.TOGGLE),
    ]
    assert merged_schema(static, None) == static


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"properties": []},
        {"properties": {"a": 1, "b": False, "c": None, "d": []}},
        {"$ref": "#/$defs/none"},
        {"$ref": "#/$defs/L", "$defs": {"L": {"$ref": "#/$defs/L"}}},
    ],
)
def test_what_is_no_schema_gives_no_rows(schema: dict[str, Any]) -> None:
    assert fields_from_schema(schema) == ()


def test_a_schema_that_contains_itself_ends() -> None:
    inner = {"type": "object", "properties": {"next": {"$ref": "#/$defs/N"}, "v": {"type": "number"}}}
    fields = fields_from_schema({"properties": {"n": {"$ref": "#/$defs/N"}}, "$defs": {"N": inner}})
    assert 1 < len(fields) < 20
