"""The Sync dock: the link step by step, its figures, why it waits, what is not saved, and what a copy says."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QToolButton, QWidget

from gui.syncing.delivery import DELIVERY_WORDS
from gui.syncing.panel import SyncPanel
from gui.syncing.readings import NO_LOG, NO_SESSION, NOT_KNOWN, as_text, grouped, in_bytes, sections_of, state_words
from gui.syncing.stepper import BatchBars, Stepper
from gui.window import MainWindow
from sync.log.frames import StandbysFrame
from sync.ordered.status import LogState, LogStatus, NoLog
from tests.gui.desk import ModelDesk, child
from tests.gui.log_desk import MARIA, LogDesk
from tests.support.link import COMPOSITOR

OPACITY = ("layers", "in_1", "opacity")


def open_dock(window: MainWindow, desk: ModelDesk) -> SyncPanel:
    """Opens the dock by its key."""
    QTest.keyClick(window, Qt.Key.Key_6, Qt.KeyboardModifier.ControlModifier)
    desk.settle()
    return window.syncing.panel


def words(panel: SyncPanel, table: str, key: str) -> tuple[str, str]:
    """Words and tone of a figure."""
    label = panel.tables[table].words_of(key)
    return (label.text(), label.property("tone") or "")


def test_it_is_hidden_at_first_and_comes_and_goes_by_its_key_and_its_button(
    window: MainWindow, at_log: LogDesk
) -> None:
    dock = window.syncing.dock
    assert dock.isHidden()
    assert not window.actions_table["docks.links"].is_checked(at_log.bridge)  # type: ignore[misc]
    open_dock(window, at_log)
    assert window.syncing.panel.is_seen
    assert window.actions_table["docks.links"].is_checked(at_log.bridge)  # type: ignore[misc]
    assert window.inspector.visibleRegion().isEmpty(), "it lies over the inspector"
    QTest.keyClick(window, Qt.Key.Key_6, Qt.KeyboardModifier.ControlModifier)
    assert dock.isHidden()
    at_log.settle()
    assert not window.inspector.visibleRegion().isEmpty()
    open_dock(window, at_log)
    QTest.mouseClick(child(window, QToolButton, "links/close"), Qt.MouseButton.LeftButton)
    assert dock.isHidden()


def test_the_key_brings_it_to_the_front_from_behind_the_inspector(window: MainWindow, at_log: LogDesk) -> None:
    panel = open_dock(window, at_log)
    window.inspector_dock.raise_()
    at_log.settle()
    assert not panel.is_seen
    open_dock(window, at_log)
    assert panel.is_seen


def test_resetting_the_docks_hides_it_again(window: MainWindow, at_log: LogDesk) -> None:
    open_dock(window, at_log)
    window.layout_memory.reset()
    assert window.syncing.dock.isHidden()
    assert not window.inspector_dock.isHidden()


def test_it_asks_the_log_only_while_it_is_seen(window: MainWindow, at_log: LogDesk) -> None:
    panel = window.syncing.panel
    asked: list[int] = []
    read = at_log.status
    at_log.status = lambda: asked.append(1) or read()  # type: ignore[method-assign, func-returns-value]
    window.status.log.refresh()
    in_status_line = len(asked)
    panel._tick.timeout.emit()
    open_dock(window, at_log)
    assert panel._tick.isActive()
    asked.clear()
    panel._tick.timeout.emit()
    assert len(asked) == 1
    window.syncing.dock.hide()
    assert not panel._tick.isActive()
    assert in_status_line == 1


def test_a_live_link_is_at_its_last_step_and_its_figures_are_those_of_the_log(
    window: MainWindow, at_log: LogDesk
) -> None:
    at_log.session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
    at_log.theirs.edit(COMPOSITOR, {OPACITY: 0.4}, "Theirs")
    at_log.run()
    panel = open_dock(window, at_log)
    assert (panel.state.text(), panel.steps.step) == ("Live", 5)
    assert panel.steps.accessibleName() == "Link: live, step 5 of 5"
    replica = at_log.log.replica
    assert words(panel, "link", "position")[0] == f"rev {replica.applied}"
    assert words(panel, "link", "lag") == ("0", "")
    assert words(panel, "link", "rights")[0] == "control"
    assert words(panel, "outbox", "waiting") == ("0", "")
    assert words(panel, "authors", f"author/{at_log.log.author}")[0] == "1"
    assert panel.bars.batches == dict(sorted(at_log.us._wire.caller.traffic.batches.items()))  # type: ignore[union-attr]
    assert panel.bars.batches


def test_authors_are_called_as_the_operators_are(window: MainWindow, at_log: LogDesk) -> None:
    at_log.comes("Maria Kent")
    at_log.session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
    at_log.theirs.edit(COMPOSITOR, {OPACITY: 0.4}, "Theirs")
    at_log.run()
    panel = open_dock(window, at_log)
    names = [figure.name for section in panel.sections if section.title == "Authors" for figure in section.figures]
    assert set(names) == {"You", "Maria Kent", "Protocol 1, script"}


def test_edits_wait_in_the_outbox_while_there_is_no_link(window: MainWindow, at_log: LogDesk) -> None:
    panel = open_dock(window, at_log)
    at_log.lose()
    at_log.session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
    at_log.show()
    assert words(panel, "outbox", "waiting")[0].startswith("1 · ")
    assert panel.steps.step == 0
    assert panel.state.text() == "Next try in 4 s"
    assert panel.state.property("tone") == "late"
    assert panel.reason.text() == "The connection was lost."
    QTest.mouseClick(panel.retry, Qt.MouseButton.LeftButton)
    at_log.run()
    assert at_log.retries == 1
    assert panel.state.text() == "Live"
    assert not panel.retry.isVisible()
    assert words(panel, "outbox", "waiting")[0] == "0"
    assert at_log.world.stored()["layers"]["in_1"]["opacity"] == 0.5


def test_what_our_hand_holds_is_counted(window: MainWindow, at_log: LogDesk) -> None:
    panel = open_dock(window, at_log)
    assert words(panel, "repair", "held")[0] == "0"
    gesture = at_log.session.begin(COMPOSITOR, "Fade", [OPACITY])
    panel.refresh()
    assert words(panel, "repair", "held")[0] == "1"
    gesture.cancel("escape")
    panel.refresh()
    assert words(panel, "repair", "held")[0] == "0"


def test_a_journal_that_does_not_save_is_said_in_red_with_its_reason(window: MainWindow, at_log: LogDesk) -> None:
    panel = open_dock(window, at_log)
    assert not panel.unsaved.isVisible()
    at_log.reading = {"journal": "not saving", "journal_reason": "No space left on device."}
    at_log.show()
    assert words(panel, "outbox", "journal") == ("NOT SAVING", "bad")
    assert "No space left on device" in panel.unsaved.text()
    assert panel.unsaved.property("tone") == "bad"
    unsaved = window.status.log.unsaved
    assert (unsaved.text(), unsaved.isVisible()) == ("NOT SAVING", True)
    at_log.reading = {"journal": "saved"}
    at_log.show()
    assert words(panel, "outbox", "journal") == ("saved", "good")
    assert not panel.unsaved.isVisible()
    assert not unsaved.isVisible()


def test_a_server_that_does_not_save_is_said_in_the_bottom_line_whether_the_dock_is_seen_or_not(
    window: MainWindow, at_log: LogDesk
) -> None:
    unsaved = window.status.log.unsaved
    assert not unsaved.isVisible()
    at_log.log.take_control(StandbysFrame((), "database or disk is full"))
    at_log.bridge.flush()
    assert (unsaved.text(), unsaved.property("tone")) == ("SERVER NOT SAVING", "bad")
    assert "database or disk is full. Edits go on" in unsaved.toolTip()
    at_log.log.take_control(StandbysFrame(()))
    at_log.bridge.flush()
    assert not unsaved.isVisible()


def test_copy_puts_everything_on_the_clipboard_as_text(window: MainWindow, at_log: LogDesk) -> None:
    panel = open_dock(window, at_log)
    QTest.mouseClick(panel.copy, Qt.MouseButton.LeftButton)
    text = QGuiApplication.clipboard().text()
    assert text.startswith("Live")
    assert f"Position: rev {at_log.log.replica.applied}" in text
    assert "Outbox" in text
    QGuiApplication.clipboard().clear()
    assert window.actions_table.run("sync.copy")
    assert QGuiApplication.clipboard().text() == text


def test_a_server_that_does_not_know_our_key_is_not_called_one_without_a_log(model: ModelDesk, qtbot: object) -> None:
    del qtbot
    assert model.bridge.session is not None
    model.bridge.session.no_log = NoLog("This server does not know this desk's key.", "user 0123 # Desk")
    panel = SyncPanel(model.bridge, model.tokens)
    copied: list[str] = []
    panel.copy_asked.connect(copied.append)
    assert panel.text() == NOT_KNOWN
    panel.show()
    button = child(panel, QPushButton, "sync/hint/copy")
    assert button.isVisible()
    assert child(panel, QLineEdit, "sync/hint/line").text() == "user 0123 # Desk"
    button.click()
    assert copied == ["user 0123 # Desk"]
    model.bridge.session.no_log = None
    panel.refresh()
    assert panel.text() == NO_LOG
    assert not button.isVisible()
    panel.hide()
    panel.deleteLater()


def test_a_key_that_was_struck_off_while_the_log_is_open_is_shown_too(window: MainWindow, at_log: LogDesk) -> None:
    panel = open_dock(window, at_log)
    assert not panel.line.isVisible()
    at_log.log.key_line = "user 0123 # Desk"
    panel.refresh()
    assert panel.line.isVisible()
    assert window.actions_table.run("sync.copy_key")
    assert QGuiApplication.clipboard().text() == "user 0123 # Desk"


def test_protocol_1_is_one_plain_sentence(model: ModelDesk, qtbot: object) -> None:
    del qtbot
    panel = SyncPanel(model.bridge, model.tokens)
    assert panel.text() == NO_LOG
    panel.show()
    assert child(panel, QLabel, "sync/hint").text() == NO_LOG
    assert not panel.body.isVisible()
    panel.hide()
    panel.deleteLater()


def test_without_a_session_it_says_so(make_model: object, qtbot: object) -> None:
    del qtbot
    model = make_model(is_open=False)  # type: ignore[operator]
    panel = SyncPanel(model.bridge, model.tokens)
    assert panel.widget() is None, "nothing is made before it is needed"
    panel.set_seen(is_seen=True)
    assert child(panel, QLabel, "sync/hint").text() == NO_SESSION
    panel.set_seen(is_seen=False)
    panel.deleteLater()


@pytest.mark.parametrize("state", LogState)
def test_every_state_of_the_link_has_words_and_a_step(state: LogState, model: ModelDesk) -> None:
    status = LogStatus(state, progress=0.4, attempt=3, retry_in_s=2.2)
    assert state_words(status)
    stepper = Stepper(model.tokens)
    stepper.show_state(state)
    is_own = state in {LogState.AUTH, LogState.CLOCK, LogState.BULK, LogState.READY, LogState.LIVE}
    assert (stepper.step > 0) is is_own
    stepper.deleteLater()


def test_words_of_single_figures() -> None:
    assert [grouped(0), grouped(1234567)] == ["0", "1\u00a0234\u00a0567"]
    assert [in_bytes(512), in_bytes(1536), in_bytes(3 << 20)] == ["512 B", "1.5 KB", "3.0 MB"]
    assert state_words(LogStatus(LogState.BULK, progress=0.42)) == "catching up, 42 %"
    assert state_words(LogStatus(LogState.WAITING, retry_in_s=0.2)) == "trying now"


def test_many_authors_are_summed_up() -> None:
    status = LogStatus(LogState.LIVE, authors={f"open/{number}~1": number for number in range(1, 13)})
    authors = sections_of(status, lambda author: author)[2]
    assert len(authors.figures) == 9
    assert authors.figures[0].words == "12"
    assert (authors.figures[-1].name, authors.figures[-1].words) == ("4 others", "10")


def test_late_and_undelivered_edits_are_said_in_a_tone() -> None:
    status = LogStatus(LogState.LIVE, waiting=2, oldest_wait_s=1.5, undelivered=1, lag=7, malformed=1)
    tones = {each.key: each.tone for section in sections_of(status, str) for each in section.figures}
    assert {key: tones[key] for key in ("waiting", "undelivered", "lag", "malformed")} == {
        "waiting": "late",
        "undelivered": "bad",
        "lag": "late",
        "malformed": "late",
    }
    assert "Waiting: 2 · 1.5 s" in as_text(sections_of(status, str))


def test_the_bars_say_their_numbers_to_a_screen_reader(model: ModelDesk) -> None:
    bars = BatchBars(model.tokens)
    bars.show_batches({4: 7, 1: 30})
    assert bars.accessibleName() == "Entries a frame: up to 1: 30, up to 4: 7"
    bars.deleteLater()


def test_nothing_is_cut_off_at_the_docks_width(window: MainWindow, at_log: LogDesk) -> None:
    at_log.reading = {
        "round_trip_ms": 1234.5,
        "clock_offset_ms": -98765.4,
        "epoch": "0123456789abcdef",
        "waiting": 9_999,
        "oldest_wait_s": 1234.5,
        "frames": {"presence": 123_456},
        "bytes": {"presence": 1 << 30},
    }
    panel = open_dock(window, at_log)
    at_log.show()
    room = panel.viewport().width()
    for part in panel.body.findChildren(QWidget):
        if part.isVisible() and isinstance(part.parentWidget(), QWidget):
            right = part.mapTo(panel.viewport(), part.rect().topRight()).x()
            assert right <= room, part.objectName()
    for table in (*panel.tables.values(), panel.server):
        for _name, label in table._lines:
            assert label.isHidden() or label.width() >= label.fontMetrics().horizontalAdvance(label.text())


def test_the_status_line_tells_the_protocol_what_waits_and_how_far_the_newest_edit_is(
    window: MainWindow, at_log: LogDesk
) -> None:
    parts = window.status.log
    assert parts.protocol.text() == "ordered log"
    assert not parts.delivery.isVisible()
    assert not parts.waiting.isVisible()
    at_log.session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
    at_log.show()
    assert (parts.word.text(), parts.delivery.isVisible()) == ("sent", True)
    assert parts.waiting.text() == "1 waiting"
    at_log.run()
    assert parts.word.text() == "on server"
    assert not parts.waiting.isVisible()
    at_log.peer.settle()
    at_log.log.replica.delivery.heard_applied(at_log.log.replica.applied)
    at_log.show()
    assert parts.word.text() == "seen by others"
    at_log.lose()
    at_log.session.edit(COMPOSITOR, {OPACITY: 0.6}, "Fade")
    at_log.show()
    assert parts.word.text() == "queued"
    assert parts.protocol.text() == "ordered log: next try in 4 s"
    assert parts.protocol.property("tone") == "late"


def test_the_word_of_delivery_moves_nothing_beside_it(window: MainWindow, at_log: LogDesk) -> None:
    at_log.session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
    at_log.show()
    word, beside = window.status.log.word, window.status.picture
    window.status.show_picture(30.0, 0)
    places = set()
    for tick, text in DELIVERY_WORDS.items():
        word.say(text)
        QApplication.processEvents()
        places.add(beside.x())
        assert word.width() >= word.fontMetrics().horizontalAdvance(text), tick
    assert len(places) == 1


def test_the_status_line_tells_protocol_1(model: ModelDesk, qtbot: object) -> None:
    del qtbot
    window = model.window()
    assert window.status.log.protocol.text() == "protocol 1"
    assert "keeps no ordered log" in window.status.log.protocol.toolTip()
    window.deleteLater()


def test_maria_is_another_identity_than_ours(at_log: LogDesk) -> None:
    assert not at_log.log.author.startswith(MARIA)


def test_nothing_is_called_on_air_while_edits_only_wait(window: MainWindow, at_log: LogDesk) -> None:
    assert window.topbar.air.text() == "ON AIR"
    at_log.lose()
    assert window.topbar.air.text() == "NO LINK"
    at_log.us.join()
    at_log.run()
    assert window.topbar.air.text() == "ON AIR"
