"""Installs Debian packages where the user may, quietly; says how where not."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

from resources.setup.progress import say, tail
from resources.setup.system_libraries import apt_command

INSTALL = ("apt-get", "install", "-y", "-qq", "--no-install-recommends")
UPDATE = ("apt-get", "update", "-qq")

__all__ = ["install", "may_install"]


def may_install() -> bool:
    """Whether this user can install packages without being asked for a password."""
    return shutil.which("apt-get") is not None and _prefix() is not None


def install(packages: Sequence[str], why: str) -> str | None:
    """Installs packages; None when they are there now, else the sentence that says what to type."""
    if shutil.which("apt-get") is None:
        return f"{why} missing; install what your system calls {' '.join(packages)}"
    if not may_install():
        return f"{why} missing; type: {apt_command(packages)}"
    say(f"installing {why}: {' '.join(packages)}")
    failure = _run([*INSTALL, *packages])
    if failure is not None and _run(UPDATE) is None:
        failure = _run([*INSTALL, *packages])
    return None if failure is None else f"{why} missing and apt-get failed ({failure}); type: {apt_command(packages)}"


def _prefix() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive"] if asked.returncode == 0 else None


def _run(command: Sequence[str]) -> str | None:
    """None when it worked, else the last thing that it said."""
    done = subprocess.run(
        [*(_prefix() or []), *command],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return None if done.returncode == 0 else tail(done.stdout)
