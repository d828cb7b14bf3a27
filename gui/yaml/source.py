"""The text that an export would write now, the file that it came from, and what has been exported already."""

from __future__ import annotations

from pathlib import Path

import msgspec

from gui.bridge import Bridge
from resources import SAMPLES
from sync.exportable import exportable
from sync.pipeline_yaml import Export, ExportStyle, PipelineFileRefused, export_with_warnings
from sync.signals import Signal
from sync.wire.pipeline import Pipeline

__all__ = ["ExportSource", "Origin"]


class Origin(msgspec.Struct, frozen=True):
    """The file that the session came from: its path and the text that it had then."""

    path: Path
    text: str


class ExportSource:
    """Makes the text of the open session. ``origin_changed`` tells that another file is the origin now.

    ``state`` says whether the origin still holds what the server has: asked a few times a second, answered from two
    graphs that are compared only after a change.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self.origin: Origin | None = None
        self._written: Pipeline | None = None
        self._is_stale = True
        self._state = ""
        for changed in (bridge.node_shown, bridge.session_shown):
            changed.connect(lambda _what: self._mark())
        bridge.structure_shown.connect(self._mark)
        self.origin_changed: Signal[()] = Signal()

    def set_origin(self, path: Path | None, text: str = "") -> None:
        """The open session came from this file; None for a session that was there already."""
        self.origin = None if path is None else Origin(path, text)
        session = self._bridge.session
        self._written = None if path is None or session is None else exportable(session.store.pipeline())
        self._mark()
        self.origin_changed.emit()

    def state(self) -> str:
        """``as in studio.yaml``, ``changed since studio.yaml``, ``not exported``; empty when nothing is open."""
        if self._is_stale:
            self._is_stale = False
            self._state = self._compare()
        return self._state

    def _mark(self) -> None:
        self._is_stale = True

    def _compare(self) -> str:
        session = self._bridge.session
        if session is None:
            return ""
        if self.origin is None:
            return "not exported"
        is_same = self._written == exportable(session.store.pipeline())
        return f"{'as in' if is_same else 'changed since'} {self.origin.path.name}"

    def export(self, style: ExportStyle = ExportStyle.FAITHFUL) -> Export:
        """The text that would be written, and what the form cannot say; empty when nothing is open.

        A file that can no longer be followed is left aside, with a warning that says so.
        """
        session = self._bridge.session
        if session is None:
            return Export("")
        pipeline, hidden = session.store.pipeline(), session.layers.hidden()
        if self.origin is None:
            return export_with_warnings(pipeline, None, style, hidden)
        try:
            return export_with_warnings(pipeline, self.origin.text, style, hidden)
        except PipelineFileRefused as refused:
            fresh = export_with_warnings(pipeline, None, style, hidden)
            return Export(fresh.text, (f"The old file cannot be followed ({refused}).", *fresh.warnings))

    def folder(self) -> Path:
        """Beside the origin; where the desk was started when there is none, or only a sample that ships with us."""
        if self.origin is None or self.origin.path.is_relative_to(SAMPLES):
            return Path.cwd()
        return self.origin.path.parent

    def name(self) -> str:
        """A file name for the open session."""
        if self.origin is not None:
            return self.origin.path.name
        session = self._bridge.session
        name = "pipeline" if session is None else session.info.name or session.info.id
        kept = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name).strip(".-")
        return f"{kept or 'pipeline'}.yaml"
