"""The Controls tab: the author's toggles, texts, numbers, buttons and choices, in the author's groups."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from gui.bridge import Bridge
from gui.controls.subject import ControlSubject
from gui.graph.draft_card import renamed
from gui.inspector.binding import Binding
from gui.inspector.rows.making import make_row
from gui.theme.tokens import Tokens
from sync.client_controls import Control, ControlKind, field_of, read_controls
from sync.session import DeskSession

__all__ = ["ControlsPanel"]

CARD_WIDTH: Final = 340
CARDS_A_LINE: Final = 3


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
        bridge.session_shown.connect(lambda _session: self.refresh())
        bridge.structure_shown.connect(self.refresh)
        bridge.node_shown.connect(self._node_shown)
        bridge.link_shown.connect(lambda _link: self._allow())
        self.refresh()

    def refresh(self) -> None:
        """Reads the pipeline's controls again; the panel is made anew only when they are others."""
        session = self._bridge.session
        controls, refused = ((), ()) if session is None else read_controls(session.store.client())
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
        grid = QGridLayout(body)
        grid.setContentsMargins(10, 8, 10, 8)
        grid.setSpacing(self._tokens.gap)
        numbered = list(enumerate(controls))
        # Groups in the order of their first control, wherever the author put the others.
        order = list(dict.fromkeys(control.group for control in controls))
        numbered.sort(key=lambda pair: order.index(pair[1].group))
        for at, (group, members) in enumerate(groupby(numbered, key=lambda pair: pair[1].group)):
            grid.addWidget(self._card(group, list(members)), at // CARDS_A_LINE, at % CARDS_A_LINE)
        grid.setColumnStretch(CARDS_A_LINE, 1)
        grid.setRowStretch(len(order) // CARDS_A_LINE + 1, 1)
        self.setWidget(body)
        self.shown.emit(bool(controls))

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
        if any(control.node == node_id for control in self.controls):
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
