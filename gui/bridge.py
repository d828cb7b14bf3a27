"""The only place where a signal of ``sync`` becomes a repaint: marks what changed, tells the widgets once a frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal

from gui.syncing.delivery import Deliveries
from gui.syncing.people import People
from sync.desk import Desk
from sync.log.op import OpId
from sync.ordered.session_log import SessionLog
from sync.scene import Scene
from sync.session import DeskSession

__all__ = ["FRAME_MS", "Bridge"]

FRAME_MS = 16
_LONGEST_REST_MS = 100
_SOON_MS = 1  # not 0: the bytes of an edit leave before the window is told

_ORDER = (
    "link",
    "sessions",
    "session",
    "people",
    "structure",
    "scene",
    "nodes",
    "states",
    "selection",
    "history",
    "decisions",
    "conflicts",
)


class Bridge(QObject):
    """What the widgets see of the desk: the open session, its scene, the selection.

    Signals: all ``…_shown`` are emitted at most once a frame (FRAME_MS), the first change after a rest at once;
    less often where telling and painting would take more than half of the time.
    ``scene_shown`` carries the Scene or None, ``session_shown`` the DeskSession or None, ``node_shown`` a node id,
    ``link_shown`` the Link, ``selection_shown`` a tuple of layer ids. ``noticed`` carries severity and sentence.
    ``people``: who else is here; ``deliveries``: how far our edits have come. Both are kept up to date.
    """

    scene_shown = Signal(object)
    node_shown = Signal(str)
    structure_shown = Signal()
    states_shown = Signal()
    link_shown = Signal(object)
    sessions_shown = Signal()
    session_shown = Signal(object)
    history_shown = Signal()
    decisions_shown = Signal()
    selection_shown = Signal(object)
    people_shown = Signal()
    conflicts_shown = Signal()
    noticed = Signal(str, str)

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.people = People()
        self.deliveries = Deliveries()
        self._log: SessionLog | None = None
        self._open_conflicts: tuple[OpId, ...] = ()
        self._due: set[str] = set()
        self._due_nodes: dict[str, None] = {}
        self._selection: tuple[str, ...] = ()
        self._inspected: str | None = None
        self._chosen: str | None = None
        self._scene: Scene | None = None
        self._is_scene_stale = True
        self._session_ties: list[Callable[[], None]] = []
        self._log_ties: list[Callable[[], None]] = []
        self._since_flush = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.flush)
        self._rest_ms = FRAME_MS
        self._after_paint = QTimer(self)
        self._after_paint.setSingleShot(True)
        self._after_paint.timeout.connect(self._rest)
        self._ties = [
            desk.link_changed.connect(lambda _link: self._mark("link")),
            desk.sessions_changed.connect(lambda: self._mark("sessions")),
            desk.session_opened.connect(lambda _session: self._follow()),
            desk.session_closed.connect(lambda _id: self._follow()),
            desk.noticed.connect(self.noticed.emit),
        ]
        self._follow()

    @property
    def session(self) -> DeskSession | None:
        """The open session."""
        return self.desk.session

    @property
    def log(self) -> SessionLog | None:
        """The open session's ordered log; None while nothing is open, and on a server that keeps none."""
        return None if self.session is None else self.session.log

    @property
    def compositor_id(self) -> str | None:
        """The compositor whose layers are shown: the chosen one while it exists, else the session's first."""
        session = self.session
        if session is None:
            return None
        there = session.store.compositors()
        if self._chosen in there:
            return self._chosen
        return there[0] if there else None

    @property
    def scene(self) -> Scene | None:
        """The shown compositor's scene as it is now (built again only when something changed)."""
        if self._is_scene_stale:
            session, node_id = self.session, self.compositor_id
            self._scene = session.store.scene(node_id) if session is not None and node_id is not None else None
            self._is_scene_stale = False
        return self._scene

    @property
    def selection(self) -> tuple[str, ...]:
        """Ids of the selected layers, in the order in which they were selected."""
        return self._selection

    def select(self, layer_ids: Iterable[str]) -> None:
        """Makes ``layer_ids`` the selection; ids that the scene does not hold are left out."""
        chosen = self._that_exist(dict.fromkeys(layer_ids))
        if chosen != self._selection or (chosen and self._inspected is not None):
            self._selection = chosen
            self._inspected = None if chosen else self._inspected
            self._mark("selection")

    @property
    def inspected(self) -> str | None:
        """The node whose own params are looked at instead of a layer's."""
        session = self.session
        return self._inspected if session is not None and session.store.has(self._inspected or "") else None

    def inspect(self, node_id: str) -> None:
        """Looks at a node's params; no layer is selected then."""
        if node_id != self._inspected:
            self._inspected = node_id
            self._selection = ()
            self._mark("selection")

    def choose_compositor(self, node_id: str) -> None:
        """Shows another compositor of the session."""
        if node_id != self.compositor_id:
            self._chosen = node_id
            self._selection = ()
            self._stale("structure", "scene", "selection")

    def flush(self) -> None:
        """Tells the widgets everything that changed since the last time; runs by itself within a frame."""
        if self.log is not self._log:
            self._follow_log()
        self._timer.stop()
        self._since_flush.start()
        due, nodes = self._due, self._due_nodes
        self._due, self._due_nodes = set(), {}
        if "people" in due:
            self.people.follow(self.log)
        self.deliveries.follow(self.log)
        if "scene" in due and (kept := self._that_exist(self._selection)) != self._selection:
            self._selection = kept
            due.add("selection")
        for topic in _ORDER:
            if topic in due:
                self._tell(topic, nodes)
        self._after_paint.start(0)

    def stop(self) -> None:
        """Lets go of the desk; nothing is shown after this."""
        self._timer.stop()
        self._after_paint.stop()
        for untie in (*self._ties, *self._session_ties, *self._log_ties):
            untie()
        self._ties, self._session_ties, self._log_ties = [], [], []

    def _follow(self) -> None:
        for untie in self._session_ties:
            untie()
        self._session_ties = []
        self._selection, self._inspected = (), None
        if (session := self.session) is not None:
            store = session.store
            self._session_ties = [
                store.node_changed.connect(self._node_changed),
                store.structure_changed.connect(lambda: self._stale("structure", "scene")),
                store.state_changed.connect(lambda _node_id: self._mark("states")),
                session.history.changed.connect(lambda: self._mark("history")),
                session.decided.connect(lambda _decision: self._mark("decisions")),
                session.noticed.connect(self.noticed.emit),
                session.refused.connect(lambda _node_id, _path, sentence: self.noticed.emit("warning", sentence)),
            ]
        self._follow_log()
        self._stale("session", "structure", "scene", "states", "selection", "history", "decisions")

    def _follow_log(self) -> None:
        """A session may get its log, or lose it, after it was opened."""
        for untie in self._log_ties:
            untie()
        log = self._log = self.log
        self._log_ties = []
        if log is not None:
            self._log_ties = [
                log.presence_changed.connect(lambda: self._mark("people")),
                log.conflicted.connect(lambda _conflict: self._mark("conflicts")),
                log.safety_changed.connect(lambda: self._mark("link")),
                log.settled.connect(self._log_settled),
                log.opened.connect(lambda: self._mark("link")),
                log.lost.connect(lambda _reason: self._mark("link")),
            ]
        self._mark("people", "conflicts")

    def _log_settled(self) -> None:
        """Entries came: only an answered or a new conflict is news to the widgets; the rest the store tells."""
        open_ones = () if self._log is None else tuple(each.op.id for each in self._log.replica.conflicts)
        if open_ones != self._open_conflicts:
            self._open_conflicts = open_ones
            self._mark("conflicts")

    def _node_changed(self, node_id: str) -> None:
        if self._is_scene_stale and node_id in self._due_nodes:
            return
        self._due_nodes[node_id] = None
        if node_id == self.compositor_id:
            self._stale("nodes", "scene")
        else:
            self._mark("nodes")

    def _stale(self, *topics: str) -> None:
        self._is_scene_stale = True
        self._mark(*topics)

    def _mark(self, *topics: str) -> None:
        self._due.update(topics)
        if not self._timer.isActive():
            rested = self._since_flush.elapsed() if self._since_flush.isValid() else self._rest_ms
            self._timer.start(max(_SOON_MS, self._rest_ms - rested))

    def _rest(self) -> None:
        """The widgets have painted: what that took is also left to everything else."""
        self._rest_ms = min(max(FRAME_MS, 2 * self._since_flush.elapsed()), _LONGEST_REST_MS)

    def _tell(self, topic: str, nodes: Iterable[str]) -> None:
        match topic:
            case "link":
                self.link_shown.emit(self.desk.link)
            case "session":
                self.session_shown.emit(self.session)
            case "scene":
                self.scene_shown.emit(self.scene)
            case "selection":
                self.selection_shown.emit(self._selection)
            case "nodes":
                for node_id in nodes:
                    self.node_shown.emit(node_id)
            case _:
                getattr(self, f"{topic}_shown").emit()

    def _that_exist(self, layer_ids: Iterable[str]) -> tuple[str, ...]:
        scene = self.scene
        if scene is None:
            return ()
        return tuple(layer_id for layer_id in layer_ids if scene.layer(layer_id) is not None)
