"""A row with a slider and a number for the same value."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtWidgets import QWidget

from gui.inspector.rows.number import NumberRow
from gui.inspector.rows.row import MIXED, SETTLE_MS
from gui.inspector.rows.scale import to_shown
from gui.inspector.rows.track import Track
from gui.theme.tokens import Tokens
from sync.fields import Field

__all__ = ["SliderRow"]

MAX_POSITIONS: Final = 10_000


class SliderRow(NumberRow):
    """Label, slider, number field. The field must have a minimum and a maximum."""

    def __init__(self, field: Field, tokens: Tokens, settle_ms: int = SETTLE_MS) -> None:
        self._low = float(field.minimum or 0.0)
        self._span = float(1.0 if field.maximum is None else field.maximum) - self._low
        self._step_size = field.step or self._span / 100
        positions = min(MAX_POSITIONS, max(1, round(self._span / self._step_size)))
        # A field that runs both ways (rotation) fills from its default, others from the left.
        origin = round(-self._low / self._span * positions) if self._low < 0 else 0
        self.slider = Track(tokens, positions, origin)
        super().__init__(field, tokens, settle_ms)
        self.slider.setObjectName(f"{self.name}/slider")
        self.slider.pressed.connect(self.press)
        self.slider.moved.connect(self._slide)
        self.slider.let_go.connect(self.release)
        self.slider.stepped.connect(lambda steps: self._step(float(steps)))
        self.slider.escaped.connect(self.cancel)
        self.slider.left.connect(self.release)
        self.slider.reset_asked.connect(self.reset_asked.emit)

    def lay_out(self) -> None:
        self.number.setFixedWidth(74)
        self.arrange((self.slider, 1), (self.number, 0))

    def display(self, value: Any) -> None:
        super().display(value)
        # While the pointer holds the handle it is where the pointer is, between the steps too.
        if not self.slider.is_pressed:
            is_mixed = value is MIXED or not isinstance(value, int | float)
            wire = self._wire if is_mixed else float(value)
            self.slider.put((wire - self._low) / self._span * self.slider.maximum(), is_mixed=is_mixed)

    def editors(self) -> tuple[QWidget, ...]:
        return (self.slider, self.number)

    def _slide(self, position: float) -> None:
        wire = self._low + position / self.slider.maximum() * self._span
        # A pixel is coarser than an exact field's last digit: the hand gives round numbers.
        self.move_to(to_shown(self.field, round(wire, self.field.decimals) if self.field.is_exact else wire))
