"""``make mutations``: breaks each rule in a copy of the tree and runs its tests.

A rule that nobody misses is a missing test.

Arguments are words of the rules to try; without any, all are tried and ``RESULTS.md`` is written.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from tests.mutations.bound_rules import BOUND_RULES
from tests.mutations.desk_rules import DESK_RULES
from tests.mutations.engine_rules import ENGINE_RULES
from tests.mutations.log_desk_rules import LOG_DESK_RULES
from tests.mutations.mutation import Mutation
from tests.mutations.operator_rules import OPERATOR_RULES
from tests.mutations.ordered_rules import ORDERED_RULES
from tests.mutations.repair_rules import REPAIR_RULES
from tests.mutations.sight_rules import SIGHT_RULES
from tests.mutations.standby_rules import STANDBY_RULES

ALL_RULES = (
    *DESK_RULES,
    *ENGINE_RULES,
    *ORDERED_RULES,
    *LOG_DESK_RULES,
    *OPERATOR_RULES,
    *STANDBY_RULES,
    *SIGHT_RULES,
    *BOUND_RULES,
    *REPAIR_RULES,
)
ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).with_name("RESULTS.md")
COPIED = ("sync", "engine", "gui", "resources", "tests", "pyproject.toml", "README.md", "Makefile")
WORKERS = 2
LIMIT_S = 300
STALE, SURVIVED, HUNG = "STALE: the line is not there exactly once", "SURVIVED", "HUNG: no test ended in time"
FIRST_FAILURE = re.compile(r"^(?:FAILED|ERROR) (\S+?)(?: - .*)?$", re.MULTILINE)


class Outcome(NamedTuple):
    """What became of one mutation; ``caught_by`` is a test's name, or why there is none."""

    mutation: Mutation
    caught_by: str

    @property
    def is_caught(self) -> bool:
        return self.caught_by not in (STALE, SURVIVED, HUNG)


class Copies:
    """As many copies of the tree as there are workers."""

    def __init__(self, folder: Path) -> None:
        self._free: SimpleQueue[Path] = SimpleQueue()
        self._ages = count(1)
        for number in range(WORKERS):
            copy = folder / f"copy{number}"
            copy.mkdir()
            for name in COPIED:
                _copy(ROOT / name, copy / name)
            self._free.put(copy)

    def attempt(self, mutation: Mutation) -> Outcome:
        """Applies a mutation to a free copy, runs its tests file by file, and puts the line back."""
        copy = self._free.get()
        path = copy / mutation.path
        whole = path.read_text()
        try:
            if whole.count(mutation.old) != 1:
                return Outcome(mutation, STALE)
            self._write(path, whole.replace(mutation.old, mutation.new))
            found = (first_failure(copy, test) for test in mutation.tests)
            return Outcome(mutation, next((name for name in found if name), SURVIVED))
        finally:
            self._write(path, whole)
            self._free.put(copy)

    def check_sound(self, tests: Sequence[str]) -> str | None:
        """The test that fails without any mutation: then no outcome would mean anything."""
        copy = self._free.get()
        try:
            return first_failure(copy, *tests)
        finally:
            self._free.put(copy)

    def _write(self, path: Path, text: str) -> None:
        path.write_text(text)
        # Compiled files are told apart by the second: every version gets one of its own.
        stamp = time.time() + next(self._ages)
        os.utime(path, (stamp, stamp))


def first_failure(copy: Path, *tests: str) -> str | None:
    """The first test that fails in the copy; None when all pass."""
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "LAYERDESK_PROFILE": "mutations",
        "PYTHONPATH": str(copy),
    }
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:cacheprovider", *tests]
    try:
        run = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return HUNG
    if run.returncode == 0:
        return None
    match = FIRST_FAILURE.search(run.stdout)
    return match.group(1) if match else f"{tests[0]} (does not start)"


def main(words: list[str]) -> int:
    """0 when every mutation was caught, 1 otherwise."""
    wanted = [each for each in ALL_RULES if not words or any(word in each.rule for word in words)]
    with tempfile.TemporaryDirectory(prefix="layerdesk-mutations-") as folder:
        copies = Copies(Path(folder))
        tests = sorted({test for each in wanted for test in each.tests})
        broken = None if words else copies.check_sound(tests)
        if broken is not None:
            sys.stderr.write(f"{broken} fails without any mutation: mend that first\n")
            return 1
        with ThreadPoolExecutor(WORKERS) as pool:
            outcomes = [_shown(outcome) for outcome in pool.map(copies.attempt, wanted)]
    if not words:
        RESULTS.write_text(table(outcomes))
    missed = sum(not outcome.is_caught for outcome in outcomes)
    sys.stdout.write(f"{len(outcomes) - missed} of {len(outcomes)} mutations were caught\n")
    return 1 if missed else 0


def table(outcomes: Sequence[Outcome]) -> str:
    """The page that RESULTS.md is."""
    rows = [f"| {each.rule} | `{each.path}` | `{name}` |" for each, name in outcomes]
    head = [
        "# Rules broken one at a time",
        "",
        "`make mutations` writes this page: each row is a rule that was broken in a copy of the tree, and the first",
        "test that failed for it. The broken lines are in",
        "files of this folder whose names end in `_rules`.",
        "",
        f"{sum(outcome.is_caught for outcome in outcomes)} of {len(outcomes)} were caught.",
        "",
        "| what was broken | file | test that caught it |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


def _shown(outcome: Outcome) -> Outcome:
    sys.stdout.write(f"{outcome.mutation.rule}: {outcome.caught_by}\n")
    sys.stdout.flush()
    return outcome


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    else:
        shutil.copy2(source, target)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
