"""What is known about the selected layer's source: picture, where it comes from, how it is. Read only."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from gui.theme.tokens import Tokens
from sync.scene import Layer, LayerKind
from sync.store import Store

__all__ = ["Facts", "facts_of", "health_of"]

Fact = tuple[str, str, str]
_TONES = {
    "Running": "good",
    "Ready": "good",
    "Degraded": "late",
    "Recovering": "late",
    "Failed": "bad",
    "Stopped": "bad",
}


def health_of(store: Store, node_id: str) -> tuple[str, str]:
    """A node's state and losses as words, and the tone they are said in."""
    state, stats = store.state(node_id), store.stats(node_id)
    if state is None:
        return ("Unknown", "")
    reason = f": {state.reason}" if state.reason else ""
    losses = "" if stats is None else f" · {stats.discarded} dropped"
    return (f"{state.name}{reason}{losses}", _TONES.get(state.name, ""))


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
