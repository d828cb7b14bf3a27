"""The table of rows is complete, and every test that it names exists."""

from __future__ import annotations

import importlib

import pytest

from tests.log.rows import ROWS

COUNTS = {"EP": 27, "SD": 33, "HK": 25, "RW": 24}
EXPECTED = {f"{source}-{number:02d}" for source, count in COUNTS.items() for number in range(1, count + 1)}


def find(name: str) -> object:
    """The test behind ``module::name``; a module with dots in its name is one below ``tests``."""
    module, _, test = name.partition("::")
    place = "tests" if "." in module else "tests.log"
    return getattr(importlib.import_module(f"{place}.{module}"), test, None)


def test_every_row_is_there_and_none_besides() -> None:
    assert set(ROWS) == EXPECTED


@pytest.mark.parametrize("row", sorted(ROWS))
def test_a_row_names_tests_that_exist_or_a_reason(row: str) -> None:
    proof = ROWS[row]
    if isinstance(proof, str):
        assert proof.endswith(".")
        assert len(proof) > 40
        return
    assert proof
    for name in proof:
        assert callable(find(name)), f"{row} names {name}, which does not exist"


def test_a_name_that_does_not_exist_would_be_noticed() -> None:
    assert find("test_rows::test_no_such_thing") is None
    assert find("engine.ordered.test_keeper::test_no_such_thing") is None
