"""Wall time as the wire writes it: RFC 3339 in UTC with ``Z`` (PROTOCOL.md §3)."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["timestamp"]


def timestamp() -> str:
    """Now, to the microsecond."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
