"""A log with search, pause, copy and export: what the Sync and Telemetry tabs are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QGuiApplication, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.health.log_filter import LineFilter
from gui.health.log_lines import LINE_ROLE, LogLine, LogLines
from gui.health.tones import TONE_COLOURS
from gui.icons import set_icon
from gui.theme.fonts import mono_font
from gui.theme.tokens import Tokens
from gui.wheel_guard import guard_wheel

__all__ = ["LogView"]

MAX_KINDS: Final = 40

Index = QModelIndex | QPersistentModelIndex


class LineDelegate(QStyledItemDelegate):
    """Time dim, verdict in its tone, the rest plain, all in one font of fixed width."""

    def __init__(self, tokens: Tokens, view: QListView) -> None:
        super().__init__(view)
        self._tokens = tokens
        self._font = mono_font(tokens)
        self._height = QFontMetrics(self._font).height() + 3

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(400, self._height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line = index.data(LINE_ROLE)
        if not isinstance(line, LogLine):
            return
        tokens, room = self._tokens, option.rect
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(room, QColor(tokens.bg3))
        painter.setFont(self._font)
        room = room.adjusted(12, 0, -8, 0)
        for words, colour in (
            (line.clock_time(), tokens.faint),
            (line.subject, tokens.text),
            (line.verdict, getattr(tokens, TONE_COLOURS[line.tone])),
            (line.sentence, tokens.text),
        ):
            room = self._say(painter, room, words, colour)
        painter.restore()

    @staticmethod
    def _say(painter: QPainter, room: QRect, words: str, colour: str) -> QRect:
        if not words or room.width() <= 0:
            return room
        metrics = painter.fontMetrics()
        painter.setPen(QColor(colour))
        words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
        return room.adjusted(metrics.horizontalAdvance(words + " "), 0, 0, 0)


class LogView(QWidget):
    """Shows a LogLines. Signals: ``export_asked`` with the text of the lines that pass the search."""

    export_asked = Signal(str)

    def __init__(self, name: str, title: str, limit: int, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName(name)
        self.lines = LogLines(limit, self)
        self._held: list[LogLine] = []
        self._hint = ""
        self._found = LineFilter(self.lines, self)
        self.kinds = self._make_kinds(title)
        self.search = QLineEdit()
        self.search.setObjectName(f"{name}/search")
        self.search.setAccessibleName(f"Search in {title}")
        self.search.setToolTip("Shows only lines that hold these words")
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(170)
        self.search.textChanged.connect(lambda _words: self._filter())
        self.state = QLabel()
        self.state.setObjectName(f"{name}/state")
        self.state.setProperty("role", "small")
        self.state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.pause = self._button("pause", "Pause: lines are kept back until you go on", tokens, on="play")
        self.pause.setCheckable(True)
        self.pause.toggled.connect(self._paused)
        copy = self._button("copy", "Copy the lines that are shown", tokens)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text()))
        export = self._button("export", "Write the lines that are shown to a file", tokens)
        export.clicked.connect(lambda: self.export_asked.emit(self.text()))
        self.view = self._make_view(title, tokens)
        self._lay_out((self.search, self.kinds, self.state, self.pause, copy, export), tokens)

    def set_hint(self, sentence: str) -> None:
        """What is said while there is no line."""
        self._hint = sentence
        self._count()

    def _filter(self) -> None:
        self._found.choose(self.kinds.currentData(), self.search.text())
        self._count()

    def _make_kinds(self, title: str) -> QComboBox:
        kinds = QComboBox()
        kinds.setObjectName(f"{self.objectName()}/filter")
        kinds.setAccessibleName(f"Kind of line in {title}")
        kinds.setToolTip("Shows only lines of one kind")
        kinds.addItem("Everything", "")
        kinds.setMinimumWidth(130)
        guard_wheel(kinds)
        kinds.activated.connect(lambda _index: self._filter())
        return kinds

    def _offer_kinds(self, lines: Sequence[LogLine]) -> None:
        """Every kind that was ever seen can be chosen, up to a number that a list can show."""
        for line in lines:
            if line.verdict and self.kinds.findData(line.verdict) < 0 and self.kinds.count() < MAX_KINDS:
                self.kinds.addItem(line.verdict, line.verdict)

    def add(self, lines: Sequence[LogLine]) -> None:
        """Appends lines; while paused they wait, the oldest making room."""
        if self.pause.isChecked():
            self._held = [*self._held, *lines][-self.lines.limit :]
            self._count()
            return
        bar = self.view.verticalScrollBar()
        is_at_end = bar.value() >= bar.maximum() - 2
        self._offer_kinds(lines)
        self.lines.add(lines)
        self._count()
        if is_at_end:
            self.view.scrollToBottom()

    def clear(self) -> None:
        """Forgets everything, the lines kept back too."""
        self._held = []
        self.lines.clear()
        self._count()

    def text(self) -> str:
        """The lines that pass the search, one a line."""
        rows = range(self._found.rowCount())
        return "".join(f"{self._found.index(row, 0).data(LINE_ROLE).text()}\n" for row in rows)

    def _button(self, name: str, tip: str, tokens: Tokens, on: str = "") -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"{self.objectName()}/{name}")
        button.setAccessibleName(tip)
        button.setToolTip(tip)
        button.setProperty("role", "quiet")
        set_icon(button, name, tokens, on)
        return button

    def _make_view(self, title: str, tokens: Tokens) -> QListView:
        view = QListView()
        view.setObjectName(f"{self.objectName()}/lines")
        view.setAccessibleName(title)
        view.setToolTip(title)
        view.setProperty("role", "log")
        view.setModel(self._found)
        view.setItemDelegate(LineDelegate(tokens, view))
        view.setUniformItemSizes(True)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return view

    def _lay_out(self, parts: Sequence[QWidget], tokens: Tokens) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(12, 4, 8, 2)
        bar.setSpacing(tokens.gap)
        for part in parts:
            bar.addWidget(part, 1 if part is self.state else 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(bar)
        layout.addWidget(self.view, 1)

    def _paused(self, is_paused: bool) -> None:
        if not is_paused:
            held, self._held = self._held, []
            self.add(held)
        self._count()

    def _count(self) -> None:
        if self.pause.isChecked():
            self.state.setText(f"paused · {len(self._held)} new")
        elif not self.lines.rowCount():
            self.state.setText(self._hint)
        else:
            self.state.setText("" if self._found.rowCount() else "No line is like that.")
