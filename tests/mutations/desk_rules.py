"""The rules of the desk: gates, stamps, commits, pacing, crossings, metadata (PROTOCOL.md §14)."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

__all__ = ["DESK_RULES"]

SYNC = ("tests/sync/test_session.py", "tests/sync/test_interleavings.py")
COMMITS = ("tests/faults/test_commits.py", "tests/sync/test_session.py", "tests/sync/test_interleavings.py")
DIALECT = ("tests/sync/test_dialect.py", "tests/sync/test_interleavings.py")
FAULTS = ("tests/sync/test_link_faults.py",)
LISTED = ("tests/sync/test_session_list.py",)
GATE = ("tests/sync/test_gate.py",)
DESK = ("tests/sync/test_desk.py", "tests/sync/test_session.py", "tests/faults/test_scripted_server.py")
EDIT = ("tests/sync/test_compositor_edit.py", "tests/sync/test_session.py")
VIEW = ("tests/sync/test_view_intake.py", "tests/sync/test_session.py", "tests/sync/test_interleavings.py")
CROSSING = ("tests/sync/test_crossing.py", "tests/sync/test_session.py", "tests/sync/test_interleavings.py")
PACING = ("tests/sync/test_pacing.py", "tests/sync/test_session.py")
YAML = (
    "tests/sync/test_user_form.py",
    "tests/sync/test_pipeline_yaml.py",
    "tests/sync/test_pipeline_yaml_properties.py",
)

DESK_RULES: tuple[Mutation, ...] = (
    Mutation(
        "view data at our revision is stale", "sync/gate.py", "stamp.rev < local_rev", "stamp.rev <= local_rev", GATE
    ),
    Mutation(
        "an echo at our revision is foreign", "sync/gate.py", "stamp.rev <= local_rev", "stamp.rev < local_rev", GATE
    ),
    Mutation("an empty sender is foreign", "sync/gate.py", 'not in ("", nonce)', "!= nonce", GATE),
    Mutation(
        "a peer's view data is gated by our revision",
        "sync/gate.py",
        'if stamp is None or not isinstance(data.get(SENDER), str) or stamp.sender not in ("", nonce):',
        "if stamp is None or not isinstance(data.get(SENDER), str):",
        GATE,
    ),
    Mutation("an echo of another connection is ours", "sync/gate.py", "stamp.sender == nonce and ", "", GATE),
    Mutation(
        "a peer's value of a held field is dropped",
        "sync/replica.py",
        "        changes = differences(before, self.confirmed)\n        self._park(changes)",
        "        self.confirmed = apply(self.confirmed, {held: read(before, held, REMOVED) for held in self._held})\n"
        "        changes = differences(before, self.confirmed)\n        self._park(changes)",
        SYNC,
    ),
    Mutation(
        "what was parked is not told",
        "sync/replica.py",
        "self.parked[held] = read(self.confirmed, held, REMOVED)",
        "pass",
        SYNC,
    ),
    Mutation(
        "a hand does not hide what arrives",
        "sync/replica.py",
        "self._shown = apply(self.proposal, {path: entry.value for path, entry in self._held.items()})",
        "self._shown = self.proposal",
        SYNC,
    ),
    Mutation(
        "a commit's base lacks parked and foreign values",
        "sync/commit.py",
        "return stamped(full_config(replica.proposal), stamp), stamp",
        "from sync.paths import apply\n"
        "            edits = {path: entry.value for path, entry in replica.pending.items()}\n"
        "            base = apply(replica.last_sent or replica.confirmed, edits)\n"
        "            return stamped(full_config(base), stamp), stamp",
        COMMITS,
    ),
    Mutation(
        "a commit carries no stamp",
        "sync/commit.py",
        "return stamped(full_config(replica.proposal), stamp), stamp",
        "return full_config(replica.proposal), stamp",
        SYNC,
    ),
    Mutation(
        "a commit to a compositor is a patch",
        "sync/commit.py",
        "return stamped(full_config(replica.proposal), stamp), stamp",
        "return stamped(patch_of(replica.proposal, replica.pending), stamp), stamp",
        SYNC,
    ),
    Mutation(
        "a full config lacks what the params lack",
        "sync/compositor_edit.py",
        "return {**empty, **params}",
        "return params",
        EDIT,
    ),
    Mutation(
        "a replacing server is sent patches",
        "sync/commit.py",
        "if self._store.dialect.replaces:",
        "if self._store.dialect.replaces == 'never':",
        DESK,
    ),
    Mutation(
        "a second patch leaves before the first has shown how params are stored",
        "sync/commit.py",
        "if self._is_question_open(replica):",
        "if False:",
        DIALECT,
    ),
    Mutation(
        "what a patch wiped is known and not put back",
        "sync/snapshot_intake.py",
        "if replica.memory.is_at_risk and store.dialect.replaces else {}",
        "if False else {}",
        DIALECT,
    ),
    Mutation(
        "what a commit wiped when it landed is not put back",
        "sync/replica.py",
        "return self.put_back({} if self.kind == KIND else forgotten(before, self.confirmed), now)",
        "return {}",
        DIALECT,
    ),
    Mutation(
        "a whole set is what the last event held",
        "sync/commit.py",
        "return apply(replica.outlook(), {path",
        "return apply(replica.confirmed, {path",
        DIALECT,
    ),
    Mutation(
        "a risk is forgotten with the connection",
        "sync/params_memory.py",
        "self.params, self.has_heard = {}, False",
        "self.params, self.has_heard, self.is_at_risk = {}, False, False",
        DIALECT,
    ),
    Mutation(
        "a peer's message proves that a server merges",
        "sync/params_memory.py",
        "self.last_landed, self.has_heard = None, True",
        "self.has_heard = True",
        DIALECT,
    ),
    Mutation(
        "an event that cannot be taken ends the link",
        "sync/connection.py",
        "except Exception as fault:",
        "except AssertionError as fault:",
        FAULTS,
    ),
    Mutation(
        "values may be nested without end",
        "sync/wire/codec.py",
        "level = [part for value in level for part in _parts_of(value) if type(part) not in _LEAVES]",
        "level = []",
        FAULTS,
    ),
    Mutation(
        "an edit of a session that is not there is taken",
        "sync/open_session.py",
        "self.session.forbid(self.missing or self._why_not_tune)",
        "self.session.forbid(self._why_not_tune)",
        LISTED,
    ),
    Mutation(
        "a session that is not listed is given up unasked",
        "sync/open_session.py",
        "self._listed(known) or known",
        "self._listed(known)",
        LISTED,
    ),
    Mutation(
        "the sessions are listed once",
        "sync/desk.py",
        "            self._open.list.follow(connection)\n",
        "",
        LISTED,
    ),
    Mutation(
        "a type without a rule fits nothing",
        "sync/wire/packets.py",
        "return produced == accepted",
        "return False",
        ("tests/sync/test_packets.py",),
    ),
    Mutation(
        "revisions survive a reconnect",
        "sync/revision.py",
        "self._revs.clear()",
        "pass",
        ("tests/sync/test_revision.py",),
    ),
    Mutation(
        "the nonce survives a reconnect",
        "sync/revision.py",
        "        self.nonce = self._make_nonce()\n",
        "",
        ("tests/sync/test_revision.py",),
    ),
    Mutation(
        "a new connection keeps the old stamps", "sync/desk.py", "self._open.port.revisions.reopen()", "pass", DESK
    ),
    Mutation(
        "revisions are counted by node, not by session and node",
        "sync/revision.py",
        "return self._revs.get((session_id, node_id), 0)",
        "return max((rev for (_, other), rev in self._revs.items() if other == node_id), default=0)",
        ("tests/sync/test_revision.py",),
    ),
    Mutation(
        "numbers travel unrounded",
        "sync/compositor_edit.py",
        "        return _rounded_number(path, value)\n",
        "        return value\n",
        EDIT,
    ),
    Mutation(
        "the drawn rect is taken for the configured one",
        "sync/scene_reading.py",
        'rect = None if entry is None else _rect(entry.get("rect"))',
        "rect = drawn",
        COMMITS,
    ),
    Mutation(
        "the configured rect is drawn",
        "sync/scene_reading.py",
        "drawn = place(layer, self._canvas, source)",
        "drawn = layer.rect or place(layer, self._canvas, source)",
        ("tests/sync/test_session.py", "tests/sync/test_view_intake.py", "tests/sync/test_interleavings.py"),
    ),
    Mutation(
        "a stale layout is applied",
        "sync/view_intake.py",
        "if known is None and judgement is not Judgement.STALE:",
        "if known is None or judgement is Judgement.STALE:",
        VIEW,
    ),
    Mutation(
        "a layout of another config is drawn",
        "sync/view_geometry.py",
        "return basis_of(first, group, layer_id) == basis_of(second, group, layer_id)",
        "return True",
        VIEW,
    ),
    Mutation(
        "what we overwrote in a crossing is not healed",
        "sync/intake.py",
        "heals = overwritten_by_us(changes, replica, before)",
        "heals: dict[Path, Any] = {}",
        CROSSING,
    ),
    Mutation(
        "what a peer overwrote in a crossing is not healed",
        "sync/intake.py",
        "undone = without_fragments(undone, replica.confirmed)",
        "undone = {}",
        CROSSING,
    ),
    Mutation(
        "heals know no bound",
        "sync/crossing.py",
        "return len(self._commits) < MAX_COMMITS and all(",
        "return True or all(",
        CROSSING,
    ),
    Mutation(
        "commits queue behind a slow link",
        "sync/pacing.py",
        "if self._outlet.unsent_bytes() > MAX_UNSENT_BYTES:",
        "if self._outlet.unsent_bytes() < 0:",
        PACING,
    ),
    Mutation(
        "the next commit does not wait for the echo",
        "sync/pacing.py",
        "is_long = self._is_patient or self._is_waiting()",
        "is_long = self._is_patient",
        PACING,
    ),
    Mutation(
        "a release is paced like a drag",
        "sync/pacing.py",
        "if self._is_final or self._sent_at is None:",
        "if self._sent_at is None:",
        PACING,
    ),
    Mutation(
        "metadata of a params event settles",
        "sync/intake.py",
        "stamp, patch = read_stamp(params), strip_metadata(params)",
        "stamp, patch = read_stamp(params), params",
        SYNC,
    ),
    Mutation(
        "metadata of a snapshot settles",
        "sync/snapshot_intake.py",
        "    params = strip_metadata(node.params or {})\n",
        "    params = node.params or {}\n",
        (*SYNC, "tests/faults/test_scripted_server.py"),
    ),
    Mutation(
        "metadata of an added node settles",
        "sync/intake.py",
        "strip_metadata(event.params or {}))",
        "event.params or {})",
        SYNC,
    ),
    Mutation(
        "metadata of a file settles",
        "sync/wire/user_form.py",
        "None if params is None else strip_metadata(params)",
        "params",
        YAML,
    ),
    Mutation(
        "a file that another program has changed is written over",
        "gui/yaml/export_dialog.py",
        "        if not self._is_as_known(path):\n            return\n",
        "",
        ("tests/gui/test_yaml_panel.py",),
    ),
    Mutation(
        "metadata is exported",
        "sync/exportable.py",
        "strip_metadata(node.params or {}) or None",
        "node.params or None",
        YAML,
    ),
    Mutation("a gesture outlives its link", "sync/session.py", 'gesture.end("disconnected")', "pass", DESK),
    Mutation(
        "what was on its way is not sent again",
        "sync/replica.py",
        "        for path, value in left.items():\n            overwritten",
        "        for path, value in ((path, left[path]) for path in left if path not in own):\n            overwritten",
        DESK,
    ),
    Mutation(
        "a snapshot is taken over commits on their way",
        "sync/snapshot_intake.py",
        "if last_order is not None and replica.flights:",
        "if last_order is not None and last_order < 0:",
        SYNC,
    ),
    Mutation(
        "a snapshot is taken after newer events",
        "sync/connection.py",
        "while arrival.correlation_id in self._replies:",
        "while arrival.correlation_id == '':",
        ("tests/faults/test_order_of_arrival.py",),
    ),
    Mutation(
        "a batch of ours is not followed by a fetch",
        "sync/desk.py",
        "if isinstance(request, ApplyBatch) and",
        "if isinstance(request, str) and",
        ("tests/faults/test_order_of_arrival.py",),
    ),
    Mutation(
        "an unconfirmed change is never late",
        "sync/store.py",
        "> LATE_AFTER_S\n",
        "> 60 * LATE_AFTER_S\n",
        (*SYNC, "tests/faults/test_scripted_server.py"),
    ),
)
