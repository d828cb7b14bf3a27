"""``layerdesk [URL | FILE.yaml]``: the desk itself."""

from __future__ import annotations

import argparse
import math
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from gui.exits import CommandFailed, Exit
from gui.options import DeskOptions
from sync.log.private_file import PrivateFileRefused, read_private

SCHEMES = ("ws://", "wss://", "http://", "https://")

__all__ = ["parse_options", "read_token", "run"]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise CommandFailed(Exit.USAGE, f"{message}; see layerdesk --help")


def parse_options(argv: Sequence[str]) -> DeskOptions:
    """The options in ``argv``; raises CommandFailed for anything that is not one."""
    words = _parser().parse_args(argv)
    is_url = words.target is not None and words.target.startswith(SCHEMES)
    return DeskOptions(
        url=words.target if is_url else None,
        file=None if is_url or words.target is None else _existing_file(words.target),
        session=words.session,
        token=None if words.token_file is None else read_token(Path(words.token_file)),
        name=words.name,
        is_headless=words.headless,
        for_s=words.for_s,
        shot=None if words.shot is None else Path(words.shot),
        export=None if words.export is None else Path(words.export),
    )


def run(argv: Sequence[str]) -> int:
    """Opens the desk; returns when its window is closed or its time is over."""
    options = parse_options(argv)
    from gui.app import run_desk

    return run_desk(options)


def read_token(path: Path) -> str:
    """The bare token in a file; raises CommandFailed when it cannot be read or others can read it."""
    try:
        words = read_private(path, "token file").split()
    except PrivateFileRefused as refusal:
        raise CommandFailed(Exit.USAGE, str(refusal)) from refusal
    if len(words) != 1:
        raise CommandFailed(Exit.USAGE, f"the token file {path} must hold exactly one token and nothing else")
    return words[0]


def _existing_file(word: str) -> Path:
    path = Path(word)
    if not path.is_file():
        raise CommandFailed(Exit.USAGE, f"{word}: {_why_no_file(word)}; see layerdesk --help")
    return path.resolve()


def _why_no_file(word: str) -> str:
    if Path(word).is_dir():
        return "a folder, not a pipeline file"
    if "://" in word:
        return f"no server address: it begins with none of {' '.join(SCHEMES)}"
    return "no such file" if "." in word or "/" in word else "neither a command, a URL nor a file"


def _seconds(word: str) -> float:
    value = float(word)
    if not math.isfinite(value) or value <= 0:
        raise argparse.ArgumentTypeError("must be a number of seconds above 0")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="layerdesk",
        description="An operator's desk for live compositor pipelines.",
        epilog="Also: layerdesk engine | export | validate | key | take-over | doctor, each with --help.",
    )
    parser.add_argument(
        "target", nargs="?", metavar="URL | FILE.yaml", help="a server, or a pipeline file for the embedded engine"
    )
    parser.add_argument("--session", metavar="NAME|ID", help="the session to open first")
    parser.add_argument(
        "--token-file", metavar="FILE", help="a file that holds one bare token and that only you can read"
    )
    parser.add_argument("--name", default=platform.node(), help="how other operators see this desk")
    parser.add_argument("--headless", action="store_true", help="the same window without a display")
    parser.add_argument(
        "--for",
        dest="for_s",
        type=_seconds,
        metavar="SECONDS",
        help="close by itself after this time, counted from when its own engine is there",
    )
    parser.add_argument("--shot", metavar="FILE.png", help="write a picture of the window before closing")
    parser.add_argument("--export", metavar="FILE.yaml", help="write the session's pipeline before closing")
    return parser
