"""engine/running/params_check.py: what it takes can be built, and it refuses nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.library import library
from engine.node import Kind
from engine.running.params_check import check_new, check_update
from sync.wire.compositor import KIND as COMPOSITOR
from sync.wire.compositor import ConfigRefused
from sync.wire.json_value import JsonObject, deep_merge
from sync.wire.stamp import strip_metadata

KINDS = library()
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 0, 1, 64, 1e9, "", "nv12", "live", "file", "/a", "/a..b", {}, [], {"in_0": {}}]
)
PARAMS = st.sampled_from(sorted(KINDS)).flatmap(
    lambda name: st.tuples(st.just(KINDS[name]), _params(KINDS[name]), _params(KINDS[name]))
)


def _params(kind: Kind) -> st.SearchStrategy[JsonObject]:
    names = [*kind.definition.param_schema.get("properties", {}), "nonsense", "_rev"]
    return st.dictionaries(st.sampled_from(names), VALUES, max_size=3)


def _is_fine(kind: Kind, params: JsonObject) -> bool:
    try:
        check_new(kind, params)
    except ConfigRefused:
        return False
    return True


@given(case=PARAMS)
def test_what_is_taken_can_be_built_and_what_is_refused_cannot(case: tuple[Kind, JsonObject, JsonObject]) -> None:
    kind, stored, message = case
    is_whole = kind.definition.kind == COMPOSITOR
    after = strip_metadata(message) if is_whole else dict(deep_merge(stored, strip_metadata(message)))
    try:
        check_update(kind, stored, message)
    except ConfigRefused:
        assert not _is_fine(kind, after)
    else:
        assert _is_fine(kind, after) or (not is_whole and not _is_fine(kind, stored))


@pytest.mark.parametrize("name", sorted(KINDS))
def test_the_message_and_the_stored_params_stay_as_they_are(name: str) -> None:
    stored: dict[str, Any] = {"path": "/a"}
    message: dict[str, Any] = {"_sender": "me", "_rev": 1}
    check_update(KINDS[name], stored, message)
    assert (stored, message) == ({"path": "/a"}, {"_sender": "me", "_rev": 1})
