"""New z numbers for a new order of layers, with as few layers renumbered as possible. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sync.scene import Layer

__all__ = ["lifted", "renumbered"]


def renumbered(wanted: Sequence[Layer], now: Sequence[Layer]) -> dict[str, int]:
    """The new ``z_index`` by layer id that turns the draw order ``now`` into ``wanted`` (both bottom first).

    Layers of equal z are drawn in a natural order that the scene shows (PROTOCOL.md §13.3): two of them that keep their
    order may keep their number. Everything between two kept layers must find a free number there.
    """
    place = {layer.id: at for at, layer in enumerate(now)}
    kept = _longest_kept(wanted, place)
    return {layer.id: z for layer, z in zip(wanted, _numbers(wanted, kept), strict=True) if z != layer.z_index}


def lifted(now: Sequence[Layer], moved: Sequence[str], to: int) -> tuple[Layer, ...]:
    """``now`` with the layers ``moved`` taken out and put back, in their order, at index ``to`` of the rest."""
    staying = [layer for layer in now if layer.id not in moved]
    going = [layer for layer in now if layer.id in moved]
    to = min(max(to, 0), len(staying))
    return (*staying[:to], *going, *staying[to:])


def _longest_kept(wanted: Sequence[Layer], place: dict[str, int]) -> list[int]:
    """Indexes of the largest set of layers that may keep their z."""
    best: list[tuple[int, int]] = []
    for at, layer in enumerate(wanted):
        reach = (1, -1)
        for before in range(at):
            if best[before][0] + 1 > reach[0] and _leaves_room(wanted[before], layer, at - before - 1, place):
                reach = (best[before][0] + 1, before)
        best.append(reach)
    at = max(range(len(best)), key=lambda index: best[index][0], default=-1)
    kept: list[int] = []
    while at >= 0:
        kept.append(at)
        at = best[at][1]
    return kept[::-1]


def _leaves_room(below: Layer, above: Layer, between: int, place: dict[str, int]) -> bool:
    if between == 0 and below.z_index == above.z_index:
        return place[below.id] < place[above.id]
    return above.z_index - below.z_index > between


def _numbers(wanted: Sequence[Layer], kept: list[int]) -> list[int]:
    numbers = [layer.z_index for layer in wanted]
    first = kept[0] if kept else 0
    for at in range(first - 1, -1, -1):
        numbers[at] = numbers[at + 1] - 1
    for at in range(first + 1, len(wanted)):
        if at not in kept:
            numbers[at] = numbers[at - 1] + 1
    return numbers
