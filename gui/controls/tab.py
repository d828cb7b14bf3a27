"""Puts the controls into the window: a tab that is there only while the pipeline has any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gui.actions.table import Action
from gui.controls.panel import ControlsPanel

if TYPE_CHECKING:
    from gui.window import MainWindow

__all__ = ["add_controls"]


def add_controls(window: MainWindow) -> ControlsPanel:
    """Adds the Controls tab; called once, before menus and shortcuts are made."""
    panel = ControlsPanel(window.bridge, window.tokens)
    window.details.add_tab("controls", "Controls", panel, "What the pipeline's author made for operators")
    window.details.set_tab_visible("controls", bool(panel.controls))
    panel.shown.connect(lambda is_shown: window.details.set_tab_visible("controls", is_shown))
    window.actions_table.add(
        Action("docks.controls", "Show the pipeline's controls", lambda: window.details.show_tab("controls"),
               "Bring the controls to the front", menu="View", is_enabled=lambda _now: bool(panel.controls))
    )  # fmt: skip
    return panel
