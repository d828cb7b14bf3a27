"""Two operators at real desks on a real engine: who is here, whose edit was first, what the Sync dock tells, faults."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from gui.layers.model import PEOPLE_ROLE
from gui.syncing.people import People
from gui.window import MainWindow
from sync.ordered.session_log import SessionLog
from sync.ordered.status import LogState
from tests.end2end.desk import DeskInTest, run_on_loop, until
from tests.support.engine_process import EngineProcess

PIPELINE = Path(__file__).with_name("two_bars.yaml")
OPACITY = ("layers", "in_1", "opacity")


@pytest.fixture
def engine() -> Iterator[EngineProcess]:
    with EngineProcess(PIPELINE) as process:
        yield process


def window_of(desk: DeskInTest) -> MainWindow:
    return desk.station.window


def log_of(desk: DeskInTest) -> SessionLog:
    """The ordered log of the desk's session, which must be there."""
    log = desk.session.log
    assert log is not None, "the engine offers one"
    return log


async def people_have_met(*desks: DeskInTest) -> None:
    """Until every desk knows of all the others."""
    for desk in desks:
        people = desk.station.bridge.people

        def are_there(people: People = people) -> bool:
            return len(people.present) == len(desks) - 1

        await until(are_there, what="the others")


def test_operators_see_each_other_and_whose_hand_is_where(qapp: QApplication, engine: EngineProcess) -> None:
    async def scenario() -> None:
        async with (
            DeskInTest.at(qapp, engine.url, name="Ines") as here,
            DeskInTest.at(qapp, engine.url, name="Maria Kent") as there,
        ):
            await people_have_met(here, there)
            assert window_of(here).topbar.operators.accessibleName() == "At this session: Maria Kent"
            there.station.bridge.select(["in_1"])
            model = window_of(here).layers.layer_model
            index = model.index(model.row_of("in_1"))
            await until(lambda: [each.initials for each in model.data(index, PEOPLE_ROLE)] == ["MK"])
            gesture = there.session.begin("compositor", "Fade", [OPACITY])
            await until(
                lambda: here.station.bridge.people.on_field("compositor", OPACITY), what="the hand on the field"
            )
            await until(
                lambda: here.station.bridge.people.holder("compositor", OPACITY) == "Maria Kent", what="a lease"
            )
            gesture.cancel("escape")
            await until(lambda: not here.station.bridge.people.holder("compositor", OPACITY), what="the lease is free")

    run_on_loop(qapp, scenario())


def test_who_types_too_late_is_asked_and_can_have_it(qapp: QApplication, engine: EngineProcess) -> None:
    async def scenario() -> None:
        async with (
            DeskInTest.at(qapp, engine.url, name="Ines") as here,
            DeskInTest.at(qapp, engine.url, name="Maria Kent") as there,
        ):
            await people_have_met(here, there)
            here.station.bridge.select(["in_1"])
            name = "inspector/opacity/number"
            await until(lambda: window_of(here).inspector.findChild(QLineEdit, name) is not None)
            number = here.widget(QLineEdit, "inspector/opacity/number")
            number.setFocus()
            number.selectAll()
            QTest.keyClicks(number, "50")
            there.session.edit("compositor", {OPACITY: 0.25}, "Fade")
            await until(
                lambda: log_of(here).replica.confirmed.value(("nodes", "compositor", "params", *OPACITY)) == 0.25
            )
            QTest.keyClick(number, Qt.Key.Key_Return)
            card = window_of(here).syncing.card
            await until(card.isVisible, what="the card")
            assert card.who.text().startswith("Maria Kent changed it before your edit arrived.")
            assert [label.text() for label in card.rows[0][1:]] == ["50 %", "25 %"]
            QTest.mouseClick(card.mine, Qt.MouseButton.LeftButton)
            await until(lambda: there.session.store.value("compositor", OPACITY) == 0.5)
            assert not card.isVisible()

    run_on_loop(qapp, scenario())


@pytest.mark.expects_log("cut by the fault panel")
def test_the_sync_dock_tells_both_sides_and_a_cut_link_comes_back(qapp: QApplication, engine: EngineProcess) -> None:
    async def scenario() -> None:
        async with DeskInTest.at(qapp, engine.url, name="Ines") as here:
            window = window_of(here)
            window.syncing.show()
            panel = window.syncing.panel
            await until(lambda: panel.state.text() == "Live", 20, "it is live")
            await until(lambda: panel.tables["link"].words_of("round_trip").text() != "–", 20, "a round trip")
            await until(lambda: panel.server.isVisible() and panel.server.words_of("head"), 20, "the server's side")
            assert panel.server.words_of("head").text() == f"rev {log_of(here).replica.applied}"
            assert window.status.log.protocol.text() == "ordered log"
            panel.unfold_faults(is_open=True)
            QTest.mouseClick(panel.faults.cut, Qt.MouseButton.LeftButton)
            await until(lambda: log_of(here).status().state is not LogState.LIVE, what="it is cut")  # type: ignore[union-attr]
            here.session.edit("compositor", {OPACITY: 0.4}, "Fade")
            await until(lambda: panel.state.text() == "Live", 20, "it came back")
            await until(lambda: log_of(here).status().waiting == 0, what="the edit has arrived")  # type: ignore[union-attr]

    run_on_loop(qapp, scenario())


def test_a_delay_from_the_fault_panel_is_felt_and_ends(qapp: QApplication, engine: EngineProcess) -> None:
    async def scenario() -> None:
        async with DeskInTest.at(qapp, engine.url, name="Ines") as here:
            window = window_of(here)
            window.actions_table.run("sync.faults")
            number = here.widget(QLineEdit, "sync/faults/delay_s/number")
            number.setFocus()
            number.selectAll()
            QTest.keyClicks(number, "300")
            QTest.keyClick(number, Qt.Key.Key_Return)
            assert log_of(here).faults.delay_s == 0.3
            assert window.status.log.faults.isVisible()
            here.session.edit("compositor", {OPACITY: 0.4}, "Fade")
            assert here.session.store.value("compositor", OPACITY) == 0.4, "the hand does not wait"
            store = here.session.store
            await until(lambda: store.in_flight() == 1)
            await until(lambda: store.in_flight() == 0)
            window.actions_table.run("sync.faults_off")
            assert not window.status.log.faults.isVisible()

    run_on_loop(qapp, scenario())
