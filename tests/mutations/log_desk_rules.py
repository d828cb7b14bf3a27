"""The rules of a session on an ordered log: what is sent, what is shown, what is kept (sync/log/PROTOCOL.md §8)."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

__all__ = ["LOG_DESK_RULES"]

SESSION = ("tests/sync/ordered/test_session_on_a_log.py",)
ORDERS = (*SESSION, "tests/sync/ordered/test_any_order.py")
FILE = ("tests/sync/ordered/test_outbox_file.py",)
KEY = ("tests/faults/test_unknown_key.py",)
UNDO = ("tests/sync/ordered/test_undo_steps.py",)
LINK = ("tests/sync/ordered/test_log_link.py",)
LEFT_OVER = ("tests/sync/ordered/test_left_over.py",)
NAMES = ("tests/sync/ordered/test_installation.py",)
DESKS = ("tests/faults/test_desk_on_a_log.py",)

LOG_DESK_RULES: tuple[Mutation, ...] = (
    Mutation(
        "the last word of a gesture is not said again",
        "sync/ordered/commits.py",
        "            replica.renew(gesture.edits, self._clock.now())\n",
        "            pass\n",
        SESSION,
    ),
    Mutation(
        "what is typed is not guarded",
        "sync/ordered/commits.py",
        "base=gesture.base if gesture.is_guarded else None",
        "base=None",
        SESSION,
    ),
    Mutation(
        "an undo is not guarded",
        "sync/ordered/commits.py",
        "self.offer(node_id, is_final=True, base=self.position())",
        "self.offer(node_id, is_final=True)",
        SESSION,
    ),
    Mutation(
        "an edit without a link waits for one before it is kept",
        "sync/ordered/commits.py",
        "if is_final and not self._log.is_live:",
        "if False:",
        SESSION,
    ),
    Mutation(
        "live ops leave as fast as the mouse moves",
        "sync/ordered/commits.py",
        "Pace(shortest_s=LIVE_S)",
        "Pace(shortest_s=0.0)",
        SESSION,
    ),
    Mutation("a peer's value under a hand is not parked", "sync/replica.py", "self._park(foreign)", "pass", SESSION),
    Mutation(
        "an own op is pending after it was decided",
        "sync/replica.py",
        "if entry.order not in decided}",
        "if True}",
        SESSION,
    ),
    Mutation(
        "ops that a server lost are not shown as pending again",
        "sync/ordered/intake.py",
        "        self._relaunch(node_id, replica)\n",
        "",
        ORDERS,
    ),
    Mutation(
        "what is pending again is only what differs now",
        "sync/ordered/changes.py",
        "if path and POSITION not in path and not any(overlaps(path, other) for other in edits):",
        "if False:",
        ORDERS,
    ),
    Mutation(
        "a list is compared member by member",
        "sync/ordered/changes.py",
        "if isinstance(value, list) or (is_member and not (_is_plain(value) and len(path) > 2)):",
        "if False:",
        ORDERS,
    ),
    Mutation(
        "what came is written leaf by leaf whatever it is",
        "sync/ordered/changes.py",
        "        if not _is_leaf_step(after, document, place, path):\n            return document.params(node)\n",
        "",
        SESSION,
    ),
    Mutation(
        "a removal by a peer does not end the hand on it",
        "sync/ordered/intake.py",
        "                self.gone.emit(node_id, path)\n",
        "",
        SESSION,
    ),
    Mutation(
        "older geometry is applied as if it were current",
        "sync/ordered/intake.py",
        "is_current = gate.take(frame, self._clock.now()) is not None",
        "is_current = True",
        SESSION,
    ),
    Mutation(
        "geometry that is older than the shown one is taken",
        "sync/ordered/intake.py",
        "if replica is None or not gate.is_news(frame):",
        "if replica is None:",
        SESSION,
    ),
    Mutation(
        "an earlier run's last hand wins",
        "sync/ordered/outbox_file.py",
        "        bill.op = _guarded(bill.op, bill.base)\n",
        "        pass\n",
        FILE,
    ),
    Mutation(
        "what the log refused can be undone",
        "sync/ordered/undo_steps.py",
        "            history.refused(op.seq)\n",
        "            pass\n",
        UNDO,
    ),
    Mutation(
        "a refused undo counts as done",
        "sync/history.py",
        "                self._done.append(_settled(made.step, made.did))\n",
        "                pass\n",
        UNDO,
    ),
    Mutation(
        "mine that was taken cannot be undone",
        "sync/ordered/undo_steps.py",
        "            history.record(step)\n",
        "            pass\n",
        UNDO,
    ),
    Mutation(
        "a link without answers is kept",
        "sync/ordered/log_link.py",
        "outbox.lateness(now) is Lateness.DEAD:",
        "outbox.lateness(now) is None:",
        LINK,
    ),
    Mutation(
        "a server that does not know our key is asked again and again",
        "sync/ordered/logs.py",
        "            link.not_admitted.connect(lambda: _decide(verdict, False)),\n",
        "",
        KEY,
    ),
    Mutation(
        "what a standby put off is late there",
        "sync/log/desk_end.py",
        "            self._replica.outbox.put_off()\n",
        "",
        LINK,
    ),
    Mutation(
        "each link to a standby tells the same again",
        "sync/ordered/session_log.py",
        "            self._put_off = frame.sentence\n",
        "",
        LINK,
    ),
    Mutation(
        "what was turned away is sent with every link",
        "sync/log/outbox.py",
        " and (bill.rev or bill.refusal is None)",
        "",
        LINK,
    ),
    Mutation(
        "an earlier run's edit is held against what it knew already",
        "sync/ordered/outbox_file.py",
        "msgspec.structs.replace(each, seen=base)",
        "msgspec.structs.replace(each, seen=0)",
        LEFT_OVER,
    ),
    Mutation(
        "an edit clashes with one of the desk's own earlier runs",
        "sync/log/guard.py",
        "return (op.author, *(dep.author for dep in op.deps if identity_of(dep.author) == me))",
        "return (op.author,)",
        LEFT_OVER,
    ),
    Mutation(
        "a refused edit is forgotten with its run",
        "sync/log/outbox.py",
        "        self._decided.pop(op_id, None)\n        self._questions[op_id] =",
        "        self._questions[op_id] =",
        LEFT_OVER,
    ),
    Mutation(
        "an answered question is asked again by the next run",
        "sync/log/outbox.py",
        "            self._strike(bill)\n\n    def stable",
        "            pass\n\n    def stable",
        LEFT_OVER,
    ),
    Mutation(
        "every op of a refused drag is a question",
        "sync/log/replica.py",
        "        drop_moot(self.outbox, op, self.author)\n        if refusal is not None:\n",
        "        if refusal is not None:\n",
        LEFT_OVER,
    ),
    Mutation(
        "a round that failed is not tried again",
        "sync/ordered/outbox_file.py",
        "                self._changed.set()\n                await asyncio.sleep(RETRY_S)",
        "                await asyncio.sleep(RETRY_S)",
        FILE,
    ),
    Mutation(
        "two desks share a name",
        "sync/ordered/installation.py",
        "fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "pass",
        NAMES,
    ),
    Mutation(
        "two runs share an author",
        "sync/ordered/installation.py",
        '{uuid4().hex[:12]}"',
        'run"',
        NAMES,
    ),
    Mutation(
        "a session opens before its log is there",
        "sync/open_session.py",
        "        log = await self._logs.attach(info, self._clock)\n        if self.wanted in (info.id, info.name):\n"
        "            await self._fetch_pipeline(info, log)\n",
        "        await self._fetch_pipeline(info, None)\n        log = await self._logs.attach(info, self._clock)\n",
        DESKS,
    ),
    Mutation(
        "what waited is forgotten when a server comes back without a log",
        "sync/open_session.py",
        "            for node_id, values in edits.items():",
        "            for node_id, values in {}.items():",
        DESKS,
    ),
)
