"""States of the window at an ordered log, for the pictures: the Sync dock, faults, conflicts, who else is here."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from gui.window import MainWindow
from sync.log.frames import StandbysFrame
from sync.log.op import Change, Op
from tests.gui.log_desk import LogDesk
from tests.support.link import COMPOSITOR

__all__ = ["LOG_STATES"]

OPACITY = ("layers", "in_1", "opacity")
BUSY = {
    "round_trip_ms": 1.2,
    "clock_offset_ms": -0.4,
    "journal": "saved",
    "batches": {1: 3214, 2: 411, 4: 96, 8: 12},
    "frames": {"op": 3214, "batch": 519, "view": 8123, "presence": 402},
    "bytes": {"op": 412_345, "batch": 98_123, "view": 5_812_345, "presence": 41_200},
}


def _working(desk: LogDesk) -> None:
    """Three operators at work; our own edits arrive."""
    desk.comes("Maria Kent", focus=(COMPOSITOR, "in_2", "opacity"))
    desk.comes("Desk 2", "open/x2", focus=(COMPOSITOR, "title", ""))
    desk.comes("Jo", "open/x7", focus=(COMPOSITOR, "in_1", "opacity"))
    for value in (0.8, 0.7, 0.9):
        desk.session.edit(COMPOSITOR, {OPACITY: value}, "Opacity of cam_b")
        desk.theirs.edit(COMPOSITOR, {("layers", "in_2", "opacity"): value}, "Opacity of cam_c")
        desk.run()
    desk.bridge.select(["in_1"])
    desk.show()


def sync_dock(desk: LogDesk, window: MainWindow) -> None:
    """The dock on a live link."""
    _working(desk)
    desk.reading = dict(BUSY)
    window.syncing.show()
    desk.show()


def faults(desk: LogDesk, window: MainWindow) -> None:
    """Faults are on and their panel is unfolded."""
    sync_dock(desk, window)
    desk.log.faults.delay_s, desk.log.faults.drop, desk.log.faults.is_stalled = 0.25, 0.05, True
    window.syncing.panel.unfold_faults(is_open=True)
    _settle(desk)


def not_saving(desk: LogDesk, window: MainWindow) -> None:
    """The disk is full."""
    sync_dock(desk, window)
    desk.reading |= {"journal": "not saving", "journal_reason": "No space left on device"}
    _settle(desk)


def server_not_saving(desk: LogDesk, window: MainWindow) -> None:
    """The server's disk is full; the Sync dock is not seen."""
    _working(desk)
    desk.log.take_control(StandbysFrame((), "database or disk is full"))
    desk.show()


def waiting(desk: LogDesk, window: MainWindow) -> None:
    """No link to the log: edits wait, the next try is counted down."""
    sync_dock(desk, window)
    desk.lose()
    desk.session.edit(COMPOSITOR, {OPACITY: 0.5}, "Opacity of cam_b")
    desk.session.edit(COMPOSITOR, {("layers", "in_1", "rect", "x"): 500}, "Move cam_b")
    _settle(desk)


def conflict(desk: LogDesk, window: MainWindow) -> None:
    """Two refused edits; the one on top is of several fields."""
    _working(desk)
    rect = ("layers", "in_1", "rect")
    desk.clash({(*rect, "x"): (700, 640), (*rect, "y"): (300, 360), (*rect, "width"): (480, 420)}, "Move cam_b")
    desk.clash({OPACITY: (0.5, 0.2)}, "Opacity of cam_b")
    _settle(desk)
    assert window.syncing.card.isVisible()


def other_key(desk: LogDesk, window: MainWindow) -> None:
    """What an earlier key of this desk made is asked about."""
    _working(desk)
    place = ("nodes", COMPOSITOR, "params", *OPACITY)
    desk.log.replica.outbox.add(Op("0123456789abcdef/d0~1", 3, (Change(place, 0.5),)))
    desk.log.replica.turn_away(3, "An edit in somebody else's name.", "open/d0")
    desk.log.took()
    _settle(desk)
    assert window.syncing.card.isVisible()


def people(desk: LogDesk, window: MainWindow) -> None:
    """Three others are here; the inspector shows whose hand is on a field."""
    _working(desk)
    window.inspector_dock.raise_()
    _settle(desk)


def _settle(desk: LogDesk) -> None:
    desk.show()
    for _round in range(5):
        QApplication.processEvents()
    desk.show()


LOG_STATES: tuple[Callable[[LogDesk, MainWindow], None], ...] = (
    sync_dock,
    faults,
    not_saving,
    server_not_saving,
    waiting,
    conflict,
    other_key,
    people,
)
