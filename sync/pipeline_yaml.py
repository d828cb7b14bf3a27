"""Pipeline files in and out: each error has its line, an export is the old file with only the changed lines changed."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import msgspec

from sync.exportable import ExportStyle, exportable, fresh_data, updated_data
from sync.hidden_layers import Hidden, Remarks, read_hidden
from sync.wire.client_lint import LintWarning, lint_client
from sync.wire.compositor import KIND, ConfigRefused, known_part, parse_config
from sync.wire.pipeline import Pipeline
from sync.wire.user_form import CompileRefused, compile_pipeline
from sync.wire.yaml_reader import read_document
from sync.wire.yaml_text import plain_value
from sync.wire.yaml_tree import YamlDocument, YamlRefused
from sync.yaml_edit import edited
from sync.yaml_places import line_of
from sync.yaml_style import YamlStyle

__all__ = [
    "Export",
    "ExportStyle",
    "LoadedPipeline",
    "PipelineFileRefused",
    "export_pipeline",
    "export_with_warnings",
    "load_pipeline",
]

UNKNOWN_KEY = "compositor-unknown-key"


class PipelineFileRefused(ValueError):
    """A pipeline file that cannot be used: ``line`` counts from 1, ``field`` is a dotted path or empty."""

    def __init__(self, name: str, line: int, field: str, reason: str) -> None:
        where = f"{name}, line {line}" + (f", {field}" if field else "")
        super().__init__(f"{where}: {reason}")
        self.name = name
        self.line = line
        self.field = field
        self.reason = reason


class LoadedPipeline(msgspec.Struct, frozen=True):
    """A pipeline file: its text (the origin of a later export), its graph, and what its remarks remember."""

    name: str
    text: str
    pipeline: Pipeline
    hidden: dict[tuple[str, str], float]
    warnings: tuple[LintWarning, ...] = ()


class Export(msgspec.Struct, frozen=True):
    """An exported text, and a sentence for each thing that the form cannot say."""

    text: str
    warnings: tuple[str, ...] = ()


class _Origin(msgspec.Struct, frozen=True):
    document: YamlDocument
    data: Any
    pipeline: Pipeline
    hidden: dict[tuple[str, str], float]


def load_pipeline(text: str, name: str, *, is_for_engine: bool = False) -> LoadedPipeline:
    """The pipeline in a file's text, checked whole; raises PipelineFileRefused.

    Keys of a compositor that only a newer server knows are warnings, and travel as they are; ``is_for_engine``: our own
    engine runs the file, which refuses them.
    """
    origin = _origin(text, name)
    doubts = _check_compositors(origin, name, is_for_engine=is_for_engine)
    pipeline = copy.deepcopy(origin.pipeline)
    return LoadedPipeline(name, text, pipeline, dict(origin.hidden), (*lint_client(pipeline), *doubts))


def export_pipeline(
    pipeline: Pipeline,
    origin: str | None = None,
    style: ExportStyle = ExportStyle.FAITHFUL,
    hidden: Hidden = MappingProxyType({}),
) -> str:
    """The text of a pipeline file; see export_with_warnings."""
    return export_with_warnings(pipeline, origin, style, hidden).text


def export_with_warnings(
    pipeline: Pipeline,
    origin: str | None = None,
    style: ExportStyle = ExportStyle.FAITHFUL,
    hidden: Hidden = MappingProxyType({}),
) -> Export:
    """``pipeline`` as a file for people: never metadata, states, view data, previews or empty params.

    With ``origin`` (a file's text) the result is that file with exactly the changed lines changed; what the pipeline
    does not say (a name, a description, a client section that is None) is kept. ``hidden`` maps (node, layer) to the
    opacity that a layer with opacity 0 comes back with. The compatible style is always written afresh.
    Raises PipelineFileRefused when ``origin`` is no pipeline file.
    """
    lost: list[str] = []
    graph = exportable(pipeline)
    remarks = Remarks()
    if origin is not None and style is ExportStyle.FAITHFUL:
        source = _origin(origin, "the file to update")
        graph = _with_remarks(graph, remarks, hidden, source.hidden)
        data = updated_data(source.data, source.pipeline, graph, lost)
        text = edited(source.document, source.data, data)
    else:
        graph = _with_remarks(graph, remarks, hidden, {})
        written = YamlStyle()
        text = "\n".join([*written.block(fresh_data(graph, style, lost), 0), ""])
    return Export(remarks.settle(text), tuple(lost))


def _origin(text: str, name: str) -> _Origin:
    try:
        document = _document(text)
        return _compiled(text)
    except YamlRefused as error:
        raise PipelineFileRefused(name, error.line, "", error.reason) from error
    except CompileRefused as error:
        field = ".".join(map(str, error.path))
        reason = "the file is empty" if document.root is None else str(error)
        raise PipelineFileRefused(name, line_of(document, error.path), field, reason) from error


# Reading a file is most of the work of an export, so the newest few are kept; nobody changes what is kept.
@lru_cache(maxsize=4)
def _document(text: str) -> YamlDocument:
    return read_document(text)


@lru_cache(maxsize=4)
def _compiled(text: str) -> _Origin:
    document = _document(text)
    data = None if document.root is None else plain_value(document, document.root)
    return _Origin(document, data, compile_pipeline(data), read_hidden(document))


def _check_compositors(origin: _Origin, name: str, *, is_for_engine: bool) -> list[LintWarning]:
    """What is doubtful in the compositors' params; raises PipelineFileRefused for what no server takes."""
    doubts: list[LintWarning] = []
    for node_id, node in origin.pipeline.nodes.items():
        if node.kind != KIND:
            continue
        known, unknown = known_part(node.params or {})
        for path in unknown:
            field = ".".join((node_id, *path))
            if is_for_engine:
                reason = "this engine's compositor knows no such parameter; a newer server may"
                raise PipelineFileRefused(name, _line(origin, node_id, path), field, reason)
            line = _line(origin, node_id, path)
            sentence = f"{field} (line {line}) is a parameter that this Layerdesk does not know; it travels unchanged"
            doubts.append(LintWarning(UNKNOWN_KEY, sentence))
        try:
            parse_config(known)
        except ConfigRefused as error:
            line = _line(origin, node_id, tuple(error.field.split(".")) if error.field else ())
            raise PipelineFileRefused(name, line, f"{node_id}.{error.field}".rstrip("."), error.reason) from error
    return doubts


def _line(origin: _Origin, node_id: str, path: tuple[str, ...]) -> int:
    """The line of a node's parameter."""
    is_steps = isinstance(origin.data, dict) and origin.data.get("steps") is not None
    root = ("steps", int(node_id.removeprefix("step_"))) if is_steps else ("nodes", node_id)
    return line_of(origin.document, (*root, "params", *path))


def _with_remarks(graph: Pipeline, remarks: Remarks, hidden: Hidden, known: Hidden) -> Pipeline:
    wanted_by_node, known_by_node = _by_node(hidden), _by_node(known)
    nodes = dict(graph.nodes)
    for node_id in wanted_by_node.keys() | known_by_node.keys():
        node = nodes.get(node_id)
        if node is not None and node.params is not None:
            params = remarks.hang(node.params, wanted_by_node.get(node_id, {}), known_by_node.get(node_id, {}))
            nodes[node_id] = msgspec.structs.replace(node, params=params)
    return msgspec.structs.replace(graph, nodes=nodes)


def _by_node(hidden: Hidden) -> dict[str, Mapping[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for (node_id, layer_id), opacity in hidden.items():
        found.setdefault(node_id, {})[layer_id] = opacity
    return dict(found)
