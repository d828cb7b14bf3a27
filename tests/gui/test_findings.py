"""Findings about a pipeline text: whose they are, and the line that they mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.server.answers import Fault, Findings
from gui.server.findings import MAX_ISSUES, Issue, local_issues, server_issues

GRAPH = """\
# a show
mode: dynamic
client:
  publish:
    tracks: []
    broadcast: main
  gateway_path: /moq
nodes:
  cam:
    kind: video::colorbars
  "stage":
    kind: video::compositor
    needs:
      - cam
"""
STEPS = "mode: oneshot\nsteps:\n  - kind: core::file_reader\n  - kind: core::sink\n"


def lines(*faults: Fault, text: str = GRAPH) -> list[int | None]:
    return [issue.line for issue in server_issues(Findings(False, list(faults)), text)]


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (Fault("unknown kind", node_id="cam"), 9),
        (Fault("unknown kind", node_id="stage"), 11),
        (Fault("these do not fit", connection_id="cam->stage"), 13),
        (Fault("these do not fit", connection_id="cam->cam"), 9),
        (Fault("Node 'cam' is not allowed"), 9),
        (Fault("node 'nobody' is not there"), None),
        (Fault("x", node_id="nobody"), None),
        (Fault("YAML parse error: did not find expected key at line 4 column 2", kind="parse"), 4),
        (Fault("client.publish.tracks is empty"), 5),
        (Fault("client.publish.other is odd"), 4),
        (Fault("Pipeline is odd"), None),
        (Fault("x", node_id=""), None),
        (Fault("x", connection_id="->"), None),
    ],
)
def test_a_finding_has_the_line_that_it_means(fault: Fault, line: int | None) -> None:
    assert lines(fault) == [line]


@pytest.mark.parametrize(
    ("node_id", "line"), [("step_1", 4), ("step_0", 3), ("step_7", 2), ("step_x", None), ("step_" + "9" * 30, None)]
)
def test_steps_are_found_by_their_number(node_id: str, line: int | None) -> None:
    assert lines(Fault("x", node_id=node_id), text=STEPS) == [line]


def test_a_text_that_is_no_yaml_has_only_the_lines_that_the_server_names() -> None:
    assert lines(Fault("bad at line 2"), Fault("x", node_id="cam"), text="a: [\n") == [2, None]


def test_what_both_say_in_the_same_words_is_said_once() -> None:
    local = local_issues(GRAPH, "show.yaml")
    assert [(it.is_error, it.line, it.source) for it in local] == [(False, 5, "desk")]
    findings = Findings(True, [], [Fault(local[0].words), Fault("something else", node_id="cam")])
    assert [it.words for it in server_issues(findings, GRAPH, local)] == ["something else"]


def test_what_cannot_be_read_here_has_its_line_and_field() -> None:
    issue = local_issues("nodes:\n  a:\n    kind: core::sink\n    needs: nobody\n", "x.yaml")[0]
    assert (issue.is_error, issue.line) == (True, 4)
    assert issue.words.startswith("nodes.a.needs: ")
    assert issue.spoken("x.yaml") == f"x.yaml:4: error: {issue.words} (desk)"
    assert Issue(False, None, "odd", "server").spoken("x.yaml") == "x.yaml: warning: odd (server)"


def test_a_no_without_a_reason_is_still_a_no() -> None:
    assert [(it.is_error, it.words) for it in server_issues(Findings(False), GRAPH)] == [
        (True, "The server would not run it and does not say why.")
    ]


def test_hostile_findings_are_bounded() -> None:
    issues = server_issues(Findings(False, [Fault("x\n\x1b" * 100_000)] * 3000), GRAPH)
    assert len(issues) == MAX_ISSUES
    assert all(len(it.words) < 300 and it.words.isprintable() for it in issues)


words = st.text(max_size=30) | st.sampled_from(
    ["client.publish", "line 3", "Node 'cam'", "step_1", "cam->stage", "cam"]
)


@given(st.sampled_from([GRAPH, STEPS, "", "nodes: 5", "steps: 5", "- a", "a: ["]), words, words, words)
def test_no_finding_breaks_the_list(text: str, message: str, node_id: str, edge: str) -> None:
    faults = [Fault(message, node_id=node_id), Fault(message, connection_id=edge), Fault(message)]
    assert len(server_issues(Findings(False, faults), text)) == 3
