"""Puts the graph into the window: its tab, its actions, and what the palette offers of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gui.actions.table import Action, is_open
from gui.bridge import Bridge
from gui.graph.panel import NO_UNDO, GraphPanel
from sync.wire.pipeline import Connection

if TYPE_CHECKING:
    from gui.window import MainWindow

__all__ = ["add_graph"]


def add_graph(window: MainWindow) -> GraphPanel:
    """Adds the Graph tab and its actions; called once, before menus and shortcuts are made."""
    panel = GraphPanel(window.bridge, window.tokens)
    window.details.add_tab("graph", "Graph", panel, "Nodes and connections: states, rates, adding and removing")
    window.actions_table.add(*_actions(window, panel))
    window.actions_table.add_source(lambda: _passing(window.bridge, panel))
    return panel


def _actions(window: MainWindow, panel: GraphPanel) -> tuple[Action, ...]:
    def show_first(run: Callable[[], None]) -> Callable[[], None]:
        def shown() -> None:
            window.details.show_tab("graph")
            run()

        return shown

    return (
        Action("docks.graph", "Show the graph", show_first(panel.view.setFocus), "Bring the graph to the front",
               menu="View"),
        Action("graph.add", "Add a node…", show_first(panel.open_add_menu), f"Choose a kind of node. {NO_UNDO}",
               menu="Session", is_enabled=is_open, why_not=_why_not),
        Action("graph.remove", "Remove the selected nodes and connections", panel.remove_chosen,
               f"A running node takes a second press. {NO_UNDO}", menu="Session", is_enabled=is_open, why_not=_why_not),
        Action("graph.fit", "Show the whole graph", show_first(panel.view.fit), "Fit the graph into its tab",
               menu="Session", is_enabled=is_open),
    )  # fmt: skip


def _why_not(bridge: Bridge) -> str | None:
    return bridge.desk.why_not("edit_graph")


def _may_edit(bridge: Bridge) -> bool:
    return bridge.session is not None and bridge.desk.may("edit_graph")


def _passing(bridge: Bridge, panel: GraphPanel) -> tuple[Action, ...]:
    if not _may_edit(bridge):
        return ()
    kinds = bridge.desk.definitions
    return (
        *(
            Action(f"graph.add.{kind}", f"Add node {kind}", _adding(panel, kind), row.description or NO_UNDO)
            for kind, row in kinds.items()
        ),
        *(
            Action(
                f"graph.connect.{'.'.join(edge.ends)}",
                f"Connect {edge.from_node}.{edge.from_pin} to {edge.to_node}.{edge.to_pin}",
                _connecting(panel, edge),
                "Add this connection",
            )
            for edge in panel.possible_edges()
        ),
    )


def _adding(panel: GraphPanel, kind: str) -> Callable[[], None]:
    return lambda: panel.add(kind)


def _connecting(panel: GraphPanel, edge: Connection) -> Callable[[], None]:
    return lambda: panel.connect_pins(edge)
