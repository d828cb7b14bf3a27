"""Standbys over a restart of the desk: remembered by server, bounded, harmless when the file is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gui.settings.state import MAX_RECENT, StateFile
from gui.standby.memory import StandbyMemory
from sync.log.frames import Standby

EDIT_2 = Standby("http://b:4545", "edit-2", 812)


def test_what_a_server_named_is_there_in_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    StandbyMemory(StateFile(path)).keep("http://a:4545", (EDIT_2,))
    again = StandbyMemory(StateFile(path))
    assert again.of("http://a:4545") == (Standby("http://b:4545", "edit-2", 0),)
    assert again.of("http://c:4545") == ()


def test_only_news_is_written(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    memory = StandbyMemory(StateFile(path))
    memory.keep("http://a:4545", (EDIT_2,))
    path.unlink()
    memory.keep("http://a:4545", (Standby("http://b:4545", "edit-2", 900),))
    assert not path.exists(), "how far it is changes all the time"
    memory.keep("", (EDIT_2,))
    assert not path.exists(), "a server without an address"


def test_the_servers_that_were_heard_longest_ago_make_room() -> None:
    state = StateFile()
    memory = StandbyMemory(state)
    for number in range(MAX_RECENT + 3):
        memory.keep(f"http://a{number}:1", tuple(Standby(f"http://b{row}:1") for row in range(MAX_RECENT + 3)))
    assert list(state.state.standbys) == [f"http://a{number}:1" for number in range(3, MAX_RECENT + 3)]
    assert {len(rows) for rows in state.state.standbys.values()} == {MAX_RECENT}


@pytest.mark.parametrize("standbys", [3, {"http://a:4545": 3}, {"http://a:4545": [{"url": 4}]}])
def test_a_damaged_file_is_put_aside_and_nothing_is_known(tmp_path: Path, standbys: object) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps({"standbys": standbys}))
    state = StateFile(path)
    assert "put aside" in state.complaint
    assert StandbyMemory(state).of("http://a:4545") == ()


@pytest.mark.expects_log("could not be written down")
def test_a_disk_that_does_not_take_it_is_no_loss_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = StateFile(tmp_path / "state.json")

    def full(_self: StateFile) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(StateFile, "save", full)
    memory = StandbyMemory(state)
    memory.keep("http://a:4545", (EDIT_2,))
    assert memory.of("http://a:4545")
