"""What the command line asks of the desk."""

from __future__ import annotations

from pathlib import Path

import msgspec

__all__ = ["DeskOptions"]


class DeskOptions(msgspec.Struct, frozen=True):
    """What the command line asked for; without ``url`` the embedded engine runs ``file`` or the demo."""

    url: str | None = None
    file: Path | None = None
    session: str | None = None
    token: str | None = None
    name: str = ""
    is_headless: bool = False
    for_s: float | None = None
    shot: Path | None = None
    export: Path | None = None
