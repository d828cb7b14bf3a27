"""The desk's composition root: platform, loop, engine, link, window; nothing else constructs these."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path

import msgspec

from gui.display import missing_display
from gui.exits import CommandFailed, Exit, say
from gui.options import DeskOptions
from gui.qt_loading import load_qt

HEADLESS_S = 10.0
HEADLESS_SHOT = Path("layerdesk.png")
APT_HINT = "run `layerdesk doctor` to see which system libraries are missing and how to install them"

__all__ = ["run_desk"]


def run_desk(options: DeskOptions) -> int:
    """Runs the desk until it is closed; returns the exit code. Raises CommandFailed."""
    options = _settle_platform(options)
    try:
        load_qt()
    except ImportError as error:
        raise CommandFailed(Exit.INTERNAL, f"Qt cannot be loaded ({error}); {APT_HINT}") from error
    from gui.program import DeskProgram, prepare_application

    application, loop = prepare_application(sys.argv[:1])
    with closing(loop):
        return loop.run_until_complete(DeskProgram(application, options).run())


def _settle_platform(options: DeskOptions) -> DeskOptions:
    """Without a display: the same window on Qt's offscreen platform, for a while, with a picture at the end."""
    reason = None if options.is_headless else missing_display()
    if reason is not None:
        say(f"{reason}; running headless")
    if reason is None and not options.is_headless:
        return options
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    if options.for_s is None and options.shot is None:
        options = msgspec.structs.replace(options, for_s=HEADLESS_S, shot=HEADLESS_SHOT)
    return msgspec.structs.replace(options, is_headless=True, for_s=options.for_s or HEADLESS_S)
