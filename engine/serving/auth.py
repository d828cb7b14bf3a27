"""Who is calling: tokens from a file, in a header or a cookie, and the role that each one gives (PROTOCOL.md §21)."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import msgspec
from aiohttp import web

from engine.running.permissions import ADMIN, ROLES, Role
from engine.running.refused import Refused
from sync.log.private_file import PrivateFileRefused, Row, read_private, rows_of

COOKIE = "skit_session"
COOKIE_AGE_S = 86_400

__all__ = ["COOKIE", "COOKIE_AGE_S", "Gatekeeper", "TokenEntry", "read_token_file", "token_of"]


class TokenEntry(msgspec.Struct, frozen=True):
    """One token, kept as its SHA-256 only."""

    digest: bytes
    role: Role
    label: str = ""


def read_token_file(path: Path) -> tuple[TokenEntry, ...]:
    """The entries of a file with ``role token # label`` lines. Raises PrivateFileRefused."""
    entries = tuple(_entry(path, row) for row in rows_of(read_private(path, "token file")))
    if not entries:
        raise PrivateFileRefused(f"the token file {path} holds no token; a line is: role token # label")
    return entries


def token_of(request: web.Request) -> str | None:
    """The token that a request carries: in the header, else in the cookie."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return request.cookies.get(COOKIE) or None


class Gatekeeper:
    """Turns a token into a role. Without entries everyone is admin."""

    def __init__(self, entries: tuple[TokenEntry, ...] = ()) -> None:
        self._entries = entries

    @property
    def is_enabled(self) -> bool:
        """True when a token is needed."""
        return bool(self._entries)

    def admit(self, token: str | None) -> Role:
        """The role of ``token``; raises Refused with status 401."""
        if not self._entries:
            return ADMIN
        if token is None:
            raise Refused("No authentication token provided", 401)
        entry = self._find(token)
        if entry is None:
            raise Refused("Invalid token: it is none of this server's tokens", 401)
        return entry.role

    def _find(self, token: str) -> TokenEntry | None:
        """Compares with every entry in constant time."""
        digest = _digest(token)
        found = None
        for entry in self._entries:
            if hmac.compare_digest(entry.digest, digest):
                found = entry
        return found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _entry(path: Path, row: Row) -> TokenEntry:
    if len(row.words) != 2:
        raise PrivateFileRefused(f"{path}, line {row.number}: expected: role token # label")
    role = ROLES.get(row.words[0])
    if role is None:
        raise PrivateFileRefused(f"{path}, line {row.number}: the role must be one of {', '.join(ROLES)}")
    return TokenEntry(_digest(row.words[1]), role, row.label)
