"""What is known about the selected layer's source: picture, where it comes from, how it is. Read only."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from gui.health.tones import STATE_TONES
from gui.theme.tokens import Tokens
from sync.scene import Layer, LayerKind
from sync.store import Store

__all__ = ["Facts", "SourceHead", "facts_of", "facts_of_node", "health_of"]

Fact = tuple[str, str, str]


def health_of(store: Store, node_id: str) -> tuple[str, str]:
    """A node's state and losses as words, and the tone they are said in."""
    state, stats = store.state(node_id), store.stats(node_id)
    if state is None:
        return ("Unknown", "")
    reason = f": {state.reason}" if state.reason else ""
    losses = "" if stats is None else f" · {stats.discarded} dropped"
    return (f"{state.name}{reason}{losses}", STATE_TONES.get(state.name, ""))


def facts_of(layer: Layer, store: Store) -> list[Fact]:
    """Name, words and tone of each fact about one layer."""
    facts: list[Fact] = []
    if layer.source_size is not None:
        facts.append(("Picture", f"{layer.source_size[0]}×{layer.source_size[1]}", ""))
    elif layer.kind is LayerKind.VIDEO:
        facts.append(("Picture", "none yet", "late"))
    if layer.source_pin:
        facts.append(("From", f"{layer.source_pin} → {layer.id}", ""))
        facts.append(("Health", *health_of(store, layer.source_pin.partition(".")[0])))
    if layer.asset_path:
        facts.append(("File", layer.asset_path, ""))
    if layer.measured_size is not None:
        facts.append(("Measured", f"{layer.measured_size[0]}×{layer.measured_size[1]} px", ""))
    if (layer.drawn.width, layer.drawn.height) != (0, 0):
        drawn = layer.drawn
        facts.append(("Drawn at", f"{drawn.x}, {drawn.y} · {drawn.width}×{drawn.height}", ""))
    return facts


def facts_of_node(store: Store, node_id: str) -> list[Fact]:
    """How a node is, what feeds it and what it feeds."""
    rows = store.connections()
    inputs = [f"{row.from_node}.{row.from_pin} → {row.to_pin}" for row in rows if row.to_node == node_id]
    outputs = [f"{row.from_pin} → {row.to_node}.{row.to_pin}" for row in rows if row.from_node == node_id]
    facts = [("Health", *health_of(store, node_id))]
    facts += [("From", "\n".join(inputs), "")] if inputs else []
    facts += [("To", "\n".join(outputs), "")] if outputs else []
    return facts


class SourceHead(QWidget):
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


class Facts(QWidget):
    """A grid of names and words; the labels are reused."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.setObjectName("inspector/facts")
        self._lines: list[tuple[QLabel, QLabel]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(tokens.gap)
        self._grid.setColumnMinimumWidth(0, 76)
        self._grid.setColumnStretch(1, 1)

    def show_facts(self, facts: list[Fact]) -> None:
        """Shows these facts and no others."""
        while len(self._lines) < len(facts):
            self._add_line()
        for number, (name, words) in enumerate(self._lines):
            is_there = number < len(facts)
            name.setVisible(is_there)
            words.setVisible(is_there)
            if is_there:
                self._say(name, words, facts[number])

    def _say(self, name: QLabel, words: QLabel, fact: Fact) -> None:
        name.setText(fact[0])
        if words.text() != fact[1]:
            words.setText(fact[1])
            words.setToolTip(fact[1])
        if words.property("tone") != fact[2]:
            words.setProperty("tone", fact[2])
            words.style().polish(words)

    def _add_line(self) -> None:
        name, words = QLabel(), QLabel()
        name.setProperty("role", "dim")
        words.setWordWrap(True)
        words.setTextFormat(Qt.TextFormat.PlainText)
        row = len(self._lines)
        self._grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(words, row, 1)
        self._lines.append((name, words))
