"""Going from server to server: the dialog, the token of each, and keeping it once the server has taken it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gui.connecting.keyring import KeyringFailed
from gui.connecting.tokens import ServerTokens
from gui.place import RemotePlace
from gui.preview.access import HttpAccess
from gui.window import MainWindow
from sync.tasks import Tasks
from sync.wire.address import ServerAddress

if TYPE_CHECKING:
    from gui.connecting.dialog import ConnectDialog

__all__ = ["Connector"]


class Connector:
    """``say`` gets a severity and a sentence."""

    def __init__(self, tokens: ServerTokens, say: Callable[[str, str], None]) -> None:
        self._tokens, self._say = tokens, say
        self._tasks = Tasks()

    def place(self, url: str) -> RemotePlace:
        """The server at ``url`` with the token that belongs to it. Raises AddressRefused."""
        return RemotePlace(url, find_token=lambda: self._tokens.find(url, lambda words: self._say("warning", words)))

    async def access(self, url: str) -> HttpAccess:
        """How to ask a server that the desk has not gone to. Raises AddressRefused."""
        root = ServerAddress.parse(url).http_url
        return HttpAccess(root, await self._tokens.find(url, lambda _words: None, is_going=False))

    def ask(self, window: MainWindow, url: str, go: Callable[[str], None]) -> ConnectDialog:
        """Opens the dialog, or brings it to the front; ``go`` gets the address."""
        from gui.connecting.dialog import ConnectDialog  # a start needs no dialog

        dialog = window.findChild(ConnectDialog)
        if not isinstance(dialog, ConnectDialog):
            dialog = ConnectDialog(url, self._tokens, self._tasks, window.tokens, window)
            dialog.connect_asked.connect(go)
        dialog.show()
        dialog.activateWindow()
        (dialog.token if dialog.address.text() else dialog.address).setFocus()
        return dialog

    def was_taken(self, url: str) -> None:
        """The link to ``url`` is live."""
        if self._tokens.is_to_be_kept(url):
            self._tasks.start(self._keep(url), "keyring")

    async def close(self) -> None:
        """Nothing runs any more when it returns."""
        await self._tasks.close()

    async def _keep(self, url: str) -> None:
        try:
            await self._tokens.was_taken(url)
        except KeyringFailed as failed:
            self._say("warning", f"The token was not kept. {failed}")
