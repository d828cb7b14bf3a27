"""Everything that the code imports is asked for in pyproject.toml, and what is asked for is used."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = {"gui", "sync", "engine", "resources", "tests"}
# The import name of a distribution whose names differ.
IMPORT_NAMES = {
    "pyside6-essentials": {"PySide6", "shiboken6"},
    "ruamel.yaml": {"ruamel"},
    "pytest-asyncio": {"pytest_asyncio"},
    "pytest-qt": {"pytestqt"},
    "pytest-benchmark": {"pytest_benchmark"},
    "import-linter": {"importlinter"},
}
PACKAGES = ("gui", "sync", "engine", "resources")


def imported(folders: Iterable[str]) -> set[str]:
    names: set[str] = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names.add(node.module.split(".")[0])
    return names - OURS - sys.stdlib_module_names


def asked_for(requirements: Iterable[str]) -> set[str]:
    names: set[str] = set()
    for requirement in requirements:
        match = re.match(r"[A-Za-z0-9._-]+", requirement)
        assert match, requirement
        name = match.group().lower()
        names |= IMPORT_NAMES.get(name, {name.replace("-", "_")})
    return names


def project() -> tuple[list[str], list[str]]:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table["dependencies"], table["optional-dependencies"]["dev"]


def test_the_program_imports_only_what_it_asks_for() -> None:
    run, _ = project()
    assert imported(PACKAGES) - asked_for(run) == set()


def test_the_tests_import_only_what_they_ask_for() -> None:
    run, dev = project()
    assert imported(["tests"]) - asked_for([*run, *dev]) == set()


def test_nothing_is_asked_for_in_vain() -> None:
    run, _ = project()
    assert asked_for(run) - imported(PACKAGES) - {"shiboken6"} == set()


def test_every_requirement_has_an_upper_bound() -> None:
    run, dev = project()
    assert [line for line in [*run, *dev] if "<" not in line] == []


def test_an_import_of_something_else_would_be_seen() -> None:
    assert "numpy" not in asked_for([*project()[0], *project()[1]])
    assert asked_for(["PySide6-Essentials>=6.11.3,<6.12"]) == {"PySide6", "shiboken6"}
