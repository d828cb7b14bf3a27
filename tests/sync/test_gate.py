"""The two gates, row by row (SK-02 to SK-06)."""

from __future__ import annotations

from typing import Any

import pytest

from sync.gate import Judgement, judge_params, judge_view_data

ME = "nonce-of-this-connection"


@pytest.mark.parametrize(
    ("stamp", "local_rev", "expected"),
    [
        ({"_sender": ME, "_rev": 3}, 3, Judgement.OWN),
        ({"_sender": ME, "_rev": 2}, 3, Judgement.OWN),
        ({"_sender": ME, "_rev": 4}, 3, Judgement.FOREIGN),
        ({"_sender": "earlier-nonce", "_rev": 1}, 3, Judgement.FOREIGN),
        ({"_sender": "", "_rev": 0}, 3, Judgement.FOREIGN),
        ({"_sender": ME}, 3, Judgement.FOREIGN),
        ({"_sender": ME, "_rev": "3"}, 3, Judgement.FOREIGN),
        ({"_sender": ME, "_rev": True}, 3, Judgement.FOREIGN),
        ({}, 3, Judgement.FOREIGN),
    ],
)
def test_params(stamp: dict[str, Any], local_rev: int, expected: Judgement) -> None:
    assert judge_params({"width": 1, **stamp}, ME, local_rev) is expected


@pytest.mark.parametrize(
    ("stamp", "local_rev", "expected"),
    [
        ({"_sender": ME, "_rev": 2}, 3, Judgement.STALE),
        ({"_sender": ME, "_rev": 3}, 3, Judgement.CURRENT),
        ({"_sender": "", "_rev": 0}, 1, Judgement.STALE),
        ({"_sender": "", "_rev": 0}, 0, Judgement.CURRENT),
        ({"_sender": "peer", "_rev": 1}, 9, Judgement.FOREIGN),
        ({"_sender": ME}, 9, Judgement.FOREIGN),
        ({"_rev": 1}, 9, Judgement.FOREIGN),
        ({"_sender": None, "_rev": 1}, 9, Judgement.FOREIGN),
        ({}, 9, Judgement.FOREIGN),
    ],
)
def test_view_data(stamp: dict[str, Any], local_rev: int, expected: Judgement) -> None:
    assert judge_view_data({"layers": [], **stamp}, ME, local_rev) is expected
