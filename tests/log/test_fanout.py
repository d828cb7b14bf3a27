"""Fan-out: cohorts, single, batch and squash frames, cursors, stalls (rows EP)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.log import fanout
from sync.log.edits import add_node, param_place, set_params
from sync.log.entries import MemoryEntries
from sync.log.fanout import BATCH_CAP, SQUASH_CAP, TELL_SAFE_S, TRY_AGAIN_LATER, UNSENT_CAP, Fanout
from sync.log.live_frames import BatchFrame, OpFrame, SquashFrame
from sync.log.op import Change, Entry, Op
from sync.log.oplog import OpLog
from sync.log.pacing import FASTEST_S, SLOWEST_S, Pacing
from sync.log.replica import GapFound, Replica
from sync.log.traffic import Traffic
from tests.log.world import live, the


class Socket:
    """A peer that records; ``room`` is how many frames still fit."""

    def __init__(
        self, author: str = "", caps: frozenset[str] = frozenset({"batch", "squash"}), room: int = 10_000
    ) -> None:
        self.authors = {author}
        self.caps = caps
        self.room = room
        self.fails_after: int | None = None
        self.frames: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self.unsent = 0
        self.sends_in_flight = 0

    def can_take(self) -> bool:
        return self.room > 0

    def unsent_bytes(self) -> int:
        return self.unsent

    def hand_over(self, frame: bytes) -> None:
        assert self.room > 0, "a second send while one is in flight"
        if self.fails_after is not None and len(self.frames) >= self.fails_after:
            raise ConnectionResetError("gone")
        self.room -= 1
        self.frames.append(frame)

    def drop(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    def revs(self) -> list[int]:
        """Every rev that was handed over, in order."""
        revs: list[int] = []
        for data in self.frames:
            match live(data):
                case OpFrame(entry=entry):
                    revs.append(entry.rev)
                case BatchFrame(entries=entries):
                    revs += [entry.rev for entry in entries]
        return revs


class FlakyEntries(MemoryEntries):
    """A log that cannot be read ``failures`` times."""

    failures = 0

    def after(self, rev: int, limit: int | None = None) -> list[Entry]:
        if self.failures:
            self.failures -= 1
            raise OSError("the log cannot be read")
        return list(super().after(rev, limit))


class Bench:
    """A log with a node, a fan-out and a clock."""

    def __init__(self, entries: MemoryEntries | None = None) -> None:
        self.log = OpLog("e1", entries=entries)
        self.now = 100.0
        self.fanout = Fanout(self.log, lambda: 1.0)
        self.seqs: dict[str, int] = {}
        self.write("setup", add_node("n", "k"))

    def write(self, author: str, changes: tuple[Change, ...] | None = None, key: str = "p") -> None:
        seq = self.seqs[author] = self.seqs.get(author, 0) + 1
        self.log.submit(Op(author, seq, changes or set_params("n", {(key,): self.log.head})), 5.0)

    def join(self, peer: Socket, cursor: int | None = None) -> Socket:
        self.fanout.join(peer, self.log.head if cursor is None else cursor)
        return peer

    def round(self) -> int:
        self.now += 0.04
        return self.fanout.round(self.now).frames


def test_ep_01_a_peer_that_has_everything_gets_no_frame() -> None:
    bench = Bench()
    peer = bench.join(Socket())
    assert bench.round() == 0
    assert peer.frames == []
    assert bench.fanout.due_at(bench.now) is None


def test_ep_02_one_rev_behind_is_a_single_op_frame() -> None:
    bench = Bench()
    peer = bench.join(Socket())
    bench.write("a")
    bench.round()
    (frame,) = map(live, peer.frames)
    assert isinstance(frame, OpFrame)
    assert frame.entry.rev == 2


@pytest.mark.parametrize("behind", [2, 5, BATCH_CAP])
def test_ep_03_more_behind_is_exactly_one_batch(behind: int) -> None:
    bench = Bench()
    peer = bench.join(Socket())
    for _ in range(behind):
        bench.write("a")
    bench.round()
    (frame,) = map(live, peer.frames)
    assert isinstance(frame, BatchFrame)
    assert [entry.rev for entry in frame.entries] == list(range(2, 2 + behind))
    assert all(entry.changes for entry in frame.entries)


def test_ep_04_without_the_capability_single_frames_in_order() -> None:
    bench = Bench()
    peer = bench.join(Socket(caps=frozenset()))
    for _ in range(4):
        bench.write("a")
    assert bench.round() == 4
    assert all(isinstance(live(frame), OpFrame) for frame in peer.frames)
    assert peer.revs() == [2, 3, 4, 5]


def replica_of(bench: Bench, peer: Socket, start: Replica | None = None) -> Replica:
    """A replica that has taken all frames of ``peer`` after a snapshot of the empty log."""
    replica = start if start is not None else Replica("viewer")
    for data in peer.frames:
        frame = live(data)
        if isinstance(frame, SquashFrame):
            replica.take_squash(frame)
        elif isinstance(frame, OpFrame):
            replica.take_entries((frame.entry,), frame.epoch)
        elif isinstance(frame, BatchFrame):
            replica.take_entries(frame.entries, frame.epoch)
    return replica


def fresh_replica(bench: Bench) -> Replica:
    replica = Replica("viewer")
    replica.take_snapshot(bench.log.snapshot())
    return replica


def test_ep_05_both_kinds_of_peer_end_equal_after_the_same_burst() -> None:
    bench = Bench()
    starts = [fresh_replica(bench), fresh_replica(bench)]
    peers = [bench.join(Socket()), bench.join(Socket(caps=frozenset()))]
    for index in range(9):
        bench.write("a", key=f"k{index % 3}")
    bench.round()
    ends = [replica_of(bench, peer, start).confirmed.digest() for peer, start in zip(peers, starts, strict=True)]
    assert [len(peer.frames) for peer in peers] == [1, 9]
    assert ends == [bench.log.document.digest()] * 2


def test_ep_06_the_cursor_stays_while_a_send_is_blocked() -> None:
    bench = Bench()
    peer = bench.join(Socket(caps=frozenset(), room=2))
    for _ in range(5):
        bench.write("a")
    bench.round()
    assert peer.revs() == [2, 3]
    assert bench.fanout.cursor(peer) == 3


@given(st.lists(st.sampled_from(["write", "round", "room"]), min_size=1, max_size=100), st.booleans())
def test_ep_07_any_number_of_kicks_while_blocked_sends_every_rev_once_in_order(steps: list[str], batches: bool) -> None:
    bench = Bench()
    peer = bench.join(Socket(caps=frozenset({"batch"}) if batches else frozenset(), room=0))
    for step in steps:
        if step == "write":
            bench.write("a")
        elif step == "room":
            peer.room = 1
        else:
            bench.round()
    peer.room = 10_000
    bench.round()
    assert peer.revs() == list(range(2, bench.log.head + 1))


def test_ep_08_a_log_that_cannot_be_read_once_loses_nothing() -> None:
    entries = FlakyEntries()
    bench = Bench(entries)
    peer = bench.join(Socket())
    for _ in range(3):
        bench.write("a")
    entries.failures = 1
    bench.now += 1
    assert bench.fanout.round(bench.now).failed == "the log cannot be read"
    assert peer.frames == []
    bench.round()
    assert peer.revs() == [2, 3, 4]


def test_ep_09_after_a_failed_send_the_peer_gets_only_what_it_lacks() -> None:
    bench = Bench()
    peer = bench.join(Socket(caps=frozenset()))
    peer.fails_after = 2
    for _ in range(5):
        bench.write("a")
    bench.round()
    assert peer.revs() == [2, 3]
    again = bench.join(Socket(caps=frozenset()), cursor=3)
    bench.round()
    assert again.revs() == [4, 5, 6]


def test_ep_10_a_failed_range_is_not_lost_to_a_later_one() -> None:
    entries = FlakyEntries()
    bench = Bench(entries)
    peer = bench.join(Socket())
    for _ in range(5):
        bench.write("a")
    entries.failures = 1
    bench.round()
    for _ in range(3):
        bench.write("b")
    bench.round()
    assert peer.revs() == list(range(2, 10))


def test_ep_11_an_acknowledgement_never_overtakes_lower_revs() -> None:
    bench = Bench()
    peer = bench.join(Socket("a"))
    bench.write("b")
    bench.write("a")
    bench.write("b")
    bench.round()
    (frame,) = map(live, peer.frames)
    assert isinstance(frame, BatchFrame)
    assert [(entry.rev, entry.changes is None) for entry in frame.entries] == [(2, False), (3, True), (4, False)]


def test_ep_15_a_long_backlog_is_squashed_to_the_newest_values() -> None:
    bench = Bench()
    start = fresh_replica(bench)
    peer = bench.join(Socket())
    for index in range(1_000):
        bench.write("a", key=f"k{index % 50}")
    bench.round()
    (frame,) = map(live, peer.frames)
    assert isinstance(frame, SquashFrame)
    assert len(frame.registers) == 50
    assert len(peer.frames[0]) <= 8_192, "design: back after 1 000 missed edits on 50 params in 8 KB"
    assert replica_of(bench, peer, start).confirmed.digest() == bench.log.document.digest()


def test_ep_15_batches_stay_below_the_byte_cap() -> None:
    bench = Bench()
    peer = bench.join(Socket())
    for index in range(8):
        bench.write("a", set_params("n", {("text",): f"{index}" * 100_000}))
    bench.round()
    assert len(peer.frames) == 4
    assert max(map(len, peer.frames)) < 300_000
    assert peer.revs() == list(range(2, 10))


def test_ep_15_a_peer_that_cannot_read_squashes_gets_pieces() -> None:
    bench = Bench()
    peer = bench.join(Socket(caps=frozenset({"batch"})))
    for _ in range(600):
        bench.write("a")
    bench.round()
    assert [len(frame.entries) for frame in map(live, peer.frames)] == [256, 256, 88]


def test_ep_16_every_entry_of_a_batch_has_its_own_time() -> None:
    bench = Bench()
    peer = bench.join(Socket())
    for seq, at in enumerate((1.0, 1.5, 9.0), 1):
        bench.log.submit(Op("t", seq, set_params("n", {("p",): seq})), at)
    bench.round()
    (frame,) = map(live, peer.frames)
    times = [entry.at for entry in frame.entries]
    assert [later - earlier for earlier, later in pairwise(times)] == [0.5, 7.5]


def test_ep_18_equal_cursors_share_one_serialisation() -> None:
    bench = Bench()
    for index in range(50):
        bench.join(Socket(f"d{index}"))
    bench.write("elsewhere")
    bench.write("elsewhere")
    assert bench.round() == 50
    assert bench.fanout.traffic.events["frames built"] == 1
    assert bench.fanout.traffic.events["entries encoded"] == 2


def test_ep_18_authors_get_frames_of_their_own_from_the_same_encodings() -> None:
    bench = Bench()
    peers = [bench.join(Socket(f"d{index}")) for index in range(10)]
    bench.write("d0")
    bench.write("d1")
    bench.round()
    assert bench.fanout.traffic.events["frames built"] == 3
    assert bench.fanout.traffic.events["entries encoded"] == 2
    assert all(peer.revs() == [2, 3] for peer in peers)


def test_ep_19_a_stalled_peer_does_not_hold_the_others() -> None:
    bench = Bench()
    stalled, others = bench.join(Socket(room=0)), [bench.join(Socket()) for _ in range(5)]
    for _ in range(50):
        bench.write("a")
        bench.round()
    assert all(peer.revs() == list(range(2, 52)) for peer in others)
    assert all(len(peer.frames) == 50 for peer in others)
    assert stalled.frames == []


def test_ep_19_a_stalled_peer_does_not_put_off_the_first_op_after_a_pause() -> None:
    bench = Bench()
    stalled, other = bench.join(Socket(room=0)), bench.join(Socket())
    bench.write("a")
    bench.round()
    for _ in range(20):  # nobody else waits for anything: it is looked at whether there is room again
        bench.now = the(bench.fanout.due_at(bench.now)) + 0.001
        assert bench.fanout.serve(bench.now).frames == 0
    bench.write("a")
    assert bench.fanout.due_at(bench.now) == bench.now
    assert bench.fanout.serve(bench.now).frames == 1
    assert other.revs() == [2, 3]
    stalled.room = 1
    bench.now = the(bench.fanout.due_at(bench.now))
    bench.fanout.serve(bench.now)
    assert stalled.revs() == [2, 3]


def test_ep_20_a_stalled_peer_catches_up_in_one_frame_or_is_dropped() -> None:
    bench = Bench()
    brief, long = bench.join(Socket(room=0)), bench.join(Socket(room=0))
    for _ in range(300):
        bench.write("a")
    bench.now += 5.0
    bench.round()
    brief.room = 1
    bench.round()
    assert isinstance(live(brief.frames[0]), SquashFrame)
    bench.now += 11.0
    bench.round()
    assert long.closed is not None
    assert long.closed[0] == TRY_AGAIN_LATER
    assert brief.closed is None


def test_ep_22_metrics_by_type_unknown_ones_folded_and_off_without_effect() -> None:
    traffic = Traffic()
    for kind in ("op", "op", "batch", "surprise"):
        traffic.frame(kind, 10)
    assert traffic.frames == {"op": 2, "batch": 1, "other": 1}
    assert traffic.bytes["op"] == 20
    for entries in (1, 2, 3, 4, 256):
        traffic.batch(entries)
    assert traffic.batches == {1: 1, 2: 1, 4: 2, 256: 1}
    quiet, bench = Traffic(is_on=False), Bench()
    bench.fanout.traffic = quiet
    peer = bench.join(Socket())
    bench.write("a")
    bench.round()
    assert peer.revs() == [2]
    assert not quiet.frames
    assert not quiet.events


def cursor_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cursor that says "planned" instead of "handed over"."""
    hand_over = Fanout._hand_over

    def wrong(self: Fanout, place: Any, frames: list[tuple[int, bytes]]) -> int:
        sent = hand_over(self, place, frames)
        place.cursor = self._log.head
        return sent

    monkeypatch.setattr(Fanout, "_hand_over", wrong)


def cursor_never(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cursor that does not move."""
    hand_over = Fanout._hand_over

    def wrong(self: Fanout, place: Any, frames: list[tuple[int, bytes]]) -> int:
        before = place.cursor
        sent = hand_over(self, place, frames)
        place.cursor = before
        return sent

    monkeypatch.setattr(Fanout, "_hand_over", wrong)


def packer_skips(monkeypatch: pytest.MonkeyPatch) -> None:
    """A packer that leaves one entry of a batch out."""
    pieces = fanout._pieces
    monkeypatch.setattr(fanout, "_pieces", lambda *args: [piece[:1] + piece[2:] for piece in pieces(*args)])


def packer_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A packer that turns the order round."""
    pieces = fanout._pieces
    monkeypatch.setattr(fanout, "_pieces", lambda *args: [piece[::-1] for piece in pieces(*args)])


ROWS_THAT_HOLD_IT = (
    test_ep_04_without_the_capability_single_frames_in_order,
    test_ep_10_a_failed_range_is_not_lost_to_a_later_one,
    test_ep_06_the_cursor_stays_while_a_send_is_blocked,
    test_ep_15_a_peer_that_cannot_read_squashes_gets_pieces,
)


@pytest.mark.parametrize("mutate", [cursor_first, cursor_never, packer_skips, packer_turns])
def test_ep_27_a_wrong_packer_or_cursor_rule_fails_a_row(
    mutate: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for row in ROWS_THAT_HOLD_IT:
        row()
    mutate(monkeypatch)
    failed = []
    for row in ROWS_THAT_HOLD_IT:
        try:
            row()
        except AssertionError:
            failed.append(row.__name__)
    assert failed


def test_ep_27_the_receiver_notices_a_batch_that_skips_or_doubles() -> None:
    bench = Bench()
    start = fresh_replica(bench)
    peer = bench.join(Socket())
    for _ in range(4):
        bench.write("a")
    bench.round()
    frame = live(peer.frames[0])
    assert isinstance(frame, BatchFrame)
    with pytest.raises(GapFound, match="missing"):
        start.take_entries(frame.entries[:1] + frame.entries[2:], frame.epoch)
    assert start.applied == 1
    start.take_entries(frame.entries[:2], frame.epoch)
    start.take_entries(frame.entries, frame.epoch)
    assert start.applied == 5
    assert start.duplicates == 2


def test_hk_13_a_hub_sends_no_payload_back_to_its_author() -> None:
    bench = Bench()
    author, others = bench.join(Socket("a")), [bench.join(Socket(name)) for name in ("b", "c")]
    bench.write("a", set_params("n", {("p",): "payload"}))
    bench.round()
    assert b"payload" not in author.frames[0]
    assert all(b"payload" in peer.frames[0] and len(peer.frames) == 1 for peer in others)


def test_an_amended_value_is_sent_to_its_author() -> None:
    bench = Bench()
    bench.log._limits = lambda _path, value: min(value, 1.0)
    author = bench.join(Socket("a"))
    bench.write("a", set_params("n", {("opacity",): 7.0}))
    bench.round()
    frame = live(author.frames[0])
    assert isinstance(frame, OpFrame)
    assert frame.entry.changes is not None
    assert frame.entry.changes[0].value == 1.0


def test_hk_15_too_much_unsent_or_too_much_after_squashing_drops_the_peer() -> None:
    bench = Bench()
    full, far = bench.join(Socket(room=0)), bench.join(Socket())
    full.unsent = UNSENT_CAP + 1
    bench.write("a", set_params("n", {(f"k{index}",): index for index in range(SQUASH_CAP + 1)}))
    for _ in range(BATCH_CAP):
        bench.write("a")
    bench.round()
    assert full.closed is not None
    assert "8 MiB" in full.closed[1]
    assert far.closed is not None
    assert "places changed" in far.closed[1]


def test_a_peer_with_nothing_to_get_is_never_stalled() -> None:
    bench = Bench()
    peer = bench.join(Socket(room=0))
    bench.now += 3_600.0
    bench.write("a")
    bench.now += 1.0
    bench.round()
    assert peer.closed is None


def test_the_first_op_after_a_pause_goes_at_once_and_load_is_paced() -> None:
    pacing = Pacing()
    assert pacing.due_at(10.0) == 10.0
    pacing.ran(10.0, 1)
    assert pacing.due_at(10.001) == pytest.approx(10.0 + FASTEST_S)
    now = 10.0
    for _ in range(20):
        now = pacing.due_at(now)
        pacing.ran(now, 50)
    assert pacing.interval_s == SLOWEST_S
    pacing.ran(now + 1.0, 1)
    assert pacing.interval_s == FASTEST_S


def busy() -> Bench:
    """A fan-out whose rounds are as far apart as they get; the last one was now."""
    bench = Bench()
    for _ in range(20):
        bench.fanout.pacing.ran(bench.now, 50)
    return bench


def test_an_acknowledgement_does_not_wait_for_the_round_of_all() -> None:
    """§7.2"""
    bench = busy()
    author, other = bench.join(Socket("a")), bench.join(Socket("b"))
    bench.write("b")
    bench.write("a")
    assert bench.fanout.due_at(bench.now) == pytest.approx(bench.now + SLOWEST_S)
    bench.fanout.owes(author)
    assert bench.fanout.due_at(bench.now) == bench.now
    assert bench.fanout.serve(bench.now).frames == 1
    assert author.revs() == [2, 3]
    assert live(author.frames[0]).entries[1].changes is None
    assert other.frames == []
    assert bench.fanout.due_at(bench.now) == pytest.approx(bench.now + SLOWEST_S)
    bench.round()
    assert other.revs() == [2, 3]
    assert author.revs() == [2, 3]


def test_answers_to_one_peer_are_paced_and_no_op_is_left_unanswered() -> None:
    bench = busy()
    author = bench.join(Socket("a"))
    for _ in range(3):
        bench.write("a")
        bench.fanout.owes(author)
        if the(bench.fanout.due_at(bench.now)) <= bench.now:
            bench.fanout.serve(bench.now)
    assert author.revs() == [2]
    due = the(bench.fanout.due_at(bench.now))
    assert due == pytest.approx(bench.now + FASTEST_S)
    bench.fanout.serve(due)
    assert author.revs() == [2, 3, 4]
    assert bench.fanout.due_at(due) is None


def test_who_waits_for_an_answer_and_takes_nothing_is_no_reason_to_hurry() -> None:
    bench = busy()
    author = bench.join(Socket("a", room=0))
    bench.write("a")
    bench.fanout.owes(author)
    bench.fanout.serve(bench.now)
    assert bench.fanout.due_at(bench.now) == pytest.approx(bench.now + SLOWEST_S)
    bench.fanout.leave(author)
    bench.fanout.owes(author)
    assert bench.fanout.due_at(bench.now) is None


def test_a_peer_whose_cursor_was_moved_back_is_answered_from_there() -> None:
    bench = busy()
    author = bench.join(Socket("a"))
    bench.write("a")
    bench.fanout.owes(author)
    bench.join(author, 0)
    bench.fanout.owes(author)
    bench.fanout.serve(bench.now)
    bench.round()
    assert author.revs() == [1, 2]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.floats(0, 0.05)), max_size=60))
def test_with_answers_between_rounds_every_rev_comes_once_and_in_order(steps: list[tuple[str, bool, float]]) -> None:
    bench = Bench()
    peers = {name: bench.join(Socket(name)) for name in "abc"}
    for name, is_full, later_s in steps:
        bench.write(name)
        bench.fanout.owes(peers[name])
        peers[name].room = 0 if is_full else 10_000
        bench.now += later_s
        if (due := bench.fanout.due_at(bench.now)) is not None and due <= bench.now:
            bench.fanout.serve(bench.now)
    for peer in peers.values():
        peer.room = 10_000
    while (due := bench.fanout.due_at(bench.now)) is not None:
        bench.now = due
        bench.fanout.serve(due)
    for peer in peers.values():
        assert peer.revs() == list(range(2, bench.log.head + 1))


def test_one_that_takes_nothing_slows_nobodys_rounds() -> None:
    """§7.2: what it has not got is no load of the others."""
    bench = Bench()
    stuck = bench.join(Socket(room=0))
    peer = bench.join(Socket())
    for _ in range(20):
        bench.write("a")
        bench.now += 0.010
        bench.fanout.round(bench.now)
    assert peer.revs() == list(range(2, bench.log.head + 1))
    assert stuck.frames == []
    assert bench.fanout.pacing.interval_s == FASTEST_S


def test_who_waits_for_the_disk_is_told_when_there_is_nothing_else_to_say() -> None:
    """§8.2: an outbox is let go of a quarter of a second after the last entry, not with the next one."""
    bench = Bench()
    author, watcher = bench.join(Socket("a")), bench.join(Socket())
    watcher.authors.clear()
    bench.write("a")
    bench.round()
    assert bench.fanout.due_at(bench.now) is None
    bench.fanout.stable = bench.log.head
    due = bench.fanout.due_at(bench.now)
    assert due == pytest.approx(bench.now + TELL_SAFE_S)
    assert bench.round() == 0, "not yet"
    bench.now = the(due)
    assert bench.round() == 1
    word = live(author.frames[-1])
    assert (word.entries, word.after, word.stable) == ((), bench.log.head, bench.log.head)
    assert len(watcher.frames) == 1
    assert bench.fanout.due_at(bench.now) is None


def test_the_word_about_the_disk_rides_with_entries_when_there_are_some() -> None:
    bench = Bench()
    author = bench.join(Socket("a"))
    for _ in range(5):
        bench.write("a")
        bench.fanout.stable = bench.log.head
        bench.round()
    bench.now += 1.0
    assert bench.fanout.due_at(bench.now) is None
    assert len(author.frames) == 5


def test_one_that_cannot_be_told_is_no_reason_to_hurry() -> None:
    bench = Bench()
    author = bench.join(Socket("a", room=1))
    bench.write("a")
    bench.round()
    bench.fanout.stable = bench.log.head
    bench.now += 1.0
    assert bench.round() == 0
    assert bench.fanout.due_at(bench.now) == pytest.approx(bench.now + TELL_SAFE_S)
    author.room = 1
    bench.now += TELL_SAFE_S
    assert bench.round() == 1


def test_the_stable_rev_travels_with_every_frame() -> None:
    bench = Bench()
    bench.fanout.stable = 1
    peer = bench.join(Socket())
    bench.write("a")
    bench.round()
    assert live(peer.frames[0]).stable == 1


def test_places_are_params() -> None:
    assert param_place("n", ("p",)) == ("nodes", "n", "params", "p")
