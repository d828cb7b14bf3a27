"""The controls of a pipeline: what its author declared in ``client.controls``, and what its nodes offer (§8, §17)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import msgspec

from sync.field import Field, FieldKind, decimals_of
from sync.paths import Path
from sync.schema_fields import fields_from_schema

__all__ = ["Control", "ControlKind", "field_of", "offered_controls", "read_controls"]

MAX_CONTROLS = 200
NUMBER_STEPS = 100


class ControlKind(Enum):
    """The five kinds."""

    TOGGLE = "toggle"
    TEXT = "text"
    NUMBER = "number"
    BUTTON = "button"
    SELECT = "select"


_KINDS = {
    FieldKind.TOGGLE: ControlKind.TOGGLE,
    FieldKind.TEXT: ControlKind.TEXT,
    FieldKind.NUMBER: ControlKind.NUMBER,
    FieldKind.SLIDER: ControlKind.NUMBER,
    FieldKind.CHOICE: ControlKind.SELECT,
}


class Control(msgspec.Struct, frozen=True):
    """One control: it tunes ``path`` of ``node``; a button writes ``value``, a select offers ``options``.

    ``field`` is the row of one that a node offers.
    """

    label: str
    kind: ControlKind
    node: str
    path: Path
    group: str = ""
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    value: Any = None
    options: tuple[tuple[Any, str], ...] = ()
    field: Field | None = None


def read_controls(client: Any) -> tuple[tuple[Control, ...], tuple[str, ...]]:
    """The controls of a pipeline's ``client`` section, and one sentence for each that cannot be used."""
    raw = client.get("controls") if isinstance(client, dict) else None
    if raw is None:
        return (), ()
    if not isinstance(raw, list):
        return (), ("client.controls is no list.",)
    controls: list[Control] = []
    refused: list[str] = []
    for number, entry in enumerate(raw[:MAX_CONTROLS]):
        control, reason = _read(entry)
        if control is not None:
            controls.append(control)
        else:
            refused.append(f"client.controls[{number}] {reason}.")
    if len(raw) > MAX_CONTROLS:
        refused.append(f"client.controls has {len(raw)} entries; the first {MAX_CONTROLS} are shown.")
    return tuple(controls), tuple(refused)


def offered_controls(schemas: Mapping[str, Any], declared: Iterable[Control]) -> tuple[Control, ...]:
    """A control for each live property of the schemas that nodes published at run time, grouped by node.

    ``schemas`` maps nodes to theirs. What the author declared for the same property of a node stands in its place.
    """
    taken = {(control.node, control.path) for control in declared}
    offered = [
        Control(field.title, _KINDS[field.kind], node, field.path, group=_group(node, field), field=field)
        for node, schema in schemas.items()
        if isinstance(schema, dict)
        for field in fields_from_schema(schema)
        if field.is_tunable and field.kind in _KINDS and (node, field.path) not in taken
    ]
    return tuple(offered[:MAX_CONTROLS])


def _group(node: str, field: Field) -> str:
    return f"{node} · {field.group}" if field.group else node


def field_of(control: Control, name: str) -> Field:
    """The control as a row's field; its slider runs in the author's steps, or in hundredths of the range."""
    if control.field is not None:
        return msgspec.structs.replace(control.field, name=name)
    is_bounded = None not in (control.minimum, control.maximum)
    kinds = {
        ControlKind.TOGGLE: FieldKind.TOGGLE,
        ControlKind.TEXT: FieldKind.TEXT,
        ControlKind.NUMBER: FieldKind.SLIDER if is_bounded else FieldKind.NUMBER,
        ControlKind.SELECT: FieldKind.CHOICE,
        ControlKind.BUTTON: FieldKind.TOGGLE,
    }
    step = _step(control)
    return Field(
        name=name,
        title=control.label,
        kind=kinds[control.kind],
        path=control.path,
        group=control.group,
        minimum=control.minimum,
        maximum=control.maximum,
        step=step,
        decimals=decimals_of(step),
        is_exact=True,
        default=control.default,
        choices=control.options,
    )


def _step(control: Control) -> float:
    if control.step is not None and control.step > 0:
        return control.step
    if control.minimum is None or control.maximum is None:
        return 1.0
    return float(f"{(control.maximum - control.minimum) / NUMBER_STEPS:.3g}")


def _read(entry: Any) -> tuple[Control | None, str]:
    if not isinstance(entry, dict):
        return None, "is no mapping"
    missing = [key for key in ("label", "type", "node", "property") if not _is_word(entry.get(key))]
    if missing:
        return None, f"has no {' and no '.join(missing)}"
    kinds = {kind.value: kind for kind in ControlKind}
    kind = kinds.get(entry["type"])
    if kind is None:
        return None, f"has the unknown type {entry['type']}"
    return _checked(entry, kind)


def _checked(entry: dict[str, Any], kind: ControlKind) -> tuple[Control | None, str]:
    low, high = _number(entry.get("min")), _number(entry.get("max"))
    if low is not None and high is not None and low >= high:
        return None, "has a min that is not below its max"
    options = _options(entry.get("options"))
    if kind is ControlKind.SELECT and not options:
        return None, "is a select without options"
    if kind is ControlKind.BUTTON and "value" not in entry:
        return None, "is a button without a value"
    path = tuple(entry["property"].split("."))
    if not all(path):
        return None, f"has the property {entry['property']}, which is no path"
    group = entry.get("group")
    control = Control(
        entry["label"],
        kind,
        entry["node"],
        path,
        group if isinstance(group, str) else "",
        entry.get("default"),
        low,
        high,
        _number(entry.get("step")),
        entry.get("value"),
        options,
    )
    return control, ""


def _options(raw: Any) -> tuple[tuple[Any, str], ...]:
    rows = [row for row in raw if isinstance(row, dict) and "value" in row] if isinstance(raw, list) else []
    return tuple((row["value"], str(row.get("label", row["value"]))) for row in rows)


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_number else None


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
