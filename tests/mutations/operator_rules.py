"""The rules of operators at one session: conflicts, leases, hands, faults (sync/log/PROTOCOL.md §8, §12)."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

__all__ = ["OPERATOR_RULES"]

PEOPLE = ("tests/gui/syncing/test_people.py",)
CONFLICTS = ("tests/gui/syncing/test_conflicts.py",)
DOCK = ("tests/gui/syncing/test_sync_dock.py",)
FAULTS = ("tests/gui/syncing/test_fault_panel.py",)
SERVER = ("tests/gui/syncing/test_server_side.py",)

OPERATOR_RULES: tuple[Mutation, ...] = (
    Mutation(
        "a control that somebody holds is taken without a word",
        "gui/inspector/sharing.py",
        "fresh, self._asked = held - self._asked, held",
        "fresh, self._asked = set(), held",
        PEOPLE,
    ),
    Mutation(
        "a control that somebody holds is never given",
        "gui/inspector/sharing.py",
        "fresh, self._asked = held - self._asked, held",
        "fresh, self._asked = held, held",
        PEOPLE,
    ),
    Mutation(
        "a typed number overwrites what came meanwhile",
        "gui/inspector/binding.py",
        "is_guarded=self.row.is_typed",
        "is_guarded=False",
        CONFLICTS,
    ),
    Mutation(
        "a refusal that is no clash is not told",
        "gui/syncing/conflict_deck.py",
        "if conflict.refusal.reason not in ASKED:",
        "if False:",
        CONFLICTS,
    ),
    Mutation(
        "mine is taken for theirs",
        "gui/syncing/conflict_deck.py",
        "log.take_mine(self.top)",
        "log.take_theirs(self.top)",
        CONFLICTS,
    ),
    Mutation("the others are not told of our hand", "gui/syncing/reporting.py", "log.focus(*hand)", "pass", PEOPLE),
    Mutation(
        "a control is kept for ever",
        "gui/syncing/reporting.py",
        "        elif self._now() - self._let_go_at >= LINGER_S:\n            self._claims = ()\n",
        "",
        PEOPLE,
    ),
    Mutation(
        "the server is asked while nobody looks", "gui/syncing/server_side.py", "self._timer.stop()", "pass", SERVER
    ),
    Mutation("all off leaves the faults on", "gui/syncing/fault_panel.py", "faults.clear()", "pass", FAULTS),
    Mutation(
        "on air without a link to the log",
        "gui/topbar.py",
        'if log is None or log.is_live else ("NO LINK", "late")',
        'if True else ("NO LINK", "late")',
        DOCK,
    ),
    Mutation(
        "a disk that does not save looks well",
        "gui/syncing/readings.py",
        '("NOT SAVING", "bad")',
        '("saved", "good")',
        DOCK,
    ),
)
