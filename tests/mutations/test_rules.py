"""The rules of ``make mutations`` can be broken: each names a line that is there, and tests that are there."""

from __future__ import annotations

import pytest

from tests.mutations.__main__ import ALL_RULES, ROOT
from tests.mutations.mutation import Mutation


@pytest.mark.parametrize("rule", ALL_RULES, ids=[each.rule.replace(" ", "-") for each in ALL_RULES])
def test_a_rule_names_one_line_and_tests_that_are_there(rule: Mutation) -> None:
    assert (ROOT / rule.path).read_text(encoding="utf-8").count(rule.old) == 1
    assert rule.tests
    for name in rule.tests:
        path, _, function = name.partition("::")
        text = (ROOT / path).read_text(encoding="utf-8")
        assert f"def {function.partition('[')[0]}(" in text if function else text
