"""Which role an author's link came with: what may be done in its name (sync/log/PROTOCOL.md §6.1)."""

from __future__ import annotations

from engine.running.permissions import ROLES, Role

MAX_REMEMBERED = 4_096

__all__ = ["Roles"]


class Roles:
    """Identity → role of its newest link. Links end before their held ops do, so identities stay for a while."""

    def __init__(self) -> None:
        self._roles: dict[str, Role] = {}

    def admitted(self, identity: str, role: Role) -> None:
        """A link was let in; the identities longest ago are forgotten."""
        self._roles.pop(identity, None)
        self._roles[identity] = role
        if len(self._roles) > MAX_REMEMBERED:
            del self._roles[next(iter(self._roles))]

    def of(self, author: str) -> Role:
        """The role of an author name; one that nobody vouches for may only look."""
        return self._roles.get(author.partition("~")[0], ROLES["viewer"])
