"""How it is: status line, reconnect banner, notices, the Sync and Telemetry logs, the nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QAbstractButton, QWidget
from pytestqt.qtbot import QtBot

from gui.canvas.tally import Tally
from gui.canvas.view import CanvasView
from gui.graph.panel import GraphPanel
from gui.health.banner import ReconnectBanner
from gui.health.decisions import DecisionLog
from gui.health.log_lines import LogLine, LogLines
from gui.health.log_view import LogView
from gui.health.notices import Notices
from gui.health.speech import banner_text, counted, link_word
from gui.health.statusbar import StatusLine
from gui.health.telemetry import MAX_KIND, MAX_WORDS, TelemetryLog, telemetry_line
from gui.nodes.view import NodeTable
from gui.sessions.condition import condition_of
from gui.sessions.list import SessionList
from gui.topbar import TopBar
from sync.desk import Link, LinkState
from sync.errors import RequestRefused
from sync.health import RATES_LAST_S
from sync.journal_lines import Decision
from sync.wire.events import NodeStats, NodeTelemetry
from sync.wire.state import NodeState
from tests.gui.desk import URL, ModelDesk, child
from tests.support.link import COMPOSITOR

Shown = Callable[[QWidget], None]


@pytest.fixture
def show(qtbot: QtBot) -> Shown:
    def build(widget: QWidget) -> None:
        qtbot.addWidget(widget)
        widget.resize(900, 200)
        with qtbot.waitExposed(widget):
            widget.show()

    return build


def line(number: int, tone: str = "") -> LogLine:
    return LogLine(1000.0 + number, f"node{number}", "applied", tone, f"sentence {number}")


@pytest.mark.parametrize("state", LinkState)
def test_every_state_of_the_link_has_a_word(state: LinkState) -> None:
    assert link_word(Link(state, URL))


@pytest.mark.parametrize(
    ("link", "unsent", "words"),
    [
        (Link(LinkState.LIVE, URL), 3, ""),
        (Link(LinkState.CONNECTING, URL), 0, ""),
        (Link(LinkState.CONNECTING, URL, attempt=2), 1, "Connecting… ws://10.0.4.12:4545 (attempt 2). 1 change"),
        (Link(LinkState.WAITING, URL, attempt=1, retry_at=107.0, reason="closed."), 2, "closed; next try in 7 s (att"),
        (Link(LinkState.WAITING, URL, attempt=1, retry_at=107.0, reason="Is it up?"), 0, "up? – next try in 7 s"),
        (Link(LinkState.WAITING, URL, attempt=1, retry_at=99.0), 0, "trying now"),
        (Link(LinkState.REFUSED, URL, reason="Unauthorized."), 0, "The server refused: Unauthorized."),
    ],
)  # fmt: skip
def test_what_the_banner_says(link: Link, unsent: int, words: str) -> None:
    text = banner_text(link, 100.0, unsent)
    assert words in text
    assert bool(text) is bool(words)


def test_counting() -> None:
    assert [counted(number, "change") for number in (0, 1, 2)] == ["0 changes", "1 change", "2 changes"]


def test_the_banner_comes_counts_and_goes(model: ModelDesk, show: Shown) -> None:
    banner = ReconnectBanner(model.bridge, model.tokens)
    show(banner)
    banner.refresh()
    assert not banner.isVisible()
    model.session.edit(COMPOSITOR, {("layers", "in_1", "opacity"): 0.5}, "Opacity")
    model.link.cut()
    model.show_link(LinkState.WAITING, attempt=1, retry_at=model.clock.now() + 4, reason="the connection was closed")
    model.bridge.flush()
    assert banner.isVisible()
    assert "next try in 4 s" in banner.words.text()
    assert "1 change of yours will be sent again" in banner.words.text()
    asked = QSignalSpy(banner.retry_asked)
    QTest.mouseClick(banner.retry, Qt.MouseButton.LeftButton)
    assert asked.count() == 1
    model.show_link(LinkState.LIVE)
    model.bridge.flush()
    assert not banner.isVisible()


def test_a_session_that_the_server_does_not_have_is_said_and_takes_no_edits(model: ModelDesk, show: Shown) -> None:
    banner, sessions = ReconnectBanner(model.bridge, model.tokens), SessionList(model.bridge, model.tokens)
    for widget in (banner, sessions):
        show(widget)
    model.link.delay_s = None
    model.session.edit(COMPOSITOR, {("layers", "in_1", "opacity"): 0.5}, "Opacity")
    model.desk._open._refused(model.session.info, RequestRefused("getpipeline", "Session not found"))
    model.bridge.flush()
    assert "does not give out the session studio: Session not found" in banner.words.text()
    assert "1 change of yours will be sent when it is back" in banner.words.text()
    assert not banner.retry.isVisible()
    canvas, air = CanvasView(model.bridge, model.tokens), TopBar(model.bridge, model.tokens)
    show(canvas)
    show(air)
    assert canvas._shown_tally() is Tally.MISSING
    assert (air.air.text(), air.air.toolTip()) == ("NO SESSION", model.desk.missing)
    assert (condition_of(model.desk).word, condition_of(model.desk).tone) == ("not here", "late")
    assert sessions.session_model.index(0).data(Qt.ItemDataRole.AccessibleTextRole).startswith("studio, open, not here")
    assert not model.session.edit(COMPOSITOR, {("layers", "in_1", "opacity"): 0.6}, "Opacity")
    assert model.desk.why_not("tune") == model.desk.why_not("edit_graph") == model.desk.missing
    model.desk._open._miss("")
    model.bridge.flush()
    assert not banner.isVisible()
    assert model.session.edit(COMPOSITOR, {("layers", "in_1", "opacity"): 0.6}, "Opacity")


def test_the_status_line(model: ModelDesk, show: Shown) -> None:
    status = StatusLine(model.bridge, model.tokens)
    show(status)
    assert status.link.text() == "Linked 1.2 ms"
    assert status.rev.text() == "rev 0 · 0 in flight"
    model.link.delay_s = None
    model.session.edit(COMPOSITOR, {("layers", "in_1", "opacity"): 0.5}, "Opacity")
    model.bridge.flush()
    assert status.rev.text() == "rev 1 · 1 in flight"
    model.clock.advance(2.0)
    status._show_times()
    assert status.late.text() == "unconfirmed for 2.0 s"
    assert status.late.property("tone") == "late"
    model.show_link(LinkState.WAITING, reason="closed")
    model.bridge.flush()
    assert (status.link.text(), status.link.property("tone")) == ("Link lost", "late")
    assert "closed" in status.link.toolTip()


def test_the_status_line_counts_frames(model: ModelDesk, show: Shown) -> None:
    status = StatusLine(model.bridge, model.tokens)
    show(status)
    status.show_picture(29.97, 0)
    assert status.picture.text() == "30.0 fps · 0 dropped"
    status.show_picture(24.0, 3, "ring")
    assert (status.picture.text(), status.picture.property("tone")) == ("24.0 fps · 3 dropped", "late")
    assert status.picture.toolTip() == "ring"
    status.show_picture(30.0, 3)
    assert status.picture.property("tone") == "", "it is amber while frames are dropped, not ever after"
    status.show_picture(None, 0)
    assert status.picture.text() == "no picture"


@pytest.fixture
def notices(qtbot: QtBot, model: ModelDesk) -> Notices:
    over = QWidget()
    qtbot.addWidget(over)
    over.resize(800, 500)
    with qtbot.waitExposed(over):
        over.show()
    made = Notices(over, model.tokens)
    made.setParent(over)
    over.setProperty("card", made)
    return made


def test_a_notice_shows_and_the_next_waits_its_turn(notices: Notices) -> None:
    notices.say("info", "First.")
    notices.say("info", "Second.")
    notices.say("info", "Second.")
    assert (notices.isVisible(), notices.words.text()) == (True, "First.")
    notices._next()
    assert notices.words.text() == "Second."
    notices._next()
    assert not notices.isVisible()


def test_a_warning_does_not_wait_and_stays_inside(notices: Notices) -> None:
    notices.say("info", "First.")
    notices.say("error", "The disk is full. " * 20)
    assert notices.words.text().startswith("The disk is full.")
    assert notices.accessibleName().startswith("error:")
    assert list(notices._waiting) == [("info", "First.")]
    over = notices.parentWidget()
    assert over is not None
    assert over.rect().contains(notices.geometry())
    over.resize(400, 300)
    assert over.rect().contains(notices.geometry())


def test_a_notice_is_plain_text(notices: Notices) -> None:
    notices.say("warning", "<b>bold</b>")
    assert notices.words.textFormat() is Qt.TextFormat.PlainText


def test_a_log_keeps_the_newest_lines() -> None:
    lines = LogLines(100)
    for number in range(0, 1000, 7):
        lines.add([line(at) for at in range(number, number + 7)])
    assert lines.rowCount() == 100
    assert [lines.lines()[0].subject, lines.lines()[-1].subject] == ["node901", "node1000"]
    lines.add([line(number) for number in range(500)])
    assert (lines.rowCount(), lines.lines()[0].subject) == (100, "node400")


@pytest.fixture
def log(model: ModelDesk, show: Shown) -> LogView:
    view = LogView("sync", "Sync decisions", 50, model.tokens)
    show(view)
    return view


def test_searching_filters_and_says_when_nothing_fits(log: LogView) -> None:
    log.add([line(1), line(2), line(12)])
    log.search.setText("SENTENCE 1")
    assert [words.split()[-1] for words in log.text().splitlines()] == ["1", "12"]
    log.search.setText("nothing")
    assert log.text() == ""
    assert log.state.text() == "No line is like that."


def test_one_kind_of_line_can_be_looked_at(log: LogView) -> None:
    others = [LogLine(1.0, "mix", verdict, "late", "a reason") for verdict in ("skipped", "parked", "skipped")]
    log.add([line(1), *others])
    assert [log.kinds.itemText(row) for row in range(log.kinds.count())] == [
        "Everything",
        "applied",
        "skipped",
        "parked",
    ]
    log.kinds.setFocus()
    QTest.keyClicks(log.kinds, "sk")
    assert len(log.text().splitlines()) == 2
    log.search.setText("mix")
    assert len(log.text().splitlines()) == 2
    log.search.setText("node1")
    assert log.text() == ""
    log.search.clear()
    QTest.keyClick(log.kinds, Qt.Key.Key_Home)
    assert len(log.text().splitlines()) == 4


def test_pausing_keeps_lines_back(log: LogView) -> None:
    log.add([line(1)])
    log.pause.setChecked(True)
    log.add([line(2)])
    log.add([line(3)])
    assert len(log.text().splitlines()) == 1
    assert log.state.text() == "paused · 2 new"
    log.add([line(number) for number in range(200)])
    assert log.state.text() == "paused · 50 new"
    log.pause.setChecked(False)
    assert len(log.text().splitlines()) == 50
    assert log.state.text() == ""


def test_copy_and_export_give_what_is_shown(log: LogView) -> None:
    log.add([line(1), line(2)])
    log.search.setText("sentence 2")
    exported = QSignalSpy(log.export_asked)
    for name in ("copy", "export"):
        QTest.mouseClick(child(log, QAbstractButton, f"sync/{name}"), Qt.MouseButton.LeftButton)
    assert exported.at(0)[0] == QGuiApplication.clipboard().text() == log.text()
    assert log.text().endswith("node2 applied sentence 2\n")


def test_a_log_stays_at_its_end_unless_someone_reads(log: LogView) -> None:
    log.add([line(number) for number in range(40)])
    bar = log.view.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    bar.setValue(0)
    log.add([line(41)])
    assert bar.value() == 0


def test_decisions_are_listed_once_with_their_reason(model: ModelDesk, show: Shown) -> None:
    log = DecisionLog(model.bridge, model.tokens, 100)
    show(log)
    model.session.edit(COMPOSITOR, {("layers", "in_1", "opacity"): 0.5}, "Opacity")
    model.settle()
    log.take()
    log.take()
    spoken = log.text()
    assert len(spoken.splitlines()) == len(model.session.decisions)
    assert "mix params acknowledged" in spoken


def test_a_hidden_log_costs_nothing_and_catches_up(model: ModelDesk, show: Shown) -> None:
    log = DecisionLog(model.bridge, model.tokens, 100)
    show(log)
    log.hide()
    for number in range(5000):
        model.session.decisions.append(Decision(float(number), COMPOSITOR, "view data", "skipped", f"old {number}"))
    model.session.decided.emit(model.session.decisions[-1])
    model.bridge.flush()
    log.take()
    assert log.lines.rowCount() == 0
    log.show()
    assert log.lines.rowCount() == 100
    assert log.lines.lines()[-1].sentence == "old 4999"


EVENT = "core::telemetry/event@1"


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        ({"event_type": "stt.result", "text": "hello", "latency_ms": 3.5}, "stt.result", "text=hello latency_ms=3.5"),
        ({"event_type": "vad.start"}, "vad.start", ""),
        ({"event_type": 5, "text": "a"}, EVENT, "event_type=5 text=a"),
        ({"event_type": " "}, EVENT, "event_type="),
        (["a", 1], EVENT, '["a", 1]'),
        (None, EVENT, "null"),
        ({"text": "x" * 5000}, EVENT, "…"),
        ({"event_type": "x" * 5000}, "x" * (MAX_KIND - 1) + "…", ""),
        ({"event_type": "stt\nresult", "text": "one\r\ntwo\u2028three"}, "stt result", "text=one two three"),
    ],
    ids=["result", "start", "number", "blank", "list", "nothing", "long", "long_kind", "lines"],
)  # fmt: skip
def test_telemetry_in_words(data: Any, kind: str, words: str) -> None:
    made = telemetry_line(NodeTelemetry("s", "stt", EVENT, data), 5.0)
    assert made.verdict == kind
    assert words in made.sentence
    assert len(made.sentence) <= MAX_WORDS
    assert "event_type" not in made.sentence or kind == EVENT


@pytest.mark.parametrize(
    ("timestamp", "when"),
    [
        ("2026-03-01T10:00:00Z", 1_772_359_200.0),
        ("2026-03-01T10:00:00.123456789Z", 1_772_359_200.123456),
        ("2026-03-01T11:00:00+01:00", 1_772_359_200.0),
        ("2026-03-01T10:00:00", 1_772_359_200.0),
        ("", 5.0),
        ("yesterday", 5.0),
    ],
)
def test_the_time_of_telemetry_is_the_servers_clock_never_media_time(timestamp: str, when: float) -> None:
    record = NodeTelemetry("s", "stt", EVENT, {"event_type": "vad.start"}, 5_000_000, timestamp)
    assert telemetry_line(record, 5.0).when == pytest.approx(when)


def test_telemetry_is_filtered_searched_paused_and_exported(model: ModelDesk, show: Shown) -> None:
    log = TelemetryLog(model.bridge, model.tokens, 100)
    show(log)
    exported: list[str] = []
    log.export_asked.connect(exported.append)

    def report(kind: str, text: str) -> None:
        data = {"event_type": kind, "text": text}
        model.desk.telemetry.emit(NodeTelemetry(model.session.info.id, "mix", EVENT, data))
        log._take()

    def shown() -> list[str]:
        return [row.split(" text=")[1] for row in log.text().splitlines()]

    for kind, text in (("vad.start", "one"), ("stt.result", "two"), ("stt.result", "three")):
        report(kind, text)
    assert shown() == ["one", "two", "three"]
    log.kinds.setCurrentIndex(log.kinds.findText("stt.result"))
    log.kinds.activated.emit(log.kinds.currentIndex())
    assert shown() == ["two", "three"]
    log.search.setText("THREE")
    assert shown() == ["three"]
    QTest.mouseClick(child(log, QAbstractButton, "telemetry/export"), Qt.MouseButton.LeftButton)
    assert [text.split(" text=")[1] for text in exported] == ["three\n"]
    log.search.clear()
    QTest.mouseClick(log.pause, Qt.MouseButton.LeftButton)
    report("stt.result", "four")
    assert shown() == ["two", "three"]
    assert log.state.text() == "paused · 1 new"
    QTest.mouseClick(log.pause, Qt.MouseButton.LeftButton)
    assert shown() == ["two", "three", "four"]


def test_telemetry_of_the_open_session_is_listed(qtbot: QtBot, model: ModelDesk, show: Shown) -> None:
    log = TelemetryLog(model.bridge, model.tokens, 100)
    show(log)
    for session_id in (model.session.info.id, "another"):
        model.desk.telemetry.emit(NodeTelemetry(session_id, "mix", "core::json", {"text": session_id}))
    qtbot.waitUntil(lambda: log.lines.rowCount() > 0)
    assert log.lines.rowCount() == 1
    assert model.session.info.id in log.text()


def cells(table: NodeTable, row: int) -> list[str]:
    return [table.node_model.index(row, column).data() for column in range(table.node_model.columnCount())]


def test_nodes_with_their_states_and_rates(model: ModelDesk, show: Shown) -> None:
    table = NodeTable(model.bridge, model.tokens)
    show(table)
    store = model.session.store
    store.set_stats("cam_a", NodeStats(received=0, sent=300, discarded=2, errored=0, duration_secs=10.0))
    store.set_state("cam_b", NodeState("Degraded", "low_fps"))
    table.refresh()
    assert cells(table, 0) == ["cam_a", "video::colorbars", "Running", "0.0", "30.0", "2", "0"]
    assert cells(table, 1)[2] == "Degraded"
    assert table.node_model.index(1, 2).data(Qt.ItemDataRole.ToolTipRole) == "Degraded: low_fps"
    colour = table.node_model.index(1, 2).data(Qt.ItemDataRole.ForegroundRole)
    assert colour.name() == model.tokens.late.lower()


def test_a_slow_input_is_named_at_its_node(model: ModelDesk, show: Shown) -> None:
    table = NodeTable(model.bridge, model.tokens)
    show(table)
    details = {"slow_pins": ["in_1"], "newly_slow_pins": [], "sync_timeout_ms": 200}
    model.session.store.set_state(COMPOSITOR, NodeState("Degraded", "slow_input_timeout", details))
    table.refresh()
    hint = table.node_model.index(table.node_model.row_of(COMPOSITOR), 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "cam_b.out → in_1" in hint
    assert "200 ms" in hint


@pytest.mark.parametrize(
    ("states", "word", "tone"),
    [
        ({}, "running", "good"),
        ({"cam_a": "Failed", "cam_b": "Degraded"}, "failed", "bad"),
        ({"cam_b": "Degraded"}, "degraded", "late"),
        ({"cam_b": "Recovering"}, "recovering", "late"),
        ({"cam_b": "Initializing"}, "starting", ""),
        ({"cam_b": "Creating"}, "starting", ""),
        ({"cam_a": "Stopped"}, "stopped", "bad"),
        ({"cam_a": "Stopped", "cam_b": "Degraded"}, "stopped", "bad"),
        ({"cam_a": "Stopped", "cam_b": "Failed"}, "failed", "bad"),
        ({"cam_a": "Ready"}, "ready", "good"),
        ({"cam_a": "FromTheFuture"}, "unknown", ""),
    ],
)
def test_the_condition_of_a_session_is_that_of_its_worst_node(
    model: ModelDesk, states: dict[str, str], word: str, tone: str
) -> None:
    for node_id, name in states.items():
        model.session.store.set_state(node_id, NodeState(name))
    assert (condition_of(model.desk).word, condition_of(model.desk).tone) == (word, tone)


def test_the_node_that_makes_a_session_unwell_is_named(model: ModelDesk, show: Shown) -> None:
    sessions = SessionList(model.bridge, model.tokens)
    show(sessions)
    model.session.store.set_state("cam_a", NodeState("Stopped", "input_closed"))
    model.bridge.flush()
    row = sessions.session_model.index(0)
    assert "stopped: cam_a: input closed" in row.data(Qt.ItemDataRole.ToolTipRole)
    assert row.data(Qt.ItemDataRole.AccessibleTextRole).endswith("open, stopped: cam_a: input closed")
    model.session.store.set_state("cam_b", NodeState("Stopped", "input_closed"))
    assert condition_of(model.desk).reason == "cam_a and 1 more: input closed"


def test_a_rate_is_shown_no_longer_when_its_node_falls_silent(qtbot: QtBot, model: ModelDesk, show: Shown) -> None:
    table, graph = NodeTable(model.bridge, model.tokens), GraphPanel(model.bridge, model.tokens, model.clock)
    for view in (table, graph):
        show(view)
        view._aging.setInterval(1)
    model.session.store.set_stats("cam_a", NodeStats(received=0, sent=300, duration_secs=10.0))
    table.refresh()
    graph.refresh()
    assert cells(table, 0)[3:5] == ["0.0", "30.0"]
    assert graph.graph.nodes["cam_a"].face.rates == "30 out /s"
    model.clock.advance(RATES_LAST_S + 0.1)
    qtbot.waitUntil(lambda: cells(table, 0)[3:5] == ["–", "–"])
    qtbot.waitUntil(lambda: graph.graph.nodes["cam_a"].face.rates == "")
    assert not table._aging.isActive()
    assert not graph._aging.isActive()


def test_a_session_without_a_link_says_so(make_model: Callable[..., ModelDesk]) -> None:
    model = make_model()
    model.show_link(LinkState.WAITING)
    assert condition_of(model.desk).word == "no link"
    assert condition_of(make_model(is_open=False).desk).word == ""
