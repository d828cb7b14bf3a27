"""The fault panel: folded away at first, set by mouse and keys, told by an amber mark, ended by one button."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gui.inspector.rows.number import NumberRow
from gui.inspector.rows.slider import SliderRow
from gui.inspector.rows.toggle import ToggleRow
from gui.syncing.fault_panel import FAULT_FIELDS, FaultPanel
from gui.window import MainWindow
from sync.ordered.faults import Faults
from tests.gui.log_desk import LogDesk
from tests.gui.test_rows import drag, let_go


@pytest.fixture
def panel(window: MainWindow, at_log: LogDesk) -> FaultPanel:
    """The panel, unfolded by its button."""
    window.syncing.show()
    at_log.show()
    assert not window.syncing.panel.faults.isVisible(), "folded at first"
    QTest.mouseClick(window.syncing.panel.fold, Qt.MouseButton.LeftButton)
    at_log.show()
    return window.syncing.panel.faults


def test_every_fault_of_the_log_has_a_row(panel: FaultPanel) -> None:
    known = {name for name in vars(Faults()) if name not in {"draw", "cut_asked"}}
    assert {field.name for field in FAULT_FIELDS} == known
    assert panel.isVisible()


def test_a_typed_delay_counts_at_once_and_lights_the_amber_mark(
    panel: FaultPanel, window: MainWindow, at_log: LogDesk
) -> None:
    assert not window.status.log.faults.isVisible()
    row = panel.rows["delay_s"]
    assert isinstance(row, NumberRow)
    row.number.setFocus()
    row.number.selectAll()
    QTest.keyClicks(row.number, "250")
    QTest.keyClick(row.number, Qt.Key.Key_Return)
    assert at_log.log.faults.delay_s == 0.25
    assert window.status.log.faults.isVisible()
    assert panel.off.isEnabled()


def test_a_slider_sets_a_share(panel: FaultPanel, at_log: LogDesk) -> None:
    row = panel.rows["drop"]
    assert isinstance(row, SliderRow)
    middle = row.slider.width() / 2
    drag(row.slider, 2.0, middle)
    let_go(row.slider, middle)
    assert 0.3 < at_log.log.faults.drop < 0.7


@pytest.mark.parametrize("name", ["is_stalled", "disk_fails"])
def test_a_switch_is_a_click(panel: FaultPanel, at_log: LogDesk, name: str) -> None:
    row = panel.rows[name]
    assert isinstance(row, ToggleRow)
    QTest.mouseClick(row.toggle, Qt.MouseButton.LeftButton)
    assert getattr(at_log.log.faults, name) is True
    QTest.mouseClick(row.toggle, Qt.MouseButton.LeftButton)
    assert getattr(at_log.log.faults, name) is False


def test_all_off_ends_them_and_the_mark(panel: FaultPanel, window: MainWindow, at_log: LogDesk) -> None:
    faults = at_log.log.faults
    faults.delay_s, faults.skew_s, faults.is_stalled = 0.5, -30.0, True
    at_log.show()
    assert window.status.log.faults.isVisible(), "whoever set them"
    row = panel.rows["skew_s"]
    assert isinstance(row, NumberRow)
    assert row.number.text() == "-30"
    QTest.mouseClick(panel.off, Qt.MouseButton.LeftButton)
    assert not faults.is_any
    assert row.number.text() == "0"
    assert not window.status.log.faults.isVisible()
    assert not panel.off.isEnabled()


def test_cut_now_cuts(panel: FaultPanel, at_log: LogDesk) -> None:
    cuts: list[bool] = []
    at_log.log.faults.cut_asked.connect(lambda: cuts.append(True))
    QTest.mouseClick(panel.cut, Qt.MouseButton.LeftButton)
    assert cuts == [True]


def test_the_palette_opens_it_and_ends_the_faults(window: MainWindow, at_log: LogDesk) -> None:
    assert not window.actions_table.run("sync.faults_off"), "there is none to end"
    assert window.actions_table.run("sync.faults")
    at_log.show()
    assert window.syncing.panel.faults.isVisible()
    at_log.log.faults.drop = 0.5
    assert window.actions_table.run("sync.faults_off")
    assert not at_log.log.faults.is_any


def test_text_that_is_no_number_changes_nothing(panel: FaultPanel, at_log: LogDesk) -> None:
    row = panel.rows["jitter_s"]
    assert isinstance(row, NumberRow)
    row.number.setFocus()
    row.number.selectAll()
    QTest.keyClicks(row.number, "quick")
    QTest.keyClick(row.number, Qt.Key.Key_Return)
    assert at_log.log.faults.jitter_s == 0.0
    assert not row.is_held
