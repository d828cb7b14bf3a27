"""Adding texts and images, copying them: actions that need the server's shelf beside the scene."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from gui.actions.standard import has_selection
from gui.actions.table import Action
from gui.bridge import Bridge
from gui.layers.adding import OverlayMaker
from gui.layers.upload import UploadFailed, upload_image
from gui.preview.access import HttpAccess

IMAGE_FILTER = "Images (*.png *.jpg *.jpeg *.webp *.gif *.svg *.svgz)"

__all__ = ["OverlayActions"]


class OverlayActions:
    """``actions`` for the table; ``close`` waits for an upload that is under way."""

    def __init__(self, bridge: Bridge, window: QWidget, access: Callable[[], HttpAccess | None]) -> None:
        self._bridge, self._window, self._access = bridge, window, access
        self._maker = OverlayMaker(bridge)
        self._uploads: set[asyncio.Task[None]] = set()

    @property
    def actions(self) -> tuple[Action, ...]:
        """Add a text, add an image, duplicate."""
        return (
            Action("layer.add_text", "Add a text", self._maker.add_text, "A new text above everything; double-click "
                   "it to write", shortcut="T", menu="Layer", is_enabled=_has_scene),
            Action("layer.add_image", "Add an image…", self.ask_for_image, "Upload a picture to the server and put it "
                   "above everything", shortcut="I", menu="Layer", is_enabled=_has_scene),
            Action("layer.duplicate", "Duplicate texts and images", self._maker.duplicate, "Copies of the selected "
                   "texts and images", shortcut="Ctrl+D", menu="Layer", is_enabled=has_selection),
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
        task = asyncio.get_running_loop().create_task(self._upload(file), name="image upload")
        self._uploads.add(task)
        task.add_done_callback(self._uploads.discard)

    async def close(self) -> None:
        """Gives up what is under way."""
        for task in tuple(self._uploads):
            task.cancel()
        await asyncio.gather(*self._uploads, return_exceptions=True)

    async def _upload(self, file: Path) -> None:
        access, scene = self._access(), self._bridge.scene
        if access is None or scene is None:
            self._bridge.noticed.emit("warning", "There is no server to send the image to.")
            return
        self._bridge.noticed.emit("info", f"Sending {file.name}…")
        try:
            image = await upload_image(access, file)
        except UploadFailed as failure:
            self._bridge.noticed.emit("error", str(failure))
            return
        self._maker.add_image(image)


def _has_scene(bridge: Bridge) -> bool:
    return bridge.scene is not None
