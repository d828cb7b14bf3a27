"""Roles: fifteen rights and the node kinds that each may use (PROTOCOL.md §3, §21)."""

from __future__ import annotations

from fnmatch import fnmatchcase

import msgspec

from engine.running.refused import Refused

RIGHTS = (
    "create_sessions",
    "destroy_sessions",
    "list_sessions",
    "modify_sessions",
    "tune_nodes",
    "load_plugins",
    "delete_plugins",
    "list_nodes",
    "list_samples",
    "read_samples",
    "write_samples",
    "delete_samples",
    "access_all_sessions",
    "upload_assets",
    "delete_assets",
)
PLUGIN_PREFIX = "plugin::"

_ADMIN_ONLY = frozenset({"load_plugins", "delete_plugins", "access_all_sessions"})
_VIEWING = frozenset({"list_sessions", "list_nodes", "list_samples", "read_samples"})
_USER_KINDS = (
    "audio::*",
    "video::*",
    "containers::*",
    "layerdesk::*",
    "transport::moq::*",
    "core::passthrough",
    "core::pacer",
    "core::json_serialize",
    "core::text_chunker",
    "core::telemetry_tap",
    "core::telemetry_out",
    "core::sink",
    "core::file_reader",
    "core::script",
)

__all__ = ["ADMIN", "RIGHTS", "ROLES", "Role"]


class Role(msgspec.Struct, frozen=True):
    """What a caller may do. Kinds are glob patterns; an empty list allows nothing.

    ``withheld`` are rights that the role has and that nobody may use now, with the sentence that says why.
    """

    name: str
    rights: frozenset[str]
    allowed_nodes: tuple[str, ...] = ()
    allowed_plugins: tuple[str, ...] = ()
    withheld: dict[str, str] = {}

    def may(self, right: str) -> bool:
        """True when the role has ``right``."""
        return right in self.rights

    def demand(self, right: str, what: str) -> None:
        """Raises Refused with ``Permission denied: cannot {what}`` when the role has not ``right``."""
        if right in self.withheld:
            raise Refused(self.withheld[right], 403)
        if right not in self.rights:
            raise Refused(f"Permission denied: cannot {what}", 403)

    def may_use(self, kind: str) -> bool:
        """True when the role may build nodes of ``kind``."""
        return self.refusal_of(kind) is None

    def refusal_of(self, kind: str) -> str | None:
        """The sentence that denies ``kind``, or None."""
        if not _matches(kind, self.allowed_nodes):
            return f"Permission denied: node type '{kind}' not allowed"
        if kind.startswith(PLUGIN_PREFIX) and not _matches(kind, self.allowed_plugins):
            return f"Permission denied: plugin '{kind}' not allowed"
        return None

    def owns(self, creator: str | None) -> bool:
        """Sessions belong to the role that made them; those that nobody made belong to all."""
        return self.may("access_all_sessions") or creator is None or creator == self.name

    @property
    def permissions(self) -> dict[str, bool]:
        """All fifteen rights by name."""
        return {right: right in self.rights for right in RIGHTS}


def _matches(kind: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(kind, pattern) for pattern in patterns)


ADMIN = Role("admin", frozenset(RIGHTS), ("*",), ("*",))
ROLES = {
    "admin": ADMIN,
    "user": Role("user", frozenset(RIGHTS) - _ADMIN_ONLY, (*_USER_KINDS, "plugin::*"), ("*",)),
    "viewer": Role("viewer", _VIEWING),
}
