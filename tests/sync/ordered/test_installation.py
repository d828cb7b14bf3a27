"""Who a desk is: a key and a name that are kept, one desk a name, and a desk that can keep nothing still works."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sync.log.auth import Credentials, Door, Trust
from sync.ordered.installation import Installation, claim_installation


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "desk"


def admitted_as(installation: Installation) -> str:
    """The name that a server would give it."""
    door = Door(Trust("e"))
    return door.admit(installation.credentials("Maria").answer(door.challenge(0.0), 0.0)).author


def test_key_and_name_stay_and_every_run_has_a_name_of_its_own(folder: Path) -> None:
    first = claim_installation(folder)
    author, identity = first.new_author(), admitted_as(first)
    assert author.startswith(f"{identity}~")
    assert first.new_author() != author
    first.close()
    second = claim_installation(folder)
    assert admitted_as(second) == identity
    assert second.trouble == ""
    second.close()


def test_two_desks_at_once_have_two_names_and_two_files(folder: Path) -> None:
    one, other = claim_installation(folder), claim_installation(folder)
    assert admitted_as(one) != admitted_as(other)
    assert {path.name for path in folder.glob("*.db")} == {"outbox-1.db", "outbox-2.db"}
    one.close()
    third = claim_installation(folder)
    assert {path.name for path in folder.glob("*.db")} == {"outbox-1.db", "outbox-2.db"}
    other.close()
    third.close()


def test_the_key_is_for_its_owner_only(folder: Path) -> None:
    claim_installation(folder).close()
    assert (folder / "desk.key").stat().st_mode & 0o077 == 0


def test_a_key_that_others_can_read_is_not_used_and_the_desk_says_so(folder: Path) -> None:
    claim_installation(folder).close()
    (folder / "desk.key").chmod(0o644)
    installation = claim_installation(folder)
    assert "desk.key" in installation.trouble
    assert installation.store is None
    assert isinstance(installation.credentials(""), Credentials)


def test_a_folder_that_cannot_be_made_costs_only_the_keeping(tmp_path: Path) -> None:
    (tmp_path / "desk").write_text("a file is in the way")
    installation = claim_installation(tmp_path / "desk")
    assert "not kept over a restart" in installation.trouble
    assert installation.store is None
    assert admitted_as(installation)


def test_an_outbox_of_something_else_is_left_alone_and_named(folder: Path) -> None:
    folder.mkdir()
    other = sqlite3.connect(folder / "outbox-1.db")
    other.execute("CREATE TABLE photos (name TEXT)")
    other.commit()
    other.close()
    before = (folder / "outbox-1.db").read_bytes()
    installation = claim_installation(folder)
    assert "outbox-1.db" in installation.trouble
    assert installation.store is None
    assert (folder / "outbox-1.db").read_bytes() == before
    installation.close()


def test_a_strange_name_file_does_not_become_part_of_a_name(folder: Path) -> None:
    folder.mkdir()
    (folder / "install").write_bytes(b"\xff\x00/../evil name")
    installation = claim_installation(folder)
    assert admitted_as(installation).endswith("/desk-1")
    installation.close()


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    installation = claim_installation(None)
    assert installation.trouble == ""
    assert installation.store is None
    assert list(tmp_path.iterdir()) == []
