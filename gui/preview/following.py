"""The programme picture follows what the desk shows: its session, its compositor, its server."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from gui.bridge import Bridge
from gui.canvas.picture_view import PictureView
from gui.preview.access import HttpAccess
from gui.preview.place import MSE_KIND, PicturePlace, mse_paths
from gui.preview.programme import ProgrammePicture
from sync.desk import LinkState
from sync.session import DeskSession

__all__ = ["PictureFollower"]


class PictureFollower(QObject):
    """Keeps ``canvas`` fed with the picture of the compositor that the bridge shows; ``picture`` has the statistics."""

    def __init__(self, bridge: Bridge, canvas: PictureView, access: Callable[[], HttpAccess | None]) -> None:
        super().__init__(bridge)
        self._bridge = bridge
        self._access = access
        self._is_closed = False
        self.picture = ProgrammePicture(self)
        self.picture.frame_arrived.connect(lambda image: canvas.show_frame(image, self.picture.renew))
        self.picture.state_shown.connect(canvas.show_picture_state)
        self.picture.cleared.connect(canvas.clear_picture)
        for changed in (bridge.link_shown, bridge.session_shown):
            changed.connect(lambda _what: self.follow())
        bridge.structure_shown.connect(self.follow)

    def follow(self) -> None:
        """Watches where the picture is now; nothing while the link is away, so that the last one stays."""
        if self._is_closed:
            return
        session, node_id, access = self._bridge.session, self._bridge.compositor_id, self._access()
        if session is None or node_id is None:
            self.picture.watch(None)
        elif self._bridge.desk.link.state is LinkState.LIVE and access is not None:
            self.picture.watch(PicturePlace(access, session.info.id, node_id, _mse_paths(session, node_id)))

    async def close(self) -> None:
        """Stops watching for good; returns when nothing runs any more."""
        self._is_closed = True
        self.picture.stop()
        await self.picture.closed()


def _mse_paths(session: DeskSession, node_id: str) -> tuple[str, ...]:
    store = session.store
    kinds = {name: store.kind(name) for name in store.node_ids()}
    params = {name: store.confirmed(name).get("path") for name, kind in kinds.items() if kind == MSE_KIND}
    return mse_paths(kinds, params, store.connections(), node_id)
