"""What is wrong with a pipeline text, for this desk and for its server, each with the line where it can be found."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from gui.server.answers import Fault, Findings
from gui.server.failure import one_line
from sync.pipeline_yaml import PipelineFileRefused, load_pipeline
from sync.wire.yaml_reader import read_document
from sync.wire.yaml_tree import Mapping, YamlDocument, YamlRefused
from sync.yaml_places import line_of

MAX_ISSUES: Final = 500
_LINE: Final = re.compile(r"\bline (\d{1,7})\b")
_NODE: Final = re.compile(r"\b[Nn]ode '([^']{1,200})'")
_CLIENT: Final = re.compile(r"\bclient(?:\.\w{1,60}){1,6}")

__all__ = ["Issue", "local_issues", "server_issues"]


class Issue(msgspec.Struct, frozen=True):
    """One thing that is wrong (or doubtful: ``is_error`` False); ``line`` counts from 1, None where it is unknown."""

    is_error: bool
    line: int | None
    words: str
    source: str

    def spoken(self, name: str) -> str:
        """``file:line: error: words``, as compilers say it."""
        place = name if self.line is None else f"{name}:{self.line}"
        return f"{place}: {'error' if self.is_error else 'warning'}: {self.words} ({self.source})"


def local_issues(text: str, name: str) -> list[Issue]:
    """What this desk finds, as ``layerdesk validate`` does."""
    try:
        loaded = load_pipeline(text, name)
    except PipelineFileRefused as refused:
        field = f"{refused.field}: " if refused.field else ""
        return [Issue(True, refused.line, f"{field}{refused.reason}", "desk")]
    document = read_document(text)
    return [Issue(False, _line_in(document, None, it.message), it.message, "desk") for it in loaded.warnings]


def server_issues(findings: Findings, text: str, known: Iterable[Issue] = ()) -> list[Issue]:
    """What the server finds; a warning that the desk has in the same words is not said twice."""
    try:
        document: YamlDocument | None = read_document(text)
    except YamlRefused:
        document = None
    said = {issue.words for issue in known}
    rows = [(True, fault) for fault in findings.errors] + [(False, fault) for fault in findings.warnings]
    issues = [_issue(document, fault, is_error=is_error) for is_error, fault in rows[:MAX_ISSUES]]
    if not findings.valid and not findings.errors:
        issues.insert(0, Issue(True, None, "The server would not run it and does not say why.", "server"))
    return [issue for issue in issues if issue.words not in said]


def _issue(document: YamlDocument | None, fault: Fault, *, is_error: bool) -> Issue:
    node_id = fault.node_id
    if node_id is None and fault.connection_id is not None:
        node_id = fault.connection_id.partition("->")[2]
    words = one_line(fault.message) or "(no words)"
    return Issue(is_error, _line_in(document, node_id, fault.message[:2000], fault.connection_id), words, "server")


def _line_in(document: YamlDocument | None, node_id: str | None, message: str, edge: str | None = None) -> int | None:
    """The line that a message names, else that of its node, else that of its ``client`` key."""
    if (named := _LINE.search(message)) is not None:
        return int(named[1])
    if document is None:
        return None
    node_id = node_id or next((found[1] for found in _NODE.finditer(message)), None)
    if node_id is not None:
        return _node_line(document, node_id, ("needs",) if edge is not None else ())
    path = _CLIENT.search(message)
    return None if path is None else line_of(document, tuple(path[0].split(".")))


def _node_line(document: YamlDocument, node_id: str, rest: tuple[str, ...]) -> int | None:
    root = document.root
    if not isinstance(root, Mapping):
        return None
    number = node_id.removeprefix("step_")
    if root.get("steps") is not None:
        return line_of(document, ("steps", int(number), *rest)) if number.isdecimal() and len(number) < 7 else None
    nodes = root.get("nodes")
    is_there = isinstance(nodes, Mapping) and nodes.get(node_id) is not None
    return line_of(document, ("nodes", node_id, *rest)) if is_there else None
