"""A row with one number: drag the label, type a sum, step with the arrow keys."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from gui.inspector.rows.number_field import NumberField
from gui.inspector.rows.row import MIXED, SETTLE_MS, Row
from gui.inspector.rows.scale import to_shown, to_wire
from gui.theme.tokens import Tokens
from sync.fields import Field

__all__ = ["NumberRow"]


class NumberRow(Row):
    """Label and number field."""

    def __init__(self, field: Field, tokens: Tokens, settle_ms: int = SETTLE_MS) -> None:
        super().__init__(field, tokens, settle_ms)
        self.number = NumberField(field, tokens)
        self.number.setObjectName(f"{self.name}/number")
        self._wire = 0.0
        self._start = 0.0
        self.number.stepped.connect(self._step)
        self.number.typing.connect(self.begin_typing)
        self.number.typed.connect(self._enter)
        self.number.escaped.connect(self.cancel)
        self.number.left.connect(self.release)
        self.number.refused.connect(self.refused.emit)
        self.number.refused.connect(self.release)
        self.label.set_scrubbable(True)
        self.label.scrub_began.connect(self._begin_scrub)
        self.label.scrubbed.connect(self._scrub)
        self.label.scrub_ended.connect(self.release)
        self.label.scrub_cancelled.connect(self.cancel)
        self.lay_out()

    def lay_out(self) -> None:
        """Places the editors; a slider row has one more."""
        self.arrange((self.number, 1))

    def set_whole(self, whole: float | None) -> None:
        """What ``100%`` means here, in shown units: the canvas side for a position or a size."""
        self.number.whole = whole

    def display(self, value: Any) -> None:
        if value is MIXED or not isinstance(value, int | float):
            self.number.display(None, "mixed" if value is MIXED else "not set")
        else:
            self._wire = float(value)
            self.number.display(to_shown(self.field, self._wire))

    def move_to(self, shown: float, *, settles: bool = False) -> None:
        """The hand moved the value to ``shown``; the editors follow at once."""
        wire = to_wire(self.field, shown)
        # First onto its way to the server, then onto the screen.
        self.change(wire, settles=settles)
        self.display(wire)

    def editors(self) -> tuple[QWidget, ...]:
        return (self.number,)

    def _step(self, steps: float) -> None:
        step = self.field.step or 1.0
        self.move_to(to_shown(self.field, self._wire + steps * step), settles=True)

    def _enter(self, shown: float) -> None:
        self.move_to(shown)
        self.release()

    def _begin_scrub(self) -> None:
        self._start = self._wire
        self.press()

    def _scrub(self, steps: float) -> None:
        self.move_to(to_shown(self.field, self._start + steps * (self.field.step or 1.0)))
