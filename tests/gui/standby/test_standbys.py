"""Standbys at the window: when one is offered, what its buttons do, what is said when it cannot be had."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from gui.connecting.dialog import ConnectDialog
from gui.preview.access import HttpAccess
from gui.settings.state import KnownStandby
from gui.standby.candidate import root_of
from gui.standby.strip import CONTINUE, TAKE_OVER, WAIT
from gui.standby.watch import ASK_EVERY_S, OFFER_AFTER_S
from sync.desk import LinkState
from tests.gui.conftest import shown
from tests.gui.desk import child
from tests.gui.log_desk import row_of
from tests.gui.standby_desk import FACTS, LEADER, PIPELINE, StandbyDesk, part, standby_server
from tests.gui.standby_desk import TAKE_OVER as TAKE_OVER_ROUTE
from tests.support.http_server import ScriptedHttp, raw_answer
from tests.support.link import COMPOSITOR

OPACITY = ("layers", "in_1", "opacity")


@pytest.fixture
async def server() -> AsyncIterator[ScriptedHttp]:
    async with standby_server() as running:
        yield running


@pytest.fixture
async def desk(qtbot: QtBot) -> AsyncIterator[StandbyDesk]:
    made = StandbyDesk()
    shown(qtbot, made.main)
    made.show()
    yield made
    await made.end()


def words(desk: StandbyDesk) -> str:
    """What the strip says; nothing while it is hidden."""
    label = child(desk.main, QLabel, "standby/words")
    return label.text() if label.isVisible() else ""


def visible_buttons(desk: StandbyDesk) -> list[str]:
    return [each.text() for each in desk.strip.findChildren(QPushButton) if each.isVisible()]


async def away(desk: StandbyDesk, server: ScriptedHttp) -> None:
    """The link has been lost for long enough, and the standby was asked."""
    desk.told(server.url)
    desk.lose()
    desk.later(0.1)
    desk.later(OFFER_AFTER_S)
    await desk.asked()


async def test_a_lost_link_offers_the_standby_after_three_seconds_and_not_before(
    desk: StandbyDesk, server: ScriptedHttp
) -> None:
    desk.told(server.url)
    desk.lose()
    desk.later(0.1)
    desk.later(OFFER_AFTER_S - 0.2)
    assert (words(desk), server.asked) == ("", [])
    desk.session.edit(COMPOSITOR, {OPACITY: 0.5}, "Fade")
    desk.later(0.3)
    await desk.asked()
    assert words(desk) == "Standby edit-2 has everything up to rev 812. 1 edit of yours waits."
    assert visible_buttons(desk) == ["Keep waiting", "Continue on edit-2"]
    assert desk.moves == [], "the operator decides"
    assert server.requests("POST") == []


async def test_the_standby_is_asked_calmly(desk: StandbyDesk, server: ScriptedHttp) -> None:
    await away(desk, server)
    assert len(server.asked) == 1
    for _ in range(4):
        desk.later(ASK_EVERY_S / 5)
        await desk.asked()
    assert len(server.asked) == 1
    server.answers[FACTS] = part(rev=820)
    desk.later(ASK_EVERY_S / 5)
    await desk.asked()
    assert len(server.asked) == 2
    assert "up to rev 820" in words(desk)


async def test_nothing_is_asked_or_said_while_there_is_a_link(desk: StandbyDesk, server: ScriptedHttp) -> None:
    desk.told(server.url)
    desk.later(60)
    assert (words(desk), server.asked) == ("", [])
    assert desk.main.actions_table[CONTINUE].title_now(desk.bridge) == "Continue on edit-2"
    assert desk.main.actions_table[CONTINUE].may_run(desk.bridge), "a hand-over can be planned"


async def test_a_link_that_is_back_takes_the_offer_away(desk: StandbyDesk, server: ScriptedHttp) -> None:
    await away(desk, server)
    assert words(desk)
    desk.us.join()
    desk.later(0.1)
    assert words(desk) == ""


async def test_a_lost_control_link_counts_too(desk: StandbyDesk, server: ScriptedHttp) -> None:
    desk.told(server.url)
    desk.show_link(LinkState.WAITING, reason="gone")
    desk.later(0.1)
    desk.later(OFFER_AFTER_S)
    await desk.asked()
    assert words(desk).startswith("Standby edit-2")


async def test_who_keeps_waiting_is_asked_again_when_somebody_leads_there(
    desk: StandbyDesk, server: ScriptedHttp
) -> None:
    await away(desk, server)
    desk.strip.buttons[WAIT].click()
    assert words(desk) == ""
    assert not desk.main.actions_table[WAIT].may_run(desk.bridge)
    desk.later(ASK_EVERY_S)
    await desk.asked()
    assert words(desk) == ""
    server.answers[FACTS] = part("leader")
    desk.later(ASK_EVERY_S)
    await desk.asked()
    assert words(desk) == "edit-2 leads now."
    desk.strip.buttons[CONTINUE].click()
    await desk.until(lambda: desk.moves == [server.url])
    assert server.requests("POST") == [], "another desk has told it to take over already"


async def test_continue_asks_for_the_session_lets_it_take_over_and_goes_there(
    desk: StandbyDesk, server: ScriptedHttp
) -> None:
    await away(desk, server)
    server.asked.clear()
    desk.strip.buttons[CONTINUE].click()
    await desk.until(lambda: desk.moves == [server.url])
    assert [f"{each.method} {each.path}" for each in server.asked] == [PIPELINE, FACTS, TAKE_OVER_ROUTE]
    await desk.until(lambda: desk.said[-1:] == [("info", "The session goes on at edit-2. What waited goes along.")])


@pytest.mark.parametrize(
    ("route", "answer", "sentence"),
    [
        (
            TAKE_OVER_ROUTE,
            raw_answer(b"Permission denied: only an admin may let this engine take over", 403, "text/plain"),
            "The server does not allow it: Permission denied: only an admin may let this engine take over.",
        ),
        (TAKE_OVER_ROUTE, raw_answer(b"No room", 507, "text/plain"), "The server has no room for it: No room."),
        (FACTS, raw_answer(b"Not found", 404, "text/plain"), "The server does not have it: Not found."),
        (PIPELINE, raw_answer(b"No such session", 404, "text/plain"), "The server does not have it: Not found."),
    ],
)
async def test_each_failure_is_one_line_and_the_desk_stays(
    desk: StandbyDesk, server: ScriptedHttp, route: str, answer: bytes, sentence: str
) -> None:
    await away(desk, server)
    server.answers[route] = answer
    desk.strip.buttons[CONTINUE].click()
    await desk.until(lambda: bool(desk.said))
    assert desk.said == [("error", f"The session does not go on at edit-2. {sentence}")]
    assert desk.moves == []
    assert visible_buttons(desk) == ["Keep waiting", "Continue on edit-2"]


async def test_a_standby_that_is_off_is_named_and_the_desk_stays(desk: StandbyDesk) -> None:
    desk.told("http://127.0.0.1:9")
    desk.lose()
    desk.later(0.1)
    desk.later(OFFER_AFTER_S)
    await desk.asked()
    assert "At present: the server cannot be reached" in words(desk)
    desk.strip.buttons[CONTINUE].click()
    await desk.until(lambda: bool(desk.said))
    assert desk.said[0][1].startswith("The session does not go on at edit-2. The server cannot be reached")
    assert desk.moves == []


async def test_where_a_token_is_wanted_it_is_asked_for_and_then_goes_on(
    desk: StandbyDesk, server: ScriptedHttp
) -> None:
    await away(desk, server)
    pipeline = server.answers[PIPELINE]
    server.answers[PIPELINE] = raw_answer(b"Unauthorized", 401, "text/plain")
    desk.strip.buttons[CONTINUE].click()
    await desk.until(lambda: desk.main.findChild(ConnectDialog) is not None)
    dialog = child(desk.main, ConnectDialog)
    assert dialog.address.text() == server.url
    server.answers[PIPELINE] = pipeline
    dialog.token.setText("sesame")
    dialog.go.click()
    await desk.until(lambda: desk.moves == [server.url])
    assert server.asked[-1].headers["authorization"] == "Bearer sesame"


async def test_a_leader_that_is_heard_of_still_is_a_question_first(desk: StandbyDesk, server: ScriptedHttp) -> None:
    server.answers[FACTS] = part(state="live")
    await away(desk, server)
    assert "It still hears main:4545: what is broken may be your way to it." in words(desk)
    desk.strip.buttons[CONTINUE].click()
    await desk.until(lambda: desk.main.findChild(QMessageBox) is not None)
    box = child(desk.main, QMessageBox, "standby/ask")
    assert box.text() == "main:4545 still leads, and edit-2 hears it. Take over all the same?"
    box.escapeButton().click()
    assert (desk.moves, server.requests("POST")) == ([], [])
    desk.strip.buttons[CONTINUE].click()
    await desk.until(lambda: any(each.isVisible() for each in desk.main.findChildren(QMessageBox)))
    box = next(each for each in desk.main.findChildren(QMessageBox) if each.isVisible())
    next(each for each in box.buttons() if each.text() == "Take over").click()
    await desk.until(lambda: desk.moves == [server.url])
    assert len(server.requests("POST")) == 1


async def test_without_a_standby_the_menu_says_so(desk: StandbyDesk) -> None:
    action = desk.main.actions_table[CONTINUE]
    assert action.obstacle(desk.bridge) == "No other server has a copy of this session."
    assert desk.main.actions_table[TAKE_OVER].obstacle(desk.bridge) == "This server is no standby."
    desk.lose()
    desk.later(60)
    assert words(desk) == ""


async def test_the_palette_has_every_server_that_could_go_on(desk: StandbyDesk, server: ScriptedHttp) -> None:
    desk.told(server.url)
    (offered,) = [each for each in desk.main.actions_table.offered() if each.id == f"standby.continue.{server.url}"]
    assert offered.title == "Continue on edit-2"
    offered.run()
    await desk.until(lambda: desk.moves == [server.url])


async def test_the_server_that_was_left_is_offered_when_its_successor_dies(
    desk: StandbyDesk, server: ScriptedHttp
) -> None:
    server.answers[FACTS] = raw_answer({"part": "leader", "leader": "", "copies": []})
    desk.standbys.moved(server.url)
    desk.lose()
    desk.later(0.1)
    desk.later(OFFER_AFTER_S)
    await desk.asked()
    assert words(desk) == f"{server.url.removeprefix('http://')} leads now."


async def test_a_desk_that_opens_nothing_is_offered_what_the_server_named_in_an_earlier_run(
    desk: StandbyDesk, server: ScriptedHttp
) -> None:
    desk.told(server.url)
    here = root_of(desk.desk.link.url)
    assert [row.url for row in desk.state.state.standbys[here]] == [server.url]
    desk.state.state.standbys[here].append(KnownStandby("javascript:alert(1)"))
    desk.desk._open.leave()
    desk.show_link(LinkState.REFUSED, reason="401")
    desk.later(OFFER_AFTER_S + 1)
    assert words(desk) == "", "a server that wants a token is there"
    desk.show_link(LinkState.WAITING, reason="gone")
    desk.later(0.1)
    desk.later(OFFER_AFTER_S)
    await desk.asked()
    assert words(desk) == "Standby edit-2 stands by."
    assert [each.url for each in desk.standbys.watch.candidates] == [server.url]
    desk.strip.buttons[CONTINUE].click()
    await desk.until(lambda: desk.moves)
    assert desk.moves == [server.url]
    assert len(server.requests("POST")) == 1, "it was told to take over"
    assert ("info", "The desk goes on at edit-2. What waited goes along.") in desk.said


async def test_what_no_server_can_be_is_not_offered(desk: StandbyDesk) -> None:
    desk.told("javascript:alert(1)")
    assert desk.standbys.watch.candidates == ()


async def test_a_desk_on_a_standby_says_so_and_lets_it_take_over(desk: StandbyDesk, server: ScriptedHttp) -> None:
    await _look_at_a_standby(desk, server)
    assert words(desk) == f"Standby of {LEADER}: it takes no edits."
    assert visible_buttons(desk) == ["Continue on main:4545", "Take over here"]
    row = row_of(desk.main, "opacity")
    assert row.editors()[0].toolTip() == "This server is a standby of main:4545: it takes no edits."
    desk.strip.buttons[TAKE_OVER].click()
    await desk.until(lambda: desk.said[-1:] == [("info", f"This server leads now, in place of {LEADER}.")])
    desk.log.went_live("control")
    desk.later(ASK_EVERY_S)
    assert words(desk) == ""


async def test_what_waits_at_a_standby_is_said_and_can_go_to_its_leader(
    desk: StandbyDesk, server: ScriptedHttp
) -> None:
    desk.lose()
    desk.session.edit(COMPOSITOR, {("layers", "in_1", "opacity"): 0.5}, "Fade")
    desk.us.join()
    await _look_at_a_standby(desk, server)
    assert words(desk) == f"Standby of {LEADER}: it takes no edits. 1 edit of yours waits."
    assert [each.url for each in desk.standbys.watch.candidates] == [LEADER]


async def test_who_may_not_let_it_take_over_is_told_why(desk: StandbyDesk, server: ScriptedHttp) -> None:
    await _look_at_a_standby(desk, server, may_take_over=False)
    button = desk.strip.buttons[TAKE_OVER]
    assert not button.isEnabled()
    assert button.toolTip() == "The role user may not let a standby take over on this server."


async def test_a_role_that_may_only_look_at_a_leader_is_no_standby(desk: StandbyDesk, server: ScriptedHttp) -> None:
    server.answers[FACTS] = part("leader")
    await _look_at_a_standby(desk, server)
    assert words(desk) == ""


async def _look_at_a_standby(desk: StandbyDesk, server: ScriptedHttp, *, may_take_over: bool = True) -> None:
    desk.here = HttpAccess(server.url)
    desk.desk.role = "admin" if may_take_over else "user"
    desk.desk.permissions = {"tune_nodes": False, "access_all_sessions": may_take_over}
    desk.bridge.select(["in_1"])
    desk.log.went_live("view")
    desk.later(0.1)
    await desk.asked()
