"""Undo and redo of our own edits: each step is a proposal of the values before, or after, a gesture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from sync.paths import Path
from sync.signals import Signal

__all__ = ["MAX_STEPS", "History", "Step"]

MAX_STEPS = 1000


class Step(msgspec.Struct, frozen=True):
    """What one gesture did to one node."""

    node_id: str
    title: str
    before: dict[Path, Any]
    after: dict[Path, Any]


class History:
    """Two bounded stacks. ``propose`` applies values where ``expected`` still stands; False drops the step."""

    def __init__(self, propose: Callable[[str, dict[Path, Any], dict[Path, Any], str], bool]) -> None:
        self.changed: Signal[()] = Signal()
        self._propose = propose
        self._done: list[Step] = []
        self._undone: list[Step] = []

    @property
    def undo_title(self) -> str | None:
        """What undo would take back."""
        return self._done[-1].title if self._done else None

    @property
    def redo_title(self) -> str | None:
        """What redo would do again."""
        return self._undone[-1].title if self._undone else None

    def record(self, step: Step) -> None:
        """A gesture ended; what was undone before can no longer be redone."""
        self._done.append(step)
        del self._done[:-MAX_STEPS]
        self._undone.clear()
        self.changed.emit()

    def undo(self) -> bool:
        """Takes the newest step back; False when there is none or it was refused."""
        return self._move(self._done, self._undone, is_undo=True)

    def redo(self) -> bool:
        """Does the newest undone step again; False when there is none or it was refused."""
        return self._move(self._undone, self._done, is_undo=False)

    def forget_node(self, node_id: str) -> None:
        """A node is gone for good: its steps can neither be undone nor redone."""
        self._done = [step for step in self._done if step.node_id != node_id]
        self._undone = [step for step in self._undone if step.node_id != node_id]
        self.changed.emit()

    def _move(self, source: list[Step], target: list[Step], *, is_undo: bool) -> bool:
        if not source:
            return False
        step = source.pop()
        values, expected = (step.before, step.after) if is_undo else (step.after, step.before)
        is_done = self._propose(step.node_id, values, expected, step.title)
        if is_done:
            target.append(step)
        self.changed.emit()
        return is_done
