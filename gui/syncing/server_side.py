"""The server's side of the open session's log: asked for every two seconds while the Sync dock is seen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer

from gui.bridge import Bridge
from gui.server.answers import LogFacts, LogLink
from gui.server.failure import RestFailed
from gui.server.rest import RestClient
from gui.syncing.panel import SyncPanel
from gui.syncing.readings import Figure, Section, grouped, in_bytes
from sync.tasks import Tasks

__all__ = ["ServerSide", "section_of"]

EVERY_MS: Final = 2000
MAX_LINKS: Final = 6
FAR_BEHIND: Final = 256
"""Revs from which a link gets a squashed state (sync/log/PROTOCOL.md §7.1)."""


class ServerSide(QObject):
    """Fills the panel's Server section; one question at a time, and none while nobody looks."""

    def __init__(self, bridge: Bridge, panel: SyncPanel, client: Callable[[], RestClient], tasks: Tasks) -> None:
        super().__init__(panel)
        self._bridge, self._panel, self._client, self._tasks = bridge, panel, client, tasks
        self._asking: asyncio.Task[None] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.ask)
        panel.seen.connect(self._seen)
        bridge.session_shown.connect(lambda _session: self.ask() if panel.is_seen else None)

    def ask(self) -> None:
        """Asks now, unless an answer is on its way or there is no log to ask about."""
        session = self._bridge.session
        if session is None or self._bridge.log is None:
            self._panel.show_server(Section("Server", ()))
        elif self._asking is None or self._asking.done():
            self._asking = self._tasks.start(self._ask(session.info.id), "facts of the log")

    async def _ask(self, session_id: str) -> None:
        try:
            facts = await self._client().log_facts(session_id)
        except RestFailed as failed:
            section = Section("Server", ())
            sentence = "The server does not tell how its side stands." if failed.status == 404 else str(failed)
        else:
            section, sentence = section_of(facts, self._bridge.people.name), ""
        session = self._bridge.session
        if session is not None and session.info.id == session_id:
            self._panel.show_server(section, sentence)

    def _seen(self, is_seen: bool) -> None:
        if is_seen:
            self._timer.start()
            self.ask()
        else:
            self._timer.stop()


def section_of(facts: LogFacts, name_of: Callable[[str], str]) -> Section:
    """The figures: where the log stands, the disk, and every link's cursor."""
    behind = facts.head - facts.stable
    return Section(
        "Server",
        (
            Figure("head", "Head", f"rev {grouped(facts.head)}", tip=f"Its newest entry, in epoch {facts.epoch}"),
            Figure("floor", "Kept from", f"rev {grouped(facts.floor + 1)}", tip="Older entries are only in the state"),
            Figure("stable", "Not on disk yet", grouped(behind), tip="Entries that the server's disk does not have"),
            _journal(facts),
            Figure("held", "Held ops", grouped(facts.held_ops), "late" if facts.held_ops else "",
                   tip="Edits that wait for an earlier one of the same author"),
            Figure("duplicates", "Duplicates ignored", grouped(facts.duplicates), tip="Edits that came a second time"),
            *(_link(link, facts.head, name_of) for link in facts.links[:MAX_LINKS]),
            *_more_links(facts),
        ),
    )  # fmt: skip


def _journal(facts: LogFacts) -> Figure:
    journal = facts.journal
    if journal is None:
        return Figure("journal", "Journal", "none", tip="This server was started without a folder for its state")
    words, tone = {"saved": ("saved", "good"), "not saving": ("NOT SAVING", "bad")}.get(
        journal.badge, (f"{journal.badge}…", "")
    )
    return Figure("journal", "Journal", words, tone, journal.reason or "How the server's disk keeps up")


def _link(link: LogLink, head: int, name_of: Callable[[str], str]) -> Figure:
    behind = None if link.cursor is None else head - link.cursor
    words = "not live" if behind is None else f"−{grouped(behind)}" if behind > 0 else "up to date"
    unsent = f" · {in_bytes(link.unsent_bytes)}" if link.unsent_bytes else ""
    trip = "" if link.round_trip_ms is None else f", round trip {link.round_trip_ms:.1f} ms"
    tip = f"{link.author}: {link.rights}{trip}. Entries that it has not been handed, and bytes that wait for it"
    tone = "late" if behind is None or behind > FAR_BEHIND else ""
    return Figure(f"link/{link.author}", name_of(link.author), f"{words}{unsent}", tone, tip)


def _more_links(facts: LogFacts) -> tuple[Figure, ...]:
    rest = len(facts.links) - MAX_LINKS
    return (Figure("link/others", "Further links", grouped(rest)),) if rest > 0 else ()
