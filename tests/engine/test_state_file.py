"""engine/running/state_file.py and engine/running/state_keeper.py: whole or not at all, never in the way of an edit."""

from __future__ import annotations

import asyncio
import errno
import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.running import state_keeper
from engine.running.sessions import Sessions
from engine.running.state_file import FILE_NAME, SavedState, StateFile, StateRefused
from engine.running.state_keeper import StateKeeper
from engine.serving.fanout import Fanout
from sync.wire.pipeline import Connection, Node, Pipeline
from tests.engine.fake_nodes import SOURCE, FakeKinds

PIPELINE = Pipeline(
    nodes={"b": Node(SOURCE, {"x": 1}), "a": Node(SOURCE)},
    connections=[Connection("b", "out", "a", "in", "best_effort")],
    name="show",
    client={"controls": []},
)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[StateFile]:
    file = StateFile(tmp_path)
    yield file
    file.close()


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"null", b"[]", b'{"sessions":[]}', b'{"version":"1"}', b'{"version":1,"sessions":5}', b"\xff\xfe",
     b'{"version":1,"sessions":[{"info":{"id":"x"}}]}', b'{"version":1,"a":' + b"[" * 100_000],
)  # fmt: skip
def test_a_damaged_file_is_put_aside_with_its_content(tmp_path: Path, file: StateFile, damage: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(damage)
    saved, found = file.load()
    assert saved == SavedState()
    assert found is not None
    assert "\n" not in found.reason
    assert found.kept_as.read_bytes() == damage
    assert not (tmp_path / FILE_NAME).exists()
    assert file.load() == (SavedState(), None)


def test_a_missing_file_is_an_empty_state(file: StateFile) -> None:
    assert file.load() == (SavedState(), None)


@pytest.mark.parametrize("version", [0, 2, 99])
def test_another_version_is_refused_and_kept(tmp_path: Path, file: StateFile, version: int) -> None:
    (tmp_path / FILE_NAME).write_text(f'{{"version": {version}}}')
    with pytest.raises(StateRefused, match=f"has version {version}, this program reads version 1"):
        file.load()
    assert (tmp_path / FILE_NAME).exists()


def test_the_folder_is_locked_and_the_file_private(tmp_path: Path, file: StateFile) -> None:
    file.save(b"{}")
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    with pytest.raises(StateRefused, match="in use by another engine"):
        StateFile(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateRefused, match="cannot use the state folder"):
        StateFile(tmp_path / "file" / "state")


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, file: StateFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.save(b"old")

    def full_disk(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("engine.running.state_file.os.fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        file.save(b"new")
    monkeypatch.undo()
    assert (tmp_path / FILE_NAME).read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", FILE_NAME]


async def test_sessions_come_back_as_they_were(tmp_path: Path) -> None:
    """Identity, owner, order of nodes, modes; states are not kept."""
    kinds = FakeKinds()
    first = Sessions(kinds.library(), Fanout())
    keeper = StateKeeper(StateFile(tmp_path), first, [Path("/shows")])
    keeper.begin()
    session = first.create("studio", "user", PIPELINE)
    session.tune("b", {"y": 2, "_rev": 1})
    await keeper.close()
    assert await first.stop(5.0)
    file = StateFile(tmp_path)
    saved, damaged = file.load()
    assert damaged is None
    assert saved.media_roots == ["/shows"]
    second = Sessions(kinds.library(), Fanout())
    keeper = StateKeeper(file, second)
    keeper.restore(saved)
    keeper.begin()
    (again,) = second.all()
    assert (again.info, again.creator) == (session.info, "user")
    assert again.model.pipeline() == session.model.pipeline()
    assert list(again.model.nodes) == ["b", "a"]
    assert again.model.nodes["b"].params == {"x": 1, "y": 2}
    await keeper.close()
    assert await second.stop(5.0)


@pytest.mark.expects_log("cannot be saved: No space left")
async def test_a_full_disk_stops_no_edit_and_is_tried_again(
    tmp_path: Path, file: StateFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line in the log; the last write, at the end, succeeds when there is room again."""
    told = asyncio.Event()

    def full_disk(_file: StateFile, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def tell(_record: logging.LogRecord) -> bool:
        told.set()
        return True

    monkeypatch.setattr(logging.getLogger("engine.running.state_keeper"), "filters", [tell])
    save = StateFile.save
    monkeypatch.setattr(StateFile, "save", full_disk)
    sessions = Sessions({}, Fanout())
    keeper = StateKeeper(file, sessions)
    keeper.begin()
    session = sessions.create("studio", None)
    await told.wait()
    session.connect(Connection("a", "out", "b", "in"))
    assert len(session.model.connections) == 1
    monkeypatch.setattr(StateFile, "save", save)
    await keeper.close()
    assert "studio" in (tmp_path / FILE_NAME).read_text()
    assert await sessions.stop(5.0)


async def test_a_new_session_is_on_disk_before_the_next_round(
    tmp_path: Path, file: StateFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its log is written at once too, and would be nobody's after a crash; an edit waits for the round."""
    monkeypatch.setattr(state_keeper, "WRITE_EVERY_S", 3600.0)
    kinds = FakeKinds()
    sessions = Sessions(kinds.library(), Fanout())
    keeper = StateKeeper(file, sessions)
    keeper.begin()
    first = sessions.create("first", None, PIPELINE)
    await _until_written(tmp_path, '"first"')
    first.tune("b", {"y": "edited"})
    second = sessions.create("second", None)
    await _until_written(tmp_path, '"second"')
    sessions.destroy(second)
    await _until_written(tmp_path, '"second"', is_there=False)
    await keeper.close()
    assert await sessions.stop(5.0)


async def _until_written(folder: Path, word: str, *, is_there: bool = True) -> None:
    path = folder / FILE_NAME
    for _ in range(5_000):
        if path.exists() and (word in path.read_text()) is is_there:
            return
        await asyncio.sleep(0.002)
    raise AssertionError(f"{word} was not written")


async def test_a_start_that_fails_writes_nothing(tmp_path: Path, file: StateFile) -> None:
    """Closed before it began: the file is as it was."""
    file.save(b"old")
    sessions = Sessions({}, Fanout())
    keeper = StateKeeper(file, sessions)
    sessions.create("studio", None)
    await keeper.close()
    assert (tmp_path / FILE_NAME).read_bytes() == b"old"
    assert await sessions.stop(5.0)
