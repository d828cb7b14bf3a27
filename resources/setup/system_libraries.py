"""Which system libraries Qt misses here, found by asking the loader, and the Debian packages that hold them."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

# A soname and its package on Debian 12; later releases keep these names or provide them.
PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libbrotlidec.so.1": "libbrotli1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb-glx.so.0": "libxcb-glx0",
}

DRAWING = ("QtCore.abi3.so", "QtGui.abi3.so", "QtWidgets.abi3.so", "QtNetwork.abi3.so", "QtSvg.abi3.so")
OFFSCREEN = "Qt/plugins/platforms/libqoffscreen.so"
WINDOW = "Qt/plugins/platforms/libqxcb.so"
# Programs of the test suite: a virtual screen, what guards it, and a reader of streams that is none of ours.
PROGRAMS = {"Xvfb": "xvfb", "xauth": "xauth", "ffprobe": "ffmpeg"}

__all__ = [
    "apt_command",
    "missing_for_drawing",
    "missing_for_window",
    "missing_programs",
    "not_loadable",
    "packages_of",
    "qt_folder",
]


def qt_folder(environment: Path) -> Path | None:
    """Where PySide6 lies inside a virtual environment; None when it is not there."""
    return next(iter(sorted(environment.glob("lib/python3*/site-packages/PySide6"))), None)


def missing_for_drawing(qt: Path) -> list[str]:
    """Sonames without which nothing of the desk or the engine runs."""
    return _not_found([qt / name for name in (*DRAWING, OFFSCREEN)])


def missing_for_window(qt: Path) -> list[str]:
    """Sonames without which Qt opens no window on an X display."""
    return _not_found([qt / WINDOW])


def not_loadable() -> list[str]:
    """The sonames of the table that this machine cannot load: what Qt will miss, before Qt is here to be asked."""
    return [name for name in PACKAGES if not _loads(name)]


def missing_programs() -> list[str]:
    """Programs that the test suite starts and that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


def packages_of(names: Iterable[str]) -> list[str]:
    """The Debian packages that hold these sonames and programs; a name that no package is known for stays."""
    return sorted({PACKAGES.get(name) or PROGRAMS.get(name) or name for name in names})


def apt_command(packages: Iterable[str]) -> str:
    """The line that installs these packages."""
    return f"sudo apt-get update && sudo apt-get install -y --no-install-recommends {' '.join(packages)}"


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _not_found(files: Iterable[Path]) -> list[str]:
    if not sys.platform.startswith("linux") or shutil.which("ldd") is None:
        return []
    missing: set[str] = set()
    for file in files:
        if file.is_file():
            missing |= set(_unresolved(file))
    return sorted(missing)


def _unresolved(file: Path) -> list[str]:
    answer = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=False)
    return [line.split()[0] for line in answer.stdout.splitlines() if "not found" in line and "=>" in line]
