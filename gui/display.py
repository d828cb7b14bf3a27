"""Whether there is a display, decided before Qt is asked: Qt ends the process when it cannot open one."""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from resources.setup.system_libraries import apt_command, missing_for_window, packages_of

__all__ = ["missing_display", "missing_window_libraries", "x_server_answers"]


def missing_display(environment: Mapping[str, str] | None = None, system: str = sys.platform) -> str | None:
    """Why no window can be shown, as a sentence; None when one can."""
    env = os.environ if environment is None else environment
    if not system.startswith("linux") or env.get("QT_QPA_PLATFORM"):
        return None
    if env.get("WAYLAND_DISPLAY"):
        return None
    display = env.get("DISPLAY")
    if not display:
        return "no display found (neither DISPLAY nor WAYLAND_DISPLAY is set)"
    if not x_server_answers(display):
        return f"the display {display} does not answer"
    packages = packages_of(missing_window_libraries())
    return f"a window needs libraries that are missing ({apt_command(packages)})" if packages else None


def missing_window_libraries() -> list[str]:
    """The sonames that Qt misses for a window on an X display; it would end the process for want of one."""
    qt = importlib.util.find_spec("PySide6")
    return missing_for_window(Path(qt.origin).parent) if qt is not None and qt.origin is not None else []


def x_server_answers(display: str) -> bool:
    """Whether an X server can be reached at ``display``; true when that cannot be found out."""
    name = ctypes.util.find_library("xcb")
    if name is None:
        return True
    xcb = ctypes.CDLL(name)
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(display.encode(), None))
    failed = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not failed
