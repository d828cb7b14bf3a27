"""The rules of what an operator sees and types: whose picture, how a session is, numbers and JSON as they are."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

__all__ = ["SIGHT_RULES"]

PICTURE = ("tests/gui/test_preview_programme.py",)
HEALTH = ("tests/sync/test_health.py", "tests/gui/test_health.py")
SCALE = ("tests/gui/test_scale.py",)
ROWS = ("tests/gui/test_inspector.py",)
DRAFTS = ("tests/gui/test_graph.py",)

SIGHT_RULES: tuple[Mutation, ...] = (
    Mutation(
        "what streams another compositor behind this one is offered",
        "gui/preview/place.py",
        "fresh = {name for name in found if kinds.get(name) != COMPOSITOR}",
        "fresh = found",
        PICTURE,
    ),
    Mutation(
        "a loose stream is offered beside several compositors",
        "gui/preview/place.py",
        "is_alone = sum(kind == COMPOSITOR for kind in kinds.values()) <= 1",
        "is_alone = True",
        PICTURE,
    ),
    Mutation(
        "a picture stays when its path turns out to be another's",
        "gui/preview/programme.py",
        " or not set(old.mse) <= set(new.mse)",
        "",
        PICTURE,
    ),
    Mutation(
        "a session with a stopped node runs",
        "sync/health.py",
        '_WORST_FIRST = ("Failed", "Stopped", "Degraded", "Recovering", "Initializing")',
        '_WORST_FIRST = ("Failed", "Degraded", "Recovering", "Initializing")',
        HEALTH,
    ),
    Mutation(
        "a silent node keeps its rate",
        "sync/health.py",
        "return self._rates.get(node_id, NodeRates()) if age_s <= RATES_LAST_S else None",
        "return self._rates.get(node_id, NodeRates())",
        HEALTH,
    ),
    Mutation(
        "media time is taken for a clock",
        "gui/health/telemetry.py",
        "when = _wall_clock_s(record.timestamp, now)",
        "when = (record.timestamp_us or 0) / 1e6",
        HEALTH,
    ),
    Mutation(
        "telemetry is filtered by a type that all of it has",
        "gui/health/telemetry.py",
        "return kind, {key: value",
        "return record.type_id, {key: value",
        HEALTH,
    ),
    Mutation(
        "a typed number is rounded to the step",
        "gui/inspector/rows/scale.py",
        "    if field.is_exact:\n",
        "    if False:\n",
        SCALE,
    ),
    Mutation(
        "a number beside the multiples is sent",
        "gui/inspector/rows/scale.py",
        "value = _snapped(field, clamp(field, shown / field.scale))",
        "value = clamp(field, shown / field.scale)",
        SCALE,
    ),
    Mutation(
        "a compositor's own fields are read from its schema",
        "sync/fields.py",
        "    if kind != KIND:\n",
        "    if True:\n",
        ROWS,
    ),
    Mutation(
        "a member taken out of an object comes back",
        "gui/inspector/subject.py",
        "if isinstance(value, dict) and isinstance(old, dict) else {}",
        "if False else {}",
        ROWS,
    ),
    Mutation(
        "a node is added while its JSON is broken",
        "gui/graph/draft_card.py",
        "and not self._draft.missing and not wrong",
        "and not self._draft.missing",
        DRAFTS,
    ),
    Mutation(
        "a node's control stands beside the author's for the same property",
        "sync/client_controls.py",
        " and (node, field.path) not in taken",
        "",
        ("tests/gui/test_controls.py",),
    ),
    Mutation(
        "a file with a newer server's keys is refused",
        "sync/pipeline_yaml.py",
        "parse_config(known)",
        "parse_config(node.params or {})",
        ("tests/sync/test_pipeline_yaml.py",),
    ),
)
