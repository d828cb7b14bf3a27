"""Tokens in the system's keyring, with the extra ``keyring``; never in a log, never on the window's thread."""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final, Protocol, TypeVar

SERVICE: Final = "layerdesk"
LIMIT_S: Final = 60.0
"""How long an operator may take to unlock it."""
NO_PACKAGE: Final = "Tokens can be kept in the system's keyring with the extra: pip install 'layerdesk[keyring]'"
NO_KEYRING: Final = "This machine has no keyring that tokens could be kept in."
OPEN_KEYRING: Final = "The keyring of this machine does not lock what it keeps, so no token is kept there."

T = TypeVar("T")

__all__ = ["NO_KEYRING", "NO_PACKAGE", "OPEN_KEYRING", "Keyring", "KeyringFailed", "find_keyring"]


class KeyringFailed(Exception):
    """The keyring is there and did not do it; the text is a sentence without any secret."""


class Backend(Protocol):
    """What is used of a backend of the package ``keyring``; below a ``priority`` of 1 it is not recommended."""

    priority: float

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


class Keyring:
    """One token a server, named by its HTTP root. Every method raises KeyringFailed."""

    def __init__(self, backend: Backend, limit_s: float = LIMIT_S) -> None:
        self._backend, self._limit_s = backend, limit_s

    async def token_of(self, server: str) -> str | None:
        """The token that is kept for a server."""
        return await self._ask(lambda: self._backend.get_password(SERVICE, server))

    async def keep(self, server: str, token: str) -> None:
        """Keeps a token in place of an older one."""
        await self._ask(lambda: self._backend.set_password(SERVICE, server, token))

    async def forget(self, server: str) -> None:
        """Removes a server's token; one that is gone already is no failure."""
        try:
            await self._ask(lambda: self._backend.delete_password(SERVICE, server))
        except KeyringFailed:
            if await self.token_of(server) is not None:
                raise

    async def _ask(self, call: Callable[[], T]) -> T:
        try:
            return await _aside(call, self._limit_s)
        except TimeoutError as error:
            raise KeyringFailed("The keyring did not answer; is it waiting to be unlocked?") from error


async def find_keyring() -> Keyring | str:
    """The keyring of this machine, or the sentence why there is none."""
    try:
        return await _aside(_find, LIMIT_S)
    except (KeyringFailed, TimeoutError):
        return NO_KEYRING


def _find() -> Keyring | str:
    try:
        package = importlib.import_module("keyring")
    except ImportError:
        return NO_PACKAGE
    backend: Backend = package.get_keyring()
    if backend.priority >= 1:
        return Keyring(backend)
    return OPEN_KEYRING if backend.priority > 0 else NO_KEYRING


async def _aside(call: Callable[[], T], limit_s: float) -> T:
    """Runs ``call`` in a thread that nobody waits for at the end: a keyring may ask its owner for hours."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(settle: Callable[[], None]) -> None:
        if not done.done():
            settle()

    def run() -> None:
        try:
            settle = partial(done.set_result, call())
        except Exception as error:  # noqa: BLE001  (backends raise whatever their systems do, secrets in it or not)
            settle = partial(done.set_exception, KeyringFailed(f"The keyring refuses ({type(error).__name__})."))
        with suppress(RuntimeError):  # the loop may be over by then
            loop.call_soon_threadsafe(tell, settle)

    threading.Thread(target=run, name="keyring", daemon=True).start()
    async with asyncio.timeout(limit_s):
        return await done
