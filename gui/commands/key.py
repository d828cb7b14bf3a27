"""``layerdesk key FILE``: the public half of a key, which a server's ``--keys`` file lists; ``--new`` makes the key."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from gui.exits import CommandFailed, Exit
from sync.log.auth import public_hex
from sync.log.key_file import make_key_file, read_key_file
from sync.log.private_file import PrivateFileRefused

__all__ = ["run"]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise CommandFailed(Exit.USAGE, f"{message}; see layerdesk key --help")


def run(argv: Sequence[str]) -> int:
    """Prints the public half, 64 hex digits, on stdout; the private half never leaves the file."""
    parser = _Parser(prog="layerdesk key", description="Prints the public half of a key, for a server's --keys file.")
    parser.add_argument("file", type=Path, metavar="FILE", help="the key; readable by you only")
    parser.add_argument("--new", action="store_true", help="make the key first; a file that is there is left alone")
    words = parser.parse_args(argv)
    try:
        key = make_key_file(words.file) if words.new else read_key_file(words.file)
    except PrivateFileRefused as refusal:
        raise CommandFailed(Exit.USAGE, str(refusal)) from refusal
    sys.stdout.write(f"{public_hex(key)}\n")
    return Exit.DONE
