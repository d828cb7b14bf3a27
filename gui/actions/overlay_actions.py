"""Adding texts and images, copying them: actions that need the server's shelf beside the scene."""

from __future__ import annotations

from pathlib import Path

import msgspec
from PySide6.QtGui import QImageReader
from PySide6.QtWidgets import QFileDialog, QWidget

from gui.actions.standard import has_selection, may_not_tune
from gui.actions.table import Action
from gui.bridge import Bridge
from gui.layers.adding import OverlayMaker
from gui.server.actions import ServerActions
from gui.server.answers import Asset
from gui.server.errands import Errand

IMAGE_FILTER = "Images (*.png *.jpg *.jpeg *.webp *.gif *.svg *.svgz)"

__all__ = ["OverlayActions"]


class OverlayActions:
    """``actions`` for the table; uploads are errands at the ``server``."""

    def __init__(self, bridge: Bridge, window: QWidget, server: ServerActions) -> None:
        self._bridge, self._window, self._server = bridge, window, server
        self._maker = OverlayMaker(bridge)

    @property
    def actions(self) -> tuple[Action, ...]:
        """Add a text, add an image, duplicate."""
        return (
            Action("layer.add_text", "Add a text", self._maker.add_text, "A new text above everything; double-click "
                   "it to write", shortcut="T", menu="Layer", is_enabled=_has_scene, why_not=may_not_tune),
            Action("layer.add_image", "Add an image…", self.ask_for_image, "Upload a picture to the server and put it "
                   "above everything", shortcut="I", menu="Layer", is_enabled=_has_scene,
                   why_not=lambda now: now.desk.why_not("upload_assets") or may_not_tune(now)),
            Action("layer.duplicate", "Duplicate texts and images", self._maker.duplicate, "Copies of the selected "
                   "texts and images", shortcut="Ctrl+D", menu="Layer", is_enabled=has_selection,
                   why_not=may_not_tune),
        )  # fmt: skip

    def ask_for_image(self) -> None:
        """Lets the operator choose a picture file."""
        dialog = QFileDialog(self._window, "Add an image", "", IMAGE_FILTER)
        dialog.setObjectName("image/dialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.upload(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def upload(self, file: Path) -> None:
        """Sends a picture file and adds it when it has arrived; a failure is one sentence."""

        async def work(errand: Errand) -> None:
            image = await self._server.client().upload("images", file, errand.tell)
            self._maker.add_image(image if image.width and image.height else measured(image, file))

        self._server.errands.start(f"Sending {file.name}", f"{file.name} was not added.", work)


def _has_scene(bridge: Bridge) -> bool:
    return bridge.scene is not None


def measured(image: Asset, file: Path) -> Asset:
    """``image`` with the size of the file that it was made from; some servers do not tell it."""
    size = QImageReader(str(file)).size()
    return msgspec.structs.replace(image, width=max(0, size.width()), height=max(0, size.height()))
