"""What flows between nodes: nothing waits, nothing is lost uncounted, and a clock that skips."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from engine.flow import Bytes, Latest, Output, Queue
from engine.report import NodeReport
from engine.tick import FrameClock, Tick
from sync.wire.events import NodeStats
from sync.wire.json_value import JsonObject
from tests.support.nodes import Reports, Tap


def packet(number: int) -> Bytes:
    return Bytes(str(number).encode())


def test_latest_keeps_the_newest_and_counts_the_rest() -> None:
    latest: Latest[Bytes] = Latest()
    for number in range(3):
        latest.put(packet(number))
    assert latest.take() == packet(2)
    assert latest.take() is None
    assert (latest.received, latest.discarded) == (3, 2)


def test_latest_loses_nothing_uncounted_between_two_threads() -> None:
    latest: Latest[Bytes] = Latest()
    taken = 0

    def write() -> None:
        for number in range(20_000):
            latest.put(packet(number))

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        taken += latest.take() is not None
    writer.join()
    taken += latest.take() is not None
    assert taken + latest.discarded == latest.received == 20_000


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 5))
def test_a_queue_keeps_order_and_drops_the_oldest(puts: list[bool], limit: int) -> None:
    queue: Queue[Bytes] = Queue(limit)
    model: list[Bytes] = []
    for number, is_put in enumerate(puts):
        if is_put:
            queue.put(packet(number))
            model = [*model, packet(number)][-limit:]
        else:
            assert queue.take(0.0) == (model.pop(0) if model else None)
    assert queue.received - queue.discarded >= len(model)


def test_a_closed_queue_gives_what_it_has_and_then_none_at_once() -> None:
    queue: Queue[Bytes] = Queue(3)
    queue.put(packet(1))
    queue.close()
    assert queue.take(60.0) == packet(1)
    assert queue.take(60.0) is None


def test_an_output_hands_to_all_who_are_attached_and_to_nobody_else() -> None:
    output, one, other = Output(), Tap(), Tap()
    detach = output.attach(one)
    output.attach(other)
    output.emit(packet(1))
    detach()
    output.emit(packet(2))
    assert (one.packets, other.packets) == ([packet(1)], [packet(1), packet(2)])


def test_passing_packets_reach_only_those_who_keep_none() -> None:
    output, keeper, passer = Output(), Tap(), Tap(keeps_packets=False)
    output.attach(passer)
    kept = [output.keeps_packets]
    output.attach(keeper)
    assert [*kept, output.keeps_packets] == [False, True]
    output.emit_passing(packet(1))
    assert (keeper.packets, passer.packets) == ([], [packet(1)])


def test_the_end_is_told_once_and_to_late_comers_at_once() -> None:
    output, late = Output(), Tap()
    output.close()
    output.close()
    output.attach(late)
    assert late.is_closed


class ManualTime(threading.Event):
    """A clock and a stop event: waiting passes time, and 0.4 ms more each time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def is_set(self) -> bool:
        return False

    def wait(self, timeout: float | None = None) -> bool:
        self.now += (timeout or 0.0) + 0.0004
        return False


def clock(fps: float) -> tuple[FrameClock, ManualTime]:
    time = ManualTime()
    return FrameClock(fps, time), time


def next_tick(frames: FrameClock, time: ManualTime) -> Tick:
    tick = frames.wait(time)
    assert tick is not None
    return tick


def test_moments_lie_on_a_grid_however_late_a_wake_up_is() -> None:
    frames, time = clock(50)
    assert [round(next_tick(frames, time).elapsed_s, 6) for _ in range(4)] == [0.02, 0.04, 0.06, 0.08]


def test_missed_moments_are_skipped_and_counted_never_made_up_for() -> None:
    frames, time = clock(50)
    next_tick(frames, time)
    time.now += 0.07
    late = next_tick(frames, time)
    assert (round(late.elapsed_s, 6), late.missed) == (0.08, 2)
    assert next_tick(frames, time).missed == 0


def test_no_rate_leaves_the_other_nodes_without_time() -> None:
    frames, time = clock(4_000_000_000)
    assert next_tick(frames, time).elapsed_s > 0.004


def test_a_new_rate_goes_on_from_the_last_moment() -> None:
    frames, time = clock(50)
    next_tick(frames, time)
    frames.set_rate(100)
    assert [round(next_tick(frames, time).elapsed_s, 6) for _ in range(2)] == [0.03, 0.04]


def test_a_clock_that_is_stopped_says_so() -> None:
    stopping = threading.Event()
    stopping.set()
    assert FrameClock(1).wait(stopping) is None


def test_counters_leave_at_first_activity_every_two_seconds_at_thousands_and_at_the_end() -> None:
    reports, now = Reports(), [0.0]
    report = NodeReport(reports.context(), lambda: now[0])
    report.beat()
    assert reports.stats == []
    for count, at in ((1, 0.1), (2, 1.0), (3, 2.0), (4, 2.2), (1000, 2.3), (1001, 2.4)):
        report.sent, now[0] = count, at
        report.beat()
    report.beat(is_last=True)
    assert [(stats.sent, stats.duration_secs) for stats in reports.stats] == [
        (1, 0.1),
        (4, 2.2),
        (1000, 2.3),
        (1001, 2.4),
    ]


def test_the_same_counters_are_not_sent_twice() -> None:
    reports = Reports()
    report = NodeReport(reports.context(), lambda: 5.0)
    report.sent = 1
    report.beat(is_last=True)
    report.beat(is_last=True)
    assert reports.stats == [NodeStats(sent=1)]


def test_telemetry_keeps_its_fields() -> None:
    reports = Reports()
    fields: JsonObject = {"reason": "x", "count": 3}
    NodeReport(reports.context()).telemetry("compositor.frames_dropped", **fields)
    assert reports.telemetry == [("compositor.frames_dropped", fields)]
