"""Which web pages may talk to the server; callers that are no web page send no Origin and pass (PROTOCOL.md §21)."""

from __future__ import annotations

import re

DEFAULT_ORIGINS = tuple(
    f"{scheme}://{host}{port}"
    for scheme in ("http", "https")
    for host in ("localhost", "127.0.0.1")
    for port in ("", ":*")
)
_PORT = re.compile(r"[0-9]+\Z")

__all__ = ["DEFAULT_ORIGINS", "OriginRule"]


class OriginRule:
    """Patterns: ``*``, ``scheme://host:*`` (any port, but one), or an exact origin."""

    def __init__(self, patterns: tuple[str, ...] = DEFAULT_ORIGINS) -> None:
        self._patterns = patterns

    def allows(self, origin: str | None) -> bool:
        """True for a listed origin and for none at all."""
        return origin is None or any(_matches(pattern, origin) for pattern in self._patterns)


def _matches(pattern: str, origin: str) -> bool:
    if pattern.endswith(":*"):
        stem = pattern.removesuffix("*")
        return origin.startswith(stem) and _PORT.match(origin[len(stem) :]) is not None
    return pattern in ("*", origin)
