"""The words of ``layerdesk engine``: read, checked, and turned into options."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import msgspec
from platformdirs import user_data_path

from engine.network import is_loopback
from engine.serving.origin import DEFAULT_ORIGINS
from sync.wire.address import AddressRefused, ServerAddress

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 4545

__all__ = ["EngineOptions", "StandbyOptions", "UsageRefused", "parse_options"]


class UsageRefused(Exception):
    """The engine cannot start as it was asked to; the text is the line that says why."""


class StandbyOptions(msgspec.Struct, frozen=True):
    """Whom to follow and as whom. ``sessions`` by id or name; none: all."""

    leader: ServerAddress
    key: Path | None = None
    token_file: Path | None = None
    join_file: Path | None = None
    sessions: tuple[str, ...] = ()
    take_over_after_s: float | None = None
    url: str = ""


class EngineOptions(msgspec.Struct, frozen=True):
    """What the command line asked for; port 0 is any free one."""

    files: tuple[Path, ...] = ()
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    state_dir: Path | None = None
    tokens: Path | None = None
    keys: Path | None = None
    signed_edits: bool = False
    samples_dir: Path = Path()
    media_dirs: tuple[Path, ...] = ()
    origins: tuple[str, ...] = DEFAULT_ORIGINS
    max_sessions: int | None = None
    standby: StandbyOptions | None = None
    stops_with_stdin: bool = False


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageRefused(f"{message}; see layerdesk engine --help")


def parse_options(argv: Sequence[str]) -> EngineOptions:
    """The options in ``argv``. Raises UsageRefused."""
    words = _parser().parse_args(argv)
    options = EngineOptions(
        files=tuple(Path(word) for word in words.files),
        host=words.host,
        port=words.port,
        state_dir=words.state_dir,
        tokens=words.tokens,
        keys=words.keys,
        signed_edits=words.signed_edits,
        samples_dir=words.samples_dir,
        media_dirs=tuple(words.media),
        origins=(*DEFAULT_ORIGINS, *words.allow_origin),
        max_sessions=words.max_sessions,
        standby=_standby(words),
        stops_with_stdin=words.stop_with_stdin,
    )
    _check(options)
    return options


def _standby(words: argparse.Namespace) -> StandbyOptions | None:
    if words.follow is None:
        given = [name for name in _FOLLOWING if getattr(words, name) not in (None, [])]
        if given:
            raise UsageRefused(f"--{given[0].replace('_', '-')} belongs to --follow URL; see layerdesk engine --help")
        return None
    try:
        leader = ServerAddress.parse(words.follow)
    except AddressRefused as refusal:
        raise UsageRefused(f"--follow {refusal}") from refusal
    return StandbyOptions(
        leader=leader,
        key=words.key,
        token_file=words.token_file,
        join_file=words.join_file,
        sessions=tuple(words.session),
        take_over_after_s=words.take_over_after,
        url=(words.url or "").rstrip("/"),
    )


_FOLLOWING = ("key", "token_file", "join_file", "session", "take_over_after", "url")


def _check(options: EngineOptions) -> None:
    if options.standby is not None and options.files:
        raise UsageRefused("a standby takes its sessions from the engine that it follows: give no FILE.yaml")
    if not is_loopback(options.host) and options.tokens is None:
        raise UsageRefused(f"to listen on {options.host}, others need tokens: give --tokens FILE")
    if options.signed_edits and options.keys is None:
        raise UsageRefused("--signed-edits needs to know whose keys count: give --keys FILE")
    if "*" in options.origins and options.tokens is not None:
        raise UsageRefused("--allow-origin '*' and --tokens exclude each other: name the origins")
    for folder in options.media_dirs:
        if not folder.is_dir():
            raise UsageRefused(f"--media {folder}: no such folder")


def _port(word: str) -> int:
    port = int(word)
    if not 0 <= port <= 65_535:
        raise argparse.ArgumentTypeError("must be 0 to 65535")
    return port


def _count(word: str) -> int:
    count = int(word)
    if count < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return count


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="layerdesk engine", description="The embedded pipeline server on its own.")
    add = parser.add_argument
    add("files", nargs="*", metavar="FILE.yaml", help="a pipeline to run as a session")
    add("--host", default=DEFAULT_HOST, help="the address to listen on; anything but this machine needs --tokens")
    add("--port", type=_port, default=DEFAULT_PORT, help="0 picks a free one; the JSON line on stdout tells which")
    add("--state-dir", type=Path, metavar="DIR", help="sessions survive a restart in this folder")
    add("--tokens", type=Path, metavar="FILE", help="one 'role token # label' a line; readable by you only")
    kept = user_data_path("layerdesk", appauthor=False) / "samples"
    add(
        "--keys",
        type=Path,
        metavar="FILE",
        help="whose logs may link: 'role publickey # label' or 'join role token' lines",
    )
    add(
        "--signed-edits",
        action="store_true",
        help="over a log, take only edits that carry their author's signature; needs --keys",
    )
    add("--samples-dir", type=Path, default=kept, metavar="DIR", help="keeps saved samples, uploaded images and fonts")
    add("--media", type=Path, action="append", default=[], metavar="DIR", help="a folder that media may come from")
    add("--allow-origin", action="append", default=[], metavar="ORIGIN", help="a web page's origin that may connect")
    add("--max-sessions", type=_count, metavar="N", help="refuse more sessions than this")
    _add_following(parser)
    add("--stop-with-stdin", action="store_true", help="stop when stdin ends")
    return parser


def _add_following(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group(
        "standby", "Copies another engine's sessions, and leads them once told to."
    ).add_argument
    add("--follow", metavar="URL", help="be a standby of the engine there")
    add("--key", type=Path, metavar="FILE", help="the key of this engine; layerdesk key --new FILE makes one")
    add("--token-file", type=Path, metavar="FILE", help="the token of the engine that is followed, where it wants one")
    add("--join-file", type=Path, metavar="FILE", help="a one-time token that enrols the key there")
    add("--session", action="append", default=[], metavar="NAME", help="copy this one only; may be given again")
    add("--take-over-after", type=_seconds, metavar="SECONDS", help="lead without being told when it is gone this long")
    add("--url", metavar="URL", help="where desks reach this engine, unless it is what it listens on")


def _seconds(word: str) -> float:
    seconds = float(word)
    if not 1 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError("must be 1 to 86400 seconds")
    return seconds
