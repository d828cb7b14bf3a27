"""Who this desk is in every log: a key, a name that no other running desk has, and a file for its outbox."""

from __future__ import annotations

import fcntl
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.log.auth import Credentials, fingerprint, public_hex
from sync.log.journal import JournalFailed, Store
from sync.log.key_file import load_or_make_key
from sync.log.known_servers import KnownServers
from sync.log.private_file import PrivateFileRefused
from sync.log.sqlite_store import SqliteStore

MOST_DESKS = 64

_log = logging.getLogger(__name__)

__all__ = ["Installation", "claim_installation"]


class Installation:
    """A desk's identity as long as it runs. ``trouble`` says why nothing of it is kept; empty when all is well."""

    def __init__(
        self,
        name: str,
        key: Ed25519PrivateKey,
        store: SqliteStore | None,
        lock: IO[str] | None,
        trouble: str = "",
        folder: Path | None = None,
    ) -> None:
        self.trouble = trouble
        self.known_servers = KnownServers(folder)
        self._name, self._key, self._store, self._lock = name, key, store, lock

    @property
    def store(self) -> Store | None:
        """Where the outbox is kept; None when it cannot be."""
        return self._store

    def key_line(self, shown_name: str) -> str:
        """What a server's keys file needs to know this desk (PROTOCOL.md §6.1)."""
        return f"user {public_hex(self._key)} # {shown_name}"

    def credentials(self, shown_name: str, vouch: Callable[[str], None] = lambda _server: None) -> Credentials:
        """What opens links; ``shown_name`` is what other operators read, ``vouch`` as in Credentials."""
        return Credentials(self._name, self._key, name=shown_name, vouch=vouch)

    def new_author(self) -> str:
        """A name in the log for one run of one session: nobody else ever has it (PROTOCOL.md §2.4)."""
        return f"{fingerprint(public_hex(self._key))}/{self._name}~{uuid4().hex[:12]}"

    def close(self) -> None:
        """Gives the name free."""
        if self._store is not None:
            self._store.close()
        if self._lock is not None:
            self._lock.close()


def claim_installation(folder: Path | None) -> Installation:
    """The identity in ``folder``, the first that no other running desk uses; without a folder one for this run only.

    Never fails: a desk that cannot keep anything still works, and says so.
    """
    if folder is None:
        return _for_this_run("")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = load_or_make_key(folder / "desk.key")
        base = _base_name(folder / "install")
        number, lock = _first_free(folder)
    except (OSError, PrivateFileRefused) as problem:
        return _for_this_run(f"Edits that wait for a server are not kept over a restart: {problem}.")
    try:
        store, trouble = SqliteStore(folder / f"outbox-{number}.db"), ""
    except JournalFailed as failure:
        store, trouble = None, f"Edits that wait for a server are not kept over a restart. {failure}"
    return Installation(f"{base}-{number}", key, store, lock, trouble, folder)


def _for_this_run(trouble: str) -> Installation:
    return Installation(uuid4().hex[:12], Ed25519PrivateKey.generate(), None, None, trouble)


def _base_name(path: Path) -> str:
    """The installation's name, made once; two desks that start at the same moment agree on it."""
    with suppress(FileExistsError), path.open("x", encoding="ascii") as file:
        file.write(secrets.token_hex(4))
    name = path.read_text(encoding="utf-8", errors="replace").strip()
    return name if name.isalnum() and name.isascii() and len(name) <= 32 else "desk"


def _first_free(folder: Path) -> tuple[int, IO[str]]:
    for number in range(1, MOST_DESKS + 1):
        lock = (folder / f"desk-{number}.lock").open("w", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        return number, lock
    raise OSError(f"{MOST_DESKS} desks are running already")
