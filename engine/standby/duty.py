"""What this engine does with the sessions that it has: it leads them, or it copies another engine's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

import msgspec
from aiohttp import web

from engine.running.permissions import Role

RightsChanged: TypeAlias = Callable[[], Awaitable[None]]

__all__ = ["DUTY", "CopyFacts", "Duty", "Leading", "RightsChanged", "StandbyFacts"]


class CopyFacts(msgspec.Struct, frozen=True):
    """One copied session: its link, where it stands, how much of that is on disk here, and what is in the way."""

    id: str
    name: str
    state: str
    rev: int
    stable: int
    trouble: str = ""


class StandbyFacts(msgspec.Struct, frozen=True):
    """``part`` is ``leader`` or ``standby``; ``leader`` the engine that is copied, or was before a take-over."""

    part: str
    leader: str = ""
    trouble: str = ""
    copies: tuple[CopyFacts, ...] = ()


class Duty(Protocol):
    """The part that an engine plays."""

    @property
    def facts(self) -> StandbyFacts:
        """For the operator."""

    def begin(self, address: str, rights_changed: RightsChanged) -> None:
        """The engine listens on ``address``; ``rights_changed`` is called when callers may do other things."""

    async def close(self) -> None:
        """The engine stops."""

    def narrowed(self, role: Role) -> Role:
        """What a caller with ``role`` may do now."""

    async def take_over(self) -> None:
        """Leads from now on; nothing to do for an engine that leads. Raises Refused."""


class Leading:
    """An engine that never was anything else."""

    @property
    def facts(self) -> StandbyFacts:
        return StandbyFacts("leader")

    def begin(self, address: str, rights_changed: RightsChanged) -> None:
        del address, rights_changed

    async def close(self) -> None:
        return

    def narrowed(self, role: Role) -> Role:
        return role

    async def take_over(self) -> None:
        return


DUTY = web.AppKey("duty", Duty)
