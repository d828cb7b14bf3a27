"""The connected server's packet types for the graph, asked for when it is looked at."""

from __future__ import annotations

import logging
from collections.abc import Callable

from gui.bridge import Bridge
from gui.graph.panel import GraphPanel
from gui.server.failure import RestFailed
from gui.server.rest import RestClient
from sync.desk import Link, LinkState
from sync.tasks import Tasks
from sync.wire.packets import read_registry

_log = logging.getLogger(__name__)

__all__ = ["PacketShelf"]


class PacketShelf:
    """Fetches the registry once a connection; without an answer the types that every desk knows stay."""

    def __init__(self, bridge: Bridge, graph: GraphPanel, tasks: Tasks, client: Callable[[], RestClient]) -> None:
        self._bridge, self._graph, self._tasks, self._client = bridge, graph, tasks, client
        self._is_asked = False
        graph.shown.connect(self.want)
        bridge.link_shown.connect(self._link_shown)

    def want(self) -> None:
        """The graph is being looked at."""
        if not self._is_asked and self._bridge.desk.link.state is LinkState.LIVE:
            self._is_asked = True
            self._tasks.start(self._fetch(), "packet types")

    async def _fetch(self) -> None:
        try:
            listed = await self._client().packet_types()
        except RestFailed as failed:
            _log.info("the server's packet types are not known: %s", failed)
            return
        self._bridge.desk.packets = read_registry(listed.rows)
        self._graph.refresh()

    def _link_shown(self, link: Link) -> None:
        if link.state is not LinkState.LIVE:
            self._is_asked = False
        elif self._graph.isVisible():
            self.want()
