"""Pictures of the window in its states, for people to look at: ``python -m tests.end2end.shots FOLDER``."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint, QSize
from PySide6.QtWidgets import QApplication

from gui.canvas.coordinates import qpoint
from gui.canvas.plane import Point
from gui.program import prepare_application
from gui.theme.apply import apply
from gui.theme.tokens import load_tokens
from gui.yaml.export_dialog import ExportDialog
from sync.desk import LinkState
from tests.end2end.desk import DeskInTest, drag, press, release, run_on_loop, until
from tests.support.engine_process import DEMO, EngineProcess

SIZES = (QSize(1600, 960), QSize(1280, 720))


def main(folder: Path) -> None:
    """Writes the pictures into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    application, loop = prepare_application(["layerdesk"])
    loop.close()
    with EngineProcess(DEMO) as engine:
        run_on_loop(application, _together(application, engine, folder))
        run_on_loop(application, _all(application, engine, folder))


async def _together(application: QApplication, engine: EngineProcess, folder: Path) -> None:
    """Two operators: the Sync dock on a live log, the other's hand, and a conflict."""
    async with (
        DeskInTest.at(application, engine.url, name="Ines") as here,
        DeskInTest.at(application, engine.url, name="Maria Kent") as there,
    ):
        window, node = here.station.window, here.station.bridge.compositor_id or ""
        window.resize(SIZES[0])
        there.station.window.hide()
        here.station.bridge.select(["in_2"])
        there.station.bridge.select(["in_1"])
        window.syncing.show()
        for number in range(40):
            there.session.edit(node, {("layers", "in_1", "opacity"): 0.5 + number / 100}, "Fade")
            here.session.edit(node, {("layers", "in_2", "opacity"): 0.9 - number / 100}, "Fade")
            await asyncio.sleep(0.05)
        place = ("layers", "in_2", "rotation_degrees")
        typed = here.session.begin(node, "Rotation", [place], is_guarded=True)
        there.session.edit(node, {place: 12.0}, "Rotation")
        await until(lambda: here.session.store.parked(node, place) == 12.0)
        typed.change({place: 5.0})
        typed.end()
        await until(window.syncing.card.isVisible)
        await asyncio.sleep(2.5)
        window.grab().save(str(folder / "together-1600.png"))


async def _all(application: QApplication, engine: EngineProcess, folder: Path) -> None:
    async with DeskInTest.at(application, engine.url) as desk:
        window = desk.station.window

        async def shoot(name: str) -> None:
            for size in SIZES:
                window.resize(size)
                await asyncio.sleep(0.3)
                window.grab().save(str(folder / f"{name}-{size.width()}.png"))

        await asyncio.sleep(2.0)
        await shoot("connected")
        desk.station.bridge.select(["in_2"])
        await asyncio.sleep(0.3)
        await shoot("selected")
        view = desk.station.canvas
        window.resize(SIZES[0])
        await asyncio.sleep(0.3)
        start = qpoint(view.coordinates.to_view(Point(1000, 560))).toPoint()
        press(view.viewport(), start)
        for step in range(30):
            drag(view.viewport(), start - QPoint(2 * step, step))
            await asyncio.sleep(1 / 60)
        window.grab().save(str(folder / "dragging-1600.png"))
        release(view.viewport(), start - QPoint(58, 29))
        for theme in ("light", "contrast"):
            apply(application, load_tokens(theme))
            window.show_theme(load_tokens(theme))
            await asyncio.sleep(0.3)
            await shoot(theme)
        apply(application, load_tokens("dark"))
        window.show_theme(load_tokens("dark"))
        desk.station.window.actions_table.run("file.export")
        await asyncio.sleep(0.5)
        dialog = desk.widget(ExportDialog, "export/dialog")
        dialog.grab().save(str(folder / "export.png"))
        dialog.hide()
        window.open_palette()
        await asyncio.sleep(0.4)
        window.grab().save(str(folder / "palette.png"))
        engine.kill()
        await until(lambda: desk.station.desk.link.state is not LinkState.LIVE)
        await asyncio.sleep(1.2)
        await shoot("disconnected")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "artifacts"))
