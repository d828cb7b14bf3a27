"""Draws one layer of the list: kind, name, other operators' hands, eye and lock."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QHelpEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolTip

from gui.health.tones import STATE_TONES, TONE_COLOURS
from gui.icons import pixmap
from gui.layers.model import LAYER_ROLE, LOCKED_ROLE, PEOPLE_ROLE, TROUBLE_ROLE
from gui.syncing.badge import BADGE, paint_badge
from gui.syncing.people import Person
from gui.theme.fonts import body_font, small_font
from gui.theme.tokens import Tokens
from sync.scene import Layer, LayerKind
from sync.wire.state import NodeState

__all__ = ["LayerDelegate", "eye_rect", "hand_rect", "lock_rect"]

HEIGHT: Final = 44
BUTTON: Final = 24
MAX_HANDS: Final = 2
_ICONS = {LayerKind.VIDEO: "video", LayerKind.TEXT: "text", LayerKind.IMAGE: "image"}
Index = QModelIndex | QPersistentModelIndex


def lock_rect(row: QRect) -> QRect:
    """Where the lock is in a row."""
    return QRect(row.right() - BUTTON - 3, row.center().y() - BUTTON // 2, BUTTON, BUTTON)


def eye_rect(row: QRect) -> QRect:
    """Where the eye is in a row."""
    return lock_rect(row).translated(-BUTTON, 0)


def hand_rect(row: QRect, number: int) -> QRect:
    """Where the badge of the first, second … operator is whose hand is on the layer."""
    left = eye_rect(row).left() - 2 - (number + 1) * (BADGE.width() + 2)
    return QRect(left, row.center().y() - BADGE.height() // 2, BADGE.width(), BADGE.height())


class LayerDelegate(QStyledItemDelegate):
    """Signals: ``eye_clicked`` and ``lock_clicked`` with the layer's id."""

    eye_clicked = Signal(str)
    lock_clicked = Signal(str)

    def __init__(self, tokens: Tokens, parent: QObject) -> None:
        super().__init__(parent)
        self._tokens = tokens

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(120, HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        layer = index.data(LAYER_ROLE)
        if not isinstance(layer, Layer):
            return
        row: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, row, state)
        self._kind(painter, row, layer)
        hands: tuple[Person, ...] = index.data(PEOPLE_ROLE) or ()
        self._words(painter, row, layer, index.data(TROUBLE_ROLE), len(hands[:MAX_HANDS]))
        for number, person in enumerate(hands[:MAX_HANDS]):
            paint_badge(painter, QRectF(hand_rect(row, number)), person, self._tokens)
        self._sign(painter, eye_rect(row), "eye-off" if layer.is_hidden else "eye", is_quiet=layer.is_hidden)
        is_locked = bool(index.data(LOCKED_ROLE))
        self._sign(painter, lock_rect(row), "lock" if is_locked else "unlock", is_quiet=not is_locked)
        painter.restore()

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        del model
        layer = index.data(LAYER_ROLE)
        if not isinstance(event, QMouseEvent) or not isinstance(layer, Layer):
            return False
        row: QRect = option.rect
        at = event.position().toPoint()
        hit = (
            self.eye_clicked
            if eye_rect(row).contains(at)
            else self.lock_clicked
            if lock_rect(row).contains(at)
            else None
        )
        if hit is None or event.button() != Qt.MouseButton.LeftButton:
            return False
        if event.type() == QEvent.Type.MouseButtonRelease:
            hit.emit(layer.id)
        return True

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        row: QRect = option.rect
        for place, words in (
            (eye_rect(row), "Hide or show this layer (H)"),
            (lock_rect(row), "Lock this layer against the hand, or unlock it (L)"),
        ):
            if index.isValid() and place.contains(event.pos()):
                QToolTip.showText(event.globalPos(), words, view)
                return True
        return super().helpEvent(event, view, option, index)

    def _ground(self, painter: QPainter, row: QRect, state: QStyle.StateFlag) -> None:
        tokens = self._tokens
        body = QRectF(row).adjusted(0.5, 1.5, -0.5, -1.5)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(tokens.sel), tokens.line_width))
            painter.setBrush(QColor(tokens.sel_fill))
            painter.drawRoundedRect(body, tokens.radius, tokens.radius)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.bg2))
            painter.drawRoundedRect(body, tokens.radius, tokens.radius)
        if state & QStyle.StateFlag.State_HasFocus and not state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(tokens.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(body, tokens.radius, tokens.radius)

    def _kind(self, painter: QPainter, row: QRect, layer: Layer) -> None:
        tokens = self._tokens
        colour = QColor(getattr(tokens, f"kind_{layer.kind.value}"))
        colour.setAlphaF(0.45 if layer.is_hidden else 1.0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(row.left() + 6, row.top() + 10, 3, row.height() - 20), 1.5, 1.5)
        frame = QRectF(row.left() + 16, row.center().y() - 11, 36, 23)
        painter.setPen(QPen(colour, 1))
        painter.setBrush(QColor(tokens.bg3))
        painter.drawRoundedRect(frame, 3, 3)
        ratio = painter.device().devicePixelRatio()
        icon = pixmap(_ICONS[layer.kind], colour.name(), 14, ratio)
        painter.drawPixmap(round(frame.center().x()) - 7, round(frame.center().y()) - 7, icon)

    def _words(self, painter: QPainter, row: QRect, layer: Layer, trouble: NodeState | None, hands: int) -> None:
        tokens = self._tokens
        room = row.adjusted(60, 6, -(2 * BUTTON + 8 + hands * (BADGE.width() + 2)), -6)
        font = body_font(tokens)
        font.setWeight(QFont.Weight.Medium)
        painter.setFont(font)
        painter.setPen(QColor(tokens.faint if layer.is_hidden else tokens.text))
        _elided(painter, room, Qt.AlignmentFlag.AlignTop, layer.name)
        painter.setFont(small_font(tokens))
        second = layer.kind.value if layer.id == layer.name else f"{layer.kind.value} {layer.id}"
        if trouble is not None:
            painter.setPen(QColor(getattr(tokens, TONE_COLOURS[STATE_TONES[trouble.name]])))
            second = f"{second} · {trouble.name.lower()}"
        else:
            painter.setPen(QColor(tokens.faint if layer.is_hidden else tokens.dim))
            second = f"{second} · hidden" if layer.is_hidden else second
        _elided(painter, room, Qt.AlignmentFlag.AlignBottom, second)

    def _sign(self, painter: QPainter, place: QRect, name: str, *, is_quiet: bool) -> None:
        colour = self._tokens.faint if is_quiet else self._tokens.dim if name == "eye" else self._tokens.text
        drawn = pixmap(name, colour, 16, painter.device().devicePixelRatio())
        painter.drawPixmap(place.center().x() - 7, place.center().y() - 7, drawn)


def _elided(painter: QPainter, room: QRect, side: Qt.AlignmentFlag, text: str) -> None:
    words = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, side | Qt.AlignmentFlag.AlignLeft, words)
