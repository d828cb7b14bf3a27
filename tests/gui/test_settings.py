"""Settings and state files: checked, atomic, and never the reason why a desk does not start."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from gui.settings.atomic import write_atomically
from gui.settings.settings import Settings
from gui.settings.state import MAX_RECENT, StateFile
from gui.settings.table import SETTINGS, SettingRefused


def test_every_setting_has_a_default_that_it_accepts() -> None:
    keys = [setting.key for setting in SETTINGS]
    assert len(set(keys)) == len(keys)
    for setting in SETTINGS:
        assert setting.check(setting.default) == setting.default
        assert setting.title
        assert setting.tip
        assert setting.group in setting.key


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("look.theme", "pink", "dark, light, contrast"),
        ("look.theme", 3, "must be a text"),
        ("window.lock_docks", "yes", "yes or no"),
        ("window.lock_docks", 1, "yes or no"),
        ("link.shortest_ms", 0, "1 to 1000 ms"),
        ("link.shortest_ms", 5000, "1 to 1000 ms"),
        ("link.shortest_ms", True, "whole number"),
    ],
)
def test_a_wrong_value_is_refused_with_what_it_may_be(key: str, value: Any, complaint: str) -> None:
    settings = Settings()
    with pytest.raises(SettingRefused, match=complaint):
        settings.set(key, value)
    assert settings[key] == Settings()[key]


def test_what_was_set_is_there_in_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    settings = Settings(path)
    heard: list[str] = []
    settings.changed.connect(heard.append)
    settings.set("look.theme", "light")
    settings.set("look.theme", "light")
    settings.set("link.longest_ms", 50)
    settings.shortcuts["layer.hide"] = "F8"
    settings.save()
    assert heard == ["look.theme", "link.longest_ms"]
    again = Settings(path)
    assert (again.word("look.theme"), again.number("link.longest_ms")) == ("light", 50)
    assert again.shortcuts == {"layer.hide": "F8"}
    assert again.complaints == []


def test_a_value_back_at_its_default_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    settings = Settings(path)
    settings.set("look.theme", "light")
    settings.set("look.theme", "dark")
    assert "theme" not in path.read_text()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"look = [", "the defaults are used"),
        (b"\xff\xfe", "the defaults are used"),
        (b'[look]\ntheme = "pink"', "dark is used"),
        (b"[look]\ncolour = 1", "look.colour is no setting"),
        (b"[window]\nlock_docks = 3", "True is used"),
    ],
)
def test_a_broken_file_is_said_and_the_rest_is_used(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    settings = Settings(path)
    assert complaint in settings.complaints[0]
    assert settings.word("look.theme") == "dark"
    assert path.read_bytes() == content


def test_an_unwritable_place_is_an_error_with_the_value_in_force(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = Settings(tmp_path / "file" / "settings.toml")
    with pytest.raises(OSError, match="file"):
        settings.set("look.theme", "light")
    assert settings.word("look.theme") == "light"


def test_recent_things_come_once_and_newest_first(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "state.json")
    for number in range(MAX_RECENT + 3):
        state.recent_server(f"ws://host:{number}")
    state.recent_server("ws://host:5")
    state.recent_file("/a.yaml")
    state.save()
    again = StateFile(tmp_path / "state.json").state
    assert again.servers[:2] == ["ws://host:5", f"ws://host:{MAX_RECENT + 2}"]
    assert len(again.servers) == len(set(again.servers)) == MAX_RECENT
    assert again.files == ["/a.yaml"]


def test_memories_of_old_sessions_make_room() -> None:
    state = StateFile()
    for number in range(60):
        state.remember(f"s{number}", {"locked": []})
    state.remember("s59", {"locked": ["in_1"]})
    assert len(state.state.memories) == 50
    assert state.state.memories["s59"] == {"locked": ["in_1"]}
    assert "s0" not in state.state.memories


@pytest.mark.parametrize("content", ["{", '{"servers": 3}', "[]"])
def test_a_broken_state_file_is_put_aside(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    state = StateFile(path)
    assert "put aside" in state.complaint
    assert (tmp_path / "state.json.broken").read_text() == content
    state.recent_file("/a.yaml")
    state.save()
    assert StateFile(path).state.files == ["/a.yaml"]


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_writing_keeps_the_files_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(0o640)
    write_atomically(path, "new\n")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new\n", 0o640)
