"""What the control endpoint and the REST routes work on: kinds, files, sessions and the fan-out of their events."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from engine.assets import FORMATS, AssetShelf
from engine.node import Kind
from engine.ordered.keeper import LogKeeper
from engine.ordered.logs import OrderedLogs
from engine.places import Places
from engine.running.sessions import Sessions
from engine.samples import SampleShelf, shipped_samples
from engine.serving.fanout import Fanout
from engine.serving.quiet_log import QuietLog

_log = logging.getLogger(__name__)

__all__ = ["Core"]


class Core:
    """The server without its wire."""

    def __init__(
        self,
        kinds: Mapping[str, Kind],
        places: Places,
        samples_dir: Path | None = None,
        session_limit: int | None = None,
        log_keeper: LogKeeper | None = None,
    ) -> None:
        self.kinds = kinds
        self.places = places
        self.samples = SampleShelf(shipped_samples(), None if samples_dir is None else samples_dir / "pipelines")
        self.assets = {sort: AssetShelf(sort, places, samples_dir) for sort in FORMATS}
        self.logs = OrderedLogs(places, log_keeper)
        self.fanout = Fanout(self.logs.follows)
        self.malformed = QuietLog(_log)
        self.sessions = Sessions(kinds, self.fanout, session_limit, self.logs)
