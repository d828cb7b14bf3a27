"""The right dock: what is selected, as rows from the field table, and facts about its source."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from gui.bridge import Bridge
from gui.inspector.facts import Facts, facts_of
from gui.inspector.form import FieldForm
from gui.inspector.subject import shared_fields
from gui.theme.tokens import Tokens
from sync.fields import Field
from sync.permissions import why_not
from sync.scene import Layer, Scene

__all__ = ["InspectorPanel"]

MARK_TICK_MS: Final = 250


class InspectorPanel(QScrollArea):
    """Follows the selection. Signals: ``refused`` with a sentence about a value that could not be taken; ``titled``."""

    refused = Signal(str)
    titled = Signal(str)

    def __init__(self, bridge: Bridge, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("inspector/scroll")
        self.setAccessibleName("Inspector")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._bridge = bridge
        self._tokens = tokens
        self._made: dict[tuple[str, ...], FieldForm] = {}
        self.form: FieldForm | None = None
        self.title = ""
        self._make_parts()
        self._late = QTimer(self)
        self._late.setInterval(MARK_TICK_MS)
        self._late.timeout.connect(self._tick)
        bridge.scene_shown.connect(lambda _scene: self._show())
        bridge.selection_shown.connect(lambda _selection: self._show())
        bridge.states_shown.connect(self._show_facts)
        bridge.link_shown.connect(lambda _link: self._allow())
        self._show()

    def layers(self) -> tuple[Layer, ...]:
        """The selected layers as they are now."""
        scene = self._bridge.scene
        if scene is None:
            return ()
        return tuple(layer for layer_id in self._bridge.selection if (layer := scene.layer(layer_id)) is not None)

    def edit_text(self, layer_id: str) -> None:
        """Selects a text layer and puts the keyboard into its text."""
        self._bridge.select((layer_id,))
        self._show()
        row = self.form.bindings.get("text") if self.form is not None else None
        if row is not None:
            editor = row.row.editors()[0]
            editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.ensureWidgetVisible(editor)

    def _make_parts(self) -> None:
        body = QWidget()
        body.setObjectName("inspector")
        layout = QVBoxLayout(body)
        layout.setContentsMargins(4, 2, 0, 8)
        layout.setSpacing(self._tokens.gap)
        self.hint = QLabel("Select a layer on the picture or in the list to change it.")
        self.hint.setObjectName("inspector/hint")
        self.hint.setProperty("role", "dim")
        self.hint.setWordWrap(True)
        self.stack = QStackedWidget()
        self.stack.setObjectName("inspector/forms")
        self.source = _SourceHead()
        self.facts = Facts(self._tokens)
        for part in (self.hint, self.stack, self.source, self.facts):
            layout.addWidget(part)
        layout.addStretch()
        self.setWidget(body)

    def _show(self) -> None:
        scene, layers = self._bridge.scene, self.layers()
        self._choose_form(shared_fields(layers))
        self.hint.setVisible(not layers)
        self.hint.setText(_hint(scene))
        self._say_title(_head(scene, layers))
        if scene is not None and self.form is not None:
            self.form.show_layers(scene.node_id, layers, scene.canvas)
        self._allow()
        self._show_facts()
        self._watch_marks()

    def _say_title(self, title: str) -> None:
        if title != self.title:
            self.title = title
            self.titled.emit(title)

    def _choose_form(self, fields: tuple[Field, ...]) -> None:
        form = self._form_for(fields) if fields else None
        if form is self.form:
            return
        if self.form is not None:
            self.form.release()
        self.form = form
        self.stack.setVisible(form is not None)
        if form is not None:
            self.stack.setCurrentWidget(form)
            # A stack is as high as its highest page; the page shown must decide.
            self.stack.setFixedHeight(form.sizeHint().height())

    def _form_for(self, fields: tuple[Field, ...]) -> FieldForm:
        key = tuple(field.name for field in fields)
        if key not in self._made:
            form = FieldForm(fields, self._bridge, self._tokens)
            form.refused.connect(self.refused.emit)
            self._made[key] = form
            self.stack.addWidget(form)
        return self._made[key]

    def _allow(self) -> None:
        session = self._bridge.session
        if self.form is None or session is None:
            return
        locked = [layer.name for layer in self.layers() if session.is_locked(layer.id)]
        lock = f"{locked[0]} is locked." if locked else ""
        self.form.allow(self._why_not(), lock)

    def _why_not(self) -> str:
        desk = self._bridge.desk
        return why_not("tune", desk.permissions, desk.role) or ""

    def _show_facts(self) -> None:
        session, layers = self._bridge.session, self.layers()
        facts = facts_of(layers[0], session.store) if session is not None and len(layers) == 1 else []
        self.source.setVisible(bool(facts))
        self.facts.show_facts(facts)

    def _watch_marks(self) -> None:
        if self.form is not None and self.form.is_unsettled():
            self._late.start()
        else:
            self._late.stop()

    def _tick(self) -> None:
        if self.form is not None:
            self.form.show_marks()
        self._watch_marks()


class _SourceHead(QWidget):
    """A line and the section's name."""

    def __init__(self) -> None:
        super().__init__()
        rule, name = QFrame(), QLabel("SOURCE")
        rule.setProperty("role", "rule")
        rule.setFixedHeight(1)
        name.setProperty("role", "head")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(rule)
        column.addWidget(name)


def _head(scene: Scene | None, layers: tuple[Layer, ...]) -> str:
    if len(layers) == 1:
        layer = layers[0]
        second = layer.kind.value if layer.id == layer.name else f"{layer.kind.value} {layer.id}"
        return f"{layer.name} · {second}".upper()
    if layers:
        return f"{len(layers)} LAYERS"
    return "NOTHING SELECTED" if scene is not None else "INSPECTOR"


def _hint(scene: Scene | None) -> str:
    if scene is None:
        return "Open a session to see its layers."
    width, height = scene.canvas
    count = len(scene.layers)
    layers = "1 layer" if count == 1 else f"{count} layers"
    return (
        f"The canvas of {scene.node_id} is {width}×{height} at {scene.fps} fps and has {layers}.\n\n"
        "Select a layer on the picture or in the list to change it."
    )
