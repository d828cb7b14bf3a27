"""Between wire values and shown numbers: nothing that was typed is altered but for limits and multiples."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.inspector.expression import evaluate
from gui.inspector.rows.scale import format_shown, to_shown, to_wire
from sync.client_controls import field_of, read_controls
from sync.field import Field
from sync.fields import fields_from_schema


def field(**schema: Any) -> Field:
    (found,) = fields_from_schema({"properties": {"it": schema}})
    return found


FREE = field(type="number")
QUARTERS = field(type="number", minimum=0, maximum=1, multipleOf=0.25)


@pytest.mark.parametrize(
    ("schema", "typed", "sent"),
    [
        ({"type": "number"}, 0.005, 0.005),
        ({"type": "number"}, 0.0333, 0.0333),
        ({"type": "number"}, 1e-7, 1e-7),
        ({"type": "number"}, 0.1 + 0.2, 0.3),
        ({"type": "number", "minimum": 0, "maximum": 1}, 0.12345, 0.12345),
        ({"type": "number", "minimum": 0, "maximum": 1}, 7, 1),
        ({"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.25}, 0.37, 0.25),
        ({"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.25}, 0.38, 0.5),
        ({"type": "number", "minimum": 0.1, "maximum": 0.9, "multipleOf": 0.25}, 0.0, 0.25),
        ({"type": "number", "minimum": 0.1, "maximum": 0.9, "multipleOf": 0.25}, 2.0, 0.75),
        ({"type": "number", "multipleOf": 0.1}, 0.32, 0.3),
        ({"type": "number", "minimum": 0.3, "maximum": 0.4, "multipleOf": 1}, 0.35, 0.35),
        ({"type": "integer", "minimum": 3, "maximum": 30, "multipleOf": 5}, 7, 5),
        ({"type": "integer", "minimum": 3, "maximum": 30, "multipleOf": 5}, 1, 5),
        ({"type": "integer"}, 6.6, 7),
    ],
)
def test_what_is_typed_is_what_is_sent(schema: dict[str, Any], typed: float, sent: float) -> None:
    wire = to_wire(field(**schema), typed)
    assert (wire, type(wire)) == (sent, int if schema["type"] == "integer" else type(wire))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0333, "0.0333"),
        (0.001, "0.001"),
        (0.00001, "0.00001"),
        (0.5, "0.50"),
        (0.0, "0.00"),
        (-0.0, "0.00"),
        (-0.125, "-0.125"),
        (1 / 3, "0.3333333333"),
        (1e-12, "1e-12"),
        (1e300, "1e+300"),
    ],
)
def test_a_number_shows_its_significant_digits(value: float, text: str) -> None:
    assert format_shown(FREE, to_shown(FREE, value)) == text


def test_a_value_beside_the_multiples_is_shown_as_it_is() -> None:
    assert [format_shown(QUARTERS, value) for value in (0.25, 0.37, 0.375)] == ["0.25", "0.37", "0.375"]


@given(st.floats(-1e12, 1e12).filter(lambda value: value == 0 or abs(value) > 1e-9))
def test_what_is_shown_can_be_typed_again(value: float) -> None:
    again = to_wire(FREE, evaluate(format_shown(FREE, value), 0.0))
    assert again == pytest.approx(value, rel=1e-9)


def test_a_control_without_steps_takes_what_is_typed() -> None:
    entry = {"label": "Rate", "type": "number", "node": "n", "property": "rate", "default": 0.5}
    (control,), _refused = read_controls({"controls": [entry]})
    found = field_of(control, "0")
    assert [to_wire(found, typed) for typed in (0.5, 5)] == [0.5, 5]
    assert [format_shown(found, value) for value in (0.5, 5)] == ["0.5", "5"]
