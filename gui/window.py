"""The main window: places what others made, restores its layout, owns no behaviour."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from gui.actions.menus import context_menu, main_menu
from gui.actions.palette import Palette
from gui.actions.shortcuts import BoundActions
from gui.actions.standard import (
    arrange_actions,
    canvas_actions,
    edit_actions,
    layer_actions,
    passing_actions,
)
from gui.actions.table import ActionTable, Scope
from gui.actions.window_actions import window_actions
from gui.bottom_tabs import BottomTabs
from gui.bridge import Bridge
from gui.canvas.view import CanvasView
from gui.controls.tab import add_controls
from gui.docks import Dock, lock_docks
from gui.graph.tab import add_graph
from gui.health.banner import ReconnectBanner
from gui.health.decisions import DecisionLog
from gui.health.log_export import ask_where
from gui.health.notices import Notices
from gui.health.statusbar import StatusLine
from gui.health.telemetry import TelemetryLog
from gui.icons import retint
from gui.inspector.panel import InspectorPanel
from gui.layers.verbs import LayerVerbs
from gui.layers.view import MENU, LayerList
from gui.layout_memory import LayoutMemory
from gui.nodes.view import NodeTable
from gui.sessions.browser import SessionBrowser
from gui.settings.settings import Settings
from gui.settings.state import StateFile
from gui.syncing.placing import add_syncing
from gui.theme.apply import apply
from gui.theme.tokens import Tokens, load_tokens
from gui.topbar import TopBar
from gui.welcome import WelcomePage
from gui.yaml.panel import YamlPanel
from gui.yaml.source import ExportSource

__all__ = ["MainWindow"]


class MainWindow(QMainWindow):
    """Signals: ``closed`` when its close button was used; it stays open until whoever listens hides it.

    ``actions`` is filled here with what the window's parts can do; menus, shortcuts and palette are made from it by
    ``finish``, after others have added theirs.
    """

    closed = Signal()

    def __init__(
        self,
        bridge: Bridge,
        canvas: CanvasView,
        actions: ActionTable,
        tokens: Tokens,
        settings: Settings,
        state: StateFile | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle("Layerdesk")
        self.bridge, self.canvas, self.actions_table = bridge, canvas, actions
        self.tokens, self.settings = tokens, settings
        self.state = state or StateFile()
        self.exporting = ExportSource(bridge)
        self._make_parts()
        self._place_parts()
        self.layout_memory = LayoutMemory(self, self.state, settings.number("window.save_every_s"))
        self._add_actions()
        self.graph = add_graph(self)
        self.controls = add_controls(self)
        self.syncing = add_syncing(self)
        self._wire()
        self._was_shown = False
        self._show_centre()

    def finish(self) -> None:
        """Makes menus, shortcuts and palette from the whole table, then restores the layout. Called once."""
        places = {Scope.WINDOW: self, Scope.CANVAS: self.canvas, Scope.LAYERS: self.layers}
        self.bound = BoundActions(self.actions_table, places, self)
        self.menu = main_menu(self.actions_table, self.bound, self)
        self.topbar.bind(self.bound, self.menu)
        self.layers.set_actions(self.bound)
        self.palette_card = Palette(self.actions_table, self.tokens, self)
        self.set_docks_locked(self.settings.flag("window.lock_docks"))
        self.resize(1600, 960)
        self._size_docks()
        self.layout_memory.watch()
        self.layout_memory.restore()
        for complaint in (*self.settings.complaints, self.state.complaint, *self.actions_table.complaints):
            if complaint:
                self.notices.say("warning", complaint)

    def docks(self) -> list[QDockWidget]:
        """All docks."""
        return [self.sessions_dock, self.layers_dock, self.inspector_dock, self.syncing.dock, self.details]

    def open_palette(self) -> None:
        """Shows the palette."""
        self.palette_card.open()

    def show_theme(self, tokens: Tokens) -> None:
        """Takes another theme over, while the show runs."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply(app, tokens)
        self.tokens.become(tokens)
        self.canvas.show_tokens(self.tokens)
        retint(self, self.tokens)
        for widget in self.findChildren(QWidget):
            widget.update()

    def set_docks_locked(self, is_locked: bool) -> None:
        """Locks or frees the docks."""
        lock_docks(self.docks(), is_locked=is_locked)

    def _make_parts(self) -> None:
        bridge, tokens, limit = self.bridge, self.tokens, int(self.settings.number("log.decisions"))
        self.verbs = LayerVerbs(bridge)
        self.topbar = TopBar(bridge, tokens)
        self.banner = ReconnectBanner(bridge, tokens)
        self.status = StatusLine(bridge, tokens)
        self.session_browser = SessionBrowser(bridge, tokens)
        self.sessions = self.session_browser.list
        self.layers = LayerList(bridge, self.verbs, tokens)
        self.inspector = InspectorPanel(bridge, tokens)
        self.decisions = DecisionLog(bridge, tokens, limit)
        self.telemetry = TelemetryLog(bridge, tokens, limit)
        self.yaml = YamlPanel(bridge, self.exporting, tokens)
        self.nodes = NodeTable(bridge, tokens)
        self.welcome = WelcomePage(tokens)
        self.centre = QStackedWidget()
        self.notices = Notices(self.centre, tokens)

    def _place_parts(self) -> None:
        tokens, area = self.tokens, Qt.DockWidgetArea
        self.centre.addWidget(self.welcome)
        self.centre.addWidget(self.canvas)
        self.setCentralWidget(self.centre)
        head = QWidget()
        column = QVBoxLayout(head)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.topbar)
        column.addWidget(self.banner)
        self.setMenuWidget(head)
        self.setStatusBar(self.status)
        self.sessions_dock = Dock("sessions", "Sessions", self.session_browser, tokens, tokens.left_width)
        self.layers_dock = Dock("layers", "Layers", self.layers, tokens, tokens.left_width)
        self.inspector_dock = Dock("inspector", "Inspector", self.inspector, tokens, tokens.right_width)
        self.details = BottomTabs(tokens)
        self.details.add_tab("sync", "Sync", self.decisions, "Why a value did, or did not, change")
        self.details.add_tab("nodes", "Nodes", self.nodes, "State, rates and losses of every node")
        self.details.add_tab("telemetry", "Telemetry", self.telemetry, "What nodes report")
        self.details.add_tab("yaml", "YAML", self.yaml, "The pipeline as an export would write it")
        self.addDockWidget(area.LeftDockWidgetArea, self.sessions_dock)
        self.addDockWidget(area.LeftDockWidgetArea, self.layers_dock)
        self.addDockWidget(area.RightDockWidgetArea, self.inspector_dock)
        self.addDockWidget(area.BottomDockWidgetArea, self.details)
        for corner in (Qt.Corner.TopLeftCorner, Qt.Corner.BottomLeftCorner):
            self.setCorner(corner, area.LeftDockWidgetArea)
        for corner in (Qt.Corner.TopRightCorner, Qt.Corner.BottomRightCorner):
            self.setCorner(corner, area.RightDockWidgetArea)

    def _size_docks(self) -> None:
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        widths = [self.tokens.left_width, self.tokens.right_width]
        self.resizeDocks([self.layers_dock, self.inspector_dock], widths, across)
        self.resizeDocks([self.sessions_dock, self.layers_dock], [150, 600], down)
        self.resizeDocks([self.details], [min(200, self.height() // 5)], down)

    def _add_actions(self) -> None:
        self.actions_table.add(
            *window_actions(self),
            *edit_actions(self.bridge, self.canvas),
            *layer_actions(self.verbs, self.canvas),
            *arrange_actions(self.canvas),
            *canvas_actions(self.canvas),
        )
        self.actions_table.add_source(lambda: passing_actions(self.bridge))

    def _wire(self) -> None:
        bridge = self.bridge
        self.topbar.palette_asked.connect(self.open_palette)
        self.banner.retry_asked.connect(bridge.desk.retry_now)
        self.canvas.menu_wanted.connect(lambda at: context_menu(self.bound, MENU, self.canvas).popup(at))
        self.canvas.text_edit_wanted.connect(self.inspector.edit_text)
        self.inspector.titled.connect(self.inspector_dock.head.setText)
        self.inspector_dock.head.setText(self.inspector.title)
        self.inspector.refused.connect(lambda sentence: self.notices.say("warning", sentence))
        self.layout_memory.failed.connect(lambda sentence: self.notices.say("warning", sentence))
        self.yaml.export_asked.connect(lambda: self.actions_table.run("file.export"))
        bridge.noticed.connect(self.notices.say)
        for log in (self.decisions, self.telemetry):
            log.export_asked.connect(lambda text, log=log: ask_where(self, log.objectName(), text, self.notices.say))
        self._forget_settings = self.settings.changed.connect(self._setting_changed)
        self.destroyed.connect(lambda _gone: self._forget_settings())
        self.status.ticked.connect(lambda: self.status.show_export(self.exporting.state()))
        bridge.session_shown.connect(lambda _session: self._show_centre())
        bridge.structure_shown.connect(self._show_centre)
        bridge.link_shown.connect(self.welcome.show_link)

    def _setting_changed(self, key: str) -> None:
        if key == "look.theme":
            self.show_theme(load_tokens(self.settings.word(key)))
        elif key == "window.lock_docks":
            self.set_docks_locked(self.settings.flag(key))

    def _show_centre(self) -> None:
        session = self.bridge.session
        self.centre.setCurrentWidget(self.welcome if session is None else self.canvas)
        self.notices.raise_()
        self.syncing.card.raise_()
        name = "" if session is None else session.info.name or session.info.id
        self.setWindowTitle(f"{name} – Layerdesk" if name else "Layerdesk")

    def sizeHint(self) -> QSize:
        return QSize(1600, 960)

    def showEvent(self, event: QShowEvent) -> None:
        """Docks get their exact sizes only when the window has its own."""
        super().showEvent(event)
        if not self._was_shown:
            self._was_shown = True
            self.layout_memory.restore_docks()

    def closeEvent(self, event: QCloseEvent) -> None:
        """The layout is written; whoever listens to ``closed`` ends the program in its own time."""
        # What is being typed counts, and is taken while everything is still there.
        if (focused := self.focusWidget()) is not None:
            focused.clearFocus()
        self.layout_memory.save()
        event.ignore()
        self.closed.emit()
