"""What desks are told of where a standby is, and what it knows of its own past."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.standby.part_file import FILE_NAME, PartFile
from engine.standby.plan import reachable
from sync.log.private_file import PrivateFileRefused


@pytest.mark.parametrize(
    ("address", "own_host", "told", "url"),
    [
        ("http://127.0.0.1:4546", "127.0.0.1", "", "http://127.0.0.1:4546"),
        ("http://0.0.0.0:4546", "10.0.0.7", "", "http://10.0.0.7:4546"),
        ("http://[::]:4546", "fd00::7", "", "http://[fd00::7]:4546"),
        ("http://10.0.0.9:4546", "10.0.0.7", "", "http://10.0.0.9:4546"),
        ("http://127.0.0.1:4546", "10.0.0.7", "", ""),
        ("http://127.0.0.1:4546", "", "", ""),
        ("http://127.0.0.1:4546", "10.0.0.7", "https://spare.example", "https://spare.example"),
    ],
)
def test_desks_are_told_an_address_that_leads_here_or_none(address: str, own_host: str, told: str, url: str) -> None:
    assert reachable(address, own_host, told) == url


def test_a_take_over_is_remembered_for_the_leader_that_it_replaced(tmp_path: Path) -> None:
    part = PartFile(tmp_path)
    assert not part.took_over_from("http://a")
    part.save("http://a", is_leading=True)
    assert PartFile(tmp_path).took_over_from("http://a")
    assert not PartFile(tmp_path).took_over_from("http://b"), "of that one it is a standby like any other"
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
    part.save("http://a", is_leading=True, ended=("s1",))
    assert PartFile(tmp_path).took_over_from("http://a")
    assert (PartFile(tmp_path).ended("http://a"), PartFile(tmp_path).ended("http://b")) == (("s1",), ())


def test_without_a_folder_nothing_is_remembered() -> None:
    part = PartFile(None)
    part.save("http://a", is_leading=True)
    assert not part.took_over_from("http://a")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"leader": 5}', "\x00"])
def test_a_damaged_memory_is_not_guessed_at(tmp_path: Path, text: str) -> None:
    """A leader that took itself for a standby would give up what only it has."""
    (tmp_path / FILE_NAME).write_text(text)
    (tmp_path / FILE_NAME).chmod(0o600)
    with pytest.raises(PrivateFileRefused, match="start it without --follow, else remove the file"):
        PartFile(tmp_path).took_over_from("http://a")
