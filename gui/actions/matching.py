"""How well a few typed letters match a title: they must occur in order; word starts and runs count more. Pure."""

from __future__ import annotations

from typing import Final

__all__ = ["best", "score"]

WORD_START: Final = 8
RUN: Final = 5
FIRST: Final = 6
GAP_COST: Final = 1


def score(query: str, title: str) -> int | None:
    """Higher is better; None when ``query``'s letters do not occur in order. Case and spaces do not count."""
    letters = query.casefold().replace(" ", "")
    folded = title.casefold()
    if not letters:
        return 0
    reached: dict[int, int] = {}
    for number, letter in enumerate(letters):
        reached = _advance(reached, folded, letter, is_first=number == 0)
        if not reached:
            return None
    return max(reached.values()) - len(folded) // 8


def best(query: str, titles: list[str]) -> list[int]:
    """The indexes of the titles that match, best first; equals keep their order."""
    scored = [(found, -index) for index, title in enumerate(titles) if (found := score(query, title)) is not None]
    return [-index for _found, index in sorted(scored, reverse=True)]


def _advance(reached: dict[int, int], title: str, letter: str, *, is_first: bool) -> dict[int, int]:
    """Best score for ending at each place where ``letter`` stands, from the places reached so far."""
    after: dict[int, int] = {}
    for at, found in enumerate(title):
        if found != letter:
            continue
        gain = (FIRST if at == 0 else 0) + (WORD_START if at == 0 or not title[at - 1].isalnum() else 1)
        before = [_joined(value, at - place) for place, value in reached.items() if place < at]
        if is_first:
            after[at] = gain
        elif before:
            after[at] = gain + max(before)
    return after


def _joined(value: int, distance: int) -> int:
    return value + RUN if distance == 1 else value - min(distance, 6) * GAP_COST
