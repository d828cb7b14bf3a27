"""What the command line asks of a standby, with its files read: its key, its tokens, and whether it leads already."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from engine.command_line import StandbyOptions
from engine.network import is_loopback
from engine.standby.copy import Caller
from engine.standby.part_file import PartFile
from sync.log.key_file import read_key_file
from sync.log.known_servers import KnownServers
from sync.log.private_file import PrivateFileRefused, read_private

MAX_NAME = 64
ANY_HOST = ("0.0.0.0", "::")

__all__ = ["Plan", "reachable", "read_plan"]


class Plan(NamedTuple):
    """Who is followed, as whom, and whether that was ended by a take-over already."""

    options: StandbyOptions
    caller: Caller
    token: str
    part: PartFile
    is_leading: bool

    @property
    def leader(self) -> str:
        """The URL of the engine that is followed, or was."""
        return self.options.leader.http_url


def read_plan(options: StandbyOptions, state_dir: Path | None) -> Plan:
    """Reads the files. Raises PrivateFileRefused."""
    part = PartFile(state_dir)
    return Plan(
        options,
        Caller(
            name=socket.gethostname()[:MAX_NAME] or "standby",
            key=None if options.key is None else read_key_file(options.key),
            token="" if options.join_file is None else _one_word(options.join_file),
            known=KnownServers(state_dir),
        ),
        "" if options.token_file is None else _one_word(options.token_file),
        part,
        part.took_over_from(options.leader.http_url),
    )


def reachable(address: str, own_host: str, told: str) -> str:
    """Where desks reach the engine that listens on ``address``; empty when nobody but this machine does.

    ``own_host`` is the address of this machine on the way to the leader, ``told`` what the operator says.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if told:
        return told
    if host in ANY_HOST and own_host:
        place = f"[{own_host}]" if ":" in own_host else own_host
        return urlunsplit((parts.scheme, f"{place}:{parts.port}", "", "", ""))
    return "" if is_loopback(host) and not is_loopback(own_host) else address


def _one_word(path: Path) -> str:
    words = read_private(path, "token file").split()
    if len(words) != 1:
        raise PrivateFileRefused(f"the token file {path} must hold exactly one token and nothing else")
    return words[0]
