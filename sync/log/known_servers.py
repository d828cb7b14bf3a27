"""Which server answers where: a caller signs no challenge that another server may have passed on (PROTOCOL.md §6.1)."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from sync.log.auth import AuthRefused
from sync.log.private_file import replace_private

FILE_NAME, OWN_NAME_FILE = "known-servers.json", "server-name"
MAX_NAME = 128
NAMES_A_HOST, HOSTS_A_NAME = 8, 16
RESOLVE_LIMIT_S = 1.0

_log = logging.getLogger(__name__)

__all__ = ["KnownServers", "hosts_of", "own_server_name"]


class KnownServers:
    """The names of servers and the hosts where they have answered, in a folder; without one for this run only.

    Several programs may share the folder: it is read whenever it is asked.
    """

    def __init__(self, folder: Path | None) -> None:
        self._path = None if folder is None else folder / FILE_NAME
        self._by_name: dict[str, tuple[str, ...]] = {}

    def meet(self, server: str, hosts: frozenset[str]) -> None:
        """A server that calls itself ``server`` answers at ``hosts``: the host that was dialled, and its addresses.

        This machine is everywhere at home. Raises AuthRefused when the name is known from elsewhere.
        """
        if any(map(_is_this_machine, hosts)):
            return
        shown = min(hosts, key=_is_address, default="an unknown address")
        if not 0 < len(server) <= MAX_NAME or not server.isprintable():
            raise AuthRefused(f"The server at {shown} has no usable name.")
        by_name = self._read()
        known = by_name.get(server, ())
        if known and hosts.isdisjoint(known):
            raise AuthRefused(
                f"The server at {shown} says that it is {server}, which is known at {known[0]}: it may only pass on "
                f"what others say. If it has moved there, take its line out of {self._path or FILE_NAME}"
            )
        if not hosts.issubset(known):
            self._write(_with(by_name, server, (*known, *sorted(hosts.difference(known), key=_is_address))))

    def _read(self) -> dict[str, tuple[str, ...]]:
        if self._path is None:
            return self._by_name
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, tuple[str, ...]])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError) as error:
            _log.warning("%s cannot be read and is begun anew: %s", self._path, error)
            return dict(self._by_name)

    def _write(self, by_name: dict[str, tuple[str, ...]]) -> None:
        self._by_name = by_name
        if self._path is not None:
            try:
                replace_private(self._path, msgspec.json.format(msgspec.json.encode(by_name), indent=1).decode())
            except OSError as error:
                _log.warning("%s cannot be written: %s", self._path, error)


async def hosts_of(url: str) -> frozenset[str]:
    """The host of ``url`` and the addresses that it has; whatever cannot be found out is left out."""
    host = (urlsplit(url).hostname or url).lower()
    addresses: set[str] = set()
    with suppress(OSError, TimeoutError, UnicodeError):
        async with asyncio.timeout(RESOLVE_LIMIT_S):
            rows = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        addresses = {str(row[4][0]) for row in rows}
    return frozenset({host, *addresses})


def own_server_name(folder: Path | None) -> str:
    """A server's own name, which no other has: kept in ``folder``, without one for this run only."""
    fresh = f"{socket.gethostname()[:64] or 'server'}-{secrets.token_hex(8)}"
    if folder is None:
        return fresh
    path = folder / OWN_NAME_FILE
    try:
        kept = path.read_text(encoding="utf-8").strip()
        if 0 < len(kept) <= MAX_NAME and kept.isprintable():
            return kept
    except (OSError, UnicodeError) as error:
        if not isinstance(error, FileNotFoundError):
            _log.warning("%s cannot be read: %s; this server has a new name", path, error)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_private(path, fresh + "\n")
    except OSError as error:
        _log.warning("%s cannot be written: %s; this server has another name after a restart", path, error)
    return fresh


def _with(by_name: Mapping[str, tuple[str, ...]], server: str, hosts: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The memory with a row more. Only names that were met at the same hosts make room for it."""
    kept = {name: row for name, row in by_name.items() if name != server}
    near = [name for name, row in kept.items() if not set(row).isdisjoint(hosts)]
    for name in near[: max(0, len(near) + 1 - NAMES_A_HOST)]:
        del kept[name]
    return {**kept, server: hosts[:HOSTS_A_NAME]}


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_this_machine(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)
