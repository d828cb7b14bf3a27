"""``python3 -m resources.setup run|test|bench|check``: sets the machine up for it, or says what is missing."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from resources.setup import debian, python_environment, system_libraries
from resources.setup.progress import SetupFailed, say

ROOT = Path(__file__).resolve().parents[2]


def main(argv: Sequence[str]) -> int:
    """Sets the machine up for the named purpose; returns 0, or 2 when something is missing."""
    try:
        _use_a_new_python(argv)
        with _only_one(ROOT):
            environment = python_environment.make_environment(ROOT, _likely_packages(argv))
            python_environment.install_packages(ROOT, environment)
            if "check" not in argv:
                python_environment.compile_sources(ROOT, environment)
                _install_libraries(environment, for_tests="test" in argv)
            if "bench" in argv:
                _install_rivals(environment)
    except SetupFailed as failure:
        say(str(failure))
        return 2
    except OSError as error:
        say(f"set-up failed: {error}")
        return 2
    except KeyboardInterrupt:
        say("set-up interrupted; the next make goes on")
        return 2
    return 0


def _use_a_new_python(argv: Sequence[str]) -> None:
    if sys.version_info >= python_environment.OLDEST:
        return
    newer = python_environment.newer_python()
    if newer is None:
        asked = ".".join(map(str, python_environment.OLDEST))
        raise SetupFailed(f"Python {asked} or newer is needed, this is {sys.version.split()[0]}; install python3.12")
    os.execv(newer, [newer, "-m", "resources.setup", *argv])


@contextlib.contextmanager
def _only_one(root: Path) -> Iterator[None]:
    """Lets one set-up run at a time: two terminals share one .venv."""
    import fcntl

    with (root / "pyproject.toml").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _likely_packages(argv: Sequence[str]) -> list[str]:
    if "check" in argv:
        return []
    programs = system_libraries.missing_programs() if "test" in argv else []
    return system_libraries.packages_of([*system_libraries.not_loadable(), *programs])


def _install_libraries(environment: Path, for_tests: bool) -> None:
    qt = system_libraries.qt_folder(environment)
    if qt is None:
        raise SetupFailed("PySide6 is not in .venv; type: make clean, and try again")
    drawing, window = system_libraries.missing_for_drawing(qt), system_libraries.missing_for_window(qt)
    programs = system_libraries.missing_programs() if for_tests else []
    missing = system_libraries.packages_of([*drawing, *window, *programs])
    trouble = debian.install(missing, "system libraries") if missing else None
    if trouble is not None and (drawing or for_tests):
        raise SetupFailed(trouble)
    if trouble is not None:
        say(f"going on without a window; {trouble}")


def _install_rivals(environment: Path) -> None:
    """What benchmarks compare with is welcome, not needed."""
    try:
        python_environment.install_packages(ROOT, environment, "rivals")
    except SetupFailed as failure:
        say(f"going on without the libraries to compare with: {failure}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
