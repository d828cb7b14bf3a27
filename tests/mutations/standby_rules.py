"""The rules of keys, standbys and take-over (sync/log/PROTOCOL.md §6.1, §6.4, §6.7)."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

__all__ = ["STANDBY_RULES"]

KEYS = ("tests/log/test_keys.py", "tests/log/test_auth.py")
LOG = ("tests/log/test_standbys.py",)
COPIES = ("tests/engine/standby/test_copies.py",)
FOLLOWING = "tests/engine/standby/test_following.py"
TAKE_OVER = "tests/engine/standby/test_take_over.py"

ENDS = "sync/log/server_ends.py"
STANDBY = "engine/standby/standby.py"

STANDBY_RULES: tuple[Mutation, ...] = (
    Mutation(
        "a file of secrets that others can read is used",
        "sync/log/private_file.py",
        "if mode & (stat.S_IRWXG | stat.S_IRWXO):",
        "if mode & stat.S_IRWXG & 0:",
        KEYS,
    ),
    Mutation(
        "a join token is spent before its key is on disk",
        "sync/log/auth.py",
        "        self._write_down(token, public, self._tokens[match])\n        role = self._tokens.pop(match)\n",
        "        role = self._tokens.pop(match)\n        self._write_down(token, public, role)\n",
        KEYS,
    ),
    Mutation(
        "with a bearer token the door stands open",
        "sync/log/auth.py",
        "is_open = self._trust.is_open and not self._vouched",
        "is_open = self._trust.is_open",
        KEYS,
    ),
    Mutation(
        "a key that is listed has the role of the token that came with it",
        "sync/log/auth.py",
        "return role or self._vouched",
        "return self._vouched or role or ''",
        KEYS,
    ),
    Mutation(
        "anybody's key may follow",
        "sync/log/auth.py",
        'if auth.role != "desk" and role not in ("authority", "admin"):',
        'if auth.role == "authority" and role not in ("authority", "admin"):',
        LOG,
    ),
    Mutation(
        "desks forget what only the leader has",
        "sync/log/fanout.py",
        "return min(self.stable, self.standbys.upto(self.stable))",
        "return self.stable",
        LOG,
    ),
    Mutation(
        "a standby that is lost is not missed",
        "sync/log/standbys.py",
        "if row.lost_at is not None and now - row.lost_at >= MISSED_S:",
        "if row.lost_at is not None:",
        LOG,
    ),
    Mutation(
        "a desk can pose as a standby",
        "sync/log/authority_end.py",
        'self._identity is not None and self._identity.role == "follower":',
        "self._identity is not None:",
        LOG,
    ),
    Mutation(
        "a standby numbers what desks send it",
        "sync/log/authority_end.py",
        "        if self._shared.standby_of:\n            return iter(",
        "        if not self._shared.standby_of:\n            pass\n        elif False:\n            return iter(",
        LOG,
    ),
    Mutation(
        "a standby merges with one that numbers",
        ENDS,
        'if identity.role == "authority" and self._shared.standby_of:',
        'if identity.role == "authority" and not self._shared:',
        LOG,
    ),
    Mutation(
        "places that are none come into a copy",
        ENDS,
        "        check_places(places)\n",
        "        tuple(places)\n",
        LOG,
    ),
    Mutation(
        "what came before a gap is not written down",
        ENDS,
        "            if self.log.head > before:\n",
        "            if self.log.head == before + len(entries):\n",
        LOG,
    ),
    Mutation(
        "rows of a log that was replaced stay on disk",
        "sync/log/log_journal.py",
        "            self.journal.evict(rev)\n        self._first, self._last",
        "            pass\n        self._first, self._last",
        LOG,
    ),
    Mutation(
        "what was on disk of the old log counts as the new one's",
        "sync/log/journal.py",
        "        self.stable = self._upto = 0\n",
        "        self._upto = 0\n",
        LOG,
    ),
    Mutation(
        "a merged entry undoes what is newer",
        "engine/ordered/params.py",
        "return _with_members(document, node, params, entry, is_pending=False)",
        "return _with_members(document, node, params, entry, is_pending=True)",
        COPIES,
    ),
    Mutation(
        "what a merged entry has swept away stays with the node",
        "engine/ordered/judge.py",
        "if any(each.path == (NODES, node) for each in entry.changes or ()):",
        "if not entry.rev:",
        COPIES,
    ),
    Mutation(
        "a copy writes into its log by itself",
        "engine/ordered/session_log.py",
        "if not self.desk.standby_of:  # who is copied writes such things itself",
        "if self.desk is not None:",
        COPIES,
    ),
    Mutation(
        "a standby lets clients change its sessions",
        STANDBY,
        "rights=role.rights - CHANGING, withheld=withheld)",
        "rights=role.rights, withheld={})",
        (f"{FOLLOWING}::test_a_standby_shows_everything_and_refuses_every_change_with_one_sentence",),
    ),
    Mutation(
        "a leader that stops takes the copies with it",
        "engine/ordered/session_log.py",
        '        """No more rounds."""\n',
        '        self.hang_up(SESSION_ENDED, "The session has ended.")\n',
        (f"{FOLLOWING}::test_a_leader_that_stops_or_forgets_takes_no_copy_with_it",),
    ),
    Mutation(
        "an engine that took over follows again after a restart",
        "engine/standby/part_file.py",
        "return part.is_leading and part.leader == leader",
        "return False",
        (f"{TAKE_OVER}::test_an_engine_that_took_over_goes_on_leading_after_a_restart",),
    ),
    Mutation(
        "a copy that was never whole takes over by itself",
        STANDBY,
        "if not hindrance and left_s <= 0:",
        "if left_s <= 0:",
        (f"{TAKE_OVER}::test_a_leader_that_was_never_there_is_not_taken_over_from",),
    ),
    Mutation(
        "whoever asks may let it take over",
        "engine/serving/rest_standby.py",
        'if not role_of(request).may("access_all_sessions"):',
        'if not role_of(request).may("list_sessions"):',
        (f"{FOLLOWING}::test_only_an_admin_may_let_it_take_over",),
    ),
    Mutation(
        "the old leader is not called after a take-over",
        STANDBY,
        "            copy.begin(is_leading=True)\n        self._begin_pairing()\n",
        "            pass\n        self._begin_pairing()\n",
        (f"{TAKE_OVER}::test_the_old_leader_comes_back_and_both_have_everything",),
    ),
    Mutation(
        "a desk forgets with its run which standbys a server has",
        "gui/standby/watch.py",
        "            self._memory.keep(here, rows)\n",
        "            pass\n",
        ("tests/gui/standby/test_standbys.py",),
    ),
)
