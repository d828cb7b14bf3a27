"""The strip under the top bar that says who stands by, or that this server only stands by; its buttons are actions."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from gui.actions.table import ActionTable
from gui.icons import set_sign
from gui.theme.tokens import Tokens

CONTINUE: Final = "standby.continue"
WAIT: Final = "standby.wait"
TAKE_OVER: Final = "standby.take_over"

__all__ = ["CONTINUE", "TAKE_OVER", "WAIT", "StandbyStrip"]


class StandbyStrip(QFrame):
    """Hidden until it has something to say."""

    def __init__(self, actions: ActionTable, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("standby/strip")
        self.setProperty("role", "strip")
        self._actions = actions
        sign = QLabel()
        set_sign(sign, "warning", "late", 18, tokens)
        self.words = QLabel()
        self.words.setObjectName("standby/words")
        self.words.setAccessibleName("Standbys of this session")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 6, 12, 6)
        line.setSpacing(tokens.gap)
        line.addWidget(sign)
        line.addWidget(self.words, 1)
        self.buttons = {each: self._button(each) for each in (WAIT, CONTINUE, TAKE_OVER)}
        for button in self.buttons.values():
            line.addWidget(button)
        self.buttons[CONTINUE].setProperty("role", "first")
        self.hide()

    def say(self, words: str, *offered: str) -> None:
        """Shows ``words`` with the buttons of the actions that are ``offered``; no words hide it."""
        self.words.setText(words)
        for action_id, button in self.buttons.items():
            action, bridge = self._actions[action_id], self._actions.bridge
            button.setVisible(action_id in offered)
            button.setText(action.title_now(bridge).removesuffix(" for the server"))
            button.setEnabled(action.may_run(bridge))
            button.setToolTip(action.obstacle(bridge) or action.tip)
            button.setAccessibleName(action.title_now(bridge))
        self.setVisible(bool(words))

    def _button(self, action_id: str) -> QPushButton:
        button = QPushButton(self)
        button.setObjectName(action_id.replace(".", "/"))
        button.clicked.connect(lambda: self._actions.run(action_id))
        return button


def put_under(banner: QWidget, strip: QWidget) -> None:
    """Places ``strip`` in the column that ``banner`` is in."""
    column = banner.parentWidget()
    if column is not None and (layout := column.layout()) is not None:
        layout.addWidget(strip)
