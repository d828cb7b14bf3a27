"""The doors of ordered links: what a bearer token vouches for, and the file of trusted keys (log PROTOCOL.md §6.1)."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from engine.running.permissions import Role
from sync.log.auth import Door, Trust
from sync.log.known_servers import own_server_name
from sync.log.trust_file import TrustFile

__all__ = ["DOORS", "Doors"]


class Doors:
    """Makes a door for each link. Without tokens and keys they stand open, which only a loopback bind may have.

    ``needs_signatures``: whoever is let in must sign each edit with the key that it has shown.
    """

    def __init__(
        self,
        keys: Path | None = None,
        *,
        has_tokens: bool = False,
        state_dir: Path | None = None,
        needs_signatures: bool = False,
    ) -> None:
        """Reads the file of trusted keys; the engine's name is kept in ``state_dir``. Raises PrivateFileRefused."""
        self.needs_signatures = needs_signatures
        self._has_tokens = has_tokens
        self._trust = Trust(own_server_name(state_dir))
        self._file = None if keys is None else TrustFile(keys, self._trust.server)

    def door(self, role: Role) -> Door:
        """The door for a caller whose upgrade came with ``role``."""
        trust = self._trust if self._file is None else self._file.trust()
        return Door(trust, role.name if self._has_tokens else "")


DOORS = web.AppKey("doors", Doors)
