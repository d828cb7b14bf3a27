"""What menus and keys do with the selected layers: each is one edit, one undo step."""

from __future__ import annotations

from gui.bridge import Bridge
from gui.canvas.arranging import Edge, Spacing, aligned, distributed, filled, fitted, reset
from gui.canvas.gestures.gesture import title_of
from gui.canvas.placing import LayerEdits
from sync.paths import REMOVED
from sync.scene import Layer, LayerKind, Scene

__all__ = ["LayerActions"]


class LayerActions:
    """Acts on the selection of the bridge. Locked layers are left alone, and the operator is told."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def chosen(self) -> tuple[Layer, ...]:
        """The selected layers, bottom first."""
        scene, selection = self._bridge.scene, self._bridge.selection
        return () if scene is None else tuple(layer for layer in scene.layers if layer.id in selection)

    def align(self, edge: Edge) -> None:
        """Several layers with each other, a single one with the canvas."""
        scene, layers = self._bridge.scene, self._free()
        if scene is not None and layers:
            self._edit(scene, aligned(layers, scene.canvas, edge), title_of("Align", layers))

    def distribute(self, spacing: Spacing) -> None:
        """Evens out three or more layers."""
        scene, layers = self._bridge.scene, self._free()
        if scene is not None and len(layers) < 3:
            self._say("Select three or more unlocked layers to distribute them")
        elif scene is not None:
            self._edit(scene, distributed(layers, spacing), title_of("Distribute", layers))

    def fit_to_canvas(self) -> None:
        """The whole canvas as the rect, without distortion."""
        self._place("Fit", to_fill=False)

    def fill_canvas(self) -> None:
        """The canvas covered, without distortion and without bars."""
        self._place("Fill the canvas with", to_fill=True)

    def reset(self) -> None:
        """Opacity, rotation, mirror and crop back to their defaults; the place stays."""
        scene, layers = self._bridge.scene, self._free()
        edits: LayerEdits = {}
        for layer in layers:
            edits |= reset(layer)
        if scene is not None and edits:
            self._edit(scene, edits, title_of("Reset", layers))

    def delete(self) -> None:
        """Removes the selected texts and images; a video is a connection and stays."""
        scene, layers = self._bridge.scene, self._free()
        overlays = [layer for layer in layers if layer.kind is not LayerKind.VIDEO]
        if len(overlays) < len(layers):
            self._say("A video layer goes away when its input is disconnected; hide it instead (H)")
        if scene is not None and overlays:
            self._edit(scene, {layer.path: REMOVED for layer in overlays}, title_of("Delete", overlays))

    def _free(self) -> list[Layer]:
        session, layers = self._bridge.session, self.chosen()
        if session is None:
            return []
        free = [layer for layer in layers if not session.is_locked(layer.id)]
        if len(free) < len(layers):
            locked = next(layer.name for layer in layers if layer not in free)
            self._say(f"{locked} is locked and stays as it is")
        return free

    def _place(self, verb: str, *, to_fill: bool) -> None:
        scene = self._bridge.scene
        layers = [layer for layer in self._free() if layer.kind is not LayerKind.TEXT]
        if scene is None or not layers:
            return
        edits: LayerEdits = {}
        for layer in layers:
            edits |= filled(layer, scene.canvas) if to_fill else fitted(layer, scene.canvas)
        self._edit(scene, edits, title_of(verb, layers))

    def _edit(self, scene: Scene, edits: LayerEdits, title: str) -> None:
        session = self._bridge.session
        if session is not None and edits:
            session.edit(scene.node_id, edits, title)

    def _say(self, sentence: str) -> None:
        self._bridge.noticed.emit("info", sentence)
