"""The rules of repair among engines, delivery, signed edits and stalled peers (sync/log/PROTOCOL.md §7, §11)."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

__all__ = ["REPAIR_RULES"]

MESH, REPAIR = "sync/log/mesh.py", "sync/log/repair.py"
MESHED = ("tests/log/test_mesh.py",)
SIGNED = ("tests/log/test_signed_ops.py",)

REPAIR_RULES: tuple[Mutation, ...] = (
    Mutation("an answer that came by is given again", MESH, "            self.seen(entry.id)\n", "", MESHED),
    Mutation("an op that comes early is let fall", MESH, "                self._early[entry.id] = entry\n", "", MESHED),
    Mutation(
        "an op that is only held is passed on as decided",
        MESH,
        "        if not self._is_decided(op_id):\n            return None\n        entries",
        "        if not self._is_decided(op_id):\n            return self._log.entries.after(0)[0]\n        entries",
        MESHED,
    ),
    Mutation(
        "the engine that wrote an op lets others answer",
        MESH,
        'author = self._me if op_id.author.endswith(f"~{self._me}") else op_id.author',
        "author = op_id.author",
        MESHED,
    ),
    Mutation(
        "whoever hears a request asks all the same",
        REPAIR,
        "if request is not None and request.due_at > now:",
        "if False and request is not None:",
        MESHED,
    ),
    Mutation(
        "what nobody has is waited for as a whole state for ever",
        MESH,
        "if self._peers and op_id not in self._asked_whole]",
        "if self._peers]",
        MESHED,
    ),
    Mutation(
        "our own heart-beat says that others have seen an edit",
        "sync/log/desk_end.py",
        "if isinstance(frame, PresenceFrame) and frame.author != identity_of(self._replica.author):",
        "if isinstance(frame, PresenceFrame):",
        ("tests/log/test_repair.py",),
    ),
    Mutation(
        "one filter says that an edit was seen",
        "sync/log/delivery.py",
        "HITS_THAT_COUNT = 2",
        "HITS_THAT_COUNT = 1",
        ("tests/log/test_repair.py",),
    ),
    Mutation(
        "a round that served nobody puts the next one off",
        "sync/log/fanout.py",
        "        if cohorts:\n            self.pacing.ran(now, head - oldest)\n",
        "        self.pacing.ran(now, head - oldest)\n        if cohorts:\n",
        ("tests/log/test_fanout.py",),
    ),
    Mutation(
        "an edit without its author's signature is taken",
        "sync/log/authority_end.py",
        "if self._needs_signatures and not is_signed_by(op, identity.key):",
        "if False:",
        SIGNED,
    ),
    Mutation(
        "what waited for a link goes unsigned",
        "sync/log/link.py",
        "delta = msgspec.structs.replace(delta, ops=[self._sign(op) for op in delta.ops])",
        "pass",
        SIGNED,
    ),
    Mutation(
        "what was typed and put back is asked of others",
        "sync/ordered/commits.py",
        "replica.forget(path for path in restored(gesture) if not replica.is_flying(path))",
        "pass",
        ("tests/sync/ordered/test_session_on_a_log.py",),
    ),
)
