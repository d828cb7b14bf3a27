"""Tokens of servers: which one goes where, and keeping them in a real keyring backend."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from gui.connecting.keyring import (
    NO_KEYRING,
    NO_PACKAGE,
    OPEN_KEYRING,
    Keyring,
    KeyringFailed,
    find_keyring,
)
from gui.connecting.tokens import ServerTokens
from gui.settings.state import StateFile
from tests.support.keyring_backend import MemoryKeyring

HOST, OTHER = "ws://10.0.4.12:4545", "wss://show.example:443/base"
ROOT = "http://10.0.4.12:4545"


@pytest.fixture
def backend() -> Iterator[MemoryKeyring]:
    """The system's keyring of this test."""
    with MemoryKeyring.in_use() as made:
        yield made


def use(other: KeyringBackend) -> None:
    keyring.set_keyring(other)


def never(sentence: str) -> None:
    raise AssertionError(sentence)


async def test_a_token_is_kept_by_server_found_again_and_forgotten(backend: MemoryKeyring, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    tokens = ServerTokens(StateFile(file))
    tokens.type_in(HOST, "sesame", is_kept=True)
    assert await tokens.find("http://10.0.4.12:4545/", never) == "sesame"
    assert backend.kept == {}
    await tokens.was_taken(HOST)
    assert backend.kept == {("layerdesk", ROOT): "sesame"}
    assert "sesame" not in file.read_text("utf-8")
    later = ServerTokens(StateFile(file))
    assert later.is_kept(HOST)
    assert await later.find(HOST, never) == "sesame"
    await later.forget(HOST)
    assert (backend.kept, later.is_kept(HOST), await later.find(HOST, never)) == ({}, False, None)


async def test_a_token_goes_to_its_own_server_only(backend: MemoryKeyring) -> None:
    tokens = ServerTokens(StateFile(), "from-file", HOST)
    tokens.type_in("http://127.0.0.1:1", "typed", is_kept=False)
    assert await tokens.find(HOST, never) == "from-file"
    assert await tokens.find(OTHER, never) is None
    assert await tokens.find("ws://10.0.4.12:4546", never) is None
    assert backend.asked == []


async def test_a_token_file_without_an_address_is_for_the_first_server() -> None:
    tokens = ServerTokens(StateFile(), "from-file")
    assert await tokens.find(HOST, never) == "from-file"
    assert await tokens.find(OTHER, never) is None
    assert await tokens.find(HOST, never) == "from-file"


async def test_the_token_file_wins_over_the_keyring_and_what_is_typed_over_both(backend: MemoryKeyring) -> None:
    state = StateFile()
    state.state.kept_tokens = [ROOT]
    backend.kept["layerdesk", ROOT] = "from-keyring"
    assert await ServerTokens(state).find(HOST, never) == "from-keyring"
    tokens = ServerTokens(state, "from-file", HOST)
    assert await tokens.find(HOST, never) == "from-file"
    tokens.type_in(HOST, "typed", is_kept=False)
    assert await tokens.find(HOST, never) == "typed"
    await tokens.was_taken(HOST)
    assert backend.kept["layerdesk", ROOT] == "from-keyring"


async def test_a_locked_keyring_is_a_sentence_without_the_secret(backend: MemoryKeyring) -> None:
    state, said = StateFile(), list[str]()
    state.state.kept_tokens = [ROOT]
    backend.fault = KeyringLocked("cannot unlock for sesame")
    tokens = ServerTokens(state)
    assert await tokens.find(HOST, said.append) is None
    assert said == [f"The token of {ROOT} is in the keyring and cannot be had. The keyring refuses (KeyringLocked)."]
    tokens.type_in(HOST, "sesame", is_kept=True)
    with pytest.raises(KeyringFailed, match=r"^The keyring refuses \(KeyringLocked\)\.$"):
        await tokens.was_taken(HOST)
    backend.fault = PasswordDeleteError("sesame")
    with pytest.raises(KeyringFailed):
        await tokens.forget(HOST)
    assert tokens.is_kept(HOST)


async def test_a_token_that_somebody_else_removed_is_no_longer_called_kept(backend: MemoryKeyring) -> None:
    state = StateFile()
    state.state.kept_tokens = [ROOT, "http://other"]
    tokens = ServerTokens(state)
    assert await tokens.find(HOST, never) is None
    assert not tokens.is_kept(HOST)
    state.state.kept_tokens = [ROOT, "http://other"]
    await tokens.forget(HOST)
    assert state.state.kept_tokens == ["http://other"]
    assert backend.asked == ["get", "delete", "get"]


async def test_a_disk_that_takes_nothing_is_said(backend: MemoryKeyring, tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("in the way")
    tokens = ServerTokens(StateFile(tmp_path / "folder" / "state.json"))
    tokens.type_in(HOST, "sesame", is_kept=True)
    with pytest.raises(KeyringFailed, match="cannot be noted"):
        await tokens.was_taken(HOST)
    assert backend.kept == {("layerdesk", ROOT): "sesame"}
    assert tokens.is_kept(HOST)


async def test_a_keyring_that_waits_to_be_unlocked_keeps_nobody(backend: MemoryKeyring) -> None:
    free = threading.Event()
    backend.on_ask = free.wait
    with pytest.raises(KeyringFailed, match="waiting to be unlocked"):
        await Keyring(backend, limit_s=0.05).token_of(ROOT)
    asking = asyncio.ensure_future(Keyring(backend).token_of(ROOT))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    free.set()
    for thread in threading.enumerate():
        if thread.name == "keyring":
            await asyncio.to_thread(thread.join, 10)


async def test_without_the_package_the_desk_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert await find_keyring() == NO_PACKAGE


@pytest.mark.parametrize(("priority", "sentence"), [(0.5, OPEN_KEYRING), (0, NO_KEYRING), (-1, NO_KEYRING)])
async def test_a_keyring_that_is_none_is_not_used(backend: MemoryKeyring, priority: float, sentence: str) -> None:
    backend.priority = priority
    assert await find_keyring() == sentence


async def test_a_machine_without_a_keyring_says_so(backend: MemoryKeyring) -> None:
    use(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    assert await find_keyring() == NO_KEYRING


async def test_a_token_is_in_no_text_of_what_holds_it(backend: MemoryKeyring) -> None:
    tokens = ServerTokens(StateFile(), "sesame", HOST)
    tokens.type_in(OTHER, "open", is_kept=True)
    assert not {"sesame", "open"} & set(repr(tokens).split("'"))
