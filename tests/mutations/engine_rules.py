"""The rules of the engine: stamps, stored params, batches, rings (PROTOCOL.md §5-§7, §14)."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

__all__ = ["ENGINE_RULES"]

LATCH = ("tests/engine/test_config_latch.py", "tests/engine/test_view_data.py", "tests/conformance/test_compositor.py")
TUNING = ("tests/conformance/test_tuning.py", "tests/engine/test_session.py")
DEAD = ("tests/conformance/test_dead_nodes.py",)
REFUSED = ("tests/conformance/test_refused_updates.py",)
BATCH = ("tests/conformance/test_batches.py", "tests/engine/test_session.py")

ENGINE_RULES: tuple[Mutation, ...] = (
    Mutation(
        "a refused update does not move the stamp",
        "engine/pictures/view_data.py",
        "            self._move(stamp)\n            raise",
        "            raise",
        LATCH,
    ),
    Mutation(
        "a new pin keeps the stamp",
        "engine/nodes/compositor.py",
        "        self._inputs.connect(pin, source)\n        self._latch.clear_stamp()",
        "        self._inputs.connect(pin, source)",
        LATCH,
    ),
    Mutation(
        "a pin that goes keeps the stamp",
        "engine/nodes/compositor.py",
        "        if self._inputs.disconnect(pin, source):\n            self._latch.clear_stamp()",
        "        self._inputs.disconnect(pin, source)",
        LATCH,
    ),
    Mutation(
        'no stamp is written as "" and 0',
        "engine/pictures/view_data.py",
        "self._send(data if stamp is None else stamped(data, stamp))",
        'self._send(stamped(data, stamp or Stamp("", 0)))',
        LATCH,
    ),
    Mutation(
        "an update merges into the running config",
        "engine/pictures/view_data.py",
        "config = parse_config(strip_metadata(message), self._known)",
        "config = parse_config({**msgspec.to_builtins(self._latched.config), **strip_metadata(message)})",
        LATCH,
    ),
    Mutation(
        "an unchanged layout is sent again",
        "engine/pictures/view_data.py",
        "if layout == self._last:",
        "if layout is None:",
        LATCH,
    ),
    Mutation(
        "stored params are replaced",
        "engine/running/model.py",
        "return dict(deep_merge(stored, strip_metadata(message)))",
        "return strip_metadata(message)",
        TUNING,
    ),
    Mutation(
        "metadata of a tune is stored",
        "engine/running/model.py",
        "return dict(deep_merge(stored, strip_metadata(message)))",
        "return dict(deep_merge(stored, message))",
        TUNING,
    ),
    Mutation(
        "metadata of a loaded or added node is stored",
        "engine/running/model.py",
        "None if params is None else strip_metadata(params)",
        "params",
        TUNING,
    ),
    Mutation(
        "metadata of an added node is broadcast",
        "engine/running/session.py",
        "kept = None if params is None else strip_metadata(params)",
        "kept = params",
        (*TUNING, "tests/conformance/test_nodes.py", *BATCH),
    ),
    Mutation(
        "a tune is told without its stamp",
        "engine/running/session.py",
        "before, message)\n        self._send(NodeParamsChanged(self.id, node_id, message))",
        "before, message)\n        self._send(NodeParamsChanged(self.id, node_id, strip_metadata(message)))",
        TUNING,
    ),
    Mutation(
        "a refused update is merged and told",
        "engine/running/session.py",
        "            self._update(resident, message)\n",
        "            try:\n                self._update(resident, message)\n"
        "            except ConfigRefused:\n                pass\n",
        TUNING,
    ),
    Mutation(
        "a batch tells of its connections",
        "engine/running/batches.py",
        "session.connect(_connection(operation), is_silent=True, by=by)",
        "session.connect(_connection(operation), by=by)",
        BATCH,
    ),
    Mutation(
        "a batch is applied up to its first mistake",
        "engine/running/batches.py",
        "    if first is not None:\n        raise Refused(first[1])\n",
        "",
        BATCH,
    ),
    Mutation(
        "a node that is not built yet takes any update",
        "engine/running/session.py",
        "            if not resident.takes_updates:\n                self._check_unbuilt(resident, message)\n",
        "",
        REFUSED,
    ),
    Mutation(
        "a field is blamed for what was wrong before",
        "engine/running/params_check.py",
        "for name, value in merged.items() if name in asked})",
        "for name, value in merged.items()})",
        REFUSED,
    ),
    Mutation(
        "refused updates are not counted",
        "engine/running/reports.py",
        "        resident.refused += 1\n",
        "",
        REFUSED,
    ),
    Mutation(
        "what never came to life takes no room",
        "engine/running/session.py",
        "len(self.model.nodes.keys() | self._runner.residents.keys() | leaving)",
        "len(self.model.nodes)",
        REFUSED,
    ),
    Mutation(
        "who hangs up where nothing comes keeps the place",
        "engine/serving/hanging_up.py",
        "not transport.is_closing():",
        "not transport.is_closing() or True:",
        ("tests/conformance/test_streams.py",),
    ),
    Mutation(
        "a node that died keeps what it feeds waiting",
        "engine/running/runner.py",
        "            self._thread.submit(resident.node.stop)  # what it feeds hears that nothing follows\n",
        "            pass\n",
        DEAD,
    ),
    Mutation(
        "a compositor without sources ends alone",
        "engine/nodes/compositor.py",
        "                self._programme.close()\n",
        "",
        DEAD,
    ),
    Mutation(
        "a slow reader loses the newest events",
        "engine/serving/fanout.py",
        "        self._frames.append(frame)\n",
        "        if len(self._frames) < RING_EVENTS:\n            self._frames.append(frame)\n",
        ("tests/engine/test_fanout.py",),
    ),
)
