"""The card of a refused edit, in a corner of the picture: mine, theirs, who was first. It waits and takes no focus."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.icons import set_sign
from gui.syncing.conflict_deck import ConflictDeck
from gui.syncing.conflict_words import MAX_ROWS, ConflictText
from gui.theme.tokens import Tokens

__all__ = ["ConflictCard"]

WIDTH: Final = 324
MARGIN: Final = 12
BELOW_WORDS: Final = 36  # the canvas has its own words in the corner


class ConflictCard(QFrame):
    """Lies over ``over``, at its right; shows the conflict on top of ``deck`` and is hidden while there is none."""

    def __init__(self, over: QWidget, deck: ConflictDeck, tokens: Tokens) -> None:
        super().__init__(over)
        self.setObjectName("conflict")
        self.setProperty("role", "conflict")
        self._over, self._deck, self._tokens = over, deck, tokens
        self._make_parts()
        self._lay_out()
        over.installEventFilter(self)
        deck.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Shows what is on top of the deck."""
        text = self._deck.text()
        if text is None:
            self.hide()
            return
        number, count = self._deck.place
        self.title.setText(text.title)
        self.count.setText(f"{number} of {count}" if count > 1 else "")
        self.count.setVisible(count > 1)
        self.next.setVisible(count > 1)
        self.who.setText(f"{text.who} {self._deck.when()}")
        self._show_rows(text)
        self.setAccessibleName(f"Conflict: {text.title}. {text.who}")
        self.show()
        self._place()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._over and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _show_rows(self, text: ConflictText) -> None:
        has_names = len(text.rows) > 1
        has_one_subject = len({row.place.subject for row in text.rows}) == 1
        self._heads[0].setVisible(has_names)
        for number, labels in enumerate(self.rows):
            is_there = number < len(text.rows)
            for label in labels:
                label.setVisible(is_there)
            labels[0].setVisible(is_there and has_names)
            if is_there:
                place, mine, theirs = text.rows[number]
                name = place.title if has_one_subject and place.title else place.words
                for label, words in zip(labels, (name, mine, theirs), strict=True):
                    label.setText(words)
                    label.setToolTip(words)
        self.more.setText(f"and {text.more} more of the same edit")
        self.more.setVisible(text.more > 0)

    def _place(self) -> None:
        width = max(240, min(WIDTH, self._over.width() // 2 - MARGIN))
        self.setFixedWidth(width)
        layout = self.layout()
        height = layout.totalHeightForWidth(width) if layout is not None else self.sizeHint().height()
        self.resize(width, height)
        self.move(self._over.width() - width - MARGIN, BELOW_WORDS)

    def _make_parts(self) -> None:
        self._sign = QLabel()
        set_sign(self._sign, "warning", "late", 18, self._tokens)
        self.title = _label("conflict/title", "strong")
        self.count = _label("conflict/count", "dim", wraps=False)
        self.who = _label("conflict/who", "dim")
        self._heads = [_label("", "head", wraps=False) for _column in range(3)]
        for head, words in zip(self._heads, ("FIELD", "MINE", "THEIRS"), strict=True):
            head.setText(words)
        names = ("field", "mine", "theirs")
        self.rows = [[_label(f"conflict/{name}/{row}", "") for name in names] for row in range(MAX_ROWS)]
        self.more = _label("conflict/more", "dim")
        self.mine = _button("conflict/take_mine", "Take mine", "Send your value again over theirs (Ctrl+Shift+M)")
        self.theirs = _button("conflict/take_theirs", "Take theirs", "Leave what stands there (Ctrl+Shift+T)")
        self.next = _button("conflict/next", "Next", "Look at the next refused edit (Ctrl+Shift+N)")
        self.mine.clicked.connect(self._deck.take_mine)
        self.theirs.clicked.connect(self._deck.take_theirs)
        self.next.clicked.connect(self._deck.turn)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.setSpacing(self._tokens.gap)
        head.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.title, 1)
        head.addWidget(self.count, 0, Qt.AlignmentFlag.AlignTop)
        grid = QGridLayout()
        grid.setHorizontalSpacing(self._tokens.gap)
        grid.setVerticalSpacing(3)
        for number, labels in enumerate((self._heads, *self.rows)):
            for at, label in enumerate(labels):
                grid.addWidget(label, number, at, Qt.AlignmentFlag.AlignTop)
        for at in (1, 2):
            grid.setColumnStretch(at, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(self._tokens.gap)
        for button, stretch in ((self.mine, 1), (self.theirs, 1), (self.next, 0)):
            buttons.addWidget(button, stretch)
        column.addLayout(head)
        column.addWidget(self.who)
        column.addLayout(grid)
        column.addWidget(self.more)
        column.addSpacing(2)
        column.addLayout(buttons)


def _label(name: str, role: str, *, wraps: bool = True) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wraps)
    return label


def _button(name: str, title: str, tip: str) -> QPushButton:
    button = QPushButton(title)
    button.setObjectName(name)
    button.setAccessibleName(title)
    button.setToolTip(tip)
    # A click must not take the keyboard from where the hand works; Tab still comes here.
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
