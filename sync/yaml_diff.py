"""What an export changes, as a unified diff of lines and as sentences about the show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, TypeAlias

from sync.exportable import exportable
from sync.paths import REMOVED, Path, differences
from sync.wire.pipeline import Connection, Node, Pipeline

CONTEXT = 3
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_Step: TypeAlias = tuple[str, int, int]

__all__ = ["changes_in_words", "diff_text"]


def diff_text(old: str, new: str, old_name: str, new_name: str) -> str:
    """The unified diff from ``old`` to ``new`` with three lines around each change; empty when they are equal."""
    before, after = _LINE.findall(old), _LINE.findall(new)
    hunks = list(_hunks(list(_steps(before, after))))
    if not hunks:
        return ""
    lines = [f"--- {old_name}\n", f"+++ {new_name}\n"]
    for hunk in hunks:
        lines += _hunk_lines(hunk, before, after)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def changes_in_words(before: Pipeline, after: Pipeline) -> list[str]:
    """One sentence a change, as in ``in_1 opacity 1 → 0.64``; the node's name in front when several nodes changed."""
    old, new = exportable(before), exportable(after)
    words = [f"node {name} removed" for name in old.nodes if name not in new.nodes]
    words += [f"node {name} added ({node.kind})" for name, node in new.nodes.items() if name not in old.nodes]
    changed = {name: list(_param_words(old.nodes[name], new.nodes[name])) for name in new.nodes if name in old.nodes}
    spoken = {name: sentences for name, sentences in changed.items() if sentences}
    for name, sentences in spoken.items():
        words += sentences if len(spoken) == 1 else [f"{name}: {sentence}" for sentence in sentences]
    return words + list(_edge_words(old.connections, new.connections))


def _param_words(old: Node, new: Node) -> Iterator[str]:
    if old.kind != new.kind:
        yield f"kind {old.kind} → {new.kind}"
    was, now = old.params or {}, new.params or {}
    for path, value in differences(was, now).items():
        yield f"{_title(path)} {_spoken(_at(was, path))} → {_spoken(value)}"


def _edge_words(old: list[Connection], new: list[Connection]) -> Iterator[str]:
    was, now = {edge.ends: edge for edge in old}, {edge.ends: edge for edge in new}
    for ends, edge in was.items():
        if ends not in now:
            yield f"{_arrow(edge)} disconnected"
    for ends, edge in now.items():
        if ends not in was:
            yield f"{_arrow(edge)} connected"
        elif (was[ends].mode or "reliable") != (edge.mode or "reliable"):
            yield f"{_arrow(edge)} {was[ends].mode or 'reliable'} → {edge.mode or 'reliable'}"


def _arrow(edge: Connection) -> str:
    return f"{edge.from_node}.{edge.from_pin} → {edge.to_node}.{edge.to_pin}"


def _title(path: Path) -> str:
    families = ("layers", "text_overlays", "image_overlays")
    return " ".join(path[1:] if len(path) > 1 and path[0] in families else path)


def _at(params: Any, path: Path) -> Any:
    value = params
    for key in path:
        if isinstance(value, list):
            value = next((item for item in value if isinstance(item, dict) and item.get("id") == key), REMOVED)
        else:
            value = value.get(key, REMOVED) if isinstance(value, dict) else REMOVED
    return value


def _spoken(value: Any) -> str:
    if value is REMOVED:
        return "–"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str):
        return f"'{value if len(value) <= 40 else value[:39] + '…'}'".replace("\n", "⏎")
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict | list):
        return "…"
    return "none" if value is None else str(value)


def _steps(before: list[str], after: list[str]) -> Iterator[_Step]:
    """Each line of both texts once, in order: (" ", i, j), ("-", i, j) or ("+", i, j)."""
    start, limit = 0, min(len(before), len(after))
    while start < limit and before[start] == after[start]:
        yield " ", start, start
        start += 1
    for first, last, other, other_last in _stretches(before, after, start):
        matcher = SequenceMatcher(None, before[first:last], after[other:other_last], autojunk=False)
        for tag, i, i_end, j, j_end in matcher.get_opcodes():
            if tag == "equal":
                yield from ((" ", first + i + step, other + j + step) for step in range(i_end - i))
                continue
            yield from (("-", first + place, other + j) for place in range(i, i_end))
            yield from (("+", first + i_end, other + place) for place in range(j, j_end))


def _stretches(before: list[str], after: list[str], start: int) -> Iterator[tuple[int, int, int, int]]:
    """Cuts at lines that both texts hold exactly once, in rising order: a long file costs what changed in it."""
    first, other = start, start
    for place, other_place in _landmarks(before, after, start):
        yield first, place, other, other_place
        first, other = place, other_place
    yield first, len(before), other, len(after)


def _landmarks(before: list[str], after: list[str], start: int) -> Iterator[tuple[int, int]]:
    counts, other_counts = Counter(before), Counter(after)
    places = {line: place for place, line in enumerate(after) if other_counts[line] == 1}
    single = [(place, line) for place, line in enumerate(before[start:], start) if counts[line] == 1]
    pairs = [(place, places[line]) for place, line in single if line in places]
    highest = start - 1
    lowest = [len(after)] * (len(pairs) + 1)
    for index in range(len(pairs) - 1, -1, -1):
        lowest[index] = min(lowest[index + 1], pairs[index][1])
    for index, (place, other) in enumerate(pairs):
        if highest < other <= lowest[index]:
            highest = other
            yield place, other


def _hunks(steps: list[_Step]) -> Iterator[list[_Step]]:
    changed = [place for place, (sign, _, _) in enumerate(steps) if sign != " "]
    first = last = None
    for place in changed:
        if last is not None and first is not None and place - last > 2 * CONTEXT + 1:
            yield steps[max(0, first - CONTEXT) : last + CONTEXT + 1]
            first = None
        first, last = place if first is None else first, place
    if first is not None and last is not None:
        yield steps[max(0, first - CONTEXT) : last + CONTEXT + 1]


def _hunk_lines(hunk: list[_Step], before: list[str], after: list[str]) -> Iterator[str]:
    old = [i for sign, i, _ in hunk if sign != "+"]
    new = [j for sign, _, j in hunk if sign != "-"]
    yield f"@@ -{_range(old, hunk[0][1])} +{_range(new, hunk[0][2])} @@\n"
    for sign, i, j in hunk:
        yield sign + (after[j] if sign == "+" else before[i])


def _range(places: list[int], start: int) -> str:
    if not places:
        return f"{start},0"
    return str(places[0] + 1) if len(places) == 1 else f"{places[0] + 1},{len(places)}"
