"""The Server section: asked for only while the dock is seen, calm where a server tells nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from PySide6.QtWidgets import QLabel

from gui.preview.access import HttpAccess
from gui.server.answers import LogFacts, LogJournal, LogLink
from gui.server.rest import RestClient
from gui.syncing.panel import SyncPanel
from gui.syncing.server_side import MAX_LINKS, ServerSide, section_of
from sync.tasks import Tasks
from tests.gui.desk import child
from tests.gui.log_desk import MARIA, LogDesk
from tests.support.http_server import ScriptedHttp, raw_answer, scripted_http

ROUTE = "GET /api/v1/sessions/s1/log"
FACTS: dict[str, Any] = {
    "epoch": "e1",
    "head": 40,
    "floor": 3,
    "stable": 38,
    "held_ops": 0,
    "duplicates": 2,
    "places": 90,
    "links": [
        {"author": "open/d0", "role": "admin", "rights": "control", "cursor": 40, "unsent_bytes": 0},
        {"author": MARIA, "role": "user", "rights": "edit", "cursor": 31, "unsent_bytes": 2048, "round_trip_ms": 80.0},
    ],
    "journal": {"badge": "saved", "reason": "", "failed_rounds": 0},
    "unheard_of": [1, 2],
}


class Side:
    """A panel, what asks for it, and the server that answers."""

    def __init__(self, desk: LogDesk, server: ScriptedHttp) -> None:
        self.panel = SyncPanel(desk.bridge, desk.tokens)
        self.tasks = Tasks()
        self.side = ServerSide(desk.bridge, self.panel, lambda: RestClient(HttpAccess(server.url)), self.tasks)
        self._server = server

    async def answered(self, count: int) -> None:
        """Until that many questions were answered and shown."""
        async with asyncio.timeout(5):
            while len(self._server.asked) < count or not self.is_idle():  # noqa: ASYNC110 (the loop is Qt-free)
                await asyncio.sleep(0.01)

    def is_idle(self) -> bool:
        return self.side._asking is None or self.side._asking.done()

    def figures(self) -> dict[str, str]:
        return {each.key: each.words for section in self.panel.sections[-1:] for each in section.figures}

    def sentence(self) -> str:
        label = child(self.panel, QLabel, "sync/server/words")
        return "" if label.isHidden() else label.text()

    async def close(self) -> None:
        self.panel.set_seen(is_seen=False)
        await self.tasks.close()
        self.panel.deleteLater()


async def test_it_asks_when_the_dock_comes_and_every_two_seconds(at_log: LogDesk) -> None:
    at_log.comes("Maria Kent")
    async with scripted_http() as server:
        server.answers[ROUTE] = raw_answer(FACTS)
        side = Side(at_log, server)
        assert server.asked == []
        side.panel.set_seen(is_seen=True)
        await side.answered(1)
        side.panel.refresh()
        assert side.figures()["head"] == "rev 40"
        assert side.figures()["stable"] == "2"
        assert side.figures()["floor"] == "rev 4"
        assert side.figures()["link/open/d0"] == "up to date"
        assert side.figures()[f"link/{MARIA}"] == "−9 · 2.0 KB"
        assert side.sentence() == ""
        side.side._timer.timeout.emit()
        await side.answered(2)
        side.panel.set_seen(is_seen=False)
        assert not side.side._timer.isActive()
        await side.close()


async def test_one_question_at_a_time(at_log: LogDesk) -> None:
    async with scripted_http() as server:
        server.answers[ROUTE] = raw_answer(FACTS)
        side = Side(at_log, server)
        for _ in range(5):
            side.side.ask()
        await side.answered(1)
        assert len(server.asked) == 1
        await side.close()


async def test_a_server_without_the_route_is_no_error(at_log: LogDesk) -> None:
    async with scripted_http() as server:
        server.answers[ROUTE] = raw_answer(b"", 404, "text/plain")
        side = Side(at_log, server)
        side.side.ask()
        await side.answered(1)
        assert side.sentence() == "The server does not tell how its side stands."
        assert side.panel.server.isHidden()
        await side.close()


async def test_an_answer_that_is_none_is_one_sentence(at_log: LogDesk) -> None:
    async with scripted_http() as server:
        server.answers[ROUTE] = raw_answer(b"[1, 2", 200, "application/json")
        side = Side(at_log, server)
        side.side.ask()
        await side.answered(1)
        assert side.sentence() == "The server's answer cannot be read."
        server.answers[ROUTE] = raw_answer(FACTS)
        side.side.ask()
        await side.answered(2)
        assert side.sentence() == ""
        await side.close()


def test_a_disk_that_does_not_keep_up_and_far_links_are_told_in_a_tone() -> None:
    links = [LogLink(f"open/x{number}", cursor=0) for number in range(MAX_LINKS + 2)]
    facts = LogFacts(head=1000, stable=1000, held_ops=1, links=links, journal=LogJournal("not saving", "Disk full."))
    figures = {each.key: each for each in section_of(facts, lambda author: author).figures}
    assert (figures["journal"].words, figures["journal"].tone, figures["journal"].tip) == (
        "NOT SAVING",
        "bad",
        "Disk full.",
    )
    assert figures["held"].tone == "late"
    assert figures["link/open/x0"].tone == "late"
    assert figures["link/others"].words == "2"
    assert section_of(LogFacts(), str).figures[3].words == "none"
