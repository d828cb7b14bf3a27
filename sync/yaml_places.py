"""Where in a pipeline file something stands: a path through its values as a line."""

from __future__ import annotations

from sync.wire.yaml_tree import Alias, Mapping, Sequence, YamlDocument, YamlNode, position

__all__ = ["line_of"]


def line_of(document: YamlDocument, path: tuple[str | int, ...]) -> int:
    """The line of the deepest part of ``path`` that is in the file."""
    node, start = document.root, document.root.start if document.root else 0
    for part in path:
        found = _inside(node, part)
        if found is None:
            break
        start, node = found
    return position(document.text, start)[0]


def _inside(node: YamlNode | None, part: str | int) -> tuple[int, YamlNode] | None:
    target = node.target if isinstance(node, Alias) else node
    if isinstance(target, Mapping):
        return next(((key.start, value) for key, value in target.pairs if key.text == str(part)), None)
    if not isinstance(target, Sequence):
        return None
    if str(part).isdigit() and int(part) < len(target.items):
        return target.items[int(part)].start, target.items[int(part)]
    named = (item for item in target.items if isinstance(item, Mapping) and _has_id(item, str(part)))
    return next(((item.start, item) for item in named), None)


def _has_id(item: Mapping, name: str) -> bool:
    identity = item.get("id")
    return getattr(identity, "text", None) == name
