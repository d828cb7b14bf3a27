"""Code that nothing uses: ``python -m tests.guards.dead_code [FOLDER]`` prints it and fails."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

PACKAGES = ("gui", "sync", "engine", "resources")
USERS = (*PACKAGES, "tests")
# Fields of messages and attributes that a library reads cannot be told from forgotten ones.
JUDGED = {"function", "method", "class", "import", "property"}
LINE = re.compile(r"(?P<place>(?P<top>\w+)/[^:]+:\d+): unused (?P<kind>\w+) '(?P<name>[^']+)'")
CALLED_BY_OTHERS = {
    "emit": "logging calls a handler",
    "do_GET": "http.server calls a request class",
    "enc_hook": "msgspec calls it",
    "log_message": "http.server calls a request class",
    "error": "argparse calls a parser",
}

__all__ = ["dead_code", "main"]


def dead_code(root: Path) -> list[str]:
    """One line for every function, method, class or import below ``root`` that is used nowhere."""
    known = set(CALLED_BY_OTHERS) | set(_qt_names())
    return [
        f"{match['place']}: nothing uses {match['kind']} {match['name']}"
        for match in map(LINE.match, _vulture(root))
        if match and match["kind"] in JUDGED and match["top"] in PACKAGES and match["name"] not in known
    ]


def _vulture(root: Path) -> list[str]:
    folders = [name for name in USERS if (root / name).is_dir()]
    options = ["--min-confidence", "60", "--ignore-decorators", "@pytest.*,@pytest_asyncio.*"]
    command = [sys.executable, "-m", "vulture", *folders, *options]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        raise RuntimeError(f"vulture failed: {done.stdout}{done.stderr}")
    return done.stdout.splitlines()


def _qt_names() -> Iterator[str]:
    """Every name of a Qt class: Qt calls what overrides it."""
    from PySide6 import QtCore, QtGui, QtWidgets

    for module in (QtCore, QtGui, QtWidgets):
        for _, kind in inspect.getmembers(module, inspect.isclass):
            yield from vars(kind)


def main(argv: Sequence[str]) -> int:
    """Judges the folder in ``argv``, by default this one."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    lines = dead_code(Path(argv[0] if argv else ".").resolve())
    sys.stdout.write("\n".join([*lines, f"dead code: {len(lines) or 'none'}"]) + "\n")
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
