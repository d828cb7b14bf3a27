"""One start of the desk on its embedded engine, timed from a moment in ``argv`` (monotonic s): one JSON line."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

from gui.qt_loading import load_qt

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def _age_s() -> float:
    return time.monotonic() - float(sys.argv[1])


async def _start() -> dict[str, float]:
    from PySide6.QtWidgets import QApplication

    from gui.options import DeskOptions
    from gui.place import EmbeddedPlace, demo_file
    from gui.program import DeskProgram
    from sync.pipeline_file import read_pipeline_file

    application = QApplication.instance()
    assert isinstance(application, QApplication)
    program = DeskProgram(application, DeskOptions(), keeps_state=False)
    try:
        place = EmbeddedPlace(demo_file(), read_pipeline_file(demo_file()), lambda _sentence: None)
        await program.open(place)
        station = program.station
        assert station is not None
        has_picture = asyncio.Event()
        station.follower.picture.frame_arrived.connect(lambda _image: has_picture.set())
        station.window.repaint()
        shown_s = _age_s()
        async with asyncio.timeout(20):
            await has_picture.wait()
        return {"window_s": shown_s, "picture_s": _age_s()}
    finally:
        await program.close()


def main() -> None:
    """Starts, times, ends."""
    load_qt()
    from gui.program import prepare_application

    _, loop = prepare_application(["layerdesk"])
    try:
        sys.stdout.write(json.dumps(loop.run_until_complete(_start())) + "\n")
    finally:
        loop.close()


if __name__ == "__main__":
    main()
