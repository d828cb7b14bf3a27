"""Pictures of the window in its states and themes, to be looked at: ``python -m tests.gui.shots FOLDER [STATE …]``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QLinearGradient, QPainter
from PySide6.QtWidgets import QApplication

from gui.inspector.rows.json_text import JsonRow
from gui.theme.tokens import THEME_NAMES
from gui.window import MainWindow
from sync.desk import LinkState
from sync.ordered.status import NoLog
from sync.wire.pipeline import NodeDefinition
from tests.gui.desk import ModelDesk
from tests.gui.log_desk import LogDesk
from tests.gui.log_states import LOG_STATES
from tests.support.link import COMPOSITOR

SIZES = ((1600, 960), (1280, 720))
LAYERS = {
    "width": 1280,
    "height": 720,
    "fps": 30,
    "layers": {
        "in_0": {"rect": {"x": 0, "y": 0, "width": 1280, "height": 720}, "opacity": 1.0, "z_index": 0},
        "in_1": {"rect": {"x": 800, "y": 340, "width": 420, "height": 300}, "opacity": 0.9, "z_index": 3},
        "in_2": {"rect": {"x": 60, "y": 60, "width": 250, "height": 140}, "opacity": 1.0, "z_index": 2},
    },
    "text_overlays": [
        {
            "id": "title",
            "text": "Live from Porto",
            "rect": {"x": 60, "y": 600, "width": 520, "height": 70},
            "z_index": 5,
        }
    ],
}


def picture() -> QImage:
    """A programme of sorts: a soft studio, a face, colour bars, a title."""
    image = QImage(1280, 720, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ground = QLinearGradient(0, 0, 1280, 720)
    ground.setColorAt(0, QColor("#163449"))
    ground.setColorAt(1, QColor("#2F6F88"))
    painter.fillRect(image.rect(), ground)
    painter.setPen(Qt.PenStyle.NoPen)
    for colour, at in (("#3A4B63", QRectF(250, 470, 340, 340)), ("#E0B48E", QRectF(270, 190, 300, 300))):
        painter.setBrush(QColor(colour))
        painter.drawEllipse(at)
    for number, colour in enumerate(("#BFBFBF", "#BFBF00", "#00BFBF", "#00BF00", "#BF00BF", "#BF0000", "#0000BF")):
        painter.fillRect(QRectF(60 + number * 35.7, 60, 36, 140), QColor(colour))
    painter.fillRect(QRectF(800, 340, 420, 300), QColor("#7A4A2C"))
    font = QFont("Inter")
    font.setPixelSize(44)
    painter.setFont(font)
    painter.setPen(QColor("white"))
    painter.drawText(60, 650, "Live from Porto")
    painter.end()
    return image


def connected(model: ModelDesk, window: MainWindow) -> None:
    """A session with a picture, one layer selected, some decisions."""
    window.canvas.show_frame(picture())
    for opacity in (0.7, 0.8, 0.9):
        model.session.edit(COMPOSITOR, {("layers", "in_1", "opacity"): opacity}, "Opacity of cam_b")
        model.settle()
    model.bridge.select(["in_1"])
    window.status.show_picture(30.0, 0)
    model.settle()
    window.decisions.take()


def dragging(model: ModelDesk, window: MainWindow) -> None:
    """A hand on the opacity slider, the newest value in flight."""
    connected(model, window)
    model.link.delay_s = None
    assert window.inspector.form is not None
    row = window.inspector.form.row("opacity")
    row.press()
    row.change(0.64)
    row.display(0.64)
    model.bridge.flush()


def disconnected(model: ModelDesk, window: MainWindow) -> None:
    """The link was lost in the middle of a drag."""
    dragging(model, window)
    model.link.cut()
    retry_at = model.clock.now() + 4.2
    model.show_link(LinkState.WAITING, attempt=1, retry_at=retry_at, reason="the connection was closed")
    model.bridge.flush()


def looking_for(model: ModelDesk, window: MainWindow) -> None:
    """The palette over a running session."""
    connected(model, window)
    window.open_palette()
    window.palette_card.input.setText("al")


def text_selected(model: ModelDesk, window: MainWindow) -> None:
    """A text layer and the pipeline as YAML."""
    connected(model, window)
    model.bridge.select(["title"])
    window.details.show_tab("yaml")
    model.settle()


def canvas_chosen(model: ModelDesk, window: MainWindow) -> None:
    """Nothing is selected: the canvas' own fields."""
    connected(model, window)
    model.bridge.select([])
    model.settle()


def json_typed(model: ModelDesk, window: MainWindow) -> None:
    """A node with lists and objects, one of them half typed; another one cannot be changed."""
    connected(model, window)
    schema = {
        "properties": {
            "gain": {"type": "number", "minimum": 0, "maximum": 4, "tunable": True},
            "release": {"type": "number", "tunable": True, "default": 0.0333},
            "fade": {"type": "object", "tunable": True, "description": "How fast it comes and goes"},
            "urls": {"type": "array", "tunable": True},
            "routes": {"type": ["array", "string"]},
        }
    }
    model.desk.definitions["audio::gain"] = NodeDefinition("audio::gain", param_schema=schema)
    model.bridge.inspect("gain")
    model.settle()
    assert window.inspector.form is not None
    row = window.inspector.form.row("urls")
    assert isinstance(row, JsonRow)
    row.text.insertPlainText('["http://one", "http://two')
    model.bridge.flush()


def unknown_key(model: ModelDesk, window: MainWindow) -> None:
    """The server does not know this desk's key: the line that its keys file lacks."""
    connected(model, window)
    line = "user 5f0c1b7a9e3d24c86b1f0e7d2a4c9b8e5f0c1b7a9e3d24c86b1f0e7d2a4c9b8e # Desk 2"
    sentence = "This server does not know this desk's key. Add the line that the Sync dock shows to its keys file"
    model.session.no_log = NoLog(f"{sentence} and open the session again.", line)
    window.syncing.show()
    window.syncing.panel.refresh()
    model.bridge.noticed.emit("warning", f"{model.session.no_log.sentence} The session is worked on without it.")
    model.bridge.flush()


def empty(model: ModelDesk, window: MainWindow) -> None:
    """Nothing is open."""
    window.welcome.show_recent(["ws://10.0.4.12:4545"], ["/shows/friday.yaml"])
    model.bridge.flush()


STATES: tuple[Callable[[ModelDesk, MainWindow], None], ...] = (
    empty,
    connected,
    dragging,
    disconnected,
    looking_for,
    text_selected,
    canvas_chosen,
    json_typed,
    unknown_key,
)


def shoot(folder: Path, state: Callable[[Any, MainWindow], None], theme: str, size: tuple[int, int]) -> Path:
    """Makes one picture; returns its file."""
    is_ordered = state in LOG_STATES
    model = LogDesk(LAYERS) if is_ordered else ModelDesk(LAYERS, is_open=state is not empty)
    window = model.window()
    window.actions_table.run(f"theme.{theme}")
    window.resize(*size)
    window.show()
    if is_ordered:
        window.canvas.show_frame(picture())
        window.status.show_picture(30.0, 0)
    state(model, window)
    for _round in range(5):
        QApplication.processEvents()
    path = folder / f"{state.__name__}-{theme}-{size[0]}x{size[1]}.png"
    window.grab().save(str(path))
    window.hide()
    model.close()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)  # no loop runs that would do it
    return path


def main() -> None:
    """Every state in dark at both sizes, ``connected`` and the ordered log in the other themes; or one named state."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    application = QApplication([])
    wanted: list[tuple[Callable[[Any, MainWindow], None], str, tuple[int, int]]]
    wanted = [(state, "dark", size) for state in STATES for size in SIZES]
    wanted += [(connected, theme, SIZES[0]) for theme in ("light", "contrast")]
    wanted += [(state, theme, size) for state in LOG_STATES for theme in THEME_NAMES for size in SIZES]
    named = set(sys.argv[2:])
    for state, theme, size in [each for each in wanted if not named or each[0].__name__ in named]:
        sys.stdout.write(f"{shoot(folder, state, theme, size)}\n")
    application.quit()


if __name__ == "__main__":
    main()
