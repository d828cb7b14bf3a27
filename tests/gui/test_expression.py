"""What may be typed into a number field, and what each wrong text is told."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.inspector.expression import ExpressionRefused, evaluate


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("640", 640),
        (" 640 px", 640),
        ("1,5", 1.5),
        (".5", 0.5),
        ("-20", -20),
        ("−20", -20),
        ("+10", 110),
        ("--10", 90),
        ("*2", 200),
        ("×2", 200),
        ("/4", 25),
        ("1920/3", 640),
        ("(1280-420)/2", 430),
        ("2+3*4", 14),
        ("50%", 640),
        ("50%-10", 630),
        ("+10%", 228),
        ("-(2+3)", -5),
        ("2*-3", -6),
    ],
)
def test_sums(text: str, result: float) -> None:
    assert evaluate(text, current=100, whole=1280, unit="px") == pytest.approx(result)


def test_percent_without_a_whole_is_of_the_current_value() -> None:
    assert evaluate("50%", current=30) == 15


def test_percent_in_a_percent_field_is_the_number_itself() -> None:
    assert evaluate("64%", current=10, unit="%") == 64
    assert evaluate("+5%", current=10, unit="%") == 15


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "nothing was typed"),
        ("abc", "cannot read “abc”"),
        ("1/0", "division by zero"),
        ("(1", "not closed"),
        ("1)", "not expected"),
        ("1+", "missing at the end"),
        ("1 2", "not expected"),
        ("__import__('os')", "cannot read"),
        ("9" * 121, "longer than"),
        ("9" * 110 + "*" + "9" * 9, None),
        ("(" * 60 + "1" + ")" * 59, "too many brackets"),
        ("-" * 100 + "1", "too many brackets"),
    ],
)
def test_wrong_texts_are_refused_with_a_reason(text: str, complaint: str | None) -> None:
    if complaint is None:
        assert math.isfinite(evaluate(text, 0))
        return
    with pytest.raises(ExpressionRefused, match=complaint):
        evaluate(text, current=100)


def outcome(text: str) -> float | str:
    """The number, or the reason of the refusal."""
    try:
        return evaluate(text, current=7, whole=1280)
    except ExpressionRefused as refusal:
        return str(refusal)


@given(st.text(max_size=140))
def test_no_text_does_anything_but_a_finite_number_or_a_refusal(text: str) -> None:
    found = outcome(text)
    assert found if isinstance(found, str) else math.isfinite(found)


@given(st.lists(st.sampled_from("0123456789.,+-*/()% "), max_size=60).map("".join))
def test_no_sum_does_anything_but_a_finite_number_or_a_refusal(text: str) -> None:
    found = outcome(text)
    assert found if isinstance(found, str) else math.isfinite(found)
