"""Stamps: counted by session and node, started again on every connection (SK-01, SK-07)."""

from __future__ import annotations

from sync.revision import Revisions


def test_the_first_stamp_is_one_and_each_node_of_each_session_counts_for_itself() -> None:
    revisions = Revisions()
    assert revisions.local("a", "mix") == 0
    assert [revisions.next_stamp("a", "mix").rev for _ in range(3)] == [1, 2, 3]
    assert revisions.next_stamp("b", "mix").rev == 1
    assert revisions.local("a", "gain") == 0


def test_a_new_connection_has_a_new_nonce_and_no_revs() -> None:
    revisions = Revisions()
    before = revisions.next_stamp("a", "mix")
    revisions.reopen()
    after = revisions.next_stamp("a", "mix")
    assert after.rev == 1
    assert after.sender != before.sender
    assert len(after.sender) == 36
