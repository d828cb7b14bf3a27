"""Rows from the JSON schema of any node."""

from __future__ import annotations

from typing import Any

import pytest

from sync.fields import Field, FieldKind, fields_from_schema
from sync.schema_fields import merged_schema


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
    ],
)
def test_kinds(schema: dict[str, Any], kind: FieldKind) -> None:
    root = {"$defs": {"T": {"type": "boolean"}}, "definitions": {"U": {"type": "string"}}}
    assert only(schema, **root).kind is kind


@pytest.mark.parametrize(
    ("schema", "bounds"),
    [
        ({"type": "number", "minimum": 0, "maximum": 4}, (0, 4, 0.04, 2)),
        ({"type": "integer", "minimum": 0, "maximum": 4}, (0, 4, 1, 0)),
        ({"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.125}, (0, 1, 0.125, 3)),
        ({"type": "integer", "exclusiveMinimum": 0, "maximum": 9}, (1, 9, 1, 0)),
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


def test_nested_objects_are_groups_and_lists_only_on_request() -> None:
    schema = {
        "properties": {
            "fade": {"type": "object", "title": "Fading", "properties": {"in": {"type": "number"}}},
            "list": {"type": "array"},
        }
    }
    (field,) = fields_from_schema(schema)
    assert (field.path, field.group) == (("fade", "in"), "Fading")
    assert [row.kind for row in fields_from_schema(schema, with_json=True)] == [FieldKind.NUMBER, FieldKind.JSON]


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
        {"properties": {"a": 1, "b": {"type": 7}, "c": {"$ref": 5}, "d": {"$ref": "#/$defs/none"}}},
        {"properties": {"a": {"$ref": "#/$defs/L"}}, "$defs": {"L": {"$ref": "#/$defs/L"}}},
    ],
)
def test_what_is_no_schema_gives_no_rows(schema: dict[str, Any]) -> None:
    assert fields_from_schema(schema) == ()


def test_a_schema_that_contains_itself_ends() -> None:
    inner = {"type": "object", "properties": {"next": {"$ref": "#/$defs/N"}, "v": {"type": "number"}}}
    fields = fields_from_schema({"properties": {"n": {"$ref": "#/$defs/N"}}, "$defs": {"N": inner}})
    assert 1 < len(fields) < 20
