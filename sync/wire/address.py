"""Where a server is: the control socket and the HTTP root behind one URL that an operator types."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit, urlunsplit

import msgspec

__all__ = ["CONTROL_PATH", "AddressRefused", "ServerAddress"]

CONTROL_PATH = "/api/v1/control"
_SCHEMES = {"ws": ("ws", "http"), "http": ("ws", "http"), "wss": ("wss", "https"), "https": ("wss", "https")}


class AddressRefused(ValueError):
    """The text is no address of a server; the message says what is wrong with it."""


class ServerAddress(msgspec.Struct, frozen=True):
    """``control_url`` is the WebSocket, ``http_url`` the root of the REST routes, without a slash at its end."""

    control_url: str
    http_url: str

    @property
    def is_local(self) -> bool:
        """True for a server on this machine."""
        host = urlsplit(self.http_url).hostname or ""
        return host in {"localhost", "::1"} or host.startswith("127.")

    @classmethod
    def parse(cls, text: str) -> ServerAddress:
        """Reads ws, http, wss and https URLs; a path that is not the control path is the server's base path.

        Raises AddressRefused.
        """
        parts, port = _split(text)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        place = f"{host}:{port}" if port is not None else str(host)
        base = parts.path.rstrip("/").removesuffix(CONTROL_PATH)
        control, http = _SCHEMES[parts.scheme]
        return cls(urlunsplit((control, place, base + CONTROL_PATH, "", "")), urlunsplit((http, place, base, "", "")))


def _split(text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise AddressRefused(f"{text}: {error}") from error
    if parts.scheme not in _SCHEMES:
        raise AddressRefused(f"{text}: begin with ws://, wss://, http:// or https://")
    if not parts.hostname:
        raise AddressRefused(f"{text}: the host is missing")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("the address holds a name or password: use --token-file instead")
    if parts.query or parts.fragment:
        raise AddressRefused(f"{parts.scheme}://{parts.hostname}: no ? or # in a server's address")
    return parts, port
