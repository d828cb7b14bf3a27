"""Connections → the ``needs`` of a pipeline file (PROTOCOL.md §17.2), and what that form cannot say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sync.wire.geometry import slot_key
from sync.wire.pipeline import Connection, Node
from sync.wire.user_form import read_needs, resolve_label

__all__ = ["compatible_needs", "faithful_needs"]


def faithful_needs(
    edges: Sequence[Connection], nodes: dict[str, Node], old: Any = None, lost: list[str] | None = None
) -> Any:
    """The ``needs`` value that compiles to ``edges`` (all into one node); None without edges.

    A name or a list where that means the same, else a map of pins. ``old`` is the value in the file: its form and
    the spelling of what it already says are kept. Sentences about edges that no form can say go to ``lost``.
    """
    spelling = _spelling(edges[0].to_node, old, nodes) if edges else {}
    by_pin: dict[str, Any] = {}
    for edge in edges:
        label = _label(edge, nodes)
        if label is None or edge.to_pin in by_pin or edge.to_pin == "node":
            _note(lost, f"{_words(edge)} cannot be written in a pipeline file and is left out")
            continue
        by_pin[edge.to_pin] = spelling.get(_source(edge), _entry(label, edge))
    if isinstance(old, dict) and read_needs("", old)[0].to_pin != "in":
        kept = {pin: by_pin[pin] for pin in old if pin in by_pin}
        return {**kept, **by_pin} or None
    return _shortest(by_pin, is_list=isinstance(old, list))


def compatible_needs(edges: Sequence[Connection], lost: list[str]) -> Any:
    """The form that every server knows: node names in the order of the pins; what it drops goes to ``lost``."""
    ordered = sorted(edges, key=lambda edge: slot_key(edge.to_pin))
    pins = ["in"] if len(ordered) == 1 else [f"in_{place}" for place in range(len(ordered))]
    for edge, pin in zip(ordered, pins, strict=True):
        if edge.from_pin != "out" or edge.to_pin != pin:
            _note(lost, f"{_words(edge)} is read back as {edge.from_node}.out → {edge.to_node}.{pin}")
        if "." in edge.from_node:
            _note(lost, f"{_words(edge)}: a node name with a dot is not found again")
    entries = [_entry(edge.from_node, edge) for edge in ordered]
    return entries[0] if len(entries) == 1 else entries or None


def _shortest(by_pin: dict[str, Any], is_list: bool) -> Any:
    if list(by_pin) == ["in"]:
        return [by_pin["in"]] if is_list else by_pin["in"]
    pins = [f"in_{place}" for place in range(len(by_pin))]
    if len(by_pin) > 1 and by_pin.keys() == set(pins):
        return [by_pin[pin] for pin in pins]
    return by_pin or None


def _label(edge: Connection, nodes: dict[str, Node]) -> str | None:
    labels = (edge.from_node, f"{edge.from_node}.{edge.from_pin}")
    wanted = (edge.from_node, edge.from_pin)
    return next((label for label in labels if resolve_label(label, nodes) == wanted), None)


def _spelling(node_id: str, old: Any, nodes: dict[str, Node]) -> dict[tuple[str, str, str | None], Any]:
    """What the file already says, by what it means."""
    raws = old if isinstance(old, list) else [old]
    dependencies = read_needs(node_id, old)
    if isinstance(old, dict) and not isinstance(old.get("node"), str):
        raws = list(old.values())
    found: dict[tuple[str, str, str | None], Any] = {}
    for raw, dependency in zip(raws, dependencies, strict=False):
        source = resolve_label(dependency.label, nodes)
        if source is not None:
            found[(*source, dependency.mode)] = raw
    return found


def _source(edge: Connection) -> tuple[str, str, str | None]:
    return (edge.from_node, edge.from_pin, "best_effort" if edge.mode == "best_effort" else None)


def _entry(label: str, edge: Connection) -> Any:
    return {"node": label, "mode": "best_effort"} if edge.mode == "best_effort" else label


def _words(edge: Connection) -> str:
    return f"the connection {edge.from_node}.{edge.from_pin} → {edge.to_node}.{edge.to_pin}"


def _note(lost: list[str] | None, sentence: str) -> None:
    if lost is not None:
        lost.append(sentence)
