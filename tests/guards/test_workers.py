"""The suite is spread as meant: what belongs together is on one worker, what is long goes first."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guards.workers import group_of, rank_of

ROOT = Path(__file__).parents[2]
SLOW, QUICK = "tests/sync/test_interleavings.py", "tests/sync/test_gate.py"


@pytest.mark.parametrize(
    ("nodeid", "group"),
    [
        ("tests/end2end/test_drag.py::test_a", "timed"),
        ("tests/faults/test_link.py::TestCut::test_b[x@y]", "timed"),
        (f"{QUICK}::test_a[1]", QUICK),
        (f"{QUICK}::TestGate::test_b", QUICK),
        (f"{SLOW}::test_a[two::three]", f"{SLOW}::test_a"),
        (f"{SLOW}::test_b", f"{SLOW}::test_b"),
    ],
)
def test_the_group_of_a_test(nodeid: str, group: str) -> None:
    assert group_of(nodeid) == group


def test_the_longest_goes_first() -> None:
    names = [f"{QUICK}::test_a", f"{SLOW}::test_a", "tests/end2end/test_drag.py::test_a"]
    assert sorted(names, key=rank_of) == names[::-1]


def test_two_workers_keep_groups_whole(tmp_path: Path) -> None:
    for folder, name in (
        ("end2end", "test_one"),
        ("faults", "test_two"),
        ("quick", "test_three"),
        ("quick", "test_four"),
    ):
        path = tmp_path / f"tests/{folder}/{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("def test_a() -> None: ...\ndef test_b() -> None: ...\ndef test_c() -> None: ...\n")
    command = [sys.executable, "-m", "pytest", "-v", "-n", "2", "--dist", "loadscope", "--no-loadscope-reorder"]
    command += ["-p", "no:cacheprovider", "-p", "xdist", "-p", "tests.guards.workers", "tests"]
    done = subprocess.run(command, cwd=tmp_path, env=_environment(), capture_output=True, text=True, check=False)
    workers: dict[str, set[str]] = {}
    for worker, nodeid in re.findall(r"\[(gw\d)\].*PASSED (\S+)", done.stdout):
        workers.setdefault(group_of(nodeid), set()).add(worker)
    assert {group: len(names) for group, names in workers.items()} == {
        "timed": 1,
        "tests/quick/test_three.py": 1,
        "tests/quick/test_four.py": 1,
    }, done.stdout + done.stderr


def _environment() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return {**inherited, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
