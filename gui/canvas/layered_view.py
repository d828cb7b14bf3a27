"""The canvas as menus, keys and tests see it: what it shows and what it can be told. Its events are in view.py."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QWidget

from gui.bridge import Bridge
from gui.canvas.chrome import ChromeState
from gui.canvas.gestures.gesture import Feedback
from gui.canvas.hand import Hand
from gui.canvas.hands import hand_marks
from gui.canvas.layer_actions import LayerActions
from gui.canvas.layer_item import LayerLook
from gui.canvas.nudging import Nudging
from gui.canvas.picking import next_layer
from gui.canvas.picture_view import PictureView
from gui.canvas.shape import covers
from gui.canvas.tally import Tally
from gui.canvas.wheel_crop import WheelCrop
from gui.theme.tokens import Tokens
from sync.desk import LinkState
from sync.scene import Layer, LayerKind

_HELP = (
    "Drag moves, handles resize and turn. Shift constrains, Ctrl does not snap, Alt works from the centre. "
    "Ctrl and the wheel zoom, Space or the middle button pan, 0 fits, Tab goes through the layers, Ctrl+Tab leaves."
)

__all__ = ["LayeredView"]


class LayeredView(PictureView):
    """The live picture with its layers, and everything that can be done to them without a pointer.

    Signals: ``menu_wanted`` carries a global position, after the layer under the pointer was selected;
    ``text_edit_wanted`` the id of a double-clicked text; ``crop_mode_changed`` a flag.
    """

    menu_wanted = Signal(QPoint)
    text_edit_wanted = Signal(str)
    crop_mode_changed = Signal(bool)

    def __init__(self, bridge: Bridge, tokens: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(tokens, parent)
        self._bridge = bridge
        self._hand = Hand(bridge, tokens.handle_reach + 2)
        self._nudging = Nudging(bridge, self)
        self._wheel_crop = WheelCrop(bridge, self)
        self._wheel_feedback = Feedback()
        self._wheel_crop.settled.connect(self._forget_wheel)
        self.layer_actions = LayerActions(bridge)
        self._tally: Tally | None = None
        self._has_safe_areas = False
        self._has_outlines = True
        self._has_focus_ring = False
        self.setObjectName("canvas/view")
        self.setAccessibleName("Canvas")
        self.setAccessibleDescription(_HELP)
        self.setToolTip(_HELP)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        bridge.scene_shown.connect(lambda _scene: self.refresh())
        bridge.selection_shown.connect(lambda _ids: self._selection_changed())
        bridge.session_shown.connect(lambda _session: self._session_changed())
        bridge.link_shown.connect(lambda _link: self.refresh())
        bridge.people_shown.connect(self.restate)
        self.refresh()

    @property
    def is_cropping(self) -> bool:
        return self._hand.is_cropping

    @property
    def has_safe_areas(self) -> bool:
        return self._has_safe_areas

    @property
    def has_outlines(self) -> bool:
        return self._has_outlines

    def show_tally(self, tally: Tally | None) -> None:
        """What the picture is; None finds it out from the link."""
        self._tally = tally
        self.restate()

    def show_focus(self, *, is_shown: bool) -> None:
        """A ring around the canvas while the keyboard has come to it by itself."""
        self._has_focus_ring = is_shown
        self.restate()

    def set_safe_areas(self, *, on: bool) -> None:
        """Shows where titles and action stay visible on every screen."""
        self._has_safe_areas = on
        self.restate()

    def set_outlines(self, *, on: bool) -> None:
        """Shows a faint outline around every layer while the pointer is on the canvas."""
        self._has_outlines = on
        self.refresh()

    def set_cropping(self, *, on: bool) -> None:
        """Crop mode: dragging pans the picture inside the selected video, the wheel zooms it."""
        layer = self._hand.framed()
        if on and (layer is None or layer.kind is not LayerKind.VIDEO):
            self._bridge.noticed.emit("info", "Select one unlocked video layer to crop it")
            on = False
        if on != self._hand.is_cropping:
            self._wheel_crop.settle()
            self._hand.is_cropping = on
            self.crop_mode_changed.emit(on)
            self.restate()

    def nudge(self, dx: float, dy: float) -> bool:
        """Moves the selected layers by canvas pixels; steps within a second are one undo step."""
        return not self._hand.is_pressed and self._nudging.nudge(dx, dy)

    def nudge_fine(self, across: int, down: int) -> bool:
        """Moves by 0.1 % of the canvas width a step."""
        step = self._nudging.fine_step()
        return self.nudge(across * step, down * step)

    def cancel_gesture(self, reason: str = "escape") -> bool:
        """Takes back what the hand is doing; False when it does nothing."""
        was_busy = self._hand.cancel(reason)
        was_busy = self._nudging.cancel(reason) or self._wheel_crop.cancel(reason) or was_busy
        self.restate()
        return was_busy

    def select_all(self) -> None:
        """Selects every visible layer."""
        scene = self._bridge.scene
        self._select(() if scene is None else tuple(layer.id for layer in scene.layers if not layer.is_hidden))

    def cycle_selection(self, step: int) -> None:
        """Selects the next layer down the list (+1) or up (-1), going round."""
        scene = self._bridge.scene
        layer_id = None if scene is None else next_layer(scene, self._bridge.selection, step)
        if layer_id is not None:
            self._select((layer_id,))

    def deselect(self) -> bool:
        """Selects nothing; False when nothing was selected."""
        had_selection = bool(self._bridge.selection)
        self._select(())
        return had_selection

    def delete_selected(self) -> None:
        """Removes selected texts and images; says why a video stays."""
        self.settle()
        self.layer_actions.delete()

    def chrome_state(self) -> ChromeState:
        scene, hand = self._bridge.scene, self._hand
        feedback = hand.feedback if hand.is_busy else self._wheel_feedback
        return ChromeState(
            canvas=None if scene is None else scene.canvas,
            selected=self.layer_actions.chosen(),
            framed=hand.framed(),
            outlined=self._outlined(),
            hands=hand_marks(self._bridge.people.present, scene),
            hot=hand.hot,
            feedback=feedback,
            note=self._note(),
            tally=self._shown_tally(),
            sentence=self._sentence,
            has_picture=self._stage.picture.has_picture,
            has_safe_areas=self._has_safe_areas,
            has_focus_ring=self._has_focus_ring,
            is_cropping=hand.is_cropping,
            corner=self._corner_words() if scene is not None else "",
        )

    def refresh(self) -> None:
        """Shows the scene as it is now."""
        scene = self._bridge.scene
        self._hand.check()
        self._stage.show(scene, self._looks())
        if scene is not None:
            self.show_canvas_size(scene.canvas)
        # Read with the scene that the stage was just given: by the time of the paint a busy server has made it old.
        state = self.chrome_state()
        if state != self._state:
            self._state = state
            self.viewport().update()

    def _looks(self) -> dict[str, LayerLook]:
        """Of the layers that are selected or under the pointer; all others are at rest."""
        session, selection = self._bridge.session, self._bridge.selection
        hovered = None if self._hand.is_busy else self._hand.hovered
        touched = (*selection, *(() if hovered is None else (hovered,)))
        return {
            layer_id: LayerLook(
                layer_id in selection, layer_id == hovered, session is not None and session.is_locked(layer_id)
            )
            for layer_id in touched
        }

    def _outlined(self) -> tuple[Layer, ...]:
        """The layers at rest that show a faint outline: while the pointer is on the canvas, and no backgrounds."""
        scene = self._bridge.scene
        is_wanted = self._has_outlines and self._hand.is_near and self._stage.picture.has_picture
        if scene is None or not is_wanted:
            return ()
        touched = {*self._bridge.selection, self._hand.hovered}
        return tuple(
            layer
            for layer in scene.layers
            if not layer.is_hidden and layer.id not in touched and not covers(layer, scene.canvas)
        )

    def _note(self) -> str:
        """Why the selected layer looks or behaves as it does."""
        layer, session = self._hand.single(), self._bridge.session
        if layer is None or session is None:
            return ""
        words = ["locked"] * session.is_locked(layer.id) + ["hidden"] * layer.is_hidden
        return " · ".join((layer.name, *words)) if words else ""

    def _shown_tally(self) -> Tally:
        if self._tally is not None:
            return self._tally
        if self._bridge.scene is None:
            return Tally.NONE
        desk = self._bridge.desk
        if desk.link.state is not LinkState.LIVE:
            return Tally.LAST_KNOWN
        return Tally.MISSING if desk.missing else Tally.PROGRAMME

    def _corner_words(self) -> str:
        words = [f"{self.coordinates.zoom * 100:.0f} %"]
        words += ["safe areas"] if self._has_safe_areas else []
        words += ["crop: drag pans, wheel zooms, Esc leaves"] if self._hand.is_cropping else []
        return " · ".join(words)

    def _select(self, layer_ids: tuple[str, ...]) -> None:
        self._bridge.select(layer_ids)
        self.refresh()

    def _selection_changed(self) -> None:
        framed = self._hand.framed()
        if self._hand.is_cropping and (framed is None or framed.kind is not LayerKind.VIDEO):
            self.set_cropping(on=False)
        chosen = ", ".join(layer.name for layer in self.layer_actions.chosen())
        self.setAccessibleDescription(f"Selected: {chosen}. {_HELP}" if chosen else _HELP)
        self.refresh()

    def _session_changed(self) -> None:
        self.cancel_gesture("session closed")
        self.set_cropping(on=False)
        self.fit()
        self.refresh()

    def settle(self) -> None:
        """Ends keyboard and wheel series: what comes now is a step of its own."""
        self._nudging.settle()
        self._wheel_crop.settle()

    def _forget_wheel(self) -> None:
        self._wheel_feedback = Feedback()
        self.restate()
