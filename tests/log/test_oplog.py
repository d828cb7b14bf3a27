"""Admission, guards, versions, epochs and replication of the log (rows RW, SD, HK)."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.log.clock import Clock, Era, common_rev
from sync.log.edits import REMOVED, add_node, change, connect, edits_between, param_place, remove_node, set_params
from sync.log.entries import MemoryEntries
from sync.log.op import MAX_OP_BYTES, Change, Entry, MalformedOp, Op, OpId, Seen
from sync.log.oplog import OpLog, OpRefused, Verdict
from tests.log.world import the

P = param_place("n", ("p",))
Q = param_place("n", ("q",))


def new_log() -> OpLog:
    log = OpLog("e1")
    log.submit(Op("setup", 1, add_node("n", "k", {"p": 0, "q": 0})), 1.0)
    return log


def write(log: OpLog, author: str, place: tuple[str, ...], value: Any, seen: int | None = None, **more: Any) -> Entry:
    op = Op(author, log.authors.get(author, 0) + 1, (change(place, value, seen),), epoch="e1", **more)
    return log.submit(op, 1.0).entries[0]


def test_rw_01_a_guarded_write_without_foreign_change_is_admitted_with_its_version() -> None:
    log = new_log()
    entry = write(log, "a", P, 1, seen=log.head)
    assert entry.refusal is None
    assert entry.rev == log.head == the(log.document.register(P)).rev


def test_rw_02_a_foreign_change_of_the_same_place_refuses_and_names_everything() -> None:
    log = new_log()
    seen = log.head
    write(log, "b", P, 5)
    entry = write(log, "a", P, 1, seen=seen)
    assert entry.refusal is not None
    assert entry.refusal.reason == "stale"
    (clash,) = entry.refusal.clashes
    assert (clash.path, clash.theirs, clash.author, clash.rev) == (P, 5, "b", 2)
    assert log.document.value(P) == 5


def test_rw_03_a_foreign_change_of_another_place_does_not_matter() -> None:
    log = new_log()
    seen = log.head
    write(log, "b", Q, 5)
    assert write(log, "a", P, 1, seen=seen).refusal is None


def test_rw_04_one_stale_place_of_twenty_refuses_all() -> None:
    log = new_log()
    seen = log.head
    write(log, "b", param_place("n", ("k7",)), 5)
    changes = set_params("n", {(f"k{index}",): 1 for index in range(20)}, seen)
    before = log.document.digest()
    entry = log.submit(Op("a", 1, changes, epoch="e1"), 1.0).entries[0]
    assert entry.refusal is not None
    assert [clash.path[-1] for clash in entry.refusal.clashes] == ["k7"]
    assert log.document.digest() == before


def test_rw_05_a_live_write_overwrites_without_asking() -> None:
    log = new_log()
    write(log, "b", P, 5)
    assert write(log, "a", P, 6, live=True).refusal is None
    assert log.document.value(P) == 6


def test_rw_06_a_write_of_what_is_there_changes_no_version() -> None:
    log = new_log()
    write(log, "a", P, 5)
    before = log.document.register(P)
    entry = write(log, "b", P, 5)
    assert entry.changes == ()
    assert log.document.register(P) is before


def test_rw_09_own_writes_are_never_foreign_even_pipelined() -> None:
    log = new_log()
    seen = log.head
    for value in range(1, 4):
        assert write(log, "a", P, value, seen=seen).refusal is None


def test_rw_09_an_own_write_does_not_hide_a_foreign_one_under_it() -> None:
    log = new_log()
    seen = log.head
    write(log, "b", P, 5)
    write(log, "a", P, 6, live=True)
    entry = write(log, "a", P, 7, seen=seen)
    assert entry.refusal is not None
    assert entry.refusal.clashes[0].author == "b"


def test_rw_12_a_decision_that_rests_on_a_changed_place_is_refused() -> None:
    log = new_log()
    seen = log.head
    write(log, "b", Q, 5)
    assert write(log, "a", P, 1, verify=(Seen(Q, seen),)).refusal is not None
    assert write(log, "a", P, 1, verify=(Seen(Q, log.head),)).refusal is None


def test_rw_13_a_deleted_node_is_gone_before_it_is_stale_and_not_resurrected() -> None:
    log = new_log()
    seen = log.head
    log.submit(Op("b", 1, remove_node("n")), 1.0)
    entry = write(log, "a", P, 1, seen=seen)
    assert entry.refusal is not None
    assert entry.refusal.reason == "gone"
    assert log.document.node_ids() == ()


def test_rw_13_a_removed_list_item_is_gone_but_can_be_made_again() -> None:
    log = new_log()
    log.submit(Op("a", 1, set_params("n", {("texts",): [{"id": "t", "text": "x"}]})), 1.0)
    item = param_place("n", ("texts", "t"))
    log.submit(Op("b", 1, (change(item, REMOVED),)), 1.0)
    late = log.submit(Op("a", 2, (change((*item, "text"), "y"),)), 1.0).entries[0]
    assert late.refusal is not None
    assert late.refusal.reason == "gone"
    again = set_params("n", {("texts", "t"): {"id": "t", "text": "z"}})
    assert log.submit(Op("a", 3, again), 1.0).entries[0].refusal is None
    assert log.document.params("n")["texts"] == [{"id": "t", "text": "z"}]


def test_rw_14_deleting_a_node_is_refused_after_any_foreign_change_in_it() -> None:
    log = new_log()
    seen = log.head
    write(log, "b", Q, 5)
    entry = log.submit(Op("a", 1, remove_node("n", seen), epoch="e1"), 1.0).entries[0]
    assert entry.refusal is not None
    assert log.submit(Op("a", 2, remove_node("n", log.head), epoch="e1"), 1.0).entries[0].refusal is None


def test_rw_15_different_layers_are_both_kept_and_the_same_one_refuses_the_second() -> None:
    log = new_log()
    seen = log.head
    for author, layer in (("a", "in_1"), ("b", "in_2")):
        changes = set_params("n", {("layers", layer, "opacity"): 0.5}, seen)
        assert log.submit(Op(author, 1, changes, epoch="e1"), 1.0).entries[0].refusal is None
    again = set_params("n", {("layers", "in_1"): {"opacity": 0.1}}, seen)
    assert log.submit(Op("b", 2, again, epoch="e1"), 1.0).entries[0].refusal is not None
    assert set(log.document.params("n")["layers"]) == {"in_1", "in_2"}


def test_rw_22_revs_of_an_epoch_that_was_lost_never_pass_a_guard() -> None:
    log = new_log()
    write(log, "b", P, 1)
    log.begin_epoch("e2")
    write(log, "b", P, 2)
    stranger = Op("a", 1, (change(P, 9, 99),), epoch="never heard of")
    assert log.submit(stranger, 1.0).entries[0].refusal is not None
    lost_rev = Op("a", 2, (change(P, 9, 3),), epoch="e1")
    assert log.submit(lost_rev, 1.0).entries[0].refusal is not None
    current = Op("a", 3, (change(P, 9, log.head),), epoch="e2")
    assert log.submit(current, 1.0).entries[0].refusal is None


def test_rw_22_an_epoch_is_shared_only_up_to_where_the_next_began() -> None:
    lineage = (Era("e1", 0), Era("e2", 10), Era("e3", 20))
    assert common_rev(lineage, "e1", 7) == 7
    assert common_rev(lineage, "e1", 11) == 10
    assert common_rev(lineage, "e3", 25) == 25
    assert common_rev(lineage, "other", 1) is None
    log = OpLog("e1")
    for index in range(3):
        log.submit(Op("a", index + 1, add_node(f"n{index}", "k")), 1.0)
    log.begin_epoch("e2")
    log.submit(Op("a", 4, add_node("n3", "k")), 1.0)
    log.submit(Op("a", 5, add_node("n4", "k")), 1.0)
    assert log.shared_rev(Clock("e1", 3)) == 3
    assert log.shared_rev(Clock("e1", 4)) is None, "rev 4 of e1 was never written: it is not rev 4 of e2"
    assert log.shared_rev(Clock("e2", 4)) == 4
    assert log.shared_rev(Clock("e2", 9)) is None


def test_hk_19_an_op_before_its_predecessor_is_held_and_the_clock_stays() -> None:
    log = new_log()
    late = log.submit(Op("a", 2, set_params("n", {("p",): 2})), 1.0)
    assert late.verdict is Verdict.HELD
    assert "a" not in log.clock().authors
    assert log.missing() == (OpId("a", 1),)
    both = log.submit(Op("a", 1, set_params("n", {("p",): 1})), 1.0)
    assert [entry.seq for entry in both.entries] == [1, 2]
    assert log.clock().authors["a"] == 2
    assert log.held == ()


def test_sd_14_a_dependency_is_delivered_before_those_that_waited_in_lamport_order() -> None:
    log = new_log()
    dep = (OpId("x", 1),)
    for author, lam in (("c", 9), ("a", 9), ("b", 3)):
        assert log.submit(Op(author, 1, set_params("n", {("p",): author}), lam, deps=dep), 1.0).verdict is Verdict.HELD
    entries = log.submit(Op("x", 1, set_params("n", {("q",): 1})), 1.0).entries
    assert [entry.author for entry in entries] == ["x", "b", "a", "c"]


def test_sd_02_one_arrival_releases_all_that_waited_in_one_step() -> None:
    log = new_log()
    for seq in range(50, 1, -1):
        log.submit(Op("a", seq, set_params("n", {("p",): seq})), 1.0)
    assert len(log.submit(Op("a", 1, set_params("n", {("p",): 1})), 1.0).entries) == 50


@given(st.lists(st.integers(0, 11), min_size=12, max_size=40), st.randoms(use_true_random=False))
def test_sd_15_any_permutation_and_duplication_has_the_same_outcome(again: list[int], chance: random.Random) -> None:
    ops = [Op(author, seq, set_params("n", {("p", author): seq}), lam=seq) for author in "abc" for seq in range(1, 5)]
    straight, mixed = new_log(), new_log()
    for op in ops:
        straight.submit(op, 1.0)
    order = ops + [ops[index] for index in again]
    chance.shuffle(order)
    for op in order:
        mixed.submit(op, 1.0)
    assert mixed.document.params("n") == straight.document.params("n")
    assert mixed.authors == straight.authors
    for author in "abc":
        seqs = [entry.seq for entry in mixed.entries.after(0) if entry.author == author]
        assert seqs == [1, 2, 3, 4]


def test_ep_24_an_op_that_is_sent_twice_is_applied_once() -> None:
    log = new_log()
    op = Op("a", 1, set_params("n", {("p",): 1}))
    assert log.submit(op, 1.0).verdict is Verdict.ADMITTED
    assert log.submit(op, 1.0) == (Verdict.DUPLICATE, ())
    assert log.head == 2


def test_what_is_forbidden_does_not_slip_in_by_being_held() -> None:
    log = new_log()
    assert log.refuse(OpId("a", 2), "forbidden", "no", 1.0).verdict is Verdict.EARLY
    assert log.held == ()


def test_limits_change_the_value_or_refuse_the_whole_op() -> None:
    def limits(path: tuple[str, ...], value: Any) -> Any:
        if value == "bad":
            raise ValueError(f"{path[-1]} must be a number")
        return min(value, 1.0)

    log = OpLog("e1", limits)
    log.submit(Op("setup", 1, (Change(("nodes", "n"), 0.0), Change(("nodes", "n", "kind"), 0.5))), 1.0)
    entry = log.submit(Op("a", 1, set_params("n", {("p",): 7.0})), 1.0).entries[0]
    assert entry.is_amended
    assert entry.changes == (Change(P, 1.0),)
    bad = log.submit(Op("a", 2, set_params("n", {("q",): 0.1, ("p",): "bad"})), 1.0).entries[0]
    assert bad.refusal is not None
    assert bad.refusal.sentence == "p must be a number"
    assert log.document.value(Q) is None


@pytest.mark.parametrize(
    "op",
    [
        Op("", 1, set_params("n", {("p",): 1})),
        Op("a", 0, set_params("n", {("p",): 1})),
        Op("a", 1, ()),
        Op("a", 1, (Change(("elsewhere", "n"), 1),)),
        Op("a", 1, (Change(("nodes", "n", "params"), 1),)),
        Op("a", 1, (Change(P, {"x": 1}),)),
        Op("a", 1, (Change(P, float("nan")),)),
        Op("a", 1, (Change(P, 2**60),)),
        Op("a", 1, (Change(P, "\ud800"),)),
        Op("a", 1, (Change((*P, *"abcdefghijklmnop"), 1),)),
        Op("a", 1, set_params("n", {("p",): 1}), lam=2**50),
        Op("a", 1, set_params("n", {("p",): 1}), deps=tuple(OpId("b", seq) for seq in range(1, 12))),
        Op("a", 1, set_params("n", {("p",): "x" * MAX_OP_BYTES})),
    ],
)
def test_sd_28_what_breaks_a_bound_is_rejected_and_changes_nothing(op: Op) -> None:
    log = new_log()
    before = log.clock()
    with pytest.raises(MalformedOp):
        log.submit(op, 1.0)
    assert log.clock() == before


def test_a_connection_needs_its_nodes_and_a_node_cannot_be_added_twice() -> None:
    log = new_log()
    assert the(log.submit(Op("a", 1, connect("n", "out", "m", "in")), 1.0).entries[0].refusal).reason == "gone"
    assert the(log.submit(Op("a", 2, add_node("n", "k")), 1.0).entries[0].refusal).reason == "exists"
    both = add_node("m", "k") + connect("n", "out", "m", "in")
    assert log.submit(Op("a", 3, both), 1.0).entries[0].refusal is None
    assert log.document.connections() == (("n", "out", "m", "in", None),)


def test_two_that_begin_the_same_list_at_once_are_both_kept() -> None:
    log = new_log()
    for author, name in (("a", "one"), ("b", "two")):
        made = set_params("n", edits_between({}, {"texts": [{"id": name}]}))
        assert log.submit(Op(author, 1, made), 1.0).entries[0].refusal is None
    assert log.document.params("n")["texts"] == [{"id": "one"}, {"id": "two"}]


def test_an_empty_list_by_itself_empties_the_list() -> None:
    log = new_log()
    log.submit(Op("a", 1, set_params("n", edits_between({}, {"texts": [{"id": "one"}]}))), 1.0)
    log.submit(Op("b", 1, set_params("n", {("texts",): []})), 1.0)
    assert log.document.params("n")["texts"] == []


def test_sd_13_the_log_keeps_the_newest_and_says_where_it_begins() -> None:
    log = OpLog("e1", entries=MemoryEntries(cap=1_000))
    log.submit(Op("a", 1, add_node("n", "k")), 1.0)
    for seq in range(2, 1_501):
        log.submit(Op("a", seq, set_params("n", {("p",): seq})), 1.0)
    assert (log.clock().floor, log.head) == (500, 1_500)
    assert [entry.rev for entry in log.entries.after(1_498)] == [1_499, 1_500]
    with pytest.raises(LookupError):
        log.entries.after(499)


def test_hk_23_below_the_floor_history_is_not_shared() -> None:
    log = OpLog("e1", entries=MemoryEntries(cap=2))
    for index in range(5):
        log.submit(Op("a", index + 1, add_node(f"n{index}", "k")), 1.0)
    assert log.shared_rev(Clock("e1", 2)) is None
    assert log.shared_rev(Clock("e1", 3)) == 3


def test_hk_20_a_restored_log_is_the_same_and_goes_on_counting() -> None:
    log = new_log()
    chance = random.Random(4)
    for _ in range(500):
        author = chance.choice("abc")
        place = chance.choice([P, Q, param_place("n", ("r", "s"))])
        write(log, author, place, chance.choice([1, 2.5, "x", REMOVED]))
    copy = OpLog("other")
    copy.restore(log.snapshot(), log.entries.after(0))
    assert copy.document.digest() == log.document.digest()
    assert copy.clock() == log.clock()
    assert write(copy, "a", P, 77).rev == log.head + 1


def test_a_log_with_a_hole_is_not_restored() -> None:
    log = new_log()
    base = log.snapshot()
    for value in range(1, 5):
        write(log, "a", P, value)
    entries = list(log.entries.after(0))
    copy = OpLog("other")
    with pytest.raises(ValueError, match="rev 4 cannot follow rev 2"):
        copy.restore(base, [entries[0], entries[1], entries[3]])
    with pytest.raises(ValueError, match="rev 2 is missing"):
        copy.restore(base, entries[2:])
    assert copy.head == 0


def test_an_op_comes_after_everything_that_its_author_had_seen() -> None:
    """A desk that moves here from an engine whose time was ahead: what it overwrote there must not win later."""
    here, there = new_log(), new_log()
    for value in range(50):
        seen = write(there, "b", P, value)
    moved = here.submit(Op("a", 1, (change(P, "mine"),), lam=seen.lam), 1.0).entries[0]
    assert moved.lam > seen.lam
    for entry in there.entries.after(1):
        here.merge(entry)
    assert here.document.value(P) == "mine"


def test_a_missing_predecessor_that_nobody_has_is_numbered_as_lost() -> None:
    log = new_log()
    log.submit(Op("a", 2, set_params("n", {("p",): 2})), 1.0)
    lost, released = log.give_up([OpId("a", 1)], 1.0).entries
    assert the(lost.refusal).reason == "lost"
    assert released.seq == 2
    log.submit(Op("b", 1, set_params("n", {("p",): 3}), deps=(OpId("c", 7),)), 1.0)
    assert [entry.author for entry in log.give_up([OpId("c", 7)], 1.0).entries] == ["b"]


def test_what_has_happened_is_numbered_whatever_rules_say() -> None:
    """§3.2: a client of protocol 1 was answered already; guards, limits and the judge are for those who ask."""
    log = new_log()

    def too_much(_path: tuple[str, ...], _value: Any) -> Any:
        raise ValueError("too much")

    def never(_op: Op, _changes: tuple[Change, ...]) -> None:
        raise OpRefused("forbidden", "never")

    log.rule(too_much, never)
    entry = log.write(Op("p1/admin~1", 1, (change(P, 9, 0), change(Q, 0))), 1.0).entries[0]
    assert (entry.refusal, [each.path for each in entry.changes or ()]) == (None, [P])
    with pytest.raises(ValueError, match="is not the next one"):
        log.write(Op("p1/admin~1", 3, (change(P, 1),)), 1.0)
    assert log.head == entry.rev


def test_what_has_happened_releases_what_waited_for_it() -> None:
    log = new_log()
    waiting = Op("a", 1, (change(Q, 5),), deps=(OpId("p1/admin~1", 1),))
    assert log.submit(waiting, 1.0).verdict is Verdict.HELD
    entries = log.write(Op("p1/admin~1", 1, (change(P, 9),)), 1.0).entries
    assert [entry.author for entry in entries] == ["p1/admin~1", "a"]


def test_a_judge_refuses_with_its_own_reason_and_sees_what_limits_have_left() -> None:
    log = new_log()
    seen: list[tuple[Change, ...]] = []

    def judge(op: Op, changes: tuple[Change, ...]) -> None:
        seen.append(changes)
        if op.seq == 2:
            raise OpRefused("forbidden", "not you")
        if op.seq == 3:
            raise ValueError("not so")

    log.rule(lambda _path, value: min(value, 10), judge)
    assert write(log, "a", P, 50).changes == (Change(P, 10),)
    refusals = [write(log, "a", P, value).refusal for value in (7, 8)]
    assert [(the(each).reason, the(each).sentence) for each in refusals] == [
        ("forbidden", "not you"),
        ("invalid", "not so"),
    ]
    assert seen[0] == (Change(P, 10),)
    assert log.document.value(P) == 10
