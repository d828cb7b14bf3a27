"""One open session on the desk: its store, the operator's gestures, undo, commits, and what the server says of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from sync.clock import Clock
from sync.commit import Commits
from sync.compositor_edit import EditRefused
from sync.gesture import Gesture
from sync.history import History, Step
from sync.intake import Intake
from sync.journal_lines import Decision, Subject, Verdict
from sync.layer_memory import LayerMemory
from sync.link_port import LinkPort
from sync.ordered.commits import LogCommits
from sync.ordered.intake import LogIntake
from sync.ordered.session_log import SessionLog
from sync.ordered.status import NoLog
from sync.ordered.undo_steps import tie_history
from sync.pacing import Pace
from sync.paths import Edits, Path
from sync.proposals import Proposals, is_change, still_stands, why_impossible
from sync.rereading import Rereading
from sync.resumption import Resumption
from sync.signals import Signal
from sync.snapshot_intake import SnapshotReport
from sync.store import Store
from sync.wire.events import Event
from sync.wire.json_value import JsonObject
from sync.wire.pipeline import Pipeline, SessionInfo

__all__ = ["MAX_DECISIONS", "DeskSession"]

MAX_DECISIONS = 2000


class DeskSession:
    """What the windows work on.

    ``refused``: node, path and sentence of a proposal that stays on the desk; ``noticed``: severity and sentence;
    ``decided``: one line of the gate log.
    """

    def __init__(
        self,
        info: SessionInfo,
        clock: Clock,
        link: LinkPort,
        pace: Pace | None = None,
        log: SessionLog | None = None,
    ) -> None:
        """``log``: the ordered log that the server keeps of this session; without one the link is all there is."""
        self.info = info
        self.store = Store(info, clock, link.revisions)
        self.history = History(self._propose_step)
        self.decisions: deque[Decision] = deque(maxlen=MAX_DECISIONS)
        self.decided: Signal[Decision] = Signal()
        self.refused: Signal[str, Path, str] = Signal()
        self.noticed: Signal[str, str] = Signal()
        self.layers = LayerMemory(self.store)
        self.link = link
        self.log = log
        self.no_log: NoLog | None = None
        self._clock = clock
        self._resumption: Resumption | None = None
        self._rereading = Rereading(clock, lambda reason: link.refetch(self.info.id, reason))
        self._intake: Intake | LogIntake
        self._commits: Commits | LogCommits
        self._intake, self._commits = self._ends(pace or Pace())
        self._gestures: list[Gesture] = []
        self._forbidden: str | None = None
        self._proposals = Proposals(self.store)
        self._intake.acknowledged.connect(self._commits.acknowledged)
        self._intake.healed.connect(self._commits.heal)
        self._intake.gone.connect(self._on_gone)
        self._commits.lost.connect(self._on_lost)
        self._intake.reset.connect(self._on_reset)
        self._ties = [] if log is None else self._tie(log)

    # the operator

    def begin(self, node_id: str, title: str, holds: Iterable[Path] = (), *, is_guarded: bool = False) -> Gesture:
        """A hand goes down: ``holds`` are frozen from now on, changed fields from their first change.

        ``is_guarded``: what is typed is one word at the end, and is not to overwrite what somebody changed meanwhile.
        """
        return self._begin(node_id, title, holds, is_guarded=is_guarded)

    def edit(self, node_id: str, edits: Edits, title: str) -> bool:
        """A discrete edit, committed at once, one undo step; False when it was refused."""
        gesture = self._begin(node_id, title, is_quiet=True)
        gesture.change(edits)
        gesture.end()
        return bool(gesture.edits)

    def hide(self, node_id: str, layer_id: str) -> bool:
        """Opacity 0 on the wire; the opacity that it had stays in this desk's memory."""
        scene = self.store.scene(node_id)
        layer = None if scene is None else scene.layer(layer_id)
        if layer is None or layer.is_hidden:
            return False
        self.layers.remember_opacity(node_id, layer_id, layer.opacity)
        return self.edit(node_id, {(*layer.path, "opacity"): 0.0}, f"Hide {layer.name}")

    def show(self, node_id: str, layer_id: str) -> bool:
        """Back to the remembered opacity, or to 1 when somebody else had hidden the layer."""
        scene = self.store.scene(node_id)
        layer = None if scene is None else scene.layer(layer_id)
        if layer is None or not layer.is_hidden:
            return False
        return self.edit(node_id, {(*layer.path, "opacity"): layer.opacity or 1.0}, f"Show {layer.name}")

    def set_locked(self, layer_id: str, locked: bool) -> None:
        """Locks a layer against the hands at this desk; the server knows nothing of it."""
        self.layers.set_locked(layer_id, locked)

    def is_locked(self, layer_id: str) -> bool:
        """True when the layer is locked at this desk."""
        return self.layers.is_locked(layer_id)

    def memory(self) -> JsonObject:
        """What this desk remembers beside the server: plain JSON for a settings file."""
        return self.layers.as_json()

    remember = memory

    def restore_memory(self, memory: Any) -> None:
        """Takes back what ``memory`` gave; anything of another shape is ignored."""
        self.layers.restore(memory)

    def reassert(self, node_id: str) -> None:
        """Sends a node's shown params once more, whole: puts right a node that a partial update had reset."""
        self._commits.reassert(node_id)

    def forbid(self, sentence: str | None) -> None:
        """Every proposal is refused with this sentence from now on; None allows them again."""
        self._forbidden = sentence

    @property
    def open_gestures(self) -> tuple[Gesture, ...]:
        """The gestures that are open now."""
        return tuple(self._gestures)

    # the gesture's port

    def hold(self, node_id: str, paths: Iterable[Path]) -> None:
        """Freezes what is shown at the paths until the gesture finishes."""
        replica = self.store.replica(node_id)
        if replica is not None:
            replica.hold(paths)

    def propose(self, node_id: str, edits: Edits, *, is_quiet: bool = False) -> dict[Path, Any] | None:
        """Shows edits at once and, unless ``is_quiet``, commits them paced; None when they were refused."""
        replica = self.store.replica(node_id)
        forbidden = self._forbidden or (None if self.log is None else self.log.why_not)
        if replica is None or forbidden is not None:
            self._refuse(node_id, (), forbidden or f"{node_id} is not in this session any more.")
            return None
        try:
            prepared = self._proposals.prepared(node_id, replica, edits)
        except EditRefused as refused:
            self._refuse(node_id, refused.path, str(refused))
            return None
        replica.propose(prepared, self._clock.now())
        self.layers.opacity_proposed(node_id, prepared)
        self.store.touch(node_id)
        if not is_quiet:
            self._commits.offer(node_id)
        return prepared

    def finish(self, gesture: Gesture, *, is_cancelled: bool) -> None:
        """A gesture is over: its holds end, its edits are committed, one undo step is recorded."""
        self._gestures.remove(gesture)
        replica = self.store.replica(gesture.node_id)
        if replica is None:
            return
        before = self._proposals.values_before(gesture, replica)
        if is_cancelled:
            back = self._proposals.taking_back(gesture.node_id, replica, before)
            replica.propose(back, self._clock.now())
            self._decide(
                gesture.node_id, "gesture", "ended", "Cancelled: back to what was before, or to a peer's value."
            )
        replica.release(gesture.held)
        self._intake.regate(gesture.node_id)
        if not is_cancelled:
            self._record(gesture, self._proposals.restoring(gesture.node_id, replica, before))
        self.store.touch(gesture.node_id)
        self._commits.finish(gesture, is_cancelled=is_cancelled)

    # the server

    @property
    def last_order(self) -> int:
        """The newest commit so far: to be passed to ``take_snapshot`` with the answer to a request sent now."""
        return self._commits.last_order

    def accept(self, event: Event) -> None:
        """Takes an event of this session."""
        self._intake.accept(event)

    def stumbled(self, node_id: str) -> None:
        """Something that the server said of a node could not be taken: the truth is read as a whole."""
        sentence = "What the server said could not be taken: the whole session is read again."
        self._decide(node_id, "link", "skipped", sentence)
        self._rereading.doubt("an event could not be taken")

    def take_snapshot(self, pipeline: Pipeline, last_order: int | None = None) -> SnapshotReport:
        """Takes the pipeline that the server answered; without ``last_order`` it is the first on a new connection."""
        if isinstance(self._intake, LogIntake):
            self._intake.take_pipeline(pipeline)
            return SnapshotReport()
        assert self._resumption is not None, "a session without a log takes whole pipelines"
        return self._resumption.take(pipeline, last_order)

    def rebind(self, info: SessionInfo) -> None:
        """The server restarted and gave the session of this name another id."""
        self.info = self.store.info = info

    def link_lost(self) -> None:
        """The connection is gone: open gestures end, their newest values wait for the next one.

        With an ordered log only its own link counts.
        """
        self._rereading.stop()
        if not isinstance(self._intake, Intake):
            return
        self._end_gestures()
        self._intake.reopened()
        for node_id, replica in self.store.replicas().items():
            replica.ground(self._clock.now())
            self.store.touch(node_id)

    def close(self) -> None:
        """The session is left: no timer stays."""
        for gesture in tuple(self._gestures):
            gesture.end("session closed")
        self._commits.stop()
        self._rereading.stop()
        self._intake.close()
        for untie in self._ties:
            untie()

    # inside

    def _begin(self, node_id: str, title: str, holds: Iterable[Path] = (), **how: bool) -> Gesture:
        gesture = Gesture(self, node_id, title, self.store.params(node_id), holds, base=self._commits.position(), **how)
        self._gestures.append(gesture)
        return gesture

    def _ends(self, pace: Pace) -> tuple[Intake, Commits] | tuple[LogIntake, LogCommits]:
        """The way in and the way out, of the one protocol or the other."""
        here = (self.store, self._clock, self._decide)
        if self.log is not None:
            return LogIntake(self.log, *here), LogCommits(self.log, *here)
        intake = Intake(self.link, *here, self._rereading.doubt)
        commits = Commits(self.link, *here, intake.sent, pace)
        self._resumption = Resumption(self.store, intake, commits, self._clock, self._decide)
        self._resumption.refused.connect(self._refuse)
        self._resumption.gone.connect(self._on_gone)
        self._resumption.noticed.connect(self.noticed.emit)
        return intake, commits

    def _tie(self, log: SessionLog) -> list[Callable[[], None]]:
        return [
            log.lost.connect(lambda _reason: self._end_gestures()),
            log.opened.connect(lambda: self._commits.resend(self.store.node_ids())),
            log.told.connect(self.noticed.emit),
            *(tie_history(self.history, log, self._commits) if isinstance(self._commits, LogCommits) else ()),
        ]

    def _end_gestures(self) -> None:
        """There is no link: open gestures end, their newest values wait."""
        for gesture in tuple(self._gestures):
            gesture.end("disconnected")
        self._commits.stop()

    def _record(self, gesture: Gesture, before: dict[Path, Any]) -> None:
        if is_change(gesture):
            self.history.record(Step(gesture.node_id, gesture.title, before, dict(gesture.edits)))

    def _propose_step(self, node_id: str, values: dict[Path, Any], expected: dict[Path, Any], title: str) -> bool:
        replica = self.store.replica(node_id)
        sentence = why_impossible(replica, values, expected, title)
        if replica is None or sentence is not None:
            self._refuse(node_id, next(iter(values), ()), sentence or "")
            return False
        standing = {path: value for path, value in values.items() if still_stands(replica, path, expected)}
        if self.propose(node_id, self._proposals.restoring(node_id, replica, standing), is_quiet=True) is None:
            return False
        self._commits.offer_guarded(node_id)
        if left := [" ".join(path) for path in values if path not in standing]:
            sentence = f"{title}: somebody else has changed {', '.join(left[:3])} since, which stays; the rest is done."
            self.noticed.emit("warning", sentence)
        return True

    def _on_lost(self, node_id: str, paths: list[Path]) -> None:
        names = ", ".join(" ".join(path) for path in paths[:3])
        sentence = f"The server did not take your change of {node_id} ({names}): it may not be allowed to this role."
        self._refuse(node_id, paths[0], sentence)

    def _on_gone(self, node_id: str, path: Path) -> None:
        reason = "layer deleted" if path else "node deleted"
        for gesture in tuple(self._gestures):
            if gesture.node_id == node_id and any(held[: len(path)] == path for held in gesture.held):
                gesture.edits.clear()
                gesture.end(reason)
                self._decide(
                    node_id, "gesture", "ended", f"{gesture.title}: somebody else removed {' '.join(path) or node_id}."
                )
        if not path:
            self._commits.drop(node_id)

    def _on_reset(self, node_id: str) -> None:
        sentence = f"Another program sent {node_id} a part of its config only: on air the rest fell back to defaults."
        self.noticed.emit("warning", sentence)

    def _refuse(self, node_id: str, path: Path, sentence: str) -> None:
        self._decide(node_id, "commit", "refused", sentence)
        self.refused.emit(node_id, path, sentence)

    def _decide(self, node_id: str, subject: Subject, verdict: Verdict, sentence: str) -> None:
        decision = Decision(self._clock.now(), node_id, subject, verdict, sentence)
        self.decisions.append(decision)
        self.decided.emit(decision)
