"""Renumbering: the wanted order comes out, and no smaller set of changes could have made it."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.layers.reorder import lifted, renumbered
from sync.scene import Layer, LayerKind
from sync.wire.compositor import Rect


def layers(*z_indexes: int) -> list[Layer]:
    """Layers named after their natural order, as the scene shows them: bottom first."""
    made = [
        Layer(
            id=f"in_{at}", kind=LayerKind.VIDEO, path=("layers", f"in_{at}"), name="", drawn=Rect(0, 0, 1, 1), z_index=z
        )
        for at, z in enumerate(z_indexes)
    ]
    return sorted(made, key=lambda layer: layer.z_index)


def order_after(now: list[Layer], changes: dict[str, int]) -> list[str]:
    natural = sorted(now, key=lambda layer: int(layer.id[3:]))
    return [layer.id for layer in sorted(natural, key=lambda layer: changes.get(layer.id, layer.z_index))]


def could_be_done_with(now: list[Layer], wanted: list[Layer], count: int) -> bool:
    """Whether some ``count`` layers alone could be renumbered into the wanted order (any numbers)."""
    for moved in combinations(range(len(wanted)), count):
        kept = [at for at in range(len(wanted)) if at not in moved]
        place = {layer.id: int(layer.id[3:]) for layer in now}
        if all(_fits(wanted[one], wanted[two], two - one - 1, place) for one, two in pairwise(kept)):
            return True
    return False


def _fits(below: Layer, above: Layer, between: int, place: dict[str, int]) -> bool:
    if below.z_index == above.z_index:
        return between == 0 and place[below.id] < place[above.id]
    return above.z_index - below.z_index > between


@given(st.data())
def test_any_order_is_reached_with_the_fewest_changes(data: st.DataObject) -> None:
    now = layers(*data.draw(st.lists(st.integers(-3, 6), min_size=1, max_size=6)))
    wanted = data.draw(st.permutations(now))
    changes = renumbered(wanted, now)
    assert order_after(now, changes) == [layer.id for layer in wanted]
    assert not changes or not could_be_done_with(now, wanted, len(changes) - 1)


def test_the_order_there_is_needs_no_change() -> None:
    now = layers(0, 0, 0, 5)
    assert renumbered(now, now) == {}
    assert renumbered([], []) == {}


def test_to_the_front_renumbers_one_layer() -> None:
    now = layers(0, 1, 2, 3)
    assert renumbered(lifted(now, ["in_1"], 3), now) == {"in_1": 4}


def test_to_the_back_renumbers_one_layer() -> None:
    now = layers(0, 1, 2, 3)
    assert renumbered(lifted(now, ["in_3"], 0), now) == {"in_3": -1}


@pytest.mark.parametrize(("to", "order"), [(-5, "cab"), (0, "cab"), (1, "acb"), (9, "abc")])
def test_lifting_puts_layers_at_an_index_of_the_rest(to: int, order: str) -> None:
    now = layers(0, 1, 2)
    names = dict(zip("abc", ("in_0", "in_1", "in_2"), strict=True))
    assert [layer.id for layer in lifted(now, ["in_2"], to)] == [names[letter] for letter in order]
