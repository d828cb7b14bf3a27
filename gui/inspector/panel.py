"""The right dock: what is selected, as rows from the field table or a node's schema, and facts about it."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from gui.bridge import Bridge
from gui.inspector.facts import Facts, SourceHead, facts_of, facts_of_node
from gui.inspector.form import FieldForm
from gui.inspector.rows.font import FontOffer
from gui.inspector.subject import LayerSubject, NodeSubject, Subject, shared_fields
from gui.theme.tokens import Tokens
from sync.fields import Field, fields_of_node
from sync.scene import Layer, Scene
from sync.schema_fields import merged_schema
from sync.session import DeskSession
from sync.wire.pipeline import NodeDefinition

__all__ = ["InspectorPanel"]

MARK_TICK_MS: Final = 250
MAX_FORMS: Final = 12


class InspectorPanel(QScrollArea):
    """Follows the selection.

    Signals: ``refused`` with a sentence about a value that could not be taken; ``titled``; ``fonts_wanted`` when a list
    of fonts is seen; ``font_upload_asked``.
    """

    refused = Signal(str)
    titled = Signal(str)
    fonts_wanted = Signal()
    font_upload_asked = Signal()

    def __init__(self, bridge: Bridge, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("inspector/scroll")
        self.setAccessibleName("Inspector")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._bridge = bridge
        self._tokens = tokens
        self._made: dict[str, FieldForm] = {}
        self.form: FieldForm | None = None
        self._fields: tuple[Field, ...] = ()
        self._node_fields: tuple[Field, ...] = ()
        self._read_from: tuple[str, NodeDefinition | None, Any] = ("", None, None)
        self._fonts = FontOffer()
        self.title = ""
        self._make_parts()
        self._late = QTimer(self)
        self._late.setInterval(MARK_TICK_MS)
        self._late.timeout.connect(self._tick)
        bridge.scene_shown.connect(lambda _scene: self._show())
        bridge.selection_shown.connect(lambda _selection: self._show())
        bridge.node_shown.connect(self._node_shown)
        bridge.states_shown.connect(self._show_facts)
        bridge.people_shown.connect(self._tick)
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
        binding = self.form.bindings.get("text") if self.form is not None else None
        if binding is not None:
            editor = binding.row.editors()[0]
            editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.ensureWidgetVisible(editor)

    def show_fonts(self, offer: FontOffer) -> None:
        """What the rows that choose a font offer from now on."""
        self._fonts = offer
        for form in self._made.values():
            for row in form.font_rows():
                row.offer(offer)

    def _make_parts(self) -> None:
        body = QWidget()
        body.setObjectName("inspector")
        layout = QVBoxLayout(body)
        layout.setContentsMargins(4, 2, 0, 8)
        layout.setSpacing(self._tokens.gap)
        self.hint = QLabel()
        self.hint.setObjectName("inspector/hint")
        self.hint.setProperty("role", "dim")
        self.hint.setWordWrap(True)
        self.stack = QStackedWidget()
        self.stack.hide()
        self.stack.setObjectName("inspector/forms")
        self.source = SourceHead()
        self.facts = Facts(self._tokens)
        for part in (self.hint, self.stack, self.source, self.facts):
            layout.addWidget(part)
        layout.addStretch()
        self.setWidget(body)

    def _show(self) -> None:
        node_id, session = self._bridge.inspected, self._bridge.session
        if node_id is not None and session is not None:
            self._show_node(session, node_id)
        else:
            self._show_layers()
        self._allow()
        self._show_facts()
        self._watch_marks()

    def _show_layers(self) -> None:
        scene, layers, session = self._bridge.scene, self.layers(), self._bridge.session
        self._say(_title(scene, layers), "" if layers else _hint(scene))
        if session is not None and scene is not None and not layers:
            self._show_fields_of(session, scene.node_id)
            return
        self._choose_form(shared_fields(layers), has_heads=False)
        if scene is not None and self.form is not None:
            subjects: tuple[Subject, ...] = tuple(LayerSubject(layer) for layer in layers)
            self.form.show_subjects(scene.node_id, subjects, scene.canvas)

    def _show_node(self, session: DeskSession, node_id: str) -> None:
        store = session.store
        definition = self._bridge.desk.definitions.get(store.kind(node_id))
        fields = self._show_fields_of(session, node_id)
        unknown = "" if definition is not None or fields else "This server does not describe the kind of this node."
        empty = "This node has no parameters that can be shown as rows." if not fields else ""
        self._say(f"{node_id} · {store.kind(node_id)}".upper(), unknown or empty)

    def _show_fields_of(self, session: DeskSession, node_id: str) -> tuple[Field, ...]:
        store = session.store
        kind = store.kind(node_id)
        origin = (kind, self._bridge.desk.definitions.get(kind), store.runtime_schemas.get(node_id))
        if origin != self._read_from:  # read again when it is another one only: this runs with every frame
            schema = {} if origin[1] is None else origin[1].param_schema
            self._read_from, self._node_fields = origin, fields_of_node(kind, merged_schema(schema, origin[2]))
        self._choose_form(self._node_fields, has_heads=True)
        if self.form is not None:
            self.form.show_subjects(node_id, (NodeSubject(store, node_id),))
        return self._node_fields

    def _node_shown(self, node_id: str) -> None:
        if node_id == self._bridge.inspected:
            self._show()

    def _say(self, title: str, hint: str) -> None:
        self.hint.setVisible(bool(hint))
        self.hint.setText(hint)
        if title != self.title:
            self.title = title
            self.titled.emit(title)

    def _choose_form(self, fields: tuple[Field, ...], *, has_heads: bool) -> None:
        if fields == self._fields:
            return
        self._fields = fields
        form = self._form_for(fields, has_heads=has_heads) if fields else None
        if self.form is not None:
            self.form.release()
        self.form = form
        self.stack.setVisible(form is not None)
        if form is not None:
            if form.font_rows():
                self.fonts_wanted.emit()
            self.stack.setCurrentWidget(form)
            self._fit_stack()

    def _fit_stack(self) -> None:
        """A stack is as high as its highest page; the page shown must decide."""
        if self.form is not None:
            self.stack.setFixedHeight(self.form.height_for(self.stack.width()))

    def _form_for(self, fields: tuple[Field, ...], *, has_heads: bool) -> FieldForm:
        # A field may hold a list as its default, so fields cannot be hashed themselves.
        key = repr(fields)
        if key not in self._made:
            form = FieldForm(fields, self._bridge, self._tokens, has_heads=has_heads)
            form.refused.connect(self.refused.emit)
            form.settled.connect(self._show)
            form.reshaped.connect(self._fit_stack)
            for row in form.font_rows():
                row.offer(self._fonts)
                row.list_wanted.connect(self.fonts_wanted.emit)
                row.upload_asked.connect(self.font_upload_asked.emit)
            self._forget_oldest()
            self._made[key] = form
            self.stack.addWidget(form)
        return self._made[key]

    def _forget_oldest(self) -> None:
        while len(self._made) >= MAX_FORMS:
            key = next(key for key, form in self._made.items() if form is not self.form)
            form = self._made.pop(key)
            self.stack.removeWidget(form)
            form.deleteLater()

    def _allow(self) -> None:
        session = self._bridge.session
        if self.form is None or session is None:
            return
        locked = [layer.name for layer in self.layers() if session.is_locked(layer.id)]
        lock = f"{locked[0]} is locked." if locked else ""
        self.form.allow(self._bridge.desk.why_forbidden("tune") or "", lock)

    def _show_facts(self) -> None:
        session, layers, node_id = self._bridge.session, self.layers(), self._bridge.inspected
        facts = []
        if session is not None and node_id is not None:
            facts = facts_of_node(session.store, node_id)
        elif session is not None and len(layers) == 1:
            facts = facts_of(layers[0], session.store)
        self.source.setVisible(bool(facts))
        self.facts.show_facts(facts)

    def _watch_marks(self) -> None:
        deliveries, people = self._bridge.deliveries, self._bridge.people.present
        if self.form is not None and (self.form.is_unsettled() or deliveries.may_advance(with_others=bool(people))):
            self._late.start()
        else:
            self._late.stop()

    def _tick(self) -> None:
        if self.form is not None:
            self.form.show_marks()
        self._watch_marks()


def _title(scene: Scene | None, layers: tuple[Layer, ...]) -> str:
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
