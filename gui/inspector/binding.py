"""Ties one row to what is selected: the hand becomes a gesture, what the store shows becomes the row's value."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from gui.bridge import Bridge
from gui.inspector.rows.mark import MarkKind
from gui.inspector.rows.row import MIXED, Row
from gui.inspector.rows.scale import spoken
from gui.inspector.sharing import Courtesy, shared_detail
from gui.inspector.subject import Subject
from sync.gesture import Gesture
from sync.paths import is_same
from sync.store import FieldStatus

__all__ = ["Binding"]

_STATUS = {
    FieldStatus.SETTLED: MarkKind.SETTLED,
    FieldStatus.IN_FLIGHT: MarkKind.IN_FLIGHT,
    FieldStatus.LATE: MarkKind.LATE,
}


class Binding(QObject):
    """One row and its targets.

    Signals: ``refused`` with a sentence for the operator; ``settled`` when the truth is to be shown again.
    """

    refused = Signal(str)
    settled = Signal()

    def __init__(self, row: Row, bridge: Bridge) -> None:
        super().__init__()
        self.row = row
        self._bridge = bridge
        self._node_id = ""
        self._subjects: tuple[Subject, ...] = ()
        self._gesture: Gesture | None = None
        self._confirmed_locks: set[str] = set()
        self._courtesy = Courtesy(bridge)
        row.pressed.connect(self._begin)
        row.changing.connect(self._change)
        row.changed.connect(self._end)
        row.cancelled.connect(self._cancel)
        row.reset_asked.connect(self._reset)
        row.refused.connect(self.refused.emit)

    @property
    def is_open(self) -> bool:
        """Whether a gesture of this row runs."""
        return self._gesture is not None

    def show(self, node_id: str, subjects: tuple[Subject, ...]) -> None:
        """Makes ``subjects`` of a node the targets and shows what they have; ends a gesture on others."""
        is_other = (node_id, [it.key for it in subjects]) != (self._node_id, [it.key for it in self._subjects])
        if is_other and self.row.is_held:
            self.row.release()
        self._node_id, self._subjects = node_id, subjects
        self.row.show(self._value())
        self.show_mark()

    def show_mark(self) -> None:
        """Brings the row's mark up to date; the worst of the targets counts."""
        session = self._bridge.session
        if session is None or not self._subjects:
            self.row.mark.show_kind(MarkKind.SETTLED)
            return
        store, field = session.store, self.row.field
        paths = [it.path(field) for it in self._subjects]
        detail, colour = shared_detail(self._bridge, self._node_id, paths, self.row.tokens)
        parked = next((value for path in paths if (value := store.parked(self._node_id, path)) is not None), None)
        if parked is not None:
            theirs = f"Theirs is {spoken(field, parked)}; it comes when you let go."
            self.row.mark.show_kind(MarkKind.PARKED, f"{theirs} {detail}".strip())
            return
        statuses = {store.status(self._node_id, path) for path in paths}
        worst = next(status for status in (*_WORST_FIRST, FieldStatus.SETTLED) if status in statuses)
        kind = _STATUS[worst]
        is_shared = kind is MarkKind.SETTLED and bool(colour)
        self.row.mark.show_kind(MarkKind.SHARED if is_shared else kind, detail, colour)

    def _value(self) -> Any:
        values = [it.value(self.row.field) for it in self._subjects]
        if not values:
            return MIXED
        return values[0] if all(is_same(value, values[0]) for value in values[1:]) else MIXED

    def _edits(self, value: Any) -> dict[tuple[str, ...], Any]:
        edits: dict[tuple[str, ...], Any] = {}
        for subject in self._subjects:
            edits |= subject.edits(self.row.field, value)
        return edits

    def _title(self) -> str:
        what = self._subjects[0].name if len(self._subjects) == 1 else f"{len(self._subjects)} layers"
        return f"{self.row.field.title} of {what}"

    def _begin(self) -> None:
        session = self._bridge.session
        if session is None or not self._subjects or self._gesture is not None:
            return
        paths = [it.path(self.row.field) for it in self._subjects]
        if question := self._courtesy.question(self._node_id, paths, self._title()):
            self.refused.emit(question)
            return
        gesture = session.begin(self._node_id, self._title(), holds=paths, is_guarded=self.row.is_typed)
        self._gesture = gesture
        gesture.ended.connect(lambda _reason: self._over(gesture))

    def _change(self, value: Any) -> None:
        if self._gesture is not None and self._may_change():
            self._gesture.change(self._edits(value))

    def _end(self, _value: Any) -> None:
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.end()
        self._show_truth()

    def _cancel(self) -> None:
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.cancel("escape")
        self._show_truth()

    def _over(self, gesture: Gesture) -> None:
        """The gesture ended by itself (link lost, layer deleted): the hand no longer counts as on the row."""
        if self._gesture is gesture:
            self._gesture = None
            self.row.let_go()
            self._show_truth()

    def _reset(self) -> None:
        field, session = self.row.field, self._bridge.session
        paths = [it.path(field) for it in self._subjects]
        if session is not None and self._subjects and field.default is not None and self._may_change():
            if question := self._courtesy.question(self._node_id, paths, self._title()):
                self.refused.emit(question)
                return
            session.edit(self._node_id, self._edits(field.default), f"Reset {self._title().lower()}")
            self._show_truth()

    def _may_change(self) -> bool:
        """A locked layer asks once, then takes what is typed."""
        session = self._bridge.session
        locked = [] if session is None else [it for it in self._subjects if session.is_locked(it.key)]
        asked = [it for it in locked if it.key not in self._confirmed_locks]
        self._confirmed_locks |= {it.key for it in asked}
        if asked:
            self.refused.emit(f"{asked[0].name} is locked. Enter the value again to change it anyway.")
        return not asked

    def _show_truth(self) -> None:
        """What was refused or cancelled must not stay on the row until the next change comes."""
        self.settled.emit()


_WORST_FIRST = (FieldStatus.LATE, FieldStatus.IN_FLIGHT)
