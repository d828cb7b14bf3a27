"""``layerdesk take-over URL``: a standby leads from now on, and the desks go on there."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from gui.commands.desk import read_token
from gui.exits import CommandFailed, Exit
from gui.preview.access import HttpAccess
from gui.server.answers import StandbyPart
from gui.server.failure import RestFailed
from gui.server.rest import RestClient
from sync.wire.address import AddressRefused, ServerAddress

__all__ = ["run"]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise CommandFailed(Exit.USAGE, f"{message}; see layerdesk take-over --help")


def run(argv: Sequence[str]) -> int:
    """Tells the engine to take over, and the operator what it leads now."""
    parser = _Parser(prog="layerdesk take-over", description="Lets a standby lead the sessions that it has copied.")
    parser.add_argument("url", metavar="URL", help="the standby, as in http://spare:4545")
    parser.add_argument("--token-file", metavar="FILE", help="a file that holds one bare token and only you can read")
    words = parser.parse_args(argv)
    token = None if words.token_file is None else read_token(Path(words.token_file))
    try:
        address = ServerAddress.parse(words.url)
    except AddressRefused as error:
        raise CommandFailed(Exit.USAGE, str(error)) from error
    sys.stdout.write(asyncio.run(_take_over(address, token)) + "\n")
    return Exit.DONE


async def _take_over(address: ServerAddress, token: str | None) -> str:
    client = RestClient(HttpAccess(address.http_url, token))
    try:
        before = await client.standby()
        if before.part != "standby":
            return f"{address.http_url} leads already; nothing was changed"
        return _told(address.http_url, await client.take_over())
    except RestFailed as failed:
        raise _ending(failed, address.http_url) from failed


def _told(url: str, now: StandbyPart) -> str:
    rows = ", ".join(f"{copy.name or copy.id} at rev {copy.rev}" for copy in now.copies)
    return f"{url} leads now, in place of {now.leader}: {rows or 'it had no sessions'}"


def _ending(failed: RestFailed, server: str) -> CommandFailed:
    words = str(failed).removesuffix(".")
    if failed.status in (401, 403):
        return CommandFailed(Exit.REFUSED, f"{words}; give an admin's token with --token-file")
    if failed.status in (404, 405):
        return CommandFailed(Exit.USAGE, f"{server} is no engine that could take over")
    if failed.status is None:
        return CommandFailed(Exit.UNREACHABLE, f"cannot reach {server}: {words}; is the standby running?")
    return CommandFailed(Exit.INTERNAL, f"{server} did not take over: {words}")
