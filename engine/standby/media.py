"""The uploaded images and fonts of the leader are copied, so that a take-over shows the same picture."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from pathlib import Path

from engine.asset_check import keep_checked
from engine.assets import AssetShelf
from engine.running.core import Core
from engine.running.refused import Refused
from engine.serving.quiet_log import shown
from engine.standby.leader import Leader, LeaderFailed

LOOK_EVERY_S = 10.0

_log = logging.getLogger(__name__)

__all__ = ["MediaCopy"]


class MediaCopy:
    """Fetches what is missing here. Nothing is taken away: what was deleted there may still be on air."""

    def __init__(self, core: Core, leader: Leader) -> None:
        self._core = core
        self._leader = leader
        self._due_at = float("-inf")
        self._failed: set[str] = set()  # told once, and not asked for again

    async def look(self) -> None:
        """Copies what is new, now and then. Raises LeaderFailed when the leader cannot be asked."""
        now = self._core.logs.now()
        if now < self._due_at:
            return
        self._due_at = now + LOOK_EVERY_S
        for sort, shelf in self._core.assets.items():
            known = {asset.id for asset in await asyncio.to_thread(shelf.list)}
            for asset in await self._leader.assets(sort):
                if not asset.is_system and asset.id not in known and asset.path not in self._failed:
                    await self._copy(sort, shelf, asset.id, asset.path)

    async def _copy(self, sort: str, shelf: AssetShelf, asset_id: str, path: str) -> None:
        try:
            place = await asyncio.to_thread(shelf.claim, asset_id.rpartition("/")[2])
            with tempfile.NamedTemporaryFile(dir=place.parent, prefix=".copy-", suffix=place.suffix) as fresh:
                await self._leader.fetch(sort, asset_id, fresh)
                await asyncio.to_thread(keep_checked, shelf, Path(fresh.name), place)
        except (Refused, OSError, LeaderFailed) as error:
            self._failed.add(path)
            reason = error.strerror if isinstance(error, OSError) else error
            _log.error("%s of %s cannot be copied: %s", shown(path), self._leader.url, shown(str(reason)))
        else:
            _log.info("copied %s from %s", shown(path), self._leader.url)
