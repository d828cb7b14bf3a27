"""Whom a server lets in, as a file that an operator edits and that a spent join token changes (PROTOCOL.md §6.1).

    role publickey # label
    join role token # label

It is read again whenever it has changed, so that a key can be added or taken away while a show runs.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import NamedTuple

from sync.log.auth import RIGHTS, AuthRefused, Trust
from sync.log.private_file import PrivateFileRefused, Row, read_private, replace_private, rows_of

JOIN = "join"
KEY_HEX_DIGITS = 64

_log = logging.getLogger(__name__)

__all__ = ["TrustFile"]


class _Content(NamedTuple):
    keys: dict[str, str]  # public key → role
    tokens: dict[str, tuple[str, Row]]  # token → role, and where it stands


class TrustFile:
    """A file of keys and join tokens, and the trust that it makes."""

    def __init__(self, path: Path, server: str) -> None:
        """Reads the file. Raises PrivateFileRefused."""
        self._path = path
        self._seen = _signature(path)
        content = _read(path)
        self._trust = Trust(server, content.keys, _tokens(content), self._write_down)

    def trust(self) -> Trust:
        """Whom the file lets in now. One that can no longer be read changes nothing, and the log says so once."""
        signature = _signature(self._path)
        if signature != self._seen:
            self._seen = signature
            try:
                content = _read(self._path)
            except PrivateFileRefused as refusal:
                _log.error("%s; the keys that were read before stay in force", refusal)
            else:
                self._trust.become(content.keys, _tokens(content))
        return self._trust

    def _write_down(self, token: str, public: str, role: str) -> None:
        """Puts the key where its token stood. Raises AuthRefused; then the token is not spent."""
        try:
            text = read_private(self._path, "keys file")
            known = _content(self._path, text).tokens.get(token)
            if known is None:
                raise AuthRefused("the token has been taken out of the keys file")
            lines = text.splitlines()
            label = f" # {known[1].label}" if known[1].label else ""
            lines[known[1].number - 1] = f"{role} {public}{label}"
            replace_private(self._path, "\n".join(lines) + "\n")
        except (OSError, PrivateFileRefused) as error:
            _log.error("a join token was not accepted, because its key cannot be written down: %s", error)
            raise AuthRefused("the key that a token enrols cannot be written down") from error
        self._seen = _signature(self._path)
        _log.info(
            "a join token was spent: line %d of %s is now a key with the role %s", known[1].number, self._path, role
        )


def _read(path: Path) -> _Content:
    return _content(path, read_private(path, "keys file"))


def _content(path: Path, text: str) -> _Content:
    content = _Content({}, {})
    for row in rows_of(text):
        _take(content, path, row)
    if not content.keys and not content.tokens:
        raise PrivateFileRefused(f"the keys file {path} lets nobody in; a line is: role publickey # label")
    return content


def _take(content: _Content, path: Path, row: Row) -> None:
    where = f"{path}, line {row.number}"
    is_join = row.words[0] == JOIN
    if len(row.words) != (3 if is_join else 2):
        raise PrivateFileRefused(f"{where}: expected: role publickey # label, or: join role token # label")
    role, word = row.words[-2:]
    if role not in RIGHTS:
        raise PrivateFileRefused(f"{where}: the role must be one of {', '.join(sorted(RIGHTS))}")
    if is_join:
        content.tokens[word] = (role, row)
    elif len(word) != KEY_HEX_DIGITS or not _is_hex(word):
        raise PrivateFileRefused(f"{where}: a public key has {KEY_HEX_DIGITS} hex digits; layerdesk key FILE prints it")
    else:
        content.keys[word.lower()] = role


def _is_hex(word: str) -> bool:
    try:
        bytes.fromhex(word)
    except ValueError:
        return False
    return True


def _tokens(content: _Content) -> list[tuple[str, str]]:
    return [(token, role) for token, (role, _) in content.tokens.items()]


def _signature(path: Path) -> tuple[int, ...]:
    """What tells one state of a file from another; empty when there is none."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return (found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode)
