"""The picture in the desk's own event loop: asyncio and Qt in one, a ring that goes and comes back."""

from __future__ import annotations

import pytest
from aiohttp import web
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from engine.pictures.ring import FrameRing
from gui.preview.access import HttpAccess
from gui.preview.place import PicturePlace
from gui.preview.programme import ProgrammePicture
from tests.end2end.desk import run_on_loop
from tests.gui.picture_server import Watcher, serve

FRAMES = "/api/v1/sessions/{session}/frames"


class Engine:
    """A ring that can be replaced, and the route that says where it is."""

    def __init__(self) -> None:
        self.ring = FrameRing.open((64, 36))

    def replace(self, size: tuple[int, int]) -> None:
        """The canvas has another size: the old ring ends."""
        self.ring.close()
        self.ring = FrameRing.open(size)

    def show(self, colour: str) -> None:
        self.ring.admit()
        self.ring.begin().fill(QColor(colour))
        self.ring.finish()

    async def adverts(self, request: web.Request) -> web.StreamResponse:
        ring = {"segment": self.ring.advert.segment, "wake_socket": self.ring.advert.wake_socket}
        here = {"node_id": "mix", "width": 64, "height": 36, "fps": 30, "mjpeg": f"http://{request.host}/m"}
        return web.json_response([here | {"ring": ring}])


async def _follow_a_ring() -> None:
    engine = Engine()
    async with serve({FRAMES: engine.adverts}) as base:
        picture = ProgrammePicture(retry_s=(0.0,))
        seen = Watcher(picture)
        engine.show("#ff0000")
        picture.watch(PicturePlace(HttpAccess(base), "s1", "mix"))
        await seen.until(lambda: seen.images)
        assert picture.title == "shared memory"
        engine.show("#00ff00")
        await seen.until(lambda: seen.images[-1].pixelColor(1, 1).name() == "#00ff00")
        old = seen.images[-1]

        engine.replace((128, 72))
        engine.show("#0000ff")
        await seen.until(lambda: seen.images[-1].width() == 128)
        assert old.pixelColor(1, 1).name() == "#00ff00"
        assert picture.renew(seen.images[-1]) is None
        assert seen.sentences[-1] == ""
        picture.stop()
        await picture.closed()
    engine.ring.close()


@pytest.mark.timeout(60)
def test_a_ring_of_another_size_is_found_again(qapp: QApplication) -> None:
    run_on_loop(qapp, _follow_a_ring())
