"""The Graph tab: the pipeline as nodes and connections, and everything that changes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from gui.bridge import Bridge
from gui.graph.confirming import SecondPress
from gui.graph.draft_card import DraftCard
from gui.graph.faces import GraphFace, Library, read_graph
from gui.graph.menus import add_menu, item_menu
from gui.graph.scene import GraphScene
from gui.graph.view import GraphView
from gui.theme.tokens import Tokens
from sync.clock import Clock, LoopClock
from sync.graph_edit import GraphEdit
from sync.health import Rates
from sync.session import DeskSession
from sync.wire.pipeline import Connection

__all__ = ["GraphPanel"]

REFRESH_MS: Final = 250
AGING_MS: Final = 1000
NO_UNDO: Final = "Changes of the graph cannot be undone."
Spawn = Callable[[Coroutine[Any, Any, object]], object]


class GraphPanel(QWidget):
    """Follows the open session: its structure at once, its states and rates four times a second while seen.

    Signals: ``shown``: somebody looks at it.
    """

    shown = Signal()

    def __init__(self, bridge: Bridge, tokens: Tokens, clock: Clock | None = None, spawn: Spawn | None = None) -> None:
        super().__init__()
        self.setObjectName("graph")
        self._bridge, self._tokens = bridge, tokens
        self._clock = clock or LoopClock()
        self._tasks: set[asyncio.Task[object]] = set()
        self._spawn = spawn or self._run
        self._second = SecondPress(self._clock)
        self._rates = Rates()
        self._session: DeskSession | None = None
        self.edit: GraphEdit | None = None
        self.graph = GraphScene(tokens, self._why_not_connect)
        self.view = GraphView(self.graph, tokens)
        self.draft_card = DraftCard(tokens)
        self._lay_out()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REFRESH_MS)
        self._rest.timeout.connect(self.refresh)
        self._aging = QTimer(self)
        self._aging.setInterval(AGING_MS)
        self._aging.timeout.connect(self.refresh)
        self._wire()
        self._follow_session()

    # what the operator does

    def add(self, kind: str) -> None:
        """A new node of a kind; the card of a draft opens when it needs params first."""
        node_id = None if self.edit is None else self.edit.add(kind)
        if node_id is not None:
            self.refresh()
            self.graph.choose([node_id])

    def remove_chosen(self) -> None:
        """Removes the selected nodes and connections; running nodes take a second press."""
        nodes, edges = self.graph.chosen_nodes(), self.graph.chosen_edges()
        if self.edit is None or not (nodes or edges):
            return
        if reason := self._bridge.desk.why_not("edit_graph"):
            self._say(reason)
            return
        running = [node_id for node_id in nodes if self._is_live(node_id)]
        if running and not self._second.confirms((nodes, edges)):
            what = running[0] if len(running) == 1 else f"{len(running)} nodes"
            self._say(f"Press Delete again to remove {what} from the running pipeline. {NO_UNDO}")
            return
        self.edit.remove(nodes, edges)

    def connect_pins(self, edge: Connection) -> None:
        """Adds a connection."""
        if self.edit is not None:
            self.edit.connect(edge)

    def toggle_mode(self, edge: Connection) -> None:
        """Reliable becomes best effort and the other way round."""
        if self.edit is not None:
            self.edit.set_mode(edge, None if edge.mode == "best_effort" else "best_effort")

    def possible_edges(self) -> list[Connection]:
        """The connections that the one selected node could have: what the palette offers."""
        chosen = self.graph.chosen_nodes()
        if self.edit is None or len(chosen) != 1:
            return []
        pins = [pin for item in self.graph.nodes.values() for pin in item.pins()]
        ours = [pin for pin in pins if pin.is_output and pin.node_id == chosen[0]]
        wanted = [
            Connection(one.node_id, one.pin, other.node_id, other.pin)
            for one in ours
            for other in pins
            if not other.is_output
        ]
        return [edge for edge in wanted if self.edit.why_not_connect(edge) is None]

    def open_add_menu(self) -> None:
        """The kinds of nodes, under the button."""
        add_menu(self, self._bridge.desk.definitions, self.add).popup(
            self.add_button.mapToGlobal(QPoint(0, self.add_button.height()))
        )

    def refresh(self) -> None:
        """Brings the picture up to date."""
        self._rest.stop()
        session, edit = self._session, self.edit
        desk = self._bridge.desk
        face = GraphFace()
        if session is not None and edit is not None:
            face = read_graph(session.store, edit.drafts, Library(desk.definitions, desk.packets), self._rates)
        self.view.hint = "Open a session to see its graph." if session is None else "This pipeline has no nodes yet."
        self.graph.show_face(face)
        self._show_card()
        self._show_rights()
        is_aging = self.isVisible() and any(node.rates for node in face.nodes)
        if is_aging != self._aging.isActive():
            self._aging.start() if is_aging else self._aging.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        self.shown.emit()

    # inside

    def _lay_out(self) -> None:
        self.add_button = self._button("add", "Add…", f"Add a node to the running pipeline. {NO_UNDO}")
        self.remove_button = self._button("remove", "Remove", f"Remove what is selected (Del). {NO_UNDO}")
        self.fit_button = self._button("fit", "Fit", "Show the whole graph (0)")
        tools = QVBoxLayout()
        tools.setContentsMargins(6, 6, 6, 6)
        tools.setSpacing(4)
        for button in (self.add_button, self.remove_button, self.fit_button):
            tools.addWidget(button)
        tools.addStretch()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addLayout(tools)
        line.addWidget(self.view, 1)
        line.addWidget(self.draft_card)

    def _button(self, name: str, title: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"graph/{name}")
        button.setText(title)
        button.setAccessibleName(title)
        button.setToolTip(tip)
        button.setProperty("tip", tip)
        button.setFixedWidth(72)
        return button

    def _wire(self) -> None:
        bridge = self._bridge
        bridge.session_shown.connect(lambda _session: self._follow_session())
        bridge.structure_shown.connect(self._structure_shown)
        bridge.states_shown.connect(self._soon)
        bridge.link_shown.connect(lambda _link: self._soon())
        bridge.selection_shown.connect(lambda _selection: self._follow_selection())
        self.graph.selectionChanged.connect(self._tell_selection)
        self.graph.link_wanted.connect(self.connect_pins)
        self.view.delete_pressed.connect(self.remove_chosen)
        self.view.menu_wanted.connect(self._open_menu)
        self.add_button.clicked.connect(self.open_add_menu)
        self.remove_button.clicked.connect(self.remove_chosen)
        self.fit_button.clicked.connect(self.view.fit)
        card = self.draft_card
        card.filled.connect(lambda node_id, path, value: self._with_edit(lambda edit: edit.fill(node_id, path, value)))
        card.wanted.connect(lambda node_id: self._with_edit(lambda edit: edit.submit(node_id)))
        card.discarded.connect(lambda node_id: self._with_edit(lambda edit: edit.discard(node_id)))
        card.refused.connect(self._say)

    def _with_edit(self, run: Callable[[GraphEdit], None]) -> None:
        if self.edit is not None:
            run(self.edit)

    def _follow_session(self) -> None:
        session = self._bridge.session
        if session is self._session:
            self._structure_shown()
            return
        if self.edit is not None:
            self.edit.close()
        self._session, self._rates = session, Rates()
        self.edit = None
        if session is not None:
            self.edit = GraphEdit(session.store, self._bridge.desk, self._clock, self._spawn)
            self.edit.refused.connect(self._say)
            self.edit.changed.connect(self._soon)
        self.view.follows = True
        self._structure_shown()

    def _structure_shown(self) -> None:
        if self.isVisible():
            self.refresh()

    def _soon(self) -> None:
        if self.isVisible() and not self._rest.isActive():
            self._rest.start()

    def _tell_selection(self) -> None:
        nodes = self.graph.chosen_nodes()
        session = self._session
        if len(nodes) == 1 and session is not None and session.store.has(nodes[0]):
            if nodes[0] in session.store.compositors():
                self._bridge.choose_compositor(nodes[0])
            self._bridge.inspect(nodes[0])
        self._show_card()
        self._show_rights()

    def _follow_selection(self) -> None:
        inspected = self._bridge.inspected
        if inspected is not None and inspected in self.graph.nodes and inspected not in self.graph.chosen_nodes():
            self.graph.choose([inspected])
        elif inspected is None and self._bridge.selection and len(self.graph.chosen_nodes()) == 1:
            self.graph.choose([])

    def _show_card(self) -> None:
        nodes = self.graph.chosen_nodes()
        before = self.draft_card.node_id
        draft = None if self.edit is None or len(nodes) != 1 else self.edit.drafts.get(nodes[0])
        if draft is None and nodes == (before,) and self._session is not None and self._session.store.has(before):
            self._bridge.inspect(before)
        definition = None if draft is None else self._bridge.desk.definitions.get(draft.kind)
        self.draft_card.show_draft(draft, {} if definition is None else definition.param_schema)

    def _show_rights(self) -> None:
        reason = "Open a session first." if self._session is None else self._bridge.desk.why_not("edit_graph")
        has_choice = bool(self.graph.chosen_nodes() or self.graph.chosen_edges())
        for button, is_useful in ((self.add_button, True), (self.remove_button, has_choice)):
            button.setEnabled(reason is None and is_useful)
            button.setToolTip(reason or button.property("tip"))

    def _open_menu(self, at: QPoint) -> None:
        place = self.view.mapToScene(self.view.viewport().mapFromGlobal(at))
        item = self.graph.itemAt(place, self.view.transform())
        if item is not None and not item.isSelected():
            self.graph.clearSelection()
            item.setSelected(True)
        item_menu(self, item).popup(at)

    def _is_live(self, node_id: str) -> bool:
        store = None if self._session is None else self._session.store
        state = None if store is None else store.state(node_id)
        return store is not None and store.has(node_id) and (state is None or state.name not in {"Failed", "Stopped"})

    def _why_not_connect(self, edge: Connection) -> str | None:
        return None if self.edit is None else self.edit.why_not_connect(edge)

    def _say(self, sentence: str) -> None:
        self._bridge.noticed.emit("warning", sentence)

    def _run(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="graph edit")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
