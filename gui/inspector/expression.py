"""What an operator may type into a number: ``640``, ``+10``, ``50%``, ``1920/3``, ``(1280-420)/2``. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Final

__all__ = ["ExpressionRefused", "evaluate"]

MAX_LENGTH: Final = 120
MAX_DEPTH: Final = 20
_TOKEN = re.compile(r"\s*(?:((?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?)|([-+*/()%]))")
_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "/": lambda one, other: one / other,
}


class ExpressionRefused(ValueError):
    """A text that is no number and no sum; the message says what is wrong with it."""


def evaluate(text: str, current: float, whole: float | None = None, unit: str = "") -> float:
    """The number that ``text`` means for a field that shows ``current``.

    A leading ``+``, ``*`` or ``/`` works on ``current``; ``-10`` is minus ten, ``--10`` takes ten away. ``50%`` is half
    of ``whole`` (the canvas side, or ``current`` when there is none); in a field whose unit is ``%`` it is just fifty.
    A decimal comma counts as a point. Raises ExpressionRefused.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionRefused(f"longer than {MAX_LENGTH} characters")
    text = text.strip().replace("−", "-").replace("×", "*").replace("÷", "/")
    text = text.removesuffix(unit).strip() if unit not in {"", "%"} else text
    base = current if whole is None else whole
    share = 1.0 if unit == "%" else base / 100
    value = _Reader(_tokens(_with_current(text, current)), share).read()
    if not math.isfinite(value):
        raise ExpressionRefused("the result is not a number")
    return value


def _with_current(text: str, current: float) -> str:
    if text.startswith("--"):
        return f"({current!r})-{text[2:]}"
    return f"({current!r}){text}" if text[:1] in {"+", "*", "/"} else text


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ExpressionRefused(f"cannot read “{text[at:].strip()[:12]}”")
        tokens.append((match.group(1) or match.group(2)).replace(",", "."))
        at = match.end()
    return tokens


class _Reader:
    """Recursive descent over sums, products, signs, brackets and percents."""

    def __init__(self, tokens: list[str], share: float) -> None:
        self._tokens = tokens
        self._share = share
        self._at = 0

    def read(self) -> float:
        if not self._tokens:
            raise ExpressionRefused("nothing was typed")
        value = self._sum(0)
        if self._at < len(self._tokens):
            raise ExpressionRefused(f"“{self._tokens[self._at]}” is not expected here")
        return value

    def _sum(self, depth: int) -> float:
        return self._chain("+-", self._product, depth)

    def _product(self, depth: int) -> float:
        return self._chain("*/", self._signed, depth)

    def _chain(self, operators: str, part: Callable[[int], float], depth: int) -> float:
        value = part(depth)
        while (sign := self._peek()) and sign in operators:
            self._at += 1
            other = part(depth)
            if sign == "/" and other == 0:
                raise ExpressionRefused("division by zero")
            value = _OPERATORS[sign](value, other)
        return value

    def _signed(self, depth: int) -> float:
        if depth > MAX_DEPTH:
            raise ExpressionRefused("too many brackets")
        if self._peek() in {"-", "+"}:
            is_negative = self._take() == "-"
            value = self._signed(depth + 1)
            return -value if is_negative else value
        return self._percent(depth)

    def _percent(self, depth: int) -> float:
        value = self._atom(depth)
        while self._peek() == "%":
            self._at += 1
            value *= self._share
        return value

    def _atom(self, depth: int) -> float:
        token = self._take()
        if token == "(":
            value = self._sum(depth + 1)
            if self._take() != ")":
                raise ExpressionRefused("a bracket is not closed")
            return value
        if token and token not in "+-*/()%":
            return float(token)
        raise ExpressionRefused(f"a number is missing before “{token}”" if token else "a number is missing at the end")

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token
