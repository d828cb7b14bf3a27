"""A whole window on a model session, without any event loop or socket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from gui.actions.table import ActionTable
from gui.bridge import Bridge
from gui.canvas.view import CanvasView
from gui.settings.settings import Settings
from gui.settings.state import StateFile
from gui.theme.apply import apply
from gui.theme.tokens import Tokens, load_tokens
from gui.window import MainWindow
from sync.channel import Channel
from sync.desk import Desk, Link, LinkState
from sync.session import DeskSession
from tests.support.clock import FakeClock
from tests.support.link import ModelLink, make_session, session_link
from tests.support.server import ModelServer

T = TypeVar("T", bound=QObject)
URL = "ws://10.0.4.12:4545"


async def never() -> Channel:
    """No test of a window opens a socket."""
    raise AssertionError("a window test must not connect")


def child(parent: QObject, kind: type[T], name: str = "") -> T:
    """The child of that kind and objectName, which must be there."""
    found = parent.findChild(kind, name) if name else parent.findChild(kind)
    assert isinstance(found, kind), name
    return found


class ModelDesk:
    """A desk, its bridge and a session on a ModelServer; ``settle`` lets everything arrive and be painted."""

    def __init__(
        self,
        params: Mapping[str, Any] | None = None,
        *,
        is_open: bool = True,
        made: tuple[DeskSession, ModelServer, FakeClock] | None = None,
    ) -> None:
        """``made``: a session of one's own making, with its server and clock."""
        made = made or make_session(params)
        self.session: DeskSession = made[0]
        self.server: ModelServer = made[1]
        self.clock: FakeClock = made[2]
        self.desk = Desk(URL, self.clock, never)
        self.tokens: Tokens = load_tokens("dark")
        if is_open:
            self.desk._open.session = self.session
            self.desk._open.take_rows((self.session.info,))
            self.show_link(LinkState.LIVE, round_trip_ms=1.2)
        self.bridge = Bridge(self.desk)
        self.bridge.flush()

    @property
    def link(self) -> ModelLink:
        """The session's other end."""
        return session_link(self.session)

    def show_link(self, state: LinkState, **fields: Any) -> None:
        """Puts the desk's link into a state."""
        now = self.clock.now()
        self.desk.link = msgspec.structs.replace(Link(state, URL, since=now), **fields)
        self.desk.link_changed.emit(self.desk.link)

    def settle(self, seconds: float = 0.5) -> None:
        """Time passes: what is on its way arrives, and the widgets are told."""
        self.clock.advance(seconds)
        self.link.settle()
        self.clock.advance(seconds)
        self.bridge.flush()
        QApplication.processEvents()

    def close(self) -> None:
        """Stops the bridge; a test does it by the ``model`` fixture."""
        self.bridge.stop()

    def window(self, *, settings: Settings | None = None, state: StateFile | None = None) -> MainWindow:
        """The finished main window; not shown yet."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        apply(app, self.tokens)
        settings = settings or Settings()
        canvas = CanvasView(self.bridge, self.tokens)
        table = ActionTable(self.bridge, settings.shortcuts)
        window = MainWindow(self.bridge, canvas, table, self.tokens, settings, state)
        window.finish()
        return window
