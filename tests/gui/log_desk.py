"""A window on a session with an ordered log: the real session, log, replica and links; frames are moved by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from PySide6.QtWidgets import QApplication

from gui.inspector.rows.row import Row
from gui.window import MainWindow
from sync.log.conflict import Conflict
from sync.log.frames import PresenceFrame
from sync.log.op import Op
from sync.ordered.reading import Reading
from sync.ordered.status import LogState, LogStatus
from sync.session import DeskSession
from tests.gui.desk import ModelDesk
from tests.support.link import COMPOSITOR, DEMO_PARAMS, session_link
from tests.support.ordered import OrderedDesk, OrderedWorld

__all__ = ["MARIA", "LogDesk", "row_of"]

MARIA = "open/d1"


class LogDesk(ModelDesk):
    """A desk at an ordered log. ``us`` is its end of it, ``peer`` another desk: Maria's.

    Nothing moves on the wires until ``run``. ``reading`` overrides fields of what the log tells of its link.
    """

    def __init__(self, params: Mapping[str, Any] = DEMO_PARAMS) -> None:
        self.world = OrderedWorld(params=params)
        self.us, self.peer = self.world.desks
        self.log = self.us.log
        self.log.wire = self
        self.reading: dict[str, Any] = {}
        self.retries = 0
        self._reading = Reading(self.log, None)
        self._beats = 0
        port = session_link(self.us.desk)
        super().__init__(made=(self.us.desk, port.server, self.world.clock))

    @property
    def theirs(self) -> DeskSession:
        """Maria's session."""
        return self.peer.desk

    # the log's wire

    def submit(self, op: Op) -> None:
        self.us.submit(op)

    def record(self) -> None:
        self.us.record()

    def unsent_bytes(self) -> int:
        return self.us.unsent_bytes()

    def retry_now(self) -> None:
        self.retries += 1
        self.us.join()

    def status(self) -> LogStatus:
        us: OrderedDesk = self.us
        link = us._wire.caller if us.is_linked and us._wire is not None else None
        if link is None:
            self._reading.say(LogState.WAITING, "The connection was lost.", self.clock.now() + 4.0, 2)
        status = self._reading.status(link, us._end, self.clock.now())
        return msgspec.structs.replace(status, **self.reading)

    # what happens

    def show(self) -> None:
        """The widgets are told, and what only time changes is brought up to date."""
        self.bridge.flush()
        for window in [each for each in QApplication.topLevelWidgets() if isinstance(each, MainWindow)]:
            window.status.log.refresh()
            window.syncing.panel.refresh()
        QApplication.processEvents()

    def run(self) -> None:
        """Everything on the wires arrives."""
        self.world.run()
        self.show()

    def lose(self) -> None:
        """The link is gone."""
        self.us.cut()
        self.show()

    def clash(self, places: Mapping[tuple[str, ...], tuple[Any, Any]], title: str = "Edit") -> Conflict:
        """One guarded edit of ours of some places, each with our value and Maria's, who was faster."""
        gesture = self.session.begin(COMPOSITOR, title, list(places), is_guarded=True)
        self.theirs.edit(COMPOSITOR, {path: values[1] for path, values in places.items()}, title)
        self.world.run()
        gesture.change({path: values[0] for path, values in places.items()})
        gesture.end()
        self.run()
        return self.log.replica.conflicts[-1]

    def comes(self, name: str = "Maria Kent", author: str = MARIA, focus: Iterable[str] = ()) -> None:
        """An operator's heart-beat."""
        self._beats += 1
        self.log.take_control(PresenceFrame(author, name, tuple(focus), beat=self._beats))
        self.show()

    def leases(self, holders: Mapping[str, str]) -> None:
        """The server's word on who holds which control."""
        self.log.take_control(PresenceFrame("", leases=dict(holders)))
        self.show()


def row_of(window: MainWindow, name: str) -> Row:
    """A row of the inspector, which must be there."""
    assert window.inspector.form is not None
    return window.inspector.form.row(name)
