"""An operator as a small coloured badge with initials: the same in the top bar, the layer list and on the picture."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from gui.bridge import Bridge
from gui.syncing.people import Person, field_title
from gui.theme.fonts import small_font
from gui.theme.tokens import Tokens
from sync.scene import Scene

__all__ = ["BADGE", "OperatorsBar", "colour_of", "hand_words", "paint_badge"]

BADGE: Final = QSize(24, 18)
MAX_SHOWN: Final = 4


def colour_of(person: Person, tokens: Tokens) -> str:
    """The colour of an operator."""
    return str(getattr(tokens, f"peer_{person.hue}"))


def paint_badge(painter: QPainter, place: QRectF, person: Person, tokens: Tokens) -> None:
    """Initials on the operator's colour."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour_of(person, tokens)))
    painter.drawRoundedRect(place, place.height() / 2, place.height() / 2)
    font = small_font(tokens)
    font.setWeight(QFont.Weight.Bold)
    painter.setFont(font)
    painter.setPen(QColor(tokens.peer_text))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, person.initials)


def hand_words(person: Person, scene: Scene | None) -> str:
    """What a hand is on: “Opacity of Cam B”, “Cam B”, a node, or nothing."""
    layer = scene.layer(person.layer) if scene is not None and scene.node_id == person.node and person.layer else None
    if layer is None:
        field = f"{person.field} of " if person.field else ""
        return f"{field}{person.layer or person.node}" if person.layer or person.field else ""
    field = field_title(layer, person.field)
    return f"{field} of {layer.name}" if field else layer.name


class PersonBadge(QWidget):
    """One operator; the tool tip has the name and what the hand is on."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self._tokens = tokens
        self.person: Person | None = None
        self.setFixedSize(BADGE)

    def show_person(self, person: Person, words: str) -> None:
        """Shows ``person``; ``words`` is what the hand is on."""
        self.person = person
        sentence = f"{person.name} is here" + (f", with a hand on {words}" if words else "")
        self.setObjectName(f"topbar/operators/{person.author}")
        self.setAccessibleName(sentence)
        self.setToolTip(f"{sentence}.")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        if self.person is not None:
            paint_badge(QPainter(self), QRectF(self.rect()), self.person, self._tokens)


class OperatorsBar(QWidget):
    """Who else is at the open session: up to four badges, and how many more; hidden while nobody is."""

    def __init__(self, bridge: Bridge, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("topbar/operators")
        self._bridge = bridge
        self.badges = [PersonBadge(tokens) for _number in range(MAX_SHOWN)]
        self.more = QLabel()
        self.more.setObjectName("topbar/operators/more")
        self.more.setProperty("role", "dim")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        for part in (*self.badges, self.more):
            line.addWidget(part)
        bridge.people_shown.connect(self.refresh)
        bridge.session_shown.connect(lambda _session: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Shows who is here now."""
        people, scene = self._bridge.people.present, self._bridge.scene
        for number, badge in enumerate(self.badges):
            badge.setVisible(number < len(people))
            if number < len(people):
                badge.show_person(people[number], hand_words(people[number], scene))
        rest = people[MAX_SHOWN:]
        self.more.setText(f"+{len(rest)}" if rest else "")
        self.more.setToolTip("\n".join(person.name for person in rest))
        self.more.setVisible(bool(rest))
        self.setAccessibleName(f"At this session: {', '.join(person.name for person in people) or 'nobody else'}")
        self.setVisible(bool(people))
