"""The benchmarks of the ordered log run, in small: real engines, real sockets, every hash compared."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.benchmarks import (
    __main__,
    bench_log_change,
    bench_log_fleet,
    bench_log_loss,
    bench_log_return,
    bench_log_rivals,
    bench_log_stall,
    log_step,
)
from tests.benchmarks.log_hand import Hand, span_of

SMALL = ("--warm-up", "0.2", "--dwell", "0.6")


def lines(
    main: Callable[[Sequence[str]], None], capsys: pytest.CaptureFixture[str], *words: str
) -> list[dict[str, Any]]:
    """What a benchmark prints."""
    main(words)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_small_fleet_is_measured(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    raw = tmp_path / "raw.jsonl"
    words = (*SMALL, "--steps", "4:3x10", "--runs", "2", "--presence", "--raw", str(raw))
    (line,) = lines(bench_log_fleet.main, capsys, *words)
    assert line["ops"] == [18, 18, 18]
    assert 0 < line["ack_p50_ms"][0] <= line["ack_p99_ms"][2]
    assert line["ack_p50_ms"][1] <= line["last_peer_p50_ms"][1]
    assert 0 < line["frames_per_op_per_peer"][1] <= 1.5
    assert line["engine_cpu_s_per_1000_ops"][0] >= 0
    rows = [json.loads(row) for row in raw.read_text().splitlines()]
    assert [(row["run"], len(row["acks_ms"]), len(row["last_peer_ms"])) for row in rows] == [(0, 18, 18), (1, 18, 18)]


def test_clients_without_batches_get_a_frame_a_revision(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = lines(bench_log_fleet.main, capsys, *SMALL, "--steps", "3x20", "--single")
    assert line["frames_per_op_per_peer"] == [1, 1, 1]


def test_a_frame_that_gets_lost_ends_the_measurement(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The negative control: equality of hashes is really looked at."""
    replay = Hand.replay

    def forgetful(hand: Hand) -> None:
        if hand.number == 1:
            carrying = [each for each in hand.arrivals if isinstance(each.frame, bytes) and span_of(each.frame)]
            hand.arrivals.remove(carrying[-1])
        replay(hand)

    monkeypatch.setattr(Hand, "replay", forgetful)
    with pytest.raises(AssertionError, match="hand 1"):
        lines(bench_log_fleet.main, capsys, *SMALL, "--steps", "3x10")


@pytest.mark.parametrize("step", ["", "0x5", "10", "10:x5", "10x5y"])
def test_what_is_no_step_is_refused(step: str) -> None:
    with pytest.raises(ValueError, match="no step"):
        bench_log_fleet.as_load(step)


def test_a_return_and_a_guarded_write_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    back, write = lines(bench_log_return.main, capsys, "--runs", "1")
    assert back["return_kb"][1] <= 8
    assert back["bytes_of_a_dump"][1] < 0.5
    assert (write["frames_sent"][1], write["answers"][1]) == (1, 1)


def test_a_stalled_peer_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = lines(bench_log_stall.main, capsys, "--seconds", "0.5")
    assert line["others_p95_ms_ratio"][1] > 0


def test_three_ways_of_telling_everybody_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    found = lines(bench_log_rivals.main, capsys, *SMALL, "--desks", "3")
    assert [row["way"] for row in found] == ["log", "single", "protocol 1", "single", "protocol 1"]
    assert found[2]["ops_that_reached_everybody"][1] == 1
    assert found[4]["bytes_per_op_per_peer"] > 1


def test_a_standby_behind_a_lossy_link_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = lines(bench_log_loss.main, capsys, "--seconds", "1.5", "--share", "0.2")
    assert line["frames_lost"] > 0
    assert line["revs_that_differed"] == 0


def test_the_cost_of_a_change_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = lines(bench_log_change.main, capsys)
    assert line["op"]["samples"] == 300


def test_a_family_of_benchmarks_has_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def run(name: str) -> int:
        ran.append(name)
        return 0

    monkeypatch.setattr(__main__, "_run", run)
    assert __main__.main(["log", "compose"]) == 0
    assert ran == ["log_change", "log_fleet", "log_loss", "log_return", "log_rivals", "log_stall", "compose"]
    assert __main__.main(["lo"]) == 2


def test_the_steps_of_the_fleet_are_loads() -> None:
    assert log_step.Load(400, 40, 30.0) == bench_log_fleet.as_load("400:40x30")
