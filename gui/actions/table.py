"""The one table of everything an operator can do; menus, shortcuts, tool tips, palette and cheat sheet read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from gui.bridge import Bridge
from sync.signals import Signal

__all__ = ["MENUS", "Action", "ActionTable", "Scope", "TableRefused", "always", "is_open"]

MENUS: Final = ("File", "Edit", "Layer", "Arrange", "View", "Session", "Help")


class Scope(Enum):
    """Where a shortcut counts: in the whole window, or only while that part has the focus."""

    WINDOW = "window"
    CANVAS = "canvas"
    LAYERS = "layers"


class TableRefused(ValueError):
    """An action that cannot be in the table: its id is there already or its shortcut is taken."""


def always(bridge: Bridge) -> bool:
    """Enabled whatever is open."""
    del bridge
    return True


def is_open(bridge: Bridge) -> bool:
    """Enabled while a session is open."""
    return bridge.session is not None


@dataclass(frozen=True)
class Action:
    """One thing to do.

    ``title`` is a sentence without its full stop; ``spoken`` a title that follows the state (“Undo move of Cam B”).
    ``shortcut`` is portable text (``Ctrl+Shift+Z``), several separated by a space. ``is_checked`` makes it a switch.
    An empty ``menu`` leaves it out of the menus; the palette has everything. ``why_not`` is the sentence for what is
    forbidden at present; it disables the action and is said in place of the tip.
    """

    id: str
    title: str
    run: Callable[[], None]
    tip: str
    shortcut: str = ""
    menu: str = ""
    is_enabled: Callable[[Bridge], bool] = always
    is_checked: Callable[[Bridge], bool] | None = None
    spoken: Callable[[Bridge], str] | None = None
    scope: Scope = Scope.WINDOW
    icon: str = ""
    why_not: Callable[[Bridge], str | None] | None = None

    def may_run(self, bridge: Bridge) -> bool:
        """Whether it can be run now."""
        return self.is_enabled(bridge) and self.obstacle(bridge) is None

    def obstacle(self, bridge: Bridge) -> str | None:
        """Why it is forbidden at present."""
        return None if self.why_not is None else self.why_not(bridge)

    def title_now(self, bridge: Bridge) -> str:
        """The title as it is to be read now."""
        return self.spoken(bridge) if self.spoken is not None else self.title

    def key_sequences(self) -> tuple[QKeySequence, ...]:
        """The shortcuts as Qt knows them."""
        return _sequences(self.shortcut)


class ActionTable:
    """The actions by id, in the order in which they were added; ``sources`` add passing ones to the palette."""

    def __init__(self, bridge: Bridge, shortcuts: Mapping[str, str] | None = None) -> None:
        self.bridge = bridge
        self._shortcuts = dict(shortcuts or {})
        self.complaints: list[str] = []
        self._actions: dict[str, Action] = {}
        self._defaults: dict[str, str] = {}
        self.ran: Signal[str] = Signal()
        self.rebound: Signal[str] = Signal()
        self._sources: list[Callable[[], Iterable[Action]]] = []

    def __iter__(self) -> Iterator[Action]:
        return iter(self._actions.values())

    def __len__(self) -> int:
        return len(self._actions)

    def __getitem__(self, action_id: str) -> Action:
        return self._actions[action_id]

    def add(self, *actions: Action) -> None:
        """Adds actions; raises TableRefused for an id or shortcut that is taken and a menu that is none."""
        for action in actions:
            chosen = self._as_the_operator_wants(action)
            self._check(chosen)
            self._actions[chosen.id] = chosen
            self._defaults[chosen.id] = action.shortcut

    def rebind(self, action_id: str, shortcut: str) -> None:
        """Gives an action another shortcut; ``rebound`` tells its id. Raises TableRefused for one that cannot be."""
        changed = replace(self._actions[action_id], shortcut=shortcut)
        self._check_keys(changed)
        self._actions[action_id] = changed
        self.rebound.emit(action_id)

    def default_shortcut(self, action_id: str) -> str:
        """The shortcut that the action was added with."""
        return self._defaults[action_id]

    def add_source(self, source: Callable[[], Iterable[Action]]) -> None:
        """Lets the palette offer what ``source`` returns when it opens (sessions, layers)."""
        self._sources.append(source)

    def offered(self) -> tuple[Action, ...]:
        """Everything that the palette offers: the table and what its sources have now."""
        return (*self._actions.values(), *(action for source in self._sources for action in source()))

    def run(self, action_id: str) -> bool:
        """Runs an action of the table; see ``do``."""
        return self.do(self._actions[action_id])

    def do(self, action: Action) -> bool:
        """Runs an action if it is enabled now; says whether it did. ``ran`` tells its id afterwards."""
        if not action.may_run(self.bridge):
            return False
        action.run()
        self.ran.emit(action.id)
        return True

    def clash(self, action: Action) -> Action | None:
        """The action that answers to one of ``action``'s shortcuts already, where both count."""
        wanted = _keys(action.shortcut)
        for other in self._actions.values() if wanted else ():
            meets = Scope.WINDOW in {action.scope, other.scope} or action.scope is other.scope
            if other.id != action.id and meets and wanted & _keys(other.shortcut):
                return other
        return None

    def _as_the_operator_wants(self, action: Action) -> Action:
        """With the operator's own shortcut; one that cannot be is complained about and ours stays."""
        if action.id not in self._shortcuts:
            return self._without_what_was_given_away(action)
        wanted = replace(action, shortcut=self._shortcuts[action.id])
        try:
            self._check(wanted)
        except TableRefused as refused:
            self.complaints.append(f"Shortcut left as it was: {refused}.")
            return action
        return wanted

    def _without_what_was_given_away(self, action: Action) -> Action:
        """Our shortcut goes when the operator has given it to another action."""
        other = self.clash(action)
        if other is None or other.id not in self._shortcuts:
            return action
        self.complaints.append(f"{action.shortcut} is yours for {other.id} now; {action.id} has no shortcut.")
        return replace(action, shortcut="")

    def _check(self, action: Action) -> None:
        if action.id in self._actions:
            raise TableRefused(f"there is an action {action.id} already")
        if action.menu and action.menu not in MENUS:
            raise TableRefused(f"{action.id}: there is no menu {action.menu}")
        self._check_keys(action)

    def _check_keys(self, action: Action) -> None:
        if any(not _is_real(key) for key in action.key_sequences()):
            raise TableRefused(f"{action.id}: {action.shortcut} is no shortcut")
        if (other := self.clash(action)) is not None:
            raise TableRefused(f"{action.shortcut} belongs to {other.id} already; {action.id} cannot have it")


def _sequences(shortcut: str) -> tuple[QKeySequence, ...]:
    return tuple(QKeySequence(text, QKeySequence.SequenceFormat.PortableText) for text in shortcut.split())


@lru_cache(maxsize=512)
def _keys(shortcut: str) -> frozenset[str]:
    """The shortcuts in one spelling; every action is held against every other at a start."""
    return frozenset(key.toString() for key in _sequences(shortcut))


def _is_real(key: QKeySequence) -> bool:
    # The stubs do not know that a sequence has an operator [].
    return not key.isEmpty() and key[0].key() is not Qt.Key.Key_unknown  # type: ignore[index]
