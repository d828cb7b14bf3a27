"""The rules of what nobody may take from others: held ops, outboxes, heart-beats, relays (log PROTOCOL.md)."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

__all__ = ["BOUND_RULES"]

WAITING = ("tests/log/test_waiting.py",)
REPLICA = ("tests/log/test_replica.py",)
ROUNDS = ("tests/engine/ordered/test_rounds.py",)
SESSION = ("tests/sync/ordered/test_session_on_a_log.py",)
SERVERS = ("tests/log/test_known_servers.py",)

BOUND_RULES: tuple[Mutation, ...] = (
    Mutation(
        "an op from far away is held",
        "sync/log/waiting.py",
        "is_full or self._missing_with(op, authors) > MAX_MISSING",
        "is_full",
        WAITING,
    ),
    Mutation(
        "held ops have no bound in bytes",
        "sync/log/waiting.py",
        "self._count >= MAX_HELD or self._bytes + size > MAX_HELD_BYTES",
        "self._count >= MAX_HELD",
        WAITING,
    ),
    Mutation(
        "who waits for somebody else's next op has it numbered as lost",
        "sync/log/oplog.py",
        "if ahead == 1 and op_id not in self._waiting and self._waiting.is_behind(op_id):",
        "if ahead == 1 and op_id not in self._waiting:",
        WAITING,
    ),
    Mutation(
        "ops that wait in a circle wait for ever",
        "sync/log/waiting.py",
        "if op_id not in self) or sorted(wanted))",
        "if op_id not in self))",
        WAITING,
    ),
    Mutation(
        "a log takes more authors than a clock can name",
        "sync/log/oplog.py",
        "return op.author not in self.authors and self.is_crowded",
        "return False",
        WAITING,
    ),
    Mutation(
        "an outbox is full of what was decided",
        "sync/log/outbox.py",
        "        if len(self._pending) >= CAP:\n            raise",
        "        if len(self._bills) >= CAP:\n            raise",
        REPLICA,
    ),
    Mutation(
        "what was decided and is not safe is kept without end",
        "sync/log/outbox.py",
        "while len(self._decided) > KEPT:",
        "while False:",
        REPLICA,
    ),
    Mutation(
        "nobody is told that edits had to go",
        "sync/ordered/session_log.py",
        "        self._tell_let_go()\n",
        "",
        SESSION,
    ),
    Mutation(
        "long claims go to everybody",
        "sync/log/presence.py",
        "if size <= MAX_CLAIM_BYTES and size <= room:",
        "if size <= room * 1_000:",
        ("tests/log/test_presence.py",),
    ),
    Mutation(
        "a work that failed is due again at once",
        "engine/ordered/rounds.py",
        "        self._due[work] = now + self._every_s[work]\n        try:\n            work()\n",
        "        try:\n            work()\n            self._due[work] = now + self._every_s[work]\n",
        ROUNDS,
    ),
    Mutation(
        "a challenge is signed wherever it comes from",
        "sync/log/known_servers.py",
        "if known and hosts.isdisjoint(known):",
        "if not hosts:",
        SERVERS,
    ),
    Mutation(
        "a server with many names makes others forgotten",
        "sync/log/known_servers.py",
        "near = [name for name, row in kept.items() if not set(row).isdisjoint(hosts)]",
        "near = list(kept)",
        SERVERS,
    ),
)
