"""Menus made from the table."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QMenu, QWidget

from gui.actions.shortcuts import BoundActions
from gui.actions.table import MENUS, ActionTable

__all__ = ["context_menu", "main_menu"]


def main_menu(table: ActionTable, bound: BoundActions, parent: QWidget) -> QMenu:
    """The desk's menu: one submenu a name in MENUS, in the table's order; groups of ids are set apart."""
    menu = QMenu(parent)
    menu.setObjectName("menu/main")
    menu.setToolTipsVisible(True)
    for name in MENUS:
        actions = [action for action in table if action.menu == name]
        if not actions:
            continue
        submenu = menu.addMenu(name)
        submenu.setObjectName(f"menu/{name.lower()}")
        submenu.setToolTipsVisible(True)
        group = actions[0].id.rpartition(".")[0]
        for action in actions:
            if action.id.rpartition(".")[0] != group:
                submenu.addSeparator()
                group = action.id.rpartition(".")[0]
            submenu.addAction(bound[action.id])
    menu.aboutToShow.connect(bound.refresh)
    return menu


def context_menu(bound: BoundActions, action_ids: Iterable[str], parent: QWidget) -> QMenu:
    """A menu of the named actions; an empty name is a line between two groups."""
    bound.refresh()
    menu = QMenu(parent)
    menu.setObjectName("menu/context")
    menu.setToolTipsVisible(True)
    for action_id in action_ids:
        if action_id:
            menu.addAction(bound[action_id])
        else:
            menu.addSeparator()
    return menu
