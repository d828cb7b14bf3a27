"""What the gates decided and why, in the operator's words."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

__all__ = ["Decision", "Subject", "Verdict"]

Subject: TypeAlias = Literal["params", "view data", "gesture", "commit", "link"]
Verdict: TypeAlias = Literal[
    "applied",
    "acknowledged",
    "skipped",
    "parked",
    "superseded",
    "healed",
    "refused",
    "late",
    "ended",
    "sent",
    "rebased",
]


class Decision(msgspec.Struct, frozen=True):
    """One decision; ``when`` is in the session clock's seconds."""

    when: float
    node_id: str
    subject: Subject
    verdict: Verdict
    sentence: str
