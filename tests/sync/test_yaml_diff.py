"""What an export changes: as lines that ``patch`` understands, and in words."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.pipeline_yaml import load_pipeline
from sync.wire.pipeline import Connection, Node
from sync.yaml_diff import changes_in_words, diff_text

STUDIO = (Path(__file__).parent.parent / "golden" / "studio.yaml").read_text(encoding="utf-8")


def applied(old: str, diff: str) -> str:
    """``old`` with a unified diff applied, as the format is defined: hunk by hunk, each line checked."""
    lines = [line + "\n" for line in old.split("\n")]
    lines[-1] = lines[-1].removesuffix("\n")
    source = [line for line in lines if line]
    made: list[str] = []
    rows = diff.split("\n")[2:-1]
    place = 0
    for index, row in enumerate(rows):
        sign, body = (
            row[:1],
            row[1:] + ("" if rows[index + 1 : index + 2] == ["\\ No newline at end of file"] else "\n"),
        )
        if sign == "@":
            start = int(row.split()[1][1:].split(",")[0])
            first = start if row.split()[1].endswith(",0") else start - 1
            made += source[place:first]
            place = first
        elif sign in (" ", "-"):
            assert source[place] == body
            made += [body] if sign == " " else []
            place += 1
        elif sign == "+":
            made.append(body)
    return "".join(made + source[place:])


LINES = st.lists(st.sampled_from(["a", "b", "c", "", "x: 1", "\r"]), max_size=30).map("\n".join)


@given(LINES, LINES)
def test_a_diff_applied_to_the_old_text_gives_the_new_one(old: str, new: str) -> None:
    diff = diff_text(old, new, "old", "new")
    assert (diff == "") == (old == new)
    if diff:
        assert diff.startswith("--- old\n+++ new\n@@ ")
        assert applied(old, diff) == new


def test_equal_texts_differ_in_nothing() -> None:
    assert diff_text("a\n", "a\n", "x", "y") == ""


def test_a_diff_names_both_and_shows_three_lines_around() -> None:
    old = "".join(f"line {i}\n" for i in range(30))
    assert diff_text(old, old.replace("line 9\n", "line nine\n"), "show.yaml", "session") == (
        "--- show.yaml\n+++ session\n@@ -7,7 +7,7 @@\n line 6\n line 7\n line 8\n-line 9\n+line nine\n"
        " line 10\n line 11\n line 12\n"
    )


def test_repeated_lines_do_not_blur_a_diff() -> None:
    """A pipeline of a thousand alike nodes: one edited line is one line in the diff."""
    old = "".join(f"n{i}:\n  kind: k\n  params:\n    opacity: 1\n" for i in range(1000))
    place = old.index("n500:")
    new = old[:place] + old[place:].replace("opacity: 1", "opacity: 0.5", 1)
    diff = diff_text(old, new, "a", "b").splitlines()[2:]
    assert [line for line in diff if line[0] in "+-"] == ["-    opacity: 1", "+    opacity: 0.5"]


@pytest.mark.parametrize(
    ("layer", "value", "words"),
    [
        ("opacity", 0.64, "in_1 opacity 0.9 → 0.64"),
        ("crop_zoom", 1, "in_1 crop_zoom 2.2 → 1"),
        ("mirror_vertical", True, "in_1 mirror_vertical – → on"),
        ("crop_shape", "rect", "in_1 crop_shape 'circle' → 'rect'"),
        ("rect", None, "in_1 rect … → none"),
    ],
)
def test_a_change_of_a_layer_in_words(layer: str, value: object, words: str) -> None:
    before = load_pipeline(STUDIO, "x").pipeline
    after = copy.deepcopy(before)
    (after.nodes["mix"].params or {})["layers"]["in_1"][layer] = value
    assert changes_in_words(before, after) == [words]


def test_nodes_connections_and_several_nodes_in_words() -> None:
    before = load_pipeline(STUDIO, "x").pipeline
    after = copy.deepcopy(before)
    (after.nodes["cam"].params or {})["width"] = 64
    (after.nodes["mix"].params or {})["text_overlays"][0]["text"] = "Bye"
    del after.nodes["script"]
    after.nodes["tap"] = Node("core::sink")
    after.connections[:] = [edge for edge in after.connections if edge.from_node != "cam"]
    after.connections.extend([Connection("cam", "out", "mix", "in_1"), Connection("mix", "out", "tap", "in")])
    assert changes_in_words(before, after) == [
        "node script removed",
        "node tap added (core::sink)",
        "cam: width 640 → 64",
        "mix: title text 'Hello' → 'Bye'",
        "cam.out → mix.in_1 best_effort → reliable",
        "mix.out → tap.in connected",
    ]
    assert changes_in_words(before, before) == []
