"""Puts the Sync dock, the conflict cards and the hand reporter into the window, with their actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QTabWidget

from gui.actions.table import Action
from gui.docks import Dock
from gui.syncing.conflict_card import ConflictCard
from gui.syncing.conflict_deck import ConflictDeck
from gui.syncing.panel import SyncPanel
from gui.syncing.reporting import HandReporter

if TYPE_CHECKING:
    from gui.window import MainWindow

__all__ = ["Syncing", "add_syncing"]


class Syncing:
    """The parts, for whoever works with them."""

    def __init__(self, window: MainWindow) -> None:
        bridge, tokens = window.bridge, window.tokens
        self._window = window
        self.panel = SyncPanel(bridge, tokens)
        self.dock = Dock("links", "Sync", self.panel, tokens, tokens.right_width)
        self.dock.add_close("Close the Sync dock (Ctrl+6)")
        self.deck = ConflictDeck(bridge, window)
        self.card = ConflictCard(window.centre, self.deck, tokens)
        self.reporter = HandReporter(bridge, window)
        self.panel.copy_asked.connect(self._copy)
        # A dock behind another one of the same place counts as visible to Qt; only this signal tells.
        self.dock.visibilityChanged.connect(lambda is_seen: self.panel.set_seen(is_seen=is_seen))
        self.panel.faults_changed.connect(window.status.log.refresh)

    def actions(self) -> tuple[Action, ...]:
        """The dock, the faults, and the answers to conflicts."""
        return (
            Action("docks.links", "Show the Sync dock", self._toggle,
                   "How the open session is synchronised: link, outbox, who is how far", shortcut="Ctrl+6",
                   menu="View", is_checked=lambda _now: self.is_open),
            Action("sync.faults", "Show the faults", self._show_faults,
                   "Make this desk’s link, disk or clock suffer, for rehearsals", menu="View"),
            Action("sync.faults_off", "End all faults", self._end_faults, "No fault is made any more", menu="View",
                   is_enabled=lambda now: now.log is not None and now.log.faults.is_any),
            Action("sync.copy", "Copy the state of the synchronisation", lambda: self._copy(self.panel.text()),
                   "Everything that the Sync dock shows, as text", menu="View", icon="copy"),
            Action("sync.copy_key", "Copy the line for the server’s keys file",
                   lambda: self._copy(self.panel.key_line), "What the server needs to know this desk’s key",
                   menu="View", icon="copy", is_enabled=lambda _now: bool(self.panel.key_line)),
            *self.deck.actions(),
        )  # fmt: skip

    @property
    def is_open(self) -> bool:
        """Whether the dock is seen: it is there and lies behind no other."""
        return self.panel.is_seen

    def show(self) -> None:
        """Brings the dock to the front."""
        self.dock.show()
        self.dock.raise_()
        self.panel.refresh()

    def _toggle(self) -> None:
        if self.is_open:
            self.dock.hide()
        else:
            self.show()

    def _show_faults(self) -> None:
        self.show()
        self.panel.unfold_faults(is_open=True)

    def _end_faults(self) -> None:
        if (log := self._window.bridge.log) is not None:
            log.faults.clear()
        self.panel.refresh()
        self._window.status.log.refresh()

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        what = (
            "The line for the server’s keys file" if text == self.panel.key_line else "The state of the synchronisation"
        )
        self._window.notices.say("info", f"{what} is on the clipboard.")


def add_syncing(window: MainWindow) -> Syncing:
    """The dock shares the inspector's place and is hidden until it is asked for."""
    syncing = Syncing(window)
    area = Qt.DockWidgetArea.RightDockWidgetArea
    window.setTabPosition(area, QTabWidget.TabPosition.North)
    window.addDockWidget(area, syncing.dock)
    window.tabifyDockWidget(window.inspector_dock, syncing.dock)
    syncing.dock.setProperty("starts_hidden", True)
    syncing.dock.hide()
    window.actions_table.add(*syncing.actions())
    return syncing
