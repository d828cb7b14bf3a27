"""How the desk may ask a server for pictures, and what it is called when there is none. Loads no HTTP library."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

CONNECT_S = 5.0

__all__ = ["CONNECT_S", "HttpAccess", "PictureLost", "origin_of", "proxy_of"]


class PictureLost(Exception):
    """The attempt is over; the text says why, as a sentence."""


class HttpAccess(msgspec.Struct, frozen=True):
    """The server that the desk is linked to: ``base`` without a final slash, and the operator's token."""

    base: str
    token: str | None = None

    def __repr__(self) -> str:
        return f"<access to {self.base}>"

    def headers_for(self, url: str) -> Mapping[str, str]:
        """The token goes to this server and to nobody else that an advert may name."""
        if self.token is None or origin_of(url) != origin_of(self.base):
            return {}
        return {"Authorization": f"Bearer {self.token}"}


def proxy_of(url: str) -> str | None:
    """The environment's HTTP proxy for ``url``, which the control link goes through too; None for this machine."""
    from urllib.request import getproxies, proxy_bypass  # not before it is used: it brings a whole HTTP client

    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in {"localhost", "::1"} or host.startswith("127.") or proxy_bypass(host):
        return None
    proxy = getproxies().get(parts.scheme, "")
    return proxy if proxy.startswith("http") else None


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL; raises PictureLost when it is no HTTP URL."""
    parts = urlsplit(url)
    try:
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        port = None
    if port is None or not parts.hostname:
        raise PictureLost("The server names an address for its picture that is none")
    return parts.scheme, parts.hostname, port
