"""The Controls tab: the author's toggles, texts, numbers, buttons and choices in their groups, then the nodes' own."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from gui.bridge import Bridge
from gui.controls.subject import ControlSubject
from gui.graph.draft_card import renamed
from gui.inspector.binding import Binding
from gui.inspector.rows.making import make_row
from gui.theme.tokens import Tokens
from sync.client_controls import Control, ControlKind, field_of, offered_controls, read_controls
from sync.session import DeskSession
from sync.store import Store

__all__ = ["ControlsPanel"]

CARD_WIDTH: Final = 330
MARGIN: Final = 8


class ControlsPanel(QScrollArea):
    """Follows the open session. Signals: ``shown`` with True when the pipeline has controls."""

    shown = Signal(bool)

    def __init__(self, bridge: Bridge, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("controls")
        self.setAccessibleName("Controls of the pipeline")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._bridge, self._tokens = bridge, tokens
        self.controls: tuple[Control, ...] = ()
        self.bindings: list[tuple[Control, Binding]] = []
        self.buttons: list[tuple[Control, QPushButton]] = []
        self._session: DeskSession | None = None
        self._schemas: dict[str, Any] = {}
        self._grid = QGridLayout()
        self._cards: list[QWidget] = []
        self._columns = 1
        bridge.session_shown.connect(lambda _session: self.refresh())
        bridge.structure_shown.connect(self.refresh)
        bridge.node_shown.connect(self._node_shown)
        bridge.link_shown.connect(lambda _link: self._allow())
        self.refresh()

    def refresh(self) -> None:
        """Reads the pipeline's controls again; the panel is made anew only when they are others."""
        session = self._bridge.session
        controls, refused = ((), ()) if session is None else _controls_of(session.store)
        self._schemas = {} if session is None else dict(session.store.runtime_schemas)
        if session is not self._session or controls != self.controls:
            self._make(session, controls)
            for sentence in refused:
                self._bridge.noticed.emit("warning", sentence)
        self._show_values()
        self._allow()

    def _make(self, session: DeskSession | None, controls: tuple[Control, ...]) -> None:
        for _control, binding in self.bindings:
            if binding.is_open:
                binding.row.release()
        self._session, self.controls = session, controls
        self.bindings, self.buttons = [], []
        body = QWidget()
        self._grid = QGridLayout(body)
        self._grid.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        self._grid.setSpacing(self._tokens.gap)
        numbered = list(enumerate(controls))
        # Groups in the order of their first control, wherever the author put the others.
        order = list(dict.fromkeys(control.group for control in controls))
        numbered.sort(key=lambda pair: order.index(pair[1].group))
        groups = groupby(numbered, key=lambda pair: pair[1].group)
        self._cards = [self._card(group, list(members)) for group, members in groups]
        self._columns = 0
        self._arrange()
        self.setWidget(body)
        self.shown.emit(bool(controls))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """As many cards side by side as there is room for."""
        room = self.maximumViewportSize().width() - 2 * MARGIN
        columns = max(1, (room + self._tokens.gap) // (CARD_WIDTH + self._tokens.gap))
        if columns == self._columns:
            return
        if self._columns:
            self._grid.setColumnStretch(self._columns, 0)
            self._grid.setRowStretch(len(self._cards) // self._columns + 1, 0)
        self._columns = columns
        for at, card in enumerate(self._cards):
            self._grid.addWidget(card, at // columns, at % columns, Qt.AlignmentFlag.AlignTop)
        self._grid.setColumnStretch(columns, 1)
        self._grid.setRowStretch(len(self._cards) // columns + 1, 1)

    def _card(self, group: str, members: list[tuple[int, Control]]) -> QWidget:
        card = QFrame()
        card.setProperty("role", "card")
        card.setFixedWidth(CARD_WIDTH)
        card.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Maximum)
        column = QVBoxLayout(card)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(2)
        if group:
            head = QLabel(group.upper())
            head.setProperty("role", "head")
            column.addWidget(head)
        for number, control in members:
            column.addWidget(self._control(number, control))
        return card

    def _control(self, number: int, control: Control) -> QWidget:
        name = f"controls/{number}"
        if control.kind is ControlKind.BUTTON:
            return self._push_button(name, control)
        row = renamed(make_row(field_of(control, str(number)), self._tokens), name)
        binding = Binding(row, self._bridge)
        binding.refused.connect(lambda sentence: self._bridge.noticed.emit("warning", sentence))
        binding.settled.connect(self._show_values)
        self.bindings.append((control, binding))
        return row.widget

    def _push_button(self, name: str, control: Control) -> QPushButton:
        button = QPushButton(control.label)
        button.setObjectName(f"{name}/button")
        button.setAccessibleName(control.label)
        button.clicked.connect(self._pressing(control))
        self.buttons.append((control, button))
        return button

    def _pressing(self, control: Control) -> Callable[[], None]:
        def press() -> None:
            if self._session is not None:
                self._session.edit(control.node, {control.path: control.value}, control.label)

        return press

    def _node_shown(self, node_id: str) -> None:
        schema = None if self._session is None else self._session.store.runtime_schemas.get(node_id)
        if schema is not self._schemas.get(node_id):
            self.refresh()
        elif any(control.node == node_id for control in self.controls):
            self._show_values()

    def _show_values(self) -> None:
        if self._session is not None:
            for control, binding in self.bindings:
                binding.show(control.node, (ControlSubject(self._session.store, control),))

    def _allow(self) -> None:
        reason = self._bridge.desk.why_not("tune") if self.controls else None
        for control, binding in self.bindings:
            why = reason or self._missing(control)
            binding.row.set_editable(not why, why)
        for control, button in self.buttons:
            why = reason or self._missing(control)
            button.setEnabled(not why)
            button.setToolTip(why or f"{control.label}: sets {'.'.join(control.path)} of {control.node}")

    def _missing(self, control: Control) -> str:
        there = self._session is not None and self._session.store.has(control.node)
        return "" if there else f"{control.node} is not in the pipeline."


def _controls_of(store: Store) -> tuple[tuple[Control, ...], tuple[str, ...]]:
    """The author's controls, those that nodes offer behind them, and a sentence for each that cannot be used."""
    declared, refused = read_controls(store.client())
    schemas = {
        node_id: store.runtime_schemas[node_id] for node_id in store.node_ids() if node_id in store.runtime_schemas
    }
    return (*declared, *offered_controls(schemas, declared)), refused
