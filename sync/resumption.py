"""A session of protocol 1 after a whole pipeline came: what was lost is put back, what is ours is sent again."""

from __future__ import annotations

from sync.clock import Clock
from sync.commit import Commits
from sync.intake import Decide, Intake
from sync.orphans import drop_orphans
from sync.paths import Path
from sync.signals import Signal
from sync.snapshot_intake import SnapshotReport, take_snapshot
from sync.store import Store
from sync.wire.pipeline import Pipeline

__all__ = ["Resumption"]


class Resumption:
    """``refused``: node, path and sentence of an edit that was dropped; ``gone``: a node or a part of its params."""

    def __init__(self, store: Store, intake: Intake, commits: Commits, clock: Clock, decide: Decide) -> None:
        self.refused: Signal[str, Path, str] = Signal()
        self.gone: Signal[str, Path] = Signal()
        self.noticed: Signal[str, str] = Signal()
        self._store, self._intake, self._commits = store, intake, commits
        self._clock, self._decide = clock, decide

    def take(self, pipeline: Pipeline, last_order: int | None) -> SnapshotReport:
        """Takes the pipeline; ``last_order`` is the newest commit that it can hold, None on a new connection."""
        report = take_snapshot(self._store, pipeline, last_order)
        if last_order is not None:
            self._put_back(report)
        for node_id, replica in self._store.replicas().items():
            for item in drop_orphans(replica):
                self.refused.emit(node_id, item, f"{item[1]} was removed meanwhile: your change of it was dropped.")
        for node_id, path in report.gone():
            self.gone.emit(node_id, path)
        if last_order is None:
            self._rebase(report)
        self._commits.release()
        for node_id, data in (pipeline.view_data or {}).items():
            self._intake.accept_view_data(node_id, data)
        for node_id in self._store.replicas():
            self._store.touch(node_id)
        return report

    def _rebase(self, report: SnapshotReport) -> None:
        resent = 0
        for node_id, replica in self._store.replicas().items():
            self._intake.propose_unsaved(node_id, report.changes.get(node_id, {}))
            resent += len(replica.rebase())
        self._put_back(report)
        changed = sum(len(changes) for changes in report.changes.values())
        self._commits.resend(self._store.node_ids())
        if changed or resent or report.removed:
            self._notice(changed, resent, len(report.removed))

    def _notice(self, changed: int, resent: int, removed: int) -> None:
        parts = [
            f"{changed} values changed meanwhile" if changed else "",
            f"{removed} nodes are gone" if removed else "",
            f"{resent} of your changes were sent again" if resent else "",
        ]
        self.noticed.emit("info", "Connected again: " + ", ".join(part for part in parts if part) + ".")

    def _put_back(self, report: SnapshotReport) -> None:
        for node_id, lost in report.lost.items():
            replica = self._store.replica(node_id)
            if replica is not None and replica.put_back(lost, self._clock.now()):
                sentence = "This server replaces params: the whole set is sent from now on."
                self._decide(node_id, "params", "healed", sentence)
                self._commits.offer(node_id, is_final=True)
