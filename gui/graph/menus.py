"""The menus of the graph: kinds of nodes to add, and what can be done with the thing under the pointer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGraphicsItem, QMenu, QWidget

from gui.graph.edge_item import EdgeItem
from gui.graph.node_item import NodeItem
from sync.wire.pipeline import NodeDefinition

if TYPE_CHECKING:
    from gui.graph.panel import GraphPanel

__all__ = ["add_menu", "item_menu"]


def add_menu(parent: QWidget, kinds: Mapping[str, NodeDefinition], add: Callable[[str], None]) -> QMenu:
    """One submenu for each first part of the kinds' names."""
    menu = _menu(parent, "graph/menu/add")
    for family, members in groupby(sorted(kinds), key=lambda kind: kind.rpartition("::")[0]):
        submenu = menu.addMenu(family or "other")
        submenu.setToolTipsVisible(True)
        for kind in members:
            _entry(submenu, kind.rpartition("::")[2], kinds[kind].description or kind, _adding(add, kind))
    if not kinds:
        _entry(menu, "This server offers no kinds of nodes", "Its role may not list them", None)
    return menu


def item_menu(panel: GraphPanel, item: QGraphicsItem | None) -> QMenu:
    """For a node, a connection, or the ground."""
    menu = _menu(panel, "graph/menu/item")
    reason = panel.add_button.toolTip() if not panel.add_button.isEnabled() else ""
    may_edit = not reason
    if isinstance(item, NodeItem):
        _entry(menu, f"Remove {item.face.node_id}", reason or panel.remove_button.toolTip(),
               panel.remove_chosen if may_edit else None)  # fmt: skip
    elif isinstance(item, EdgeItem):
        edge = item.face.edge
        other = "reliable" if edge.mode == "best_effort" else "best effort"
        _entry(menu, "Disconnect", reason or "Remove this connection", panel.remove_chosen if may_edit else None)
        _entry(menu, f"Make it {other}", reason or "Best effort drops packets instead of waiting for a slow target",
               (lambda: panel.toggle_mode(edge)) if may_edit else None)  # fmt: skip
    else:
        _entry(menu, "Add a node…", reason or "Choose a kind", panel.open_add_menu if may_edit else None)
        _entry(menu, "Show the whole graph", "Fit it into the tab", panel.view.fit)
    return menu


def _menu(parent: QWidget, name: str) -> QMenu:
    menu = QMenu(parent)
    menu.setObjectName(name)
    menu.setToolTipsVisible(True)
    menu.aboutToHide.connect(menu.deleteLater)
    return menu


def _entry(menu: QMenu, title: str, tip: str, run: Callable[[], None] | None) -> QAction:
    entry = menu.addAction(title)
    entry.setToolTip(tip)
    entry.setEnabled(run is not None)
    if run is not None:
        entry.triggered.connect(lambda _is_checked=False: run())
    return entry


def _adding(add: Callable[[str], None], kind: str) -> Callable[[], None]:
    return lambda: add(kind)
