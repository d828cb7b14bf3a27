"""The table's actions as ``QAction``s: shortcuts, tool tips, what is enabled and ticked now."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from gui.actions.table import Action, ActionTable, Scope

__all__ = ["BoundActions", "tip_of"]


def tip_of(action: Action) -> str:
    """The tool tip: what it does and its shortcut."""
    keys = " or ".join(key.toString() for key in action.key_sequences())
    return f"{action.tip} ({keys})" if keys else action.tip


class BoundActions(QObject):
    """One ``QAction`` an action, on the widget in which its shortcut counts; ``refresh`` brings them up to date."""

    def __init__(self, table: ActionTable, places: Mapping[Scope, QWidget], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._bound: dict[str, QAction] = {}
        for action in table:
            self._bind(action, places.get(action.scope))
        bridge = table.bridge
        for changed in (bridge.session_shown, bridge.selection_shown, bridge.link_shown):
            changed.connect(lambda _what: self.refresh())
        for changed in (bridge.history_shown, bridge.structure_shown, bridge.sessions_shown, bridge.conflicts_shown):
            changed.connect(self.refresh)
        ties = [table.ran.connect(lambda _id: self.refresh()), table.rebound.connect(self._rebind)]
        self.destroyed.connect(lambda _gone: [untie() for untie in ties])
        self.refresh()

    def __getitem__(self, action_id: str) -> QAction:
        return self._bound[action_id]

    def refresh(self) -> None:
        """Asks every action whether it is enabled and ticked, and what it is called now."""
        bridge = self._table.bridge
        for action in self._table:
            bound = self._bound[action.id]
            bound.setEnabled(action.may_run(bridge))
            if action.why_not is not None:
                bound.setToolTip(action.obstacle(bridge) or tip_of(action))
            if action.is_checked is not None:
                bound.setChecked(action.is_checked(bridge))
            if action.spoken is not None:
                bound.setText(action.spoken(bridge))

    def _rebind(self, action_id: str) -> None:
        action, bound = self._table[action_id], self._bound[action_id]
        bound.setShortcuts(list(action.key_sequences()))
        bound.setToolTip(tip_of(action))

    def _bind(self, action: Action, place: QWidget | None) -> None:
        bound = QAction(action.title, self)
        bound.setObjectName(f"action/{action.id}")
        bound.setToolTip(tip_of(action))
        bound.setCheckable(action.is_checked is not None)
        if place is not None:
            bound.setShortcuts(list(action.key_sequences()))
            in_window, in_part = Qt.ShortcutContext.WindowShortcut, Qt.ShortcutContext.WidgetWithChildrenShortcut
            bound.setShortcutContext(in_window if action.scope is Scope.WINDOW else in_part)
            place.addAction(bound)
        bound.triggered.connect(lambda _is_checked=False: self._table.run(action.id))
        # A switch that could not be thrown must not look thrown, so the state is asked for in any case.
        bound.triggered.connect(self.refresh)
        self._bound[action.id] = bound
