"""The virtual environment ``.venv`` with everything that pyproject.toml asks for."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from resources.setup import debian
from resources.setup.progress import SetupFailed, say, tail

OLDEST = (3, 11)
SOURCES = ("gui", "sync", "engine", "resources")
NAMES = ("python3.13", "python3.12", "python3.11", "python3.14")

__all__ = ["OLDEST", "compile_sources", "install_packages", "make_environment", "newer_python"]


def newer_python() -> str | None:
    """Another interpreter on this machine that is new enough."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


def make_environment(root: Path, wanted_later: Sequence[str] = ()) -> Path:
    """Makes ``.venv`` unless a working one is there; returns it. Raises SetupFailed.

    ``wanted_later``: packages that set-up will ask for next, so that a user who must type a command types one.
    """
    environment = root / ".venv"
    if _works(environment):
        return environment
    if importlib.util.find_spec("ensurepip") is None:
        _install_venv_package(wanted_later)
    say("making .venv")
    failure = _run([sys.executable, "-m", "venv", "--clear", str(environment)])
    if failure is not None:
        raise SetupFailed(f"cannot make .venv: {failure}")
    return environment


def install_packages(root: Path, environment: Path, extra: str = "dev") -> None:
    """Installs the project with one of its extras, once for each change of what it asks for. Raises SetupFailed."""
    stamp = environment / f"layerdesk-{extra}-installed"
    wanted = _wanted(root)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted and (environment / "bin/layerdesk").exists():
        return
    say(f"installing Python packages into .venv ({extra}; about a minute, once)")
    python = str(environment / "bin/python")
    failure = _run([python, "-m", "pip", "install", "--quiet", "--editable", f"{root}[{extra}]"])
    if failure is not None:
        raise SetupFailed(f"pip could not install the packages: {failure}")
    stamp.write_text(wanted, encoding="utf-8")


def compile_sources(root: Path, environment: Path) -> None:
    """Compiles what changed since the last time, so that no start of the desk has to; a read-only tree stays as it is.

    Python would do it by itself, but not where ``PYTHONDONTWRITEBYTECODE`` is set.
    """
    folders = [str(root / name) for name in SOURCES]
    _run([str(environment / "bin/python"), "-m", "compileall", "-q", *folders])


def _install_venv_package(wanted_later: Sequence[str]) -> None:
    # Debian ships python3 without what fills a new environment; another python3.x needs its own package.
    own = f"python{sys.version_info.major}.{sys.version_info.minor}"
    venv = "python3-venv" if Path("/usr/bin/python3").resolve().name == own else f"{own}-venv"
    packages = [venv] if debian.may_install() else [venv, *wanted_later]
    trouble = debian.install(packages, "what makes .venv")
    if trouble is not None:
        raise SetupFailed(trouble)


def _works(environment: Path) -> bool:
    check = f"import pip, sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        done = subprocess.run([str(environment / "bin/python"), "-c", check], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _wanted(root: Path) -> str:
    """A digest of what an installation depends on; tool settings do not count."""
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    parts = [project["build-system"], project["project"], project["tool"]["setuptools"], sys.version, str(root)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _run(command: Sequence[str]) -> str | None:
    """None when it worked, else the last thing that it said."""
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore", "PIP_NO_INPUT": "1"}
    done = subprocess.run(
        command,
        env={**os.environ, **quiet},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return None if done.returncode == 0 else tail(done.stdout)
