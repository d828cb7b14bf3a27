"""gui/preview/following.py: what it watches, and that nothing begins after its end."""

from __future__ import annotations

import asyncio

from pytestqt.qtbot import QtBot

from gui.canvas.view import CanvasView
from gui.preview.access import HttpAccess
from gui.preview.following import PictureFollower
from sync.desk import LinkState
from sync.wire.events import SessionDestroyed
from tests.gui.desk import ModelDesk
from tests.support.link import COMPOSITOR


def _watching() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name() == "picture: programme"]


async def test_it_follows_the_link_until_it_is_closed(qtbot: QtBot, model: ModelDesk) -> None:
    """A link that is shown live while the desk closes starts no picture that nobody would end."""
    canvas = CanvasView(model.bridge, model.tokens)
    qtbot.addWidget(canvas)
    follower = PictureFollower(model.bridge, canvas, lambda: HttpAccess("http://127.0.0.1:1"))
    model.bridge.link_shown.emit(model.desk.link)
    assert follower.picture.place is not None
    assert follower.picture.place.node_id == COMPOSITOR
    assert len(_watching()) == 1
    await follower.close()
    assert _watching() == []
    model.show_link(LinkState.LIVE)
    model.bridge.link_shown.emit(model.desk.link)
    assert _watching() == []


async def test_the_picture_ends_with_its_session(qtbot: QtBot, model: ModelDesk) -> None:
    """Somebody ended it while it was watched: nothing watches on, and the canvas forgets the last frame."""
    canvas = CanvasView(model.bridge, model.tokens)
    qtbot.addWidget(canvas)
    follower = PictureFollower(model.bridge, canvas, lambda: HttpAccess("http://127.0.0.1:1"))
    cleared: list[bool] = []
    follower.picture.cleared.connect(lambda: cleared.append(True))
    model.bridge.link_shown.emit(model.desk.link)
    assert len(_watching()) == 1
    before = len(cleared)
    model.desk._open.accept(SessionDestroyed(model.session.info.id))
    model.bridge.flush()
    assert follower.picture.place is None
    assert len(cleared) > before
    await follower.close()
    assert _watching() == []
