"""The sessions that the server runs; a click opens one."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.bridge import Bridge
from gui.sessions.condition import Condition, condition_of
from gui.theme.fonts import body_font, small_font
from gui.theme.tokens import Tokens
from sync.wire.pipeline import SessionInfo

__all__ = ["SessionList", "SessionModel"]

INFO_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 1
CONDITION_ROLE: Final = INFO_ROLE + 1
OPEN_ROLE: Final = INFO_ROLE + 2
HEIGHT: Final = 32
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_UNKNOWN: Final = Condition("", "")


class SessionModel(QAbstractListModel):
    """The server's sessions in its order, with the condition of the open one."""

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._rows: tuple[SessionInfo, ...] = ()
        self._shown: tuple[str | None, Condition] = (None, _UNKNOWN)
        self._words = ""
        bridge.sessions_shown.connect(self.refresh)
        bridge.session_shown.connect(lambda _session: self.refresh())
        bridge.states_shown.connect(self.refresh)
        bridge.link_shown.connect(lambda _link: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Takes the desk's list over; only what differs is told to the views."""
        desk = self._bridge.desk
        session = desk.session
        rows = desk.sessions
        if session is not None and all(info.id != session.info.id for info in rows):
            rows = (*rows, session.info)
        rows = tuple(info for info in rows if self._words in f"{info.name or ''}\n{info.id}".casefold())
        shown = (None, _UNKNOWN) if session is None else (session.info.id, condition_of(desk))
        if rows != self._rows:
            self.beginResetModel()
            self._rows, self._shown = rows, shown
            self.endResetModel()
        elif shown != self._shown:
            self._shown = shown
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))

    def search(self, words: str) -> None:
        """Shows only sessions whose name or id holds ``words``; case does not count."""
        self._words = words.strip().casefold()
        self.refresh()

    def info(self, row: int) -> SessionInfo | None:
        """The session in a row."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        info = self.info(index.row())
        if info is None:
            return None
        is_open = info.id == self._shown[0]
        condition = self._shown[1] if is_open else _UNKNOWN
        if role == INFO_ROLE:
            return info
        if role == CONDITION_ROLE:
            return condition
        if role == OPEN_ROLE:
            return is_open
        name = info.name or info.id
        if role == Qt.ItemDataRole.DisplayRole:
            return name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{name}, open, {_spoken(condition)}" if is_open else name
        if role == Qt.ItemDataRole.ToolTipRole:
            said = f"\n{_spoken(condition)}" if condition.reason else ""
            return f"{name}{said}\nid {info.id}" + (f"\nsince {info.created_at}" if info.created_at else "")
        return None


def _spoken(condition: Condition) -> str:
    return f"{condition.word}: {condition.reason}" if condition.reason else condition.word


class SessionDelegate(QStyledItemDelegate):
    """A light, the name, and how the session is."""

    def __init__(self, tokens: Tokens, parent: QObject) -> None:
        super().__init__(parent)
        self._tokens = tokens

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(120, HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens, room = self._tokens, option.rect
        condition = index.data(CONDITION_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if index.data(OPEN_ROLE) or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(tokens.bg3 if index.data(OPEN_ROLE) else tokens.bg2))
            painter.drawRoundedRect(QRectF(room).adjusted(0, 1, 0, -1), tokens.radius, tokens.radius)
        tone = {"good": tokens.preview, "late": tokens.late, "bad": tokens.error}.get(condition.tone, tokens.faint)
        painter.setBrush(QColor(tone))
        painter.drawEllipse(QRectF(room.left() + 9, room.center().y() - 3, 8, 8))
        inner = room.adjusted(26, 0, -8, 0)
        painter.setFont(small_font(tokens))
        painter.setPen(QColor(tokens.dim))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, condition.word)
        inner = inner.adjusted(0, 0, -painter.fontMetrics().horizontalAdvance(condition.word) - 8, 0)
        painter.setFont(body_font(tokens))
        painter.setPen(QColor(tokens.text))
        name = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        painter.restore()


class SessionList(QListView):
    """One click, or Enter, opens a session."""

    def __init__(self, bridge: Bridge, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("sessions/list")
        self.setAccessibleName("Sessions on this server")
        self.setToolTip("Click a session to open it")
        self._bridge = bridge
        self.session_model = SessionModel(bridge, self)
        self.setModel(self.session_model)
        self.setItemDelegate(SessionDelegate(tokens, self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.clicked.connect(self.open_index)
        self.activated.connect(self.open_index)

    def open_index(self, index: QModelIndex) -> None:
        """Opens the session of a row unless it is open already."""
        info = self.session_model.info(index.row())
        session = self._bridge.session
        if info is not None and (session is None or session.info.id != info.id):
            self._bridge.desk.open_session(info.id)
