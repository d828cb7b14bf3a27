"""What the Sync dock shows: the link to the log step by step, its figures, the server's side, and faults on demand."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget

from gui.bridge import Bridge
from gui.health.toned import Toned
from gui.syncing.fault_panel import FaultPanel
from gui.syncing.figures import FigureTable
from gui.syncing.readings import (
    NO_LOG,
    NO_SESSION,
    NOT_KNOWN,
    Section,
    as_text,
    sections_of,
    state_tone,
    state_words,
)
from gui.syncing.stepper import BatchBars, Stepper
from gui.theme.tokens import Tokens
from sync.ordered.faults import Faults
from sync.ordered.status import LogState, LogStatus
from sync.session import DeskSession

__all__ = ["SyncPanel"]

TICK_MS: Final = 250
TABLES: Final = ("link", "outbox", "authors", "repair", "frames")


class SyncPanel(QScrollArea):
    """Reads the log four times a second while it is seen (``set_seen``), and never otherwise.

    Its parts are made when they are first needed: most shows begin without it, and their window is not kept waiting.

    Signals: ``copy_asked`` with everything as text; ``faults_changed``; ``seen`` with True when it comes to the front.
    """

    copy_asked = Signal(str)
    faults_changed = Signal()
    seen = Signal(bool)

    def __init__(self, bridge: Bridge, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("sync/scroll")
        self.setAccessibleName("Synchronisation of the open session")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._bridge = bridge
        self._tokens = tokens
        self.sections: tuple[Section, ...] = ()
        self._server = Section("Server", ())
        self._is_made = False
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self.refresh)
        bridge.session_shown.connect(self._show_session)

    @property
    def is_seen(self) -> bool:
        """Whether it is in front."""
        return self._tick.isActive()

    def refresh(self) -> None:
        """Brings everything up to date."""
        self._make_once()
        log = self._bridge.log
        status = None if log is None else log.status()
        self._hint.setVisible(status is None)
        self._show_key_line()
        self.body.setVisible(status is not None)
        if log is None or status is None:
            self._say_none(self._bridge.session)
            self.sections = ()
            return
        self._show_link(status)
        own = sections_of(status, self._bridge.people.name, self._held())
        self.sections = (*own, self._server)
        for name, section in zip(TABLES, own, strict=True):
            self.tables[name].show_section(section)
        self.bars.show_batches(status.batches)
        self._bars_head.setVisible(bool(status.batches))
        self.bars.setVisible(bool(status.batches))
        self.faults.refresh()

    def _held(self) -> int:
        """How many places the open gestures keep from changing."""
        session = self._bridge.session
        gestures = () if session is None else session.open_gestures
        return len({(each.node_id, path) for each in gestures for path in each.held})

    def show_server(self, section: Section, sentence: str = "") -> None:
        """What the server says of its side of the log; ``sentence`` where it says nothing."""
        self._make_once()
        self._server = section
        self.server.show_section(section)
        self._server_words.setText(sentence)
        self._server_words.setVisible(bool(sentence))

    def text(self) -> str:
        """Everything that is shown, as text."""
        self.refresh()
        if not self.sections:
            return self._hint.text()
        return f"{self.state.text()}\n{self.reason.text()}".strip() + "\n\n" + as_text(self.sections)

    @property
    def key_line(self) -> str:
        """What the server's keys file lacks, as far as it said so."""
        session = self._bridge.session
        if session is None:
            return ""
        if session.log is not None:
            return session.log.key_line
        return "" if session.no_log is None else session.no_log.key_line

    def unfold_faults(self, *, is_open: bool) -> None:
        """Shows or folds the faults away."""
        self._make_once()
        self.fold.setChecked(is_open)

    def set_seen(self, *, is_seen: bool) -> None:
        """It came to the front, or went behind another dock or away."""
        if is_seen == self._tick.isActive():
            return
        if is_seen:
            self._tick.start()
            self.refresh()
        else:
            self._tick.stop()
        self.seen.emit(is_seen)

    def _show_session(self, _session: object) -> None:
        if self._is_made:
            self.refresh()

    def _say_none(self, session: DeskSession | None) -> None:
        """There is no log to read: why not, with the line that would open it where the server does not know us."""
        words = NO_SESSION if session is None else "The log is being opened…" if session.log is not None else NO_LOG
        no_log = None if session is None else session.no_log
        if no_log is not None:
            words = NOT_KNOWN if no_log.key_line else f"{no_log.sentence} Its edits go by protocol 1."
        self._hint.setText(words)

    def _show_key_line(self) -> None:
        line = self.key_line
        for part in (self.line, self.copy_key):
            part.setVisible(bool(line))
        if line != self.line.text():
            self.line.setText(line)
            self.line.setCursorPosition(0)

    def _show_link(self, status: LogStatus) -> None:
        words = state_words(status)
        self.state.say(words[:1].upper() + words[1:], state_tone(status))
        self.steps.show_state(status.state)
        reason = status.reason.rstrip(".")
        self.reason.setText(f"{reason}." if reason else "")
        self.reason.setVisible(bool(reason))
        self.retry.setVisible(status.state is LogState.WAITING)
        is_unsaved = status.journal == "not saving"
        self.unsaved.setVisible(is_unsaved)
        why = status.journal_reason.rstrip(".") or "the disk does not take it"
        self.unsaved.setText(f"NOT SAVING: {why}. Edits go on; those on their way would not survive a crash here.")

    def _faults(self) -> Faults | None:
        log = self._bridge.log
        return None if log is None else log.faults

    def _retry(self) -> None:
        if (log := self._bridge.log) is not None:
            log.retry_now()
        self.refresh()

    # making

    def _make_once(self) -> None:
        if not self._is_made:
            self._is_made = True
            self._make_parts()
            self._lay_out()

    def _make_parts(self) -> None:
        tokens = self._tokens
        self._hint = _words("sync/hint", "dim")
        self.line = QLineEdit()
        self.line.setObjectName("sync/hint/line")
        self.line.setReadOnly(True)
        self.line.setAccessibleName("The line for the server's keys file")
        self.line.setToolTip("The line for the server's keys file: the role in front is for its owner to choose")
        self.copy_key = _button("sync/hint/copy", "Copy the line", "The line for the server's keys file")
        self.copy_key.clicked.connect(lambda: self.copy_asked.emit(self.key_line))
        self.state = Toned()
        self.state.setObjectName("sync/link/state")
        self.steps = Stepper(tokens)
        self.reason = _words("sync/link/reason", "dim")
        self.unsaved = _words("sync/unsaved", "")
        self.unsaved.setProperty("tone", "bad")
        self.retry = _button("sync/link/retry", "Try now", "Do not wait for the next try")
        self.retry.clicked.connect(self._retry)
        self.tables = {name: FigureTable(f"sync/{name}", tokens) for name in TABLES}
        self.bars = BatchBars(tokens)
        self._bars_head = QLabel("ENTRIES A FRAME")
        self._bars_head.setProperty("role", "head")
        self.server = FigureTable("sync/server", tokens)
        self.server.hide()
        self._server_words = _words("sync/server/words", "dim")
        self._server_words.hide()
        self.copy = _button(
            "sync/link/copy", "Copy as text", "Everything that is shown here, to be pasted into a message"
        )
        self.copy.clicked.connect(lambda: self.copy_asked.emit(self.text()))
        self.fold = _button(
            "sync/faults/fold", "Faults…", "Make this desk's link, disk or clock suffer, for rehearsals"
        )
        self.fold.setCheckable(True)
        self.faults = FaultPanel(self._faults, tokens)
        self.faults.hide()
        self.fold.toggled.connect(self._unfold)
        self.faults.changed.connect(self.faults_changed.emit)

    def _unfold(self, is_open: bool) -> None:
        self.faults.setVisible(is_open)
        if is_open:
            self.faults.refresh()
            QTimer.singleShot(0, self.faults, lambda: self.ensureWidgetVisible(self.faults, 0, 4))

    def _lay_out(self) -> None:
        self.body = QWidget()
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self._tokens.gap)
        head = QHBoxLayout()
        head.addWidget(self.state, 1)
        head.addWidget(self.retry)
        column.addLayout(head)
        tables = self.tables
        first: tuple[QWidget, ...] = (self.steps, self.reason, self.unsaved, tables["link"], tables["outbox"])
        second = (self.server, self._server_words, tables["authors"], self._bars_head, self.bars)
        for part in (*first, *second, tables["repair"], tables["frames"]):
            column.addWidget(part)
        buttons = QHBoxLayout()
        buttons.addWidget(self.copy, 1)
        buttons.addWidget(self.fold, 1)
        column.addSpacing(self._tokens.gap)
        column.addLayout(buttons)
        column.addWidget(self.faults)
        whole = QWidget()
        whole.setProperty("role", "plain")
        outer = QVBoxLayout(whole)
        outer.setContentsMargins(4, 2, 6, 8)
        outer.addWidget(self._hint)
        outer.addWidget(self.line)
        outer.addWidget(self.copy_key)
        outer.addWidget(self.body)
        outer.addStretch()
        self.setWidget(whole)


def _words(name: str, role: str) -> QLabel:
    words = QLabel()
    words.setObjectName(name)
    words.setProperty("role", role)
    words.setWordWrap(True)
    words.setTextFormat(Qt.TextFormat.PlainText)
    return words


def _button(name: str, title: str, tip: str) -> QPushButton:
    button = QPushButton(title)
    button.setObjectName(name)
    button.setAccessibleName(title.rstrip("…"))
    button.setToolTip(tip)
    return button
