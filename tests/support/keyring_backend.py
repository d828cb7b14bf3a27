"""A keyring of the system that lives in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

__all__ = ["MemoryKeyring"]


class MemoryKeyring(KeyringBackend):
    """``fault`` is raised by every call, ``on_ask`` runs first in each."""

    priority = 5.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.asked: list[str] = []
        self.fault: Exception | None = None
        self.on_ask: Callable[[], object] = lambda: None

    @classmethod
    @contextmanager
    def in_use(cls) -> Iterator[MemoryKeyring]:
        """The keyring of this process meanwhile."""
        before, made = keyring.get_keyring(), cls()
        keyring.set_keyring(made)
        try:
            yield made
        finally:
            keyring.set_keyring(before)

    def get_password(self, service: str, username: str) -> str | None:
        self._ask("get")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._ask("set")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._ask("delete")
        if (service, username) not in self.kept:
            raise PasswordDeleteError("there is none")
        del self.kept[service, username]

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        self.on_ask()
        if self.fault is not None:
            raise self.fault
