"""Pictures of the window with its standbys, for people to look at: ``python -m tests.gui.standby_shots FOLDER``."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from gui.preview.access import HttpAccess
from gui.standby.watch import OFFER_AFTER_S
from gui.theme.tokens import THEME_NAMES
from sync.desk import LinkState
from tests.gui.shots import SIZES, picture
from tests.gui.standby_desk import FACTS, StandbyDesk, part, standby_server
from tests.support.http_server import ScriptedHttp
from tests.support.link import COMPOSITOR

OPACITY = ("layers", "in_1", "opacity")


async def offered(desk: StandbyDesk, server: ScriptedHttp) -> None:
    """The server is gone, three edits wait, a standby is there."""
    desk.told(server.url, rev=desk.log.replica.applied)
    server.answers[FACTS] = part(rev=desk.log.replica.applied)
    await _lost(desk)


async def leads(desk: StandbyDesk, server: ScriptedHttp) -> None:
    """Another desk has gone on already."""
    desk.told(server.url)
    server.answers[FACTS] = part("leader")
    await _lost(desk)


async def here(desk: StandbyDesk, server: ScriptedHttp) -> None:
    """The desk looks at a standby."""
    desk.here = HttpAccess(server.url)
    desk.desk.role = "admin"
    desk.desk.permissions = {"tune_nodes": False, "access_all_sessions": True}
    desk.log.went_live("view")
    desk.later(0.1)
    await desk.asked()


async def waits_here(desk: StandbyDesk, server: ScriptedHttp) -> None:
    """The desk came back to what is a standby now, with an edit that waits."""
    desk.lose()
    desk.session.edit(COMPOSITOR, {OPACITY: 0.6}, "Edit")
    desk.world.engine.desk.standby_of = "http://main:4545"
    desk.us.join()
    await here(desk, server)


async def started(desk: StandbyDesk, server: ScriptedHttp) -> None:
    """The desk is started, and its server is gone: an earlier run knew a standby."""
    desk.told(server.url)
    desk.desk._open.leave()
    retry_at = desk.clock.now() + OFFER_AFTER_S + 4.2
    desk.show_link(LinkState.WAITING, attempt=2, retry_at=retry_at, reason="Nothing listens at http://main:4545")
    desk.later(0.1)
    desk.later(OFFER_AFTER_S)
    await desk.asked()


STATES: tuple[Callable[[StandbyDesk, ScriptedHttp], Awaitable[None]], ...] = (offered, leads, here, waits_here, started)


async def _lost(desk: StandbyDesk) -> None:
    retry_at = desk.clock.now() + OFFER_AFTER_S + 4.2
    desk.show_link(LinkState.WAITING, attempt=2, retry_at=retry_at, reason="Nothing listens at http://main:4545")
    desk.lose()
    for path, value in ((OPACITY, 0.6), (("layers", "in_1", "rect", "x"), 500), (("layers", "in_0", "opacity"), 0.9)):
        desk.session.edit(COMPOSITOR, {path: value}, "Edit")
    desk.later(0.1)
    desk.later(OFFER_AFTER_S)
    await desk.asked()


async def _shoot(
    folder: Path, state: Callable[[StandbyDesk, ScriptedHttp], Awaitable[None]], theme: str, size: tuple[int, int]
) -> Path:
    async with standby_server() as server:
        desk = StandbyDesk()
        desk.main.actions_table.run(f"theme.{theme}")
        desk.main.resize(*size)
        desk.main.show()
        desk.main.canvas.show_frame(picture())
        desk.bridge.select(["in_1"])
        desk.show()
        await state(desk, server)
        for _round in range(5):
            desk.show()
        path = folder / f"{state.__name__}-{theme}-{size[0]}x{size[1]}.png"
        desk.main.grab().save(str(path))
        await desk.end()
    return path


def main() -> None:
    """Every state in every theme, at both sizes."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    application = QApplication([])
    for state in STATES:
        for theme in THEME_NAMES:
            for size in SIZES:
                sys.stdout.write(f"{asyncio.run(_shoot(folder, state, theme, size))}\n")
    application.quit()


if __name__ == "__main__":
    main()
