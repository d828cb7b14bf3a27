"""Which token goes to which server: a typed one first, then the token file's, then the keyring's; never to another."""

from __future__ import annotations

from collections.abc import Callable

from gui.connecting.keyring import Keyring, KeyringFailed, find_keyring
from gui.settings.state import StateFile
from sync.wire.address import AddressRefused, ServerAddress

__all__ = ["ServerTokens"]


class ServerTokens:
    """``given`` is the token file's, for the server ``given_for``, or else for the first server that is gone to.

    The state file knows which servers have a token in the keyring, so that no keyring is opened for the others.
    """

    def __init__(self, state: StateFile, given: str | None = None, given_for: str | None = None) -> None:
        self._state = state
        self._given, self._given_for = given, None if given_for is None else _root(given_for)
        self._typed: dict[str, str] = {}
        self._to_keep: set[str] = set()

    def __repr__(self) -> str:
        return "<tokens of servers>"

    def is_kept(self, url: str) -> bool:
        """Whether the keyring has a token for a server."""
        return _root(url) in self._state.state.kept_tokens

    def is_to_be_kept(self, url: str) -> bool:
        """Whether a token waits for its server to take it."""
        return _root(url) in self._to_keep

    def type_in(self, url: str, token: str, *, is_kept: bool) -> None:
        """A token typed by the operator, for this run; ``is_kept``: for the keyring too, once the server took it."""
        server = _root(url)
        self._typed[server] = token
        (self._to_keep.add if is_kept else self._to_keep.discard)(server)

    async def find(self, url: str, complain: Callable[[str], None], *, is_going: bool = True) -> str | None:
        """The token for a server; without the keyring's help the desk goes there without one, and that is said.

        ``is_going`` False: the desk only asks there, and that server is not the first that it has gone to.
        """
        server = _root(url)
        if server in self._typed:
            return self._typed[server]
        if is_going:
            self._given_for = self._given_for or server
        if self._given is not None and server == self._given_for:
            return self._given
        if server not in self._state.state.kept_tokens:
            return None
        try:
            token = await (await _keyring()).token_of(server)
            if token is None:
                self._note(server, is_kept=False)
        except KeyringFailed as failed:
            complain(f"The token of {server} is in the keyring and cannot be had. {failed}")
            return None
        return token

    async def was_taken(self, url: str) -> None:
        """The server took the token: it is kept now when that was wished. Raises KeyringFailed."""
        server = _root(url)
        if server in self._to_keep:
            self._to_keep.discard(server)
            await (await _keyring()).keep(server, self._typed[server])
            self._note(server, is_kept=True)

    async def forget(self, url: str) -> None:
        """Removes a server's token from the keyring and from this run. Raises KeyringFailed."""
        server = _root(url)
        self._typed.pop(server, None)
        self._to_keep.discard(server)
        if server in self._state.state.kept_tokens:
            await (await _keyring()).forget(server)
            self._note(server, is_kept=False)

    def _note(self, server: str, *, is_kept: bool) -> None:
        """At once, so that a token is never kept without the desk knowing. Raises KeyringFailed."""
        others = {name for name in self._state.state.kept_tokens if name != server}
        self._state.state.kept_tokens = sorted({*others, server} if is_kept else others)
        try:
            self._state.save()
        except OSError as error:
            raise KeyringFailed(f"What the keyring has cannot be noted: {error.strerror or error}.") from error


async def _keyring() -> Keyring:
    found = await find_keyring()
    if isinstance(found, str):
        raise KeyringFailed(found)
    return found


def _root(url: str) -> str:
    try:
        return ServerAddress.parse(url).http_url
    except AddressRefused:
        return url
