"""What every row is: a label and editors for one field, two signals for one value, and a mark that says where it is."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.inspector.rows.mark import Mark
from gui.inspector.rows.scrub_label import ScrubLabel
from gui.theme.tokens import Tokens
from sync.fields import Field

__all__ = ["MIXED", "SETTLE_MS", "Row"]

SETTLE_MS: Final = 500
LABEL_WIDTH: Final = 76


class Mixed:
    """The value of a field that several selected layers do not share."""

    def __repr__(self) -> str:
        return "mixed"


MIXED: Final = Mixed()
_NOTHING: Final = object()


class Row(QObject):
    """One field's row. ``show`` is told what is true and never emits; the signals are the hand's alone.

    Signals:
        pressed: the hand is on the field; nothing has changed yet.
        changing: a wire value while the hand is on it; ``pressed`` came before.
        changed: the hand let go; carries the last wire value, or None when nothing had changed.
        cancelled: Escape; the value goes back.
        reset_asked: the default is wanted.
        refused: a sentence about something typed that is no value.
    """

    pressed = Signal()
    changing = Signal(object)
    changed = Signal(object)
    cancelled = Signal()
    reset_asked = Signal()
    refused = Signal(str)

    def __init__(self, field: Field, tokens: Tokens, settle_ms: int = SETTLE_MS) -> None:
        super().__init__()
        self.field = field
        self.tokens = tokens
        self.name = f"inspector/{field.name}"
        self.widget = QWidget()
        self.widget.setObjectName(self.name)
        self.widget.setMinimumHeight(tokens.row_height)
        self.label = ScrubLabel(field.title)
        self.label.setObjectName(f"{self.name}/label")
        self.label.setMinimumWidth(LABEL_WIDTH)
        self.mark = Mark(tokens, field.title)
        self.mark.setObjectName(f"{self.name}/mark")
        self._is_held = False
        self.is_typed = False
        self._latest: Any = _NOTHING
        self._shown: Any = _NOTHING
        self._missed: Any = _NOTHING
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(settle_ms)
        self._settle.timeout.connect(self.release)
        self.label.reset_asked.connect(self.reset_asked.emit)

    @property
    def is_held(self) -> bool:
        """Whether the hand is on this row."""
        return self._is_held

    def show(self, value: Any) -> None:
        """Displays a wire value, or MIXED; does nothing for an equal one, and waits while the hand is on the row."""
        if self._is_held:
            self._missed = value
            return
        if type(value) is type(self._shown) and value == self._shown:
            return
        self._shown = value
        self.display(value)

    def display(self, value: Any) -> None:
        """Puts a wire value, or MIXED, on the editors without emitting anything."""
        raise NotImplementedError

    def press(self, *, is_typed: bool = False) -> None:
        """The hand is on it; ``is_typed``: it types, and nothing counts before it has ended."""
        if not self._is_held:
            self._is_held, self.is_typed = True, is_typed
            self._latest = self._missed = _NOTHING
            self.pressed.emit()

    def begin_typing(self) -> None:
        """A key has changed what stands in an editor."""
        self.press(is_typed=True)

    def change(self, value: Any, *, settles: bool = False) -> None:
        """The hand moved it to ``value`` (wire); with ``settles`` it lets go by itself when nothing follows."""
        self.press()
        if settles:
            self._settle.start()
        if self._latest is _NOTHING or value != self._latest:
            self._latest = self._shown = value
            self.changing.emit(value)

    def release(self) -> None:
        """The hand is off it: the newest value counts."""
        self._settle.stop()
        if self._is_held:
            self._is_held = False
            self._missed = _NOTHING
            self.changed.emit(None if self._latest is _NOTHING else self._latest)

    def cancel(self) -> None:
        """Escape: back to what it was."""
        self._settle.stop()
        if self._is_held:
            self.let_go()
            self.cancelled.emit()

    def let_go(self) -> None:
        """The gesture ended elsewhere: the hand counts as off it, and nothing is emitted."""
        self._settle.stop()
        self._is_held = False
        self._shown = _NOTHING
        missed, self._missed = self._missed, _NOTHING
        if missed is not _NOTHING:
            self.show(missed)

    def set_editable(self, is_editable: bool, why_not: str = "") -> None:
        """Greys the editors out and says why in their tool tips."""
        for editor in self.editors():
            editor.setEnabled(is_editable)
            editor.setToolTip(self.tip() if is_editable else why_not)
        self.label.set_scrubbable(is_editable and self.label.steps)

    def editors(self) -> tuple[QWidget, ...]:
        """The widgets that change the value."""
        raise NotImplementedError

    def tip(self) -> str:
        """What the editors' tool tips say."""
        field = self.field
        unit = f" {field.unit}" if field.unit else ""
        is_bounded = field.minimum is not None and field.maximum is not None
        span = f": {(field.minimum or 0) * field.scale:g} to {(field.maximum or 0) * field.scale:g}{unit}"
        explained = f"\n{field.description}" if field.description else ""
        return f"{field.title}{span if is_bounded else ''}{explained}"

    def arrange(self, *stretched: tuple[QWidget, int]) -> None:
        """Lays out label, editors (with their stretch) and mark in one line; names the editors for a screen reader."""
        line = QHBoxLayout(self.widget)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(self.tokens.gap)
        line.addWidget(self.label)
        for editor, stretch in stretched:
            editor.setAccessibleName(self.field.title)
            editor.setToolTip(self.tip())
            line.addWidget(editor, stretch)
        line.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignVCenter)
        self.label.setToolTip(
            self.tip() + ("\nDrag to change, double-click for the default." if self.label.steps else "")
        )
