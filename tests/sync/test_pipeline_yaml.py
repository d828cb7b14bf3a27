"""Export as the operator's own file: exactly the changed lines, comments and anchors kept (design: export)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync.pipeline_yaml import ExportStyle, PipelineFileRefused, export_pipeline, export_with_warnings, load_pipeline
from sync.wire.pipeline import Connection, Node, Pipeline
from sync.wire.yaml_text import parse_yaml

GOLDEN = Path(__file__).parent.parent / "golden"
STUDIO = (GOLDEN / "studio.yaml").read_text(encoding="utf-8")
Change = Callable[[dict[str, Any]], Any]


def changes(text: str, change: Callable[[Pipeline], Any], **options: Any) -> tuple[list[str], list[str]]:
    """The lines that go and the lines that come, without those on both sides, in order."""
    pipeline = load_pipeline(text, "file.yaml").pipeline
    change(pipeline)
    old, new = text.splitlines(), export_pipeline(pipeline, text, **options).splitlines()
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return list((Counter(old) - Counter(new)).elements()), list((Counter(new) - Counter(old)).elements())


def mix(change: Change) -> Callable[[Pipeline], Any]:
    return lambda pipeline: change(pipeline.nodes["mix"].params or {})


def params(node_id: str, **values: Any) -> Callable[[Pipeline], Any]:
    return lambda pipeline: (pipeline.nodes[node_id].params or {}).update(values)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.yaml")), ids=lambda path: path.name)
def test_an_unchanged_file_comes_back_byte_by_byte(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    assert export_pipeline(load_pipeline(text, path.name).pipeline, text) == text


def test_a_number_that_means_the_same_is_no_change() -> None:
    assert changes(STUDIO, params("cam", fps=30, width=640.0)) == ([], [])
    assert changes(STUDIO, mix(lambda p: p["layers"]["in_1"].update(opacity=0.9))) == ([], [])


def test_true_is_not_one() -> None:
    assert changes(STUDIO, params("cam", fps=True))[1] == ["      fps: true"]


@pytest.mark.parametrize(
    ("change", "gone", "come"),
    [
        (params("cam", width=800), ["      width:  640      # two spaces on purpose"],
         ["      width:  800      # two spaces on purpose"]),
        (params("cam", pixel_format="it's"), ["      pixel_format: 'nv12'"], ["      pixel_format: 'it''s'"]),
        (params("cam", gain=0.5), [], ["      gain: 0.5"]),
        (params("bg", width=800),
         ["    params: {width: 1280, height: 720, fps: 30, pixel_format: rgba8}   # full canvas"],
         ["    params: {width: 800, height: 720, fps: 30, pixel_format: rgba8}   # full canvas"]),
        (mix(lambda p: p["text_overlays"][0].update(text='a "b"')), ['        text: "Hello"  # said on air'],
         ['        text: "a \\"b\\""  # said on air']),
        (mix(lambda p: p["text_overlays"][0]["color"].__setitem__(3, 128)), ["        color: [255, 255, 255, 255]"],
         ["        color: [255, 255, 255, 128]"]),
        (mix(lambda p: p["layers"]["in_0"].update(crop_shape="circle")), ["        in_0: {opacity: 1.0, z_index: 0}"],
         ["        in_0: {opacity: 1.0, z_index: 0, crop_shape: circle}"]),
        (mix(lambda p: p["layers"]["in_0"].pop("z_index")), ["        in_0: {opacity: 1.0, z_index: 0}"],
         ["        in_0: {opacity: 1.0}"]),
        (mix(lambda p: p["text_overlays"].pop(1)),
         ["      - {id: clock, text: '12:00', rect: {x: 0, y: 680, width: 100, height: 40}}"], []),
        (params("script", source="// keeps its shape\nif (z) {\n  y();\n}\n"),
         ["        if (x) {"], ["        if (z) {"]),
        (lambda p: p.nodes.pop("script"),
         ["  script:", "    kind: core::script", "    params:", "      source: |",
          "        // keeps its shape", "        if (x) {",
          "          y();", "        }", "      note: >-", "        folded", "        text"], []),
    ],
)  # fmt: skip
def test_exactly_the_changed_lines_change(change: Callable[[Pipeline], Any], gone: list[str], come: list[str]) -> None:
    assert changes(STUDIO, change) == (gone, come)


def test_a_key_that_a_merge_brings_is_written_beside_it() -> None:
    """The shared anchor and every other user of it stay."""
    gone, come = changes(STUDIO, mix(lambda p: p["layers"]["in_1"].update(opacity=0.64)))
    assert (gone, come) == ([], ["          opacity: 0.64"])


def test_a_merged_key_that_goes_takes_the_merge_apart() -> None:
    gone, come = changes(STUDIO, mix(lambda p: p["layers"]["in_1"].pop("aspect_fit")))
    assert (gone, come) == (["          <<: *look"], ["          opacity: 0.9"])


def test_a_value_under_an_alias_breaks_that_alias_only() -> None:
    text = "nodes:\n  a: {kind: k, params: &p {x: 1}}\n  b: {kind: k, params: *p}\n  c: {kind: k, params: *p}\n"
    gone, come = changes(text, params("b", x=2))
    assert (gone, come) == (["  b: {kind: k, params: *p}"], ["  b: {kind: k, params: {x: 2}}"])


def test_an_edited_anchor_moves_to_its_first_user() -> None:
    text = "nodes:\n  a: {kind: k, params: &p {x: 1}}\n  b: {kind: k, params: *p}\n  c: {kind: k, params: *p}\n"
    gone, come = changes(text, params("a", x=2))
    assert gone == ["  a: {kind: k, params: &p {x: 1}}", "  b: {kind: k, params: *p}"]
    assert come == ["  a: {kind: k, params: {x: 2}}", "  b: {kind: k, params: &p {x: 1}}"]


def test_a_removed_node_leaves_its_anchor_to_the_others() -> None:
    text = "nodes:\n  a:\n    kind: k\n    params: &p\n      x: 1\n  b:\n    kind: k\n    params: *p  # same\n"
    pipeline = load_pipeline(text, "x").pipeline
    del pipeline.nodes["a"]
    assert export_pipeline(pipeline, text) == "nodes:\n  b:\n    kind: k\n    params: &p {x: 1}  # same\n"


def test_new_keys_stand_where_a_person_would_put_them() -> None:
    gone, come = changes(STUDIO, mix(lambda p: p["text_overlays"][0].update(opacity=0.5)))
    assert (gone, come) == ([], ["        opacity: 0.5"])
    lines = export_pipeline(_changed(mix(lambda p: p["layers"].update(in_2={"opacity": 1.0}))), STUDIO).splitlines()
    assert lines.index("        in_2:") > lines.index("          crop_shape: circle")


def test_line_ends_indentation_and_the_missing_last_break_are_kept() -> None:
    with (GOLDEN / "crlf.yaml").open(encoding="utf-8", newline="") as file:
        text = file.read()
    pipeline = load_pipeline(text, "crlf.yaml").pipeline
    (pipeline.nodes["mix"].params or {})["text_overlays"].append({"id": "two", "text": "zwei"})
    written = export_pipeline(pipeline, text)
    assert written == text + "\r\n                - id: two\r\n                  text: zwei"


def test_connections_come_and_go_in_the_form_that_the_file_has() -> None:
    def change(pipeline: Pipeline) -> None:
        pipeline.nodes["cam2"] = Node("video::colorbars", {"width": 64})
        pipeline.connections[:] = [edge for edge in pipeline.connections if edge.from_node != "mix"]
        pipeline.connections.append(Connection("cam2", "left", "mix", "in_2"))

    gone, come = changes(STUDIO, change)
    assert gone == ["  sink: { kind: core::sink, needs: { in: mix.out } }"]
    assert sorted(come) == [
        "      width: 64",
        "    - cam2.left",
        "    kind: video::colorbars",
        "    params:",
        "  cam2:",
        "  sink: { kind: core::sink }",
    ]


def test_pins_that_a_list_cannot_name_make_a_map() -> None:
    def change(pipeline: Pipeline) -> None:
        del pipeline.nodes["bg"]
        pipeline.connections[:] = [edge for edge in pipeline.connections if edge.from_node != "bg"]

    assert changes(STUDIO, change)[1] == [
        "      in_1: { node: cam, mode: best_effort }"[:10] + ": {node: cam, mode: best_effort}"
    ]


def test_steps_stay_steps_until_the_chain_is_broken() -> None:
    text = (GOLDEN / "linear.yaml").read_text(encoding="utf-8")
    assert changes(text, params("step_1", gain=0.5)) == (
        ["  params: {gain: 1.0}"],
        ["  params: {gain: 0.5}"],
    )
    pipeline = load_pipeline(text, "x").pipeline
    pipeline.nodes["tap"] = Node("core::sink")
    pipeline.connections.append(Connection("step_1", "out", "tap", "in"))
    written = export_pipeline(pipeline, text)
    assert "steps:" not in written
    assert load_pipeline(written, "x").pipeline.nodes == pipeline.nodes
    assert "# A chain of steps" in written


def test_what_the_server_does_not_say_is_kept_and_nulls_do_not_count() -> None:
    pipeline = load_pipeline(STUDIO, "x").pipeline
    bare = Pipeline(nodes=pipeline.nodes, connections=pipeline.connections)
    assert export_pipeline(bare, STUDIO) == STUDIO
    padded = {**(pipeline.client or {}), "gateway_path": None, "publish": None}
    assert export_pipeline(Pipeline(bare.nodes, bare.connections, client=padded), STUDIO) == STUDIO


@pytest.mark.parametrize("origin", [None, STUDIO])
def test_metadata_states_view_data_and_previews_never_leave(origin: str | None) -> None:
    pipeline = load_pipeline(STUDIO, "x").pipeline
    (pipeline.nodes["mix"].params or {}).update(_sender="x", _rev=5)
    pipeline.nodes["_preview_1_peer"] = Node("transport::moq::peer", None, "Running")
    pipeline.nodes["sink"] = Node("core::sink", {}, "Running")
    pipeline.connections.append(Connection("mix", "out", "_preview_1_peer", "in", "best_effort"))
    shown = Pipeline(
        pipeline.nodes, pipeline.connections, view_data={"mix": {"canvas_width": 1}}, runtime_schemas={"mix": {}}
    )
    written = export_pipeline(shown, origin)
    assert not [
        word for word in ("_sender", "_rev", "_preview", "Running", "canvas_width", "schema") if word in written
    ]
    assert "params" not in parse_yaml(written)["nodes"]["sink"]


def test_metadata_in_the_file_itself_goes() -> None:
    text = "nodes:\n  a:\n    kind: k\n    params:\n      _rev: 5\n      x: 1 # one\n"
    assert export_pipeline(load_pipeline(text, "x").pipeline, text) == text.replace("      _rev: 5\n", "")


def test_a_mixer_does_not_gain_the_count_that_the_compiler_filled_in() -> None:
    mixer = "  m: {kind: 'audio::mixer', params: {x: 1}, needs: [a, b]}\n"
    text = f"mode: oneshot\nnodes:\n  a: {{kind: k}}\n  b: {{kind: k}}\n{mixer}"
    assert changes(text, params("m", x=2))[1] == ["  m: {kind: 'audio::mixer', params: {x: 2}, needs: [a, b]}"]


@pytest.mark.parametrize(("extra", "line"), [({}, None), ({"height": 721}, "      height: 721")])
def test_a_commit_that_spells_the_defaults_out_changes_no_line(extra: dict[str, Any], line: str | None) -> None:
    text = f"{COMPOSITOR}      width: 640\n"
    pipeline = load_pipeline(text, "x").pipeline
    spelled = {"height": 720, "fps": 30, "layers": {}, "image_overlays": [], "text_overlays": [], "num_inputs": None}
    (pipeline.nodes["m"].params or {}).update(spelled | extra)
    assert set(export_pipeline(pipeline, text).splitlines()) - set(text.splitlines()) == ({line} if line else set())


def test_the_compatible_form_says_what_it_loses() -> None:
    pins = load_pipeline((GOLDEN / "pins.yaml").read_text("utf-8"), "x").pipeline
    export = export_with_warnings(pins, style=ExportStyle.COMPATIBLE)
    assert parse_yaml(export.text)["nodes"]["enc"]["needs"] == ["cam one", {"node": "cam", "mode": "best_effort"}]
    assert [warning for warning in export.warnings if "enc.video" in warning]
    assert [warning for warning in export.warnings if "twin.out_1" in warning]
    faithful = export_with_warnings(load_pipeline(STUDIO, "x").pipeline)
    assert faithful.warnings == ()


def test_what_no_form_can_say_is_left_out_and_said() -> None:
    edges = [Connection("a", "out", "b", "in"), Connection("a", "left", "b", "in"), Connection("a", "out", "b", "node")]
    export = export_with_warnings(Pipeline({"a": Node("k"), "b": Node("k")}, edges))
    assert parse_yaml(export.text)["nodes"]["b"]["needs"] == "a"
    assert [warning.partition(" cannot")[0] for warning in export.warnings] == [
        "the connection a.left → b.in",
        "the connection a.out → b.node",
    ]


COMPOSITOR = "nodes:\n  m:\n    kind: video::compositor\n    params:\n"
LAYER = f"{COMPOSITOR}      layers:\n        in_0:\n          opacity: 7\n"
OVERLAY = f"""{COMPOSITOR}      text_overlays:
      - id: t
        text: x
        rect: {{x: 0, y: 0, width: 1, height: 1}}
        font_size: 99999
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "show.yaml, line 1: the file is empty"),
        ("a: [", "show.yaml, line 1: while parsing"),
        ("nodes:\n  a:\n    kind: k\n    params: 5\n", "show.yaml, line 4, nodes.a.params: Node 'a' (kind 'k') params"),
        ("nodes:\n  a:\n    kind: k\n    needs: b\n", "show.yaml, line 4, nodes.a.needs: Node 'a' references"),
        (LAYER, "show.yaml, line 7, m.layers.in_0.opacity: "),
        ("steps:\n- kind: k\n- kind: video::compositor\n  params:\n    width: 0\n",
         "show.yaml, line 5, step_1.width: "),
        (OVERLAY, "show.yaml, line 9, m.text_overlays.t.font_size"),
    ],
)  # fmt: skip
def test_a_broken_file_is_named_with_line_and_field(text: str, words: str) -> None:
    with pytest.raises(PipelineFileRefused) as caught:
        load_pipeline(text, "show.yaml")
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)


NEWER = """nodes:
  m:
    kind: video::compositor
    params:
      width: 640
      blend: soft   # what a newer server knows
      layers:
        in_0: {opacity: 0.5, shadow: {blur: 3}}
"""


def test_keys_of_a_newer_compositor_are_doubts_and_travel_unchanged() -> None:
    loaded = load_pipeline(NEWER, "show.yaml")
    assert [warning.message for warning in loaded.warnings] == [
        "m.blend (line 6) is a parameter that this Layerdesk does not know; it travels unchanged",
        "m.layers.in_0.shadow (line 8) is a parameter that this Layerdesk does not know; it travels unchanged",
    ]
    assert (loaded.pipeline.nodes["m"].params or {})["blend"] == "soft"
    assert export_pipeline(loaded.pipeline, NEWER) == NEWER
    fresh = load_pipeline(export_pipeline(loaded.pipeline), "fresh.yaml").pipeline
    assert fresh.nodes == loaded.pipeline.nodes


def test_what_no_server_takes_is_refused_beside_a_key_that_only_a_newer_one_knows() -> None:
    with pytest.raises(PipelineFileRefused, match=r"line 5, m\.width: must be 1 to 7680"):
        load_pipeline(NEWER.replace("640", "0"), "show.yaml")


def test_our_own_engine_is_given_no_key_that_it_would_refuse() -> None:
    with pytest.raises(
        PipelineFileRefused, match=r"show\.yaml, line 6, m\.blend: this engine's compositor knows no such"
    ):
        load_pipeline(NEWER, "show.yaml", is_for_engine=True)
    assert load_pipeline(STUDIO, "x", is_for_engine=True) == load_pipeline(STUDIO, "x")


def test_a_broken_origin_is_refused_before_anything_is_written() -> None:
    with pytest.raises(PipelineFileRefused, match="the file to update, line 1"):
        export_pipeline(Pipeline(), "nodes: [")


def test_a_loaded_pipeline_may_be_changed_without_changing_the_next_one() -> None:
    first = load_pipeline(STUDIO, "x").pipeline
    (first.nodes["cam"].params or {})["width"] = 1
    assert (load_pipeline(STUDIO, "x").pipeline.nodes["cam"].params or {})["width"] == 640


def _changed(change: Callable[[Pipeline], Any]) -> Pipeline:
    pipeline = load_pipeline(STUDIO, "x").pipeline
    change(pipeline)
    return pipeline
