"""``make bench``: runs every benchmark in a process of its own, one after the other, and shows its JSON lines."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
LONG = frozenset({"churn", "slope"})


def main(names: list[str]) -> int:
    """Runs the named benchmarks, or all but the LONG ones; 1 when one failed. ``compose`` is ``bench_compose.py``,
    ``log`` every ``bench_log_*.py``."""
    found = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    names = [each for name in names for each in _family(name, found) or [name]]
    unknown = [name for name in names if name not in found]
    if unknown:
        sys.stderr.write(f"no benchmark called {', '.join(unknown)}; there are {', '.join(found)}\n")
        return 2
    failed = [name for name in names or [name for name in found if name not in LONG] if _run(name)]
    if failed:
        sys.stderr.write(f"failed: {', '.join(failed)}\n")
    return 1 if failed else 0


def _family(name: str, found: list[str]) -> list[str]:
    return [each for each in found if each.startswith(f"{name}_") and name not in found]


def _run(name: str) -> int:
    return subprocess.run([sys.executable, "-m", f"tests.benchmarks.bench_{name}"], check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
