"""What is said of a server that could go on."""

from __future__ import annotations

import pytest

from gui.server.answers import StandbyCopy, StandbyPart
from gui.standby.candidate import Candidate, answered, best, here_text, offer_text, place_name, root_of

EDIT_2 = Candidate("http://edit-2:4545", "edit-2", 812, "standby")


@pytest.mark.parametrize(
    ("candidate", "applied", "waiting", "sentence"),
    [
        (EDIT_2, 812, 0, "Standby edit-2 has everything up to rev 812."),
        (EDIT_2, 812, 3, "Standby edit-2 has everything up to rev 812. 3 edits of yours wait."),
        (EDIT_2, 815, 1, "Standby edit-2 has everything up to rev 812 of 815. 1 edit of yours waits."),
        (Candidate("http://edit-2:4545", "edit-2"), 5, 0, "Standby edit-2 stands by."),
        (
            Candidate("http://e:1", "e", 12_345, trouble="the server cannot be reached (Connection refused)"),
            12_345,
            0,
            "Standby e has everything up to rev 12\u202f345. At present: the server cannot be reached "
            "(Connection refused).",
        ),
        (
            Candidate("http://e:1", "e", 7, "standby", hears="http://main:4545"),
            7,
            0,
            "Standby e has everything up to rev 7. It still hears main:4545: what is broken may be your way to it.",
        ),
        (Candidate("http://e:1", "e", 7, "leader"), 9, 2, "e leads now. 2 edits of yours go there with you."),
    ],
)
def test_the_offer_says_how_far_it_is_and_what_waits(
    candidate: Candidate, applied: int, waiting: int, sentence: str
) -> None:
    assert offer_text(candidate, applied, waiting) == sentence


def test_who_leads_comes_first_then_who_can_be_reached_then_who_has_most() -> None:
    leads, far, near = Candidate("a", "a", 1, "leader"), Candidate("b", "b", 9), Candidate("c", "c", 5)
    gone = Candidate("d", "d", 99, trouble="it is off")
    assert best(()) is None
    assert best((near, far, gone)) == far
    assert best((gone, near, leads, far)) == leads
    assert best((gone,)) == gone


def test_an_answer_says_what_part_it_plays_whom_it_hears_and_whether_it_has_the_session() -> None:
    live = StandbyCopy("s1", state="live", rev=900)
    now = answered(EDIT_2, StandbyPart("standby", "http://main:4545", copies=(live,)), "s1")
    assert (now.part, now.rev, now.hears, now.trouble) == ("standby", 900, "http://main:4545", "")
    took_over = answered(EDIT_2, StandbyPart("leader", "http://main:4545", copies=(live,)), "s1")
    assert took_over.leads
    assert took_over.hears == ""
    other = answered(EDIT_2, StandbyPart("standby", "x", copies=(StandbyCopy("s2"),)), "s1")
    assert other.trouble == "it has no copy of this session"
    assert answered(EDIT_2, StandbyPart("leader"), "s1").leads, "the first leader, back again, copies nobody"


def test_a_standby_names_its_leader_and_what_is_in_its_way() -> None:
    copy = StandbyCopy("s1", trouble="the link to http://main:4545 has ended: it was lost.")
    assert here_text(StandbyPart("standby", "http://main:4545"), "s1") == (
        "Standby of http://main:4545: it takes no edits."
    )
    assert here_text(StandbyPart("standby", "http://main:4545", copies=(copy,)), "s1") == (
        "Standby of http://main:4545: it takes no edits. "
        "At present: the link to http://main:4545 has ended: it was lost."
    )


def test_only_servers_have_an_address() -> None:
    assert root_of("ws://Main:4545/api/v1/control") == root_of("http://main:4545")
    assert root_of("embedded engine") == root_of("http://") == root_of("ftp://main") == ""
    assert place_name("https://main:4545") == "main:4545"
