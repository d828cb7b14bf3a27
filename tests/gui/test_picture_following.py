"""gui/preview/following.py: what it watches, and that nothing begins after its end."""

from __future__ import annotations

import asyncio

from pytestqt.qtbot import QtBot

from gui.canvas.view import CanvasView
from gui.preview.access import HttpAccess
from gui.preview.following import PictureFollower
from sync.desk import LinkState
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
