"""``layerdesk export URL --session S``: a running session as a pipeline file, or as the diff against one."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from gui.commands.desk import read_token
from gui.exits import CommandFailed, Exit, say
from gui.preview.access import HttpAccess
from gui.server.failure import RestFailed
from gui.server.rest import RestClient
from sync.pipeline_file import read_pipeline_file, write_pipeline_file
from sync.pipeline_yaml import Export, ExportStyle, LoadedPipeline, PipelineFileRefused, export_with_warnings
from sync.wire.address import AddressRefused, ServerAddress
from sync.wire.pipeline import Pipeline
from sync.yaml_diff import diff_text

TIMEOUT_S = 10

__all__ = ["fetch_pipeline", "run"]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise CommandFailed(Exit.USAGE, f"{message}; see layerdesk export --help")


def run(argv: Sequence[str]) -> int:
    """Writes the file, the diff, or both; text goes to stdout, warnings to stderr."""
    words = _parser().parse_args(argv)
    token = None if words.token_file is None else read_token(Path(words.token_file))
    output = None if words.output is None else Path(words.output)
    origin = _origin(words.diff, output)
    try:
        address = ServerAddress.parse(words.url)
    except AddressRefused as error:
        raise CommandFailed(Exit.USAGE, str(error)) from error
    pipeline = asyncio.run(fetch_pipeline(address, words.session, token))
    style = ExportStyle.COMPATIBLE if words.compatible else ExportStyle.FAITHFUL
    export = export_with_warnings(pipeline, origin.text if origin else None, style)
    for warning in export.warnings:
        say(warning)
    _deliver(export, output, words.diff, origin)
    return Exit.DONE


async def fetch_pipeline(address: ServerAddress, session: str, token: str | None) -> Pipeline:
    """A session's graph over REST, by id or name; raises CommandFailed."""
    client = RestClient(HttpAccess(address.http_url, token), TIMEOUT_S)
    try:
        return await client.session_pipeline(session)
    except RestFailed as failed:
        raise _ending(failed, address.http_url, session) from failed


def _ending(failed: RestFailed, server: str, session: str) -> CommandFailed:
    words = str(failed).removesuffix(".")
    if failed.status in (401, 403):
        return CommandFailed(Exit.REFUSED, f"{words}; give a token with --token-file")
    if failed.status == 404:
        return CommandFailed(Exit.USAGE, f"the server has no session '{session}' ({words})")
    if failed.status is None:
        return CommandFailed(Exit.UNREACHABLE, f"cannot reach {server}: {words}; is the server running?")
    return CommandFailed(Exit.UNREACHABLE, f"{server} answered no pipeline: {words}")


def _origin(diff: str | None, output: Path | None) -> LoadedPipeline | None:
    """The file whose comments and order the export keeps: the one to compare with, else the one to write over."""
    path = Path(diff) if diff is not None else output
    if path is None or (diff is None and not path.exists()):
        return None
    try:
        return read_pipeline_file(path)
    except PipelineFileRefused as refused:
        hint = "" if diff is not None else "; to write over it, remove it first"
        raise CommandFailed(Exit.USAGE, f"{refused}{hint}") from refused
    except OSError as error:
        raise CommandFailed(Exit.USAGE, f"cannot read {path}: {error.strerror or error}") from error


def _deliver(export: Export, output: Path | None, diff: str | None, origin: LoadedPipeline | None) -> None:
    if diff is not None and origin is not None:
        sys.stdout.write(diff_text(origin.text, export.text, diff, "session"))
    elif output is None:
        sys.stdout.write(export.text)
    if output is not None:
        try:
            write_pipeline_file(output, export.text)
        except OSError as error:
            sentence = f"cannot write {output}: {error.strerror or error}; choose another file with -o"
            raise CommandFailed(Exit.USAGE, sentence) from error


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="layerdesk export", description="Writes a running session as a pipeline file.")
    parser.add_argument("url", metavar="URL", help="a server, as in http://127.0.0.1:4545")
    parser.add_argument("--session", required=True, metavar="NAME|ID", help="the session to export")
    parser.add_argument(
        "-o", dest="output", metavar="FILE.yaml", help="write here; a file that exists keeps its remarks"
    )
    parser.add_argument("--diff", metavar="FILE.yaml", help="print what the session changes in this file")
    parser.add_argument("--token-file", metavar="FILE", help="a file that holds one bare token and only you can read")
    parser.add_argument("--compatible", action="store_true", help="the form for the oldest servers, without pin names")
    return parser
