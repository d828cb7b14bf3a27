"""The code stays small: files, functions, names and docstrings within the budgets of the project."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("gui", "sync", "engine", "resources")
FILE_LINES, FUNCTION_LINES, MEDIAN, P90 = 400, 45, 9, 22
VAGUE_FILES = {"utils", "util", "helpers", "helper", "common", "misc"}
VAGUE_CLASS = re.compile(r"(Manager|Helper|Utils?|Handler)$")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources() -> dict[str, str]:
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


def faults_of(name: str, source: str) -> Iterator[str]:
    tree = ast.parse(source)
    if len(source.splitlines()) > FILE_LINES:
        yield f"{name}: over {FILE_LINES} lines"
    if not ast.get_docstring(tree):
        yield f"{name}: no module docstring"
    if Path(name).stem in VAGUE_FILES:
        yield f"{name}: the name says nothing"
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and VAGUE_CLASS.search(node.name):
            yield f"{name}: class {node.name}: the name says nothing"
        if isinstance(node, Function) and lines_of(node) > FUNCTION_LINES:
            yield f"{name}: {node.name} is over {FUNCTION_LINES} lines"


def lines_of(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_every_file_function_and_name_is_within_its_budget() -> None:
    assert [fault for name, source in sources().items() for fault in faults_of(name, source)] == []


def test_functions_are_short_as_a_whole() -> None:
    nodes = [node for source in sources().values() for node in ast.walk(ast.parse(source))]
    lengths = sorted(lines_of(node) for node in nodes if isinstance(node, Function))
    assert statistics.median(lengths) <= MEDIAN
    assert lengths[int(len(lengths) * 0.9)] <= P90


@pytest.mark.parametrize(
    ("name", "source", "fault"),
    [
        ("gui/long.py", '"""Long."""\n' + "x = 1\n" * 400, "over 400 lines"),
        ("gui/bare.py", "x = 1\n", "no module docstring"),
        ("gui/utils.py", '"""All sorts."""\n', "the name says nothing"),
        ("gui/layers.py", '"""Layers."""\n\n\nclass LayerManager:\n    pass\n', "class LayerManager"),
        ("gui/deep.py", '"""Deep."""\n\n\ndef dig():\n' + "    pass\n" * 45, "dig is over 45 lines"),
    ],
)
def test_a_broken_budget_would_be_seen(name: str, source: str, fault: str) -> None:
    assert [found for found in faults_of(name, source) if fault in found]
