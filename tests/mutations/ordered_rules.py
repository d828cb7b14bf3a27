"""The rules of the engine's half of the ordered log (sync/log/PROTOCOL.md §1, §3, §7, §9, §10)."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

__all__ = ["ORDERED_RULES"]

LINK = ("tests/conformance/test_ordered_link.py",)
ACCESS = ("tests/conformance/test_ordered_access.py",)
FRAMES = ("tests/conformance/test_ordered_frames.py",)
VIEWS = ("tests/conformance/test_ordered_views.py",)
FLEET = ("tests/conformance/test_ordered_fleet.py",)
MIRROR = ("tests/engine/ordered/test_mirror.py",)
KEEPER = ("tests/engine/ordered/test_keeper.py",)
RESTART = ("tests/engine/ordered/test_restart.py",)

LOG = "engine/ordered/session_log.py"
JUDGE = "engine/ordered/judge.py"

ORDERED_RULES: tuple[Mutation, ...] = (
    Mutation(
        "what protocol 1 did is applied to the session again",
        LOG,
        "if entry.changes and not self.shared.is_own(entry.author):",
        "if entry.changes:",
        (*MIRROR, *LINK, "tests/conformance/test_tuning.py"),
    ),
    Mutation(
        "a held op is judged before the one that released it is applied",
        LOG,
        "        self._catch_up()  # an op that was held is decided in the same step as the one before it\n",
        "",
        (*FRAMES, *MIRROR),
    ),
    Mutation(
        "an op reaches the node without its stamp",
        LOG,
        "self._session.put_params(node_id, after, stamped(message, stamp))",
        "self._session.put_params(node_id, after, message)",
        (*LINK, *VIEWS),
    ),
    Mutation(
        "connections stay asleep when their node comes back",
        LOG,
        "self._apply_connections(edges | self._woken(made))",
        "self._apply_connections(edges)",
        MIRROR,
    ),
    Mutation(
        "rows that waited for a node do not count when an op makes it",
        LOG,
        'self._mirror.settle_near("engine", made.popitem()[0])',
        "made.popitem()",
        MIRROR,
    ),
    Mutation(
        "view data keeps its stamp",
        LOG,
        "shown_data = strip_metadata(data) if is_object else data",
        "shown_data = data",
        (*MIRROR, *VIEWS),
    ),
    Mutation(
        "view data is taken for computed from the newest ops",
        LOG,
        "self.shared.wall(), mark)",
        "self.shared.wall(), None)",
        (*MIRROR, *VIEWS),
    ),
    Mutation(
        "a geometry that an op leaves alone is not said again",
        "engine/ordered/rounds.py",
        "        self._slots.settle(now, self._desk.wall())\n",
        "",
        VIEWS,
    ),
    Mutation(
        "positions of a list are written where they changed only",
        "engine/ordered/mirror.py",
        "            _complete_positions(edits, node.params or {})\n",
        "",
        MIRROR,
    ),
    Mutation(
        "connections that sleep wake for protocol 1",
        "engine/ordered/mirror.py",
        "yield from self._connection_changes(rows | asleep)",
        "yield from self._connection_changes(rows)",
        MIRROR,
    ),
    Mutation(
        "an op may do whatever its link may",
        JUDGE,
        '            role.demand("modify_sessions", "modify sessions")\n',
        "            pass\n",
        MIRROR,
    ),
    Mutation(
        "an op may make any node",
        JUDGE,
        "            check_new_node(role, self._places, kind, params)\n",
        "",
        ACCESS,
    ),
    Mutation(
        "an op may take an id that is being added",
        JUDGE,
        "if (label := session.taken(node)) is not None:",
        "if (label := session.residue(node)) is not None:",
        MIRROR,
    ),
    Mutation(
        "a node is not asked before an op is numbered",
        JUDGE,
        "            self._session.check_params(node, patch)\n",
        "            pass\n",
        FRAMES,
    ),
    Mutation(
        "a compositor's config is not checked before an op is numbered",
        JUDGE,
        "            parse_config(after, self._known.setdefault(node, {}))\n",
        "            pass\n",
        ACCESS,
    ),
    Mutation(
        "numbers are not moved into their range",
        JUDGE,
        "            return within_range(path[PARAMS_DEPTH:], value)\n",
        "            return value\n",
        ACCESS,
    ),
    Mutation(
        "a list of items travels whole",
        JUDGE,
        "            elif keyed_items(each.value) is not None:",
        "            elif False:",
        (*ACCESS, *MIRROR),
    ),
    Mutation(
        "a node that an op took away is taken away again when it has stopped",
        "engine/running/session.py",
        "        self._leaving = {each for each in self._leaving if each.node_id != node_id}\n",
        "",
        MIRROR,
    ),
    Mutation(
        "a desk that follows the log is told by events too",
        "engine/serving/fanout.py",
        "if not (ring.desk and self._follows(ring.desk, event.session_id))]",
        "if not (ring.desk and False)]",
        LINK,
    ),
    Mutation(
        "a desk is told by events no more after its link",
        "engine/ordered/logs.py",
        "        self._live_desks[desk, session_id] -= 1\n",
        "",
        LINK,
    ),
    Mutation(
        "protocol 2 without a session",
        "engine/serving/log_connection.py",
        'return request.query.get("session") if is_offered else None',
        'return request.query.get("session", "") if is_offered else None',
        LINK,
    ),
    Mutation(
        "where tokens are wanted no key is",
        "engine/serving/doors.py",
        'return Door(trust, role.name if self._has_tokens else "")',
        "return Door(trust)",
        ACCESS,
    ),
    Mutation(
        "one that takes nothing slows the rounds of all",
        "sync/log/fanout.py",
        "oldest = min((cursor for cursor, _ in cohorts), default=head)",
        "oldest = min((place.cursor for place in self._places.values()), default=head)",
        ("tests/log/test_fanout.py",),
    ),
    Mutation(
        "an acknowledgement waits for the round of all",
        "sync/log/authority_end.py",
        "            self._shared.fanout.owes(self._peer)",
        "            pass",
        ("tests/log/test_driver.py",),
    ),
    Mutation(
        "stable runs ahead of the disk",
        LOG,
        "self.fanout.stable = self.log.head if self.journal is None else self.journal.journal.stable",
        "self.fanout.stable = self.log.head",
        KEEPER,
    ),
    Mutation(
        "a round that failed is not tried again",
        "engine/ordered/keeper.py",
        "                self._has_news.set()\n                await asyncio.sleep(RETRY_AFTER_S)",
        "                await asyncio.sleep(RETRY_AFTER_S)",
        KEEPER,
    ),
    Mutation(
        "the saved graph wins over the log",
        "engine/running/sessions.py",
        "            pipeline = under_document(pipeline or Pipeline(), restored.document)\n",
        "            pass\n",
        RESTART,
    ),
    Mutation(
        "numbering goes on under the old epoch after a restart",
        "engine/ordered/logs.py",
        "None if self.standby_of else self.run)",
        "None)",
        (*KEEPER, *RESTART),
    ),
    Mutation(
        "a damaged log is used as far as it goes",
        "sync/log/sqlite_store.py",
        "        if damaged:\n            raise DamagedJournal(channel, tuple(damaged))\n",
        "",
        ("tests/log/test_sqlite_store.py", *RESTART),
    ),
)
