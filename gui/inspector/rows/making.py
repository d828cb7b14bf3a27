"""Which row shows which kind of field."""

from __future__ import annotations

from collections.abc import Callable

from gui.inspector.rows.choice import ChoiceRow
from gui.inspector.rows.colour import ColourRow
from gui.inspector.rows.font import FontRow
from gui.inspector.rows.json_text import JsonRow
from gui.inspector.rows.number import NumberRow
from gui.inspector.rows.row import Row
from gui.inspector.rows.slider import SliderRow
from gui.inspector.rows.text import TextRow
from gui.inspector.rows.toggle import ToggleRow
from gui.theme.tokens import Tokens
from sync.fields import Field, FieldKind

__all__ = ["make_row"]

_KINDS: dict[FieldKind, Callable[[Field, Tokens], Row]] = {
    FieldKind.NUMBER: NumberRow,
    FieldKind.SLIDER: SliderRow,
    FieldKind.CHOICE: ChoiceRow,
    FieldKind.COLOUR: ColourRow,
    FieldKind.TEXT: TextRow,
    FieldKind.FONT: FontRow,
    FieldKind.TOGGLE: ToggleRow,
    FieldKind.JSON: JsonRow,
}


def make_row(field: Field, tokens: Tokens) -> Row:
    """The row for ``field``."""
    return _KINDS[field.kind](field, tokens)
