"""The fonts of the connected server for the inspector's rows, asked for when they are seen; and new ones for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QElapsedTimer

from gui.bridge import Bridge
from gui.inspector.panel import InspectorPanel
from gui.inspector.rows.font import FontFile, FontOffer
from gui.server.answers import Asset
from gui.server.errands import Errand, Errands
from gui.server.failure import RestFailed, one_line
from gui.server.rest import RestClient
from sync.desk import Link, LinkState
from sync.paths import Path as ParamPath
from sync.scene import LayerKind

FRESH_MS: Final = 30_000

__all__ = ["FontShelf"]


class FontShelf:
    """Fetches the list while somebody looks at it, at most every FRESH_MS and once after each reconnect."""

    def __init__(
        self, bridge: Bridge, inspector: InspectorPanel, errands: Errands, client: Callable[[], RestClient]
    ) -> None:
        self._bridge, self._inspector, self._errands, self._client = bridge, inspector, errands, client
        self._fonts: tuple[FontFile, ...] | None = None
        self._note = ""
        self._is_asking = self._is_wanted = False
        self._age = QElapsedTimer()
        inspector.fonts_wanted.connect(self.want)
        bridge.link_shown.connect(self._link_shown)

    def want(self) -> None:
        """The list is being looked at."""
        self._is_wanted = True
        is_fresh = self._age.isValid() and self._age.elapsed() < FRESH_MS
        if self._is_asking or is_fresh or self._bridge.desk.link.state is not LinkState.LIVE:
            return
        self._is_asking = True
        self._errands.tasks.start(self._fetch(), "list of fonts")

    def upload(self, file: Path) -> None:
        """Sends a font file, then gives it to the selected texts in one step; a failure is one sentence."""

        async def work(errand: Errand) -> None:
            font = await self._client().upload("fonts", file, errand.tell)
            self._age.invalidate()
            self.want()
            if not self._use(font):
                self._bridge.noticed.emit("info", f"{file.name} is on the server: texts can use it.")

        self._errands.start(f"Sending {file.name}", f"{file.name} was not sent.", work)

    def _use(self, font: Asset) -> bool:
        scene, session = self._bridge.scene, self._bridge.session
        if scene is None or session is None:
            return False
        chosen = [layer for layer in scene.layers if layer.id in self._bridge.selection]
        texts = [layer for layer in chosen if layer.kind is LayerKind.TEXT and not session.is_locked(layer.id)]
        edits: dict[ParamPath, object] = {(*layer.path, "font_name"): font.path for layer in texts}
        what = texts[0].name if len(texts) == 1 else f"{len(texts)} texts"
        return bool(edits) and session.edit(scene.node_id, edits, f"Font of {what}")

    async def _fetch(self) -> None:
        try:
            listed = await self._client().fonts()
            self._fonts, self._note = tuple(map(_file, listed.rows)), ""
        except RestFailed as failed:
            self._fonts, self._note = None, f"The server's fonts are not known. {failed}"
        finally:
            self._is_asking = False
        self._age.start()
        self._show()

    def _link_shown(self, link: Link) -> None:
        if link.state is not LinkState.LIVE:
            self._age.invalidate()
        elif self._is_wanted:
            self.want()
        self._show()

    def _show(self) -> None:
        self._inspector.show_fonts(FontOffer(self._fonts, self._note, self._bridge.desk.why_not("upload_assets")))


def _file(font: Asset) -> FontFile:
    whose = "" if font.is_system else " (uploaded)"
    return FontFile(font.path, f"{one_line(font.name or font.stem, 60)}{whose}")
