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


class _Made:
    """A step in one of the stacks. ``seq`` counts the own op that brought it there, as far as it was sent and has a
    count; ``did`` is that of the op which is undone."""

    def __init__(self, step: Step, *, did: int | None = None, is_redone: bool = False) -> None:
        self.step, self.did, self.is_redone = step, did, is_redone
        self.seq: int | None = None


class History:
    """Two bounded stacks. ``propose`` applies values where ``expected`` still stands; False drops the step.

    What is ``refused`` has not happened: a step that was made goes, one that was undone or redone is where it was.
    """

    def __init__(self, propose: Callable[[str, dict[Path, Any], dict[Path, Any], str], bool]) -> None:
        self.changed: Signal[()] = Signal()
        self._propose = propose
        self._done: list[_Made] = []
        self._undone: list[_Made] = []

    @property
    def undo_title(self) -> str | None:
        """What undo would take back."""
        return self._done[-1].step.title if self._done else None

    @property
    def redo_title(self) -> str | None:
        """What redo would do again."""
        return self._undone[-1].step.title if self._undone else None

    def record(self, step: Step) -> None:
        """A gesture ended; what was undone before can no longer be redone."""
        self._done.append(_Made(step))
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
        self._done = [made for made in self._done if made.step.node_id != node_id]
        self._undone = [made for made in self._undone if made.step.node_id != node_id]
        self.changed.emit()

    def sent(self, node_id: str, seq: int) -> None:
        """The own op with this count says what the node's steps have done since the last one; 0: it says nothing."""
        for made in (*self._done, *self._undone):
            if made.seq is None and made.step.node_id == node_id:
                made.seq = seq

    def refused(self, seq: int) -> None:
        """The own op with this count changed nothing."""
        for made in [each for each in self._done if each.seq == seq]:
            self._done.remove(made)
            if made.is_redone:
                self._undone.append(_settled(made.step, None))
        for made in [each for each in self._undone if seq in (each.seq, each.did)]:
            self._undone.remove(made)
            if made.did != seq:
                self._done.append(_settled(made.step, made.did))
        self.changed.emit()

    def _move(self, source: list[_Made], target: list[_Made], *, is_undo: bool) -> bool:
        if not source:
            return False
        old = source.pop()
        step = old.step
        new = _Made(step, did=old.seq if is_undo else None, is_redone=not is_undo)
        target.append(new)  # before it is sent, so that it is known what the op says
        values, expected = (step.before, step.after) if is_undo else (step.after, step.before)
        is_done = self._propose(step.node_id, values, expected, step.title)
        if not is_done:
            target.remove(new)
        self.changed.emit()
        return is_done


def _settled(step: Step, seq: int | None) -> _Made:
    made = _Made(step)
    made.seq = seq or 0
    return made
