"""A caller signs for a server where it knows it, and not for one that passes on what another says (§6.1)."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.log.auth import AuthRefused, Credentials, Door, Trust, public_hex
from sync.log.authority_end import AuthorityEnd
from sync.log.desk_end import DeskEnd
from sync.log.end import NOT_TRUSTED, LinkState
from sync.log.known_servers import FILE_NAME, HOSTS_A_NAME, NAMES_A_HOST, KnownServers, hosts_of, own_server_name
from sync.log.link import Link
from sync.log.replica import Replica
from tests.log.world import Desk, Engine, Time, Wire

KEY = Ed25519PrivateKey.generate()
AT_STUDIO, AT_EVIL = frozenset({"studio.example", "10.0.0.5"}), frozenset({"evil.example", "10.0.0.66"})


def call(engine: Engine, known: KnownServers, hosts: frozenset[str]) -> Wire:
    """A desk with a key calls an engine that knows the key, at ``hosts``; whoever is between them changes nothing."""
    time, server_end = engine.time, AuthorityEnd(engine.desk)
    called = Link(server_end, Door(Trust("studio-1", {public_hex(KEY): "admin"})), time.now, time.wall)
    server_end.attach(called)
    desk = DeskEnd(Replica("d~1"), time.now, time.wall)
    credentials = Credentials("d", KEY, token="once", vouch=partial(known.meet, hosts=hosts))
    wire = Wire(Link(desk, credentials, time.now, time.wall), called)
    wire.settle()
    return wire


def test_a_challenge_that_another_server_passes_on_is_not_signed(tmp_path: Path) -> None:
    engine, known = Engine(Time()), KnownServers(tmp_path)
    assert call(engine, known, AT_STUDIO).caller.state is LinkState.LIVE
    relayed = call(engine, KnownServers(tmp_path), AT_EVIL)
    assert relayed.called.identity is None, "nobody came in as us"
    assert not any("signature" in str(frame) or "once" in str(frame) for frame in relayed.sent_by_caller)
    close = relayed.caller.close
    assert close is not None
    assert (close.code, close.reason) == (NOT_TRUSTED, "Not trusted.")
    assert close.detail == (
        "The server at evil.example says that it is studio-1, which is known at studio.example: it may only pass on "
        f"what others say. If it has moved there, take its line out of {tmp_path / FILE_NAME}"
    )
    assert call(engine, known, AT_STUDIO).caller.state is LinkState.LIVE, "the real one goes on"


def test_one_server_has_many_addresses_as_long_as_they_lead_to_the_same_machine(tmp_path: Path) -> None:
    known = KnownServers(tmp_path)
    known.meet("studio-1", AT_STUDIO)
    known.meet("studio-1", frozenset({"10.0.0.5"}))
    known.meet("studio-1", frozenset({"studio.example", "10.0.0.7"}))  # its address was given anew
    known.meet("studio-1", frozenset({"10.0.0.7"}))
    known.meet("studio-1", frozenset({"localhost", "127.0.0.1"}))  # a tunnel
    known.meet("studio-2", AT_STUDIO)  # another server in its place is none that is passed on
    rows = json.loads((tmp_path / FILE_NAME).read_text())
    assert rows == {"studio-1": ["studio.example", "10.0.0.5", "10.0.0.7"], "studio-2": ["studio.example", "10.0.0.5"]}
    with pytest.raises(AuthRefused, match=r"is studio-2, which is known at studio\.example"):
        known.meet("studio-2", frozenset({"10.0.0.7"}))
    (tmp_path / FILE_NAME).write_text(json.dumps({"studio-1": ["studio.example"]}))
    known.meet("studio-2", frozenset({"10.0.0.7"}))  # its line was taken out


def test_a_server_that_calls_itself_many_names_makes_nobody_forget_another(tmp_path: Path) -> None:
    known = KnownServers(tmp_path)
    known.meet("studio-1", AT_STUDIO)
    for number in range(500):
        known.meet(f"evil-{number}", AT_EVIL)
    for number in range(100):
        known.meet("evil-499", frozenset({"evil.example", f"10.1.0.{number}"}))
    rows = json.loads((tmp_path / FILE_NAME).read_text())
    assert len(rows) == NAMES_A_HOST + 1
    assert len(rows["evil-499"]) == HOSTS_A_NAME
    with pytest.raises(AuthRefused):
        known.meet("studio-1", AT_EVIL)


@pytest.mark.parametrize("name", ["", "x" * 200, "studio\n1", "studio\x1b[31m"])
def test_a_server_without_a_usable_name_is_not_signed_for(name: str) -> None:
    with pytest.raises(AuthRefused, match="has no usable name"):
        KnownServers(None).meet(name, AT_STUDIO)


@pytest.mark.expects_log("known-servers.json cannot be read and is begun anew", "known-servers.json cannot be written")
def test_a_damaged_memory_or_a_full_disk_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FILE_NAME).write_text("{{{")
    known = KnownServers(tmp_path)
    known.meet("studio-1", AT_STUDIO)
    assert "studio-1" in json.loads((tmp_path / FILE_NAME).read_text())

    def no_space(_path: Path, _text: str) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("sync.log.known_servers.replace_private", no_space)
    known.meet("other-1", AT_EVIL)


def test_without_a_folder_it_lasts_as_long_as_the_program() -> None:
    known = KnownServers(None)
    known.meet("studio-1", AT_STUDIO)
    with pytest.raises(AuthRefused, match="take its line out of known-servers"):
        known.meet("studio-1", AT_EVIL)


async def test_the_hosts_of_an_address_are_its_name_and_what_that_resolves_to() -> None:
    assert "127.0.0.1" in await hosts_of("ws://LocalHost:4545/base")
    assert await hosts_of("http://127.0.0.1:80") == {"127.0.0.1"}
    assert await hosts_of("ws://no-such-host.invalid:1") == {"no-such-host.invalid"}


def test_a_state_folder_that_is_not_there_yet_keeps_the_servers_name_too(tmp_path: Path) -> None:
    """The name is asked for before the engine makes the folder."""
    folder = tmp_path / "new" / "state"
    assert own_server_name(folder) == own_server_name(folder)
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.expects_log("server-name cannot be (read|written)")
def test_a_server_keeps_its_own_name_and_no_two_have_the_same(tmp_path: Path) -> None:
    name = own_server_name(tmp_path)
    assert own_server_name(tmp_path) == name
    assert len({name, own_server_name(None), own_server_name(None)}) == 3
    (tmp_path / "server-name").write_text("\n")
    assert own_server_name(tmp_path) != name
    assert own_server_name(tmp_path / "server-name") not in ("", name)


def test_a_desk_without_a_memory_is_let_in_as_before() -> None:
    engine = Engine(Time())
    assert Desk(engine.time, "d").join(engine).caller.state is LinkState.LIVE
