"""The top line: menu, on air, session, who else is here, palette, undo, redo, export."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QToolButton

from gui.actions.shortcuts import BoundActions
from gui.bridge import Bridge
from gui.icons import set_icon
from gui.syncing.badge import OperatorsBar
from gui.theme.fonts import mono_font
from gui.theme.tokens import Tokens
from sync.desk import LinkState

__all__ = ["TopBar"]

UNDO_WIDTH: Final = 220
PALETTE_WIDTH: Final = 280
NO_SESSION: Final = "NO SESSION"


class TopBar(QFrame):
    """Signals: ``palette_asked``."""

    palette_asked = Signal()

    def __init__(self, bridge: Bridge, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("topbar")
        self.setFixedHeight(tokens.topbar_height)
        self._bridge = bridge
        self._tokens = tokens
        self.menu = self._tool("topbar/menu", "menu", "The desk's menu")
        self.menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.air = QLabel()
        self.air.setObjectName("topbar/air")
        self.session = self._session_button()
        self.operators = OperatorsBar(bridge, tokens)
        self.palette_field = self._palette_field()
        self.undo = self._tool("topbar/undo", "undo", "Undo", role="")
        self.undo.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.redo = self._tool("topbar/redo", "redo", "Redo", role="")
        self.export = QPushButton("Export YAML…")
        self.export.setObjectName("topbar/export")
        self.export.setAccessibleName("Export YAML")
        self._lay_out(tokens)
        bridge.session_shown.connect(lambda _session: self.refresh())
        bridge.structure_shown.connect(self.refresh)
        bridge.link_shown.connect(lambda _link: self.refresh())
        bridge.scene_shown.connect(lambda _scene: self._show_session())
        self.refresh()

    def bind(self, bound: BoundActions, menu: QMenu) -> None:
        """Ties the buttons to the table's actions."""
        self.menu.setMenu(menu)
        for button, action in ((self.undo, bound["edit.undo"]), (self.redo, bound["edit.redo"])):
            button.clicked.connect(action.trigger)
            action.changed.connect(lambda button=button, action=action: self._follow(button, action))
            self._follow(button, action)
        export = bound["file.export"]
        self.export.clicked.connect(export.trigger)
        self.export.setToolTip(export.toolTip())
        export.changed.connect(lambda: self.export.setEnabled(export.isEnabled()))
        self.export.setEnabled(export.isEnabled())

    def refresh(self) -> None:
        """Brings air and session up to date."""
        word, role = self._air_word()
        self.air.setText(word)
        self.air.setAccessibleName(word)
        self.air.setToolTip(self._bridge.desk.missing if word == NO_SESSION else _AIR_TIPS[role])
        if self.air.property("role") != role:
            self.air.setProperty("role", role)
            self.air.style().polish(self.air)
        self._show_session()

    def _air_word(self) -> tuple[str, str]:
        """The word, and the role that its colour has."""
        log, desk = self._bridge.log, self._bridge.desk
        if self._bridge.compositor_id is None:
            return "OFF AIR", "offair"
        if desk.link.state is not LinkState.LIVE:
            return "NO LINK", "late"
        if desk.missing:
            return NO_SESSION, "late"
        return ("ON AIR", "onair") if log is None or log.is_live else ("NO LINK", "late")

    def _show_session(self) -> None:
        session, scene = self._bridge.session, self._bridge.scene
        name = "No session" if session is None else session.info.name or session.info.id
        where = "" if session is None else f" on {_host(self._bridge.desk.link.url)}"
        canvas = "" if scene is None else f" · {scene.node_id} {scene.canvas[0]}×{scene.canvas[1]}@{scene.fps}"
        self.session.show_words(f"{name}{where}{canvas}")

    def _choose(self) -> None:
        session = self._bridge.session
        menu = QMenu(self)
        menu.setObjectName("topbar/compositors")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for node_id in () if session is None else session.store.compositors():
            action = menu.addAction(f"Show {node_id}")
            action.setCheckable(True)
            action.setChecked(node_id == self._bridge.compositor_id)
            action.triggered.connect(lambda _is_on=False, node_id=node_id: self._bridge.choose_compositor(node_id))
        if not menu.isEmpty():
            menu.popup(self.session.mapToGlobal(self.session.rect().bottomLeft()))

    def _follow(self, button: QToolButton, action: QAction) -> None:
        button.setEnabled(action.isEnabled())
        button.setToolTip(f"{action.text()} ({action.shortcut().toString()})")
        button.setAccessibleName(action.text())
        if button is self.undo:
            metrics = QFontMetrics(button.font())
            words = action.text().removeprefix("Undo ")
            spoken = words[:1].upper() + words[1:]
            button.setText(metrics.elidedText(spoken, Qt.TextElideMode.ElideRight, UNDO_WIDTH))

    def _lay_out(self, tokens: Tokens) -> None:
        brand = QLabel("Layerdesk")
        brand.setProperty("role", "brand")
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 0, 12, 0)
        line.setSpacing(tokens.gap)
        line.addWidget(self.menu)
        line.addWidget(brand)
        line.addWidget(self.air, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(self.session, 4)
        line.addWidget(self.operators, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addStretch(2)
        line.addWidget(self.palette_field, 3)
        line.addSpacing(2)
        for part in (self.undo, self.redo, self.export):
            line.addWidget(part)

    def _tool(self, name: str, sign: str, title: str, role: str = "quiet") -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setAccessibleName(title)
        button.setToolTip(title)
        button.setProperty("role", role)
        button.setIconSize(QSize(16, 16))
        set_icon(button, sign, self._tokens)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _session_button(self) -> Elided:
        button = Elided()
        button.setObjectName("topbar/session")
        button.setAccessibleName("Session and compositor")
        button.setToolTip("The session and the compositor that are shown; click to show another compositor")
        button.setProperty("role", "chip")
        button.clicked.connect(self._choose)
        return button

    def _palette_field(self) -> QPushButton:
        field = QPushButton("Do anything…")
        field.setObjectName("topbar/palette")
        field.setAccessibleName("Do anything: opens the list of all actions")
        field.setToolTip("Every action by name (Ctrl+K)")
        field.setProperty("role", "field")
        field.setMinimumWidth(170)
        field.setMaximumWidth(PALETTE_WIDTH)
        field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        field.clicked.connect(self.palette_asked.emit)
        key = QLabel("Ctrl K")
        key.setProperty("role", "key")
        key.setFont(mono_font(self._tokens, self._tokens.small_px))
        key.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        line = QHBoxLayout(field)
        line.setContentsMargins(8, 0, 6, 0)
        line.addStretch()
        line.addWidget(key, 0, Qt.AlignmentFlag.AlignVCenter)
        return field


class Elided(QPushButton):
    """A button that cuts its words short when there is no room, instead of asking for more."""

    def __init__(self) -> None:
        super().__init__()
        self._words = ""
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def show_words(self, words: str) -> None:
        """Shows ``words``, whole if they fit."""
        if words != self._words:
            self._words = words
            self.updateGeometry()
            self._fit()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._words) + 28, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(90, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.width() - 24
        self.setText(self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, room))


_AIR_TIPS: Final = {
    "onair": "What you change is on air at once",
    "late": "The link is down: changes wait here and are sent when it is back",
    "offair": "Nothing is open",
}


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0] or url
