"""What the window can do: files, themes, docks, moving the focus, help."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from gui.actions.cheat_sheet import CheatSheet
from gui.actions.table import Action, is_open
from gui.bridge import Bridge
from gui.settings.dialog import SettingsDialog
from gui.settings.shortcuts import ShortcutsDialog
from gui.theme.tokens import THEME_NAMES
from gui.yaml.export_dialog import ExportDialog
from sync.desk import LinkState

if TYPE_CHECKING:
    from gui.window import MainWindow

__all__ = ["open_export", "window_actions"]

_TABS: Final = (("sync", "the Sync log"), ("nodes", "the nodes"), ("telemetry", "telemetry"), ("yaml", "the YAML"))


def window_actions(window: MainWindow) -> tuple[Action, ...]:
    """All of them."""
    return (*_file(window), *_view(window), *_focus(window), *_session(window), *_help(window))


def _file(window: MainWindow) -> tuple[Action, ...]:
    return (
        Action("file.export", "Export YAML…", lambda: open_export(window).refresh(),
               "Look at the changes and write the pipeline to a file", shortcut="Ctrl+E", menu="File",
               is_enabled=is_open, icon="export"),
        Action("file.copy_yaml", "Copy the pipeline as YAML", lambda: _copy_yaml(window),
               "Put the whole pipeline on the clipboard", menu="File", is_enabled=is_open, icon="copy"),
        Action("window.settings", "Settings…", lambda: open_settings(window), "Theme, docks, link, logs",
               shortcut="Ctrl+,", menu="File", icon="gear"),
        Action("window.shortcuts", "Shortcuts…", lambda: open_shortcuts(window), "Give any action your own keys",
               menu="File", icon="keyboard"),
        Action("window.close", "Quit", lambda: _close(window), "Close the desk; a show on a server goes on",
               shortcut="Ctrl+Q", menu="File"),
    )  # fmt: skip


def _view(window: MainWindow) -> tuple[Action, ...]:
    def theme(name: str) -> Callable[[], None]:
        return lambda: _set(window, "look.theme", name)

    def is_theme(name: str) -> Callable[[Bridge], bool]:
        return lambda _now: window.tokens.name == name

    themes = tuple(
        Action(f"theme.{name}", f"Use the {title} theme", theme(name), "Colours of the whole window", menu="View",
               is_checked=is_theme(name))
        for name, title in zip(THEME_NAMES, ("dark", "light", "high contrast"), strict=True)
    )  # fmt: skip
    return (
        *themes,
        Action("docks.lock", "Lock the docks", lambda: _toggle(window, "window.lock_docks"),
               "Docks can be neither moved nor closed by accident", menu="View",
               is_checked=lambda _now: window.settings.flag("window.lock_docks")),
        Action("docks.reset", "Reset the docks", window.layout_memory.reset,
               "Put every dock back where it was at first", menu="View"),
        *(Action(f"docks.{key}", f"Show {title}", _revealing(window, key), f"Bring {title} to the front", menu="View")
          for key, title in _TABS),
    )  # fmt: skip


def _focus(window: MainWindow) -> tuple[Action, ...]:
    places = (
        ("canvas", "the canvas", "Ctrl+1", window.canvas),
        ("layers", "the layers", "Ctrl+2", window.layers),
        ("inspector", "the inspector", "Ctrl+3", window.inspector),
        ("sessions", "the sessions", "Ctrl+4", window.sessions),
        ("details", "the tabs below", "Ctrl+5", window.details.bar),
    )
    return tuple(
        Action(f"focus.{name}", f"Go to {title}", _focusing(place), f"Give {title} the keyboard", shortcut=keys,
               menu="View")
        for name, title, keys, place in places
    )  # fmt: skip


def _session(window: MainWindow) -> tuple[Action, ...]:
    return (
        Action("link.retry", "Try to connect now", window.bridge.desk.retry_now,
               "Do not wait for the next try", shortcut="Ctrl+R", menu="Session",
               is_enabled=lambda now: now.desk.link.state in {LinkState.WAITING, LinkState.REFUSED}, icon="retry"),
    )  # fmt: skip


def _help(window: MainWindow) -> tuple[Action, ...]:
    return (
        Action("help.palette", "Find an action by name", window.open_palette, "Every action, by a few letters",
               shortcut="Ctrl+K Ctrl+Shift+P", menu="Help", icon="search"),
        Action("help.keys", "Show keys and gestures", lambda: _show_keys(window),
               "Every shortcut on one sheet", shortcut="F1 ?", menu="Help", icon="keyboard"),
    )  # fmt: skip


def open_export(window: MainWindow) -> ExportDialog:
    """Opens the export dialog, or brings the open one to the front."""
    found = window.findChild(ExportDialog)
    if isinstance(found, ExportDialog):
        found.open_dialog()
        return found
    dialog = ExportDialog(window.exporting, window.tokens, window, window.exporting.folder())
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.exported.connect(lambda path: window.notices.say("info", f"Written to {path}."))
    dialog.open_dialog()
    return dialog


def open_settings(window: MainWindow) -> None:
    """Opens the settings."""
    dialog = SettingsDialog(window.settings, window.tokens, window)
    dialog.failed.connect(lambda sentence: window.notices.say("warning", sentence))
    dialog.show()


def open_shortcuts(window: MainWindow) -> None:
    """Opens the shortcuts."""
    dialog = ShortcutsDialog(window.actions_table, window.settings, window.tokens, window)
    dialog.failed.connect(lambda sentence: window.notices.say("warning", sentence))
    dialog.show()


def _copy_yaml(window: MainWindow) -> None:
    QGuiApplication.clipboard().setText(window.exporting.export().text)
    window.notices.say("info", "The pipeline is on the clipboard.")


def _close(window: MainWindow) -> None:
    window.close()


def _toggle(window: MainWindow, key: str) -> None:
    _set(window, key, not window.settings.flag(key))


def _set(window: MainWindow, key: str, value: str | bool) -> None:
    """Changes a setting; the window follows its settings wherever they are changed."""
    try:
        window.settings.set(key, value)
    except OSError as error:
        window.notices.say("warning", f"The setting counts now but could not be saved: {error.strerror or error}.")


def _revealing(window: MainWindow, key: str) -> Callable[[], None]:
    return lambda: window.details.show_tab(key)


def _focusing(place: QWidget) -> Callable[[], None]:
    def focus() -> None:
        first = place
        if place.focusPolicy() is Qt.FocusPolicy.NoFocus:
            first = next((child for child in place.findChildren(QWidget) if _takes_focus(child)), place)
        first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    return focus


def _takes_focus(widget: QWidget) -> bool:
    return widget.isVisible() and widget.isEnabled() and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


def _show_keys(window: MainWindow) -> None:
    CheatSheet(window.actions_table, window.tokens, window).show()
