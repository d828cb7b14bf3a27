"""Two bounded stacks of steps."""

from __future__ import annotations

from typing import Any

from sync.history import MAX_STEPS, History, Step
from sync.paths import Path

A: Path = ("a",)


def step(title: str) -> Step:
    return Step("n", title, {A: 0}, {A: 1})


class Bench:
    def __init__(self) -> None:
        self.applied: list[tuple[str, Any, Any]] = []
        self.accepts = True
        self.history = History(self._apply)

    def _apply(self, node_id: str, values: dict[Path, Any], expected: dict[Path, Any], title: str) -> bool:
        assert node_id == "n"
        self.applied.append((title, values[A], expected[A]))
        return self.accepts


def test_undo_and_redo_walk_the_steps() -> None:
    bench = Bench()
    changes: list[None] = []
    bench.history.changed.connect(lambda: changes.append(None))
    for title in ("one", "two"):
        bench.history.record(step(title))
    assert bench.history.undo()
    assert bench.history.undo()
    assert not bench.history.undo()
    assert bench.history.redo()
    assert bench.applied == [("two", 0, 1), ("one", 0, 1), ("one", 1, 0)]
    assert (bench.history.undo_title, bench.history.redo_title) == ("one", "two")
    bench.history.record(step("three"))
    assert bench.history.redo_title is None
    assert len(changes) == 6


def test_a_refused_step_is_dropped() -> None:
    bench = Bench()
    bench.history.record(step("one"))
    bench.accepts = False
    assert not bench.history.undo()
    assert (bench.history.undo_title, bench.history.redo_title) == (None, None)


def test_the_oldest_steps_are_forgotten_and_those_of_a_node_that_is_gone() -> None:
    bench = Bench()
    for number in range(MAX_STEPS + 5):
        bench.history.record(step(str(number)))
    undone = 0
    while bench.history.undo():
        undone += 1
    assert undone == MAX_STEPS
    bench.history.forget_node("n")
    assert bench.history.redo_title is None
