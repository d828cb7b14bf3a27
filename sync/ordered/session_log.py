"""One session's ordered log as this desk holds it, over all its links: replica, outbox, view gate, who else is here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from sync.clock import Clock
from sync.log.conflict import Conflict
from sync.log.frames import ControlFrame, PresenceFrame, Reject, Standby, StandbysFrame
from sync.log.live_frames import ViewFrame
from sync.log.op import NODES, Change, Op, OpId, Path
from sync.log.outbox import KEPT, Outbox, OutboxFull
from sync.log.presence import PresenceBoard, Present
from sync.log.replica import Replica
from sync.log.view_slot import ViewGate
from sync.ordered.faults import Faults
from sync.ordered.status import LogStatus
from sync.signals import Signal

LIVE_S = 0.016  # between two live ops of a gesture

__all__ = ["LIVE_S", "LogWire", "SessionLog"]


class LogWire(Protocol):
    """What carries a log: its present link, and its journal."""

    def submit(self, op: Op) -> None:
        """An own op was made: to the journal, and to the server as far as there is a link."""

    def record(self) -> None:
        """The outbox has changed: to the journal."""

    def unsent_bytes(self) -> int:
        """What was handed to the link and has not left this machine."""

    def status(self) -> LogStatus:
        """A reading of the link."""

    def retry_now(self) -> None:
        """Cuts a wait between two tries short."""


class SessionLog:
    """What an open session works on instead of a link of protocol 1. It outlives its links.

    Signals: ``settled``: the log has moved, or own ops were decided; ``view_came``: view data, not gated;
    ``opened`` and ``lost``: there is a live link, or none any more; ``conflicted``: an own op was refused;
    ``refused``: an own op changed nothing, whether that is a question or not; ``retaken``: an op that answers one with
    our value, and what was shown before;
    ``told``: severity and a sentence for the operator; ``presence_changed``; ``safety_changed``: the server, or who
    copies it, saves no longer (``server_unsaved`` says why) or again. ``standbys`` are the servers that copy this log,
    as the authority named them last.
    """

    def __init__(self, author: str, clock: Clock, outbox: Outbox | None = None, faults: Faults | None = None) -> None:
        self.replica = Replica(author, outbox)
        self.views = ViewGate(author)
        self.faults = faults if faults is not None else Faults()
        self.settled: Signal[()] = Signal()
        self.view_came: Signal[ViewFrame] = Signal()
        self.opened: Signal[()] = Signal()
        self.lost: Signal[str] = Signal()
        self.conflicted: Signal[Conflict] = Signal()
        self.refused: Signal[Op] = Signal()
        self.retaken: Signal[Op, Mapping[Path, Any]] = Signal()
        self.told: Signal[str, str] = Signal()
        self.presence_changed: Signal[()] = Signal()
        self.safety_changed: Signal[()] = Signal()
        self.wire: LogWire | None = None
        self._clock = clock
        self._board = PresenceBoard()
        self._leases: dict[str, str] = {}
        self._focus: tuple[str, ...] = ()
        self._claims: tuple[str, ...] = ()
        self._told: frozenset[OpId] = frozenset()
        self._put_off = ""  # why what waits is not taken here, as the operator was told
        self._beats = 0
        self._rights = ""
        self.standbys: tuple[Standby, ...] = ()
        self.key_line = ""  # what the server's keys file lacks, while it does not know our key
        self.server_unsaved = ""
        self._has_told_let_go = False

    # the session

    @property
    def author(self) -> str:
        """The name of this run in the log."""
        return self.replica.author

    @property
    def is_live(self) -> bool:
        """Whether ops reach the server now; without a live link they are kept, and are guarded."""
        return self.replica.is_live

    @property
    def why_not(self) -> str | None:
        """Why nothing may be changed over this link; None when it may."""
        return "This server takes no edits from this desk: it may only look." if self._rights == "view" else None

    def unsent_bytes(self) -> int:
        """What was handed to the link and has not left this machine."""
        return 0 if self.wire is None else self.wire.unsent_bytes()

    def propose(self, changes: Sequence[Change], **how: Any) -> Op | None:
        """Makes an op and sends it; ``how`` as in ``Replica.propose``.

        None when it would change nothing, or could not be taken: then the operator was told why.
        """
        return self._sent(lambda: self.replica.propose(changes, **how))

    def slot_of(self, op: Op) -> int:
        """The number of an own op among all own ops that are not safe yet, over all runs; 0 for one that is."""
        bill = self.replica.outbox.get(op.id)
        return 0 if bill is None else bill.slot

    def take_mine(self, conflict: Conflict) -> None:
        """Answers a conflict with our value again, based on what is known now; it stays when that cannot be taken."""
        before = {place: self.replica.value(place) for place in conflict.mine}
        op = self._sent(lambda: self.replica.take_mine(conflict))
        if op is not None:
            self.retaken.emit(op, before)
        self._answered()

    def take_theirs(self, conflict: Conflict) -> None:
        """Answers a conflict with what stands there now."""
        self.replica.take_theirs(conflict)
        self._answered()

    def status(self) -> LogStatus | None:
        """A reading for the operator; None before there is a link."""
        return None if self.wire is None else self.wire.status()

    def retry_now(self) -> None:
        """Cuts a wait between two tries short."""
        if self.wire is not None:
            self.wire.retry_now()

    # who else is here

    def present(self) -> tuple[Present, ...]:
        """The others at this session, by author."""
        return tuple(each for each in self._board.present(self._clock.now()) if not self._is_me(each.author))

    def holder(self, control: str) -> str:
        """Who else holds the lease of a control; empty when it is free or ours."""
        author = self._leases.get(control, "")
        if not author or self._is_me(author):
            return ""
        return next((each.name for each in self.present() if each.author == author and each.name), author)

    def name_of(self, author: str) -> str:
        """What an author's operator is called; the author where that is not known."""
        identity = author.partition("~")[0]
        return next((each.name for each in self.present() if each.author == identity and each.name), author)

    def focus(self, *place: str) -> None:
        """What our hand is on: node, layer, field, as far as they are known; told with the next heart-beat."""
        self._focus = place

    def claim(self, controls: Iterable[str]) -> None:
        """The controls that we want to keep to ourselves, as advice; told with the next heart-beat."""
        self._claims = tuple(controls)

    def heart_beat(self, name: str, t: float) -> PresenceFrame:
        """The next heart-beat of this desk; ``t`` is the wall clock."""
        self._beats += 1
        applied = self.replica.applied
        return PresenceFrame("", name, self._focus, self._claims, beat=self._beats, applied=applied, t=t)

    # the wire

    def took(self) -> None:
        """Entries or a state have come."""
        self.settled.emit()
        self.tell_conflicts()
        self._tell_let_go()

    def went_live(self, rights: str = "control") -> None:
        """A link is live, with these rights."""
        self._rights = rights
        if rights != "view":
            self._put_off = ""
        self.views.reset()
        self.opened.emit()

    def went_dark(self, reason: str) -> None:
        """The link is gone: edits go on and wait in the outbox; nobody else is seen any more."""
        self._board = PresenceBoard()
        self._leases = {}
        self.server_unsaved = ""
        self.presence_changed.emit()
        self.lost.emit(reason)

    def take_control(self, frame: ControlFrame) -> None:
        """A control frame that is for the operator."""
        if isinstance(frame, StandbysFrame):
            self.standbys = frame.standbys
            self._take_safety(frame.unsaved)
        elif isinstance(frame, Reject):
            self._take_reject(frame)
        elif isinstance(frame, PresenceFrame):
            self._take_presence(frame)

    def tell_conflicts(self) -> None:
        """Tells of refusals that nobody has heard of yet."""
        for op in self.replica.take_refused():
            self.refused.emit(op)
        conflicts = self.replica.conflicts
        fresh = [each for each in conflicts if each.op.id not in self._told]
        self._told = frozenset(each.op.id for each in conflicts)
        for conflict in fresh:
            for node in {path[1] for path in conflict.mine if path[0] == NODES and conflict.op.author == self.author}:
                self.views.refused(node, conflict.op.seq)
            self.conflicted.emit(conflict)

    def _take_reject(self, frame: Reject) -> None:
        """Who decides nothing says it with every link; what comes too fast or too early heals by itself, and a forged
        op is a conflict."""
        if frame.reason in ("standby", "full") and frame.sentence != self._put_off:
            self._put_off = frame.sentence
            what = "What you did while there was no link" if frame.reason == "standby" else "What you do"
            self.told.emit("warning", f"{what} is kept and waits. {frame.sentence}")
        elif frame.reason not in ("rate", "early", "forged", "standby", "full"):
            self.told.emit("error", frame.sentence)

    def _take_safety(self, unsaved: str) -> None:
        if unsaved == self.server_unsaved:
            return
        was_saved, self.server_unsaved = not self.server_unsaved, unsaved
        if unsaved and was_saved:
            why = unsaved.rstrip(".")
            self.told.emit("warning", f"The server does not save: {why}. Edits go on; this desk keeps its own.")
        elif not unsaved:
            self.told.emit("info", "The server saves again.")
        self.safety_changed.emit()

    def _tell_let_go(self) -> None:
        """Told once, until everything is safe again."""
        has_let_go = self.replica.outbox.let_go > 0
        if has_let_go and not self._has_told_let_go:
            sentence = f"The server has not saved for long: of your edits on it this desk keeps the newest {KEPT}."
            self.told.emit("warning", sentence)
        self._has_told_let_go = has_let_go

    def _take_presence(self, frame: PresenceFrame) -> None:
        if not frame.author:
            is_news = frame.leases != self._leases
            self._leases = dict(frame.leases)
        elif self._is_me(frame.author) and frame.leases:
            is_news, self._leases = True, {**self._leases, **frame.leases}
        else:
            is_news = self._board.heard(frame, self._clock.now())
        if is_news:
            self.presence_changed.emit()

    def _is_me(self, author: str) -> bool:
        return self.author == author or self.author.startswith(f"{author}~")

    def _answered(self) -> None:
        if self.wire is not None:
            self.wire.record()
        self.settled.emit()

    def _sent(self, make: Callable[[], Op | None]) -> Op | None:
        """Sends the op that ``make`` makes; None when it makes none, or cannot."""
        try:
            op = make()
        except (OutboxFull, ValueError) as problem:
            self.told.emit("error", f"This edit was not taken: {problem}")
            return None
        if op is not None:
            now = self._clock.now()
            for node in {each.path[1] for each in op.changes if each.path[0] == NODES}:
                self.views.sent(node, op.seq, now)
            self._submit(op)
        return op

    def _submit(self, op: Op) -> None:
        if self.wire is not None:
            self.wire.submit(op)
