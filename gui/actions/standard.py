"""What every desk can do: undo, layers, stack, arranging, canvas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gui.actions.table import Action, is_open
from gui.bridge import Bridge
from gui.canvas.arranging import Edge, Spacing
from gui.canvas.view import CanvasView
from gui.layers.verbs import LayerVerbs

__all__ = ["arrange_actions", "canvas_actions", "edit_actions", "layer_actions", "may_not_tune", "passing_actions"]


def has_selection(bridge: Bridge) -> bool:
    """Enabled while a layer is selected."""
    return bool(bridge.selection)


def has_three(bridge: Bridge) -> bool:
    """Enabled while there is something between two others."""
    return len(bridge.selection) >= 3


def may_not_tune(bridge: Bridge) -> str | None:
    """Why the role may not change layers; what is edited without a link waits for it, so only the role counts."""
    return bridge.desk.why_forbidden("tune")


def edit_actions(bridge: Bridge, canvas: CanvasView) -> tuple[Action, ...]:
    """Undo, redo, selecting."""
    return (
        Action(
            "edit.undo",
            "Undo",
            lambda: _in_history(bridge, is_undo=True),
            "Take your newest change back",
            shortcut="Ctrl+Z",
            menu="Edit",
            is_enabled=lambda now: now.session is not None and now.session.history.undo_title is not None,
            spoken=lambda now: _named("Undo", None if now.session is None else now.session.history.undo_title),
            icon="undo",
        ),
        Action(
            "edit.redo",
            "Redo",
            lambda: _in_history(bridge, is_undo=False),
            "Do again what you took back",
            shortcut="Ctrl+Shift+Z Ctrl+Y",
            menu="Edit",
            is_enabled=lambda now: now.session is not None and now.session.history.redo_title is not None,
            spoken=lambda now: _named("Redo", None if now.session is None else now.session.history.redo_title),
            icon="redo",
        ),
        Action("select.all", "Select all layers", canvas.select_all, "Select every visible layer", menu="Edit",
               is_enabled=is_open),
        Action("select.none", "Select nothing", lambda: bridge.select(()), "Clear the selection",
               shortcut="Ctrl+Shift+A", menu="Edit", is_enabled=has_selection),
        Action("select.next", "Select the next layer down", lambda: canvas.cycle_selection(1),
               "Go through the layers, front to back", shortcut="Ctrl+Down", menu="Edit", is_enabled=is_open),
        Action("select.previous", "Select the next layer up", lambda: canvas.cycle_selection(-1),
               "Go through the layers, back to front", shortcut="Ctrl+Up", menu="Edit", is_enabled=is_open),
    )  # fmt: skip


def layer_actions(verbs: LayerVerbs, canvas: CanvasView) -> tuple[Action, ...]:
    """Hide, lock, delete, and the order of the stack."""
    lock = Action("layer.lock", "Lock the selected layers", verbs.toggle_locked,
                  "Lock the layers against the hand at this desk, or unlock them", shortcut="L", menu="Layer",
                  is_enabled=has_selection, is_checked=lambda _now: verbs.are_locked())  # fmt: skip
    hide, *others = _tuning(
        Action("layer.hide", "Hide the selected layers", verbs.toggle_hidden, "Hide the layers, or show them again",
               shortcut="H", menu="Layer", is_enabled=has_selection, is_checked=lambda _now: verbs.are_hidden()),
        Action("layer.reset", "Reset the look of the layers", canvas.layer_actions.reset,
               "Opacity, rotation, mirror and crop back to their defaults; the place stays", menu="Layer",
               is_enabled=has_selection),
        Action("layer.crop", "Crop on the canvas", lambda: canvas.set_cropping(on=not canvas.is_cropping),
               "Drag pans the picture inside the layer, the wheel zooms it", menu="Layer", is_enabled=has_selection,
               is_checked=lambda _now: canvas.is_cropping),
        Action("layer.delete", "Delete texts and images", canvas.delete_selected,
               "Remove the selected texts and images; a video stays while it is connected", menu="Layer",
               is_enabled=has_selection),
        Action("stack.front", "Bring to front", verbs.to_front, "Above all other layers", shortcut="Ctrl+Shift+]",
               menu="Layer", is_enabled=has_selection),
        Action("stack.forward", "Bring forward", verbs.forward, "One place up", shortcut="Ctrl+]", menu="Layer",
               is_enabled=has_selection),
        Action("stack.backward", "Send backward", verbs.backward, "One place down", shortcut="Ctrl+[", menu="Layer",
               is_enabled=has_selection),
        Action("stack.back", "Send to back", verbs.to_back, "Below all other layers", shortcut="Ctrl+Shift+[",
               menu="Layer", is_enabled=has_selection),
    )  # fmt: skip
    return (hide, lock, *others)


def arrange_actions(canvas: CanvasView) -> tuple[Action, ...]:
    """Fit, fill, align, distribute."""
    verbs = canvas.layer_actions
    edges = (
        ("left", "Align left edges", Edge.LEFT),
        ("centre", "Align centres across", Edge.CENTRE),
        ("right", "Align right edges", Edge.RIGHT),
        ("top", "Align top edges", Edge.TOP),
        ("middle", "Align middles down", Edge.MIDDLE),
        ("bottom", "Align bottom edges", Edge.BOTTOM),
    )
    spacings = (
        ("gaps_across", "Even out the gaps across", Spacing.GAPS_ACROSS),
        ("gaps_down", "Even out the gaps down", Spacing.GAPS_DOWN),
        ("centres_across", "Even out the centres across", Spacing.CENTRES_ACROSS),
        ("centres_down", "Even out the centres down", Spacing.CENTRES_DOWN),
    )

    def align(edge: Edge) -> Callable[[], None]:
        return lambda: verbs.align(edge)

    def distribute(spacing: Spacing) -> Callable[[], None]:
        return lambda: verbs.distribute(spacing)

    with_each_other = "Several layers with each other, a single one with the canvas"
    return _tuning(
        Action("place.fit", "Fit into the canvas", verbs.fit_to_canvas, "The whole canvas, without distortion",
               shortcut="Ctrl+Shift+F", menu="Arrange", is_enabled=has_selection),
        Action("place.fill", "Fill the canvas", verbs.fill_canvas, "Cover the canvas, without bars or distortion",
               menu="Arrange", is_enabled=has_selection),
        *(Action(f"align.{name}", title, align(edge), with_each_other, menu="Arrange", is_enabled=has_selection)
          for name, title, edge in edges),
        *(Action(f"distribute.{name}", title, distribute(spacing), "The outer two stay, the others move between them",
                 menu="Arrange", is_enabled=has_three) for name, title, spacing in spacings),
    )  # fmt: skip


def canvas_actions(canvas: CanvasView) -> tuple[Action, ...]:
    """Zoom and what is drawn over the picture."""
    return (
        Action("zoom.fit", "Show the whole canvas", canvas.fit, "Fit the canvas into the window", shortcut="Ctrl+0",
               menu="View", is_enabled=is_open),
        Action("zoom.in", "Zoom in", lambda: canvas.zoom_by(1.25), "Closer to the picture", shortcut="Ctrl++ Ctrl+=",
               menu="View", is_enabled=is_open),
        Action("zoom.out", "Zoom out", lambda: canvas.zoom_by(0.8), "Further from the picture", shortcut="Ctrl+-",
               menu="View", is_enabled=is_open),
        Action("zoom.full", "Zoom to 100 %", lambda: canvas.zoom_to(1.0), "One canvas pixel on one screen pixel",
               shortcut="Ctrl+Alt+0", menu="View", is_enabled=is_open),
        Action("overlay.safe_areas", "Show safe areas", lambda: canvas.set_safe_areas(on=not canvas.has_safe_areas),
               "Where titles and action stay visible on every screen", shortcut="Ctrl+Shift+S", menu="View",
               is_checked=lambda _now: canvas.has_safe_areas),
        Action("overlay.outlines", "Show outlines of all layers",
               lambda: canvas.set_outlines(on=not canvas.has_outlines), "A faint line around every layer", menu="View",
               is_checked=lambda _now: canvas.has_outlines),
        Action("gesture.cancel", "Take the running drag back", lambda: _cancel(canvas),
               "Put back what the hand is doing, everywhere", is_enabled=is_open),
    )  # fmt: skip


def passing_actions(bridge: Bridge) -> tuple[Action, ...]:
    """What the palette offers beside the table: every layer and every session by name."""
    scene = bridge.scene
    layers = () if scene is None else tuple(reversed(scene.layers))
    return (
        *(
            Action(
                f"select.layer.{layer.id}", f"Select {layer.name}", _selecting(bridge, layer.id), "Select this layer"
            )
            for layer in layers
        ),
        *(
            Action(
                f"session.open.{info.id}", f"Open session {info.name or info.id}", _opening(bridge, info.id), info.id
            )
            for info in bridge.desk.sessions
        ),
    )


def _tuning(*actions: Action) -> tuple[Action, ...]:
    """Actions that change layers."""
    return tuple(replace(action, why_not=may_not_tune) for action in actions)


def _selecting(bridge: Bridge, layer_id: str) -> Callable[[], None]:
    return lambda: bridge.select((layer_id,))


def _opening(bridge: Bridge, session_id: str) -> Callable[[], None]:
    return lambda: bridge.desk.open_session(session_id)


def _cancel(canvas: CanvasView) -> None:
    canvas.cancel_gesture("escape")


def _named(verb: str, title: str | None) -> str:
    return verb if title is None else f"{verb} {title[:1].lower()}{title[1:]}"


def _in_history(bridge: Bridge, *, is_undo: bool) -> None:
    session = bridge.session
    if session is not None:
        (session.history.undo if is_undo else session.history.redo)()
