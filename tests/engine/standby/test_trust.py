"""Whom a leader lets copy its sessions, and what a standby says when it is not let in (log PROTOCOL.md §6.1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from engine.__main__ import main
from engine.standby.part_file import FILE_NAME
from sync.log.auth import public_hex
from sync.log.key_file import make_key_file
from tests.engine.standby.pair import SHOW, Place, follower_of, is_live, start, until
from tests.support.engine_process import EngineProcess


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def key_in(path: Path) -> str:
    return public_hex(make_key_file(path))


async def trouble_of(standby: Place) -> str:
    facts = await standby.facts()
    return str(facts["trouble"] or next((row["trouble"] for row in facts["copies"]), ""))


async def test_a_key_that_is_not_listed_is_told_which_line_is_missing(stack: AsyncExitStack, tmp_path: Path) -> None:
    """The operator puts the line in; nothing has to be started again."""
    public, other = key_in(tmp_path / "standby.key"), key_in(tmp_path / "other.key")
    keys = private(tmp_path / "keys", f"admin {other}\nviewer {public[::-1]}\n")
    leader = await start(stack, EngineProcess(SHOW, options=["--keys", keys]))
    standby = await start(stack, follower_of(leader.base, "--key", tmp_path / "standby.key"))
    sentence = f"{leader.base} does not let this engine in; its --keys file must hold the line: authority {public}"
    assert await until(lambda: trouble_of(standby)) == sentence
    assert (await standby.copy())["rev"] == 0
    private(keys, f"admin {other}\nauthority {public} # the standby\n")
    await until(lambda: is_live(standby))


async def test_a_key_that_may_only_look_may_not_copy(stack: AsyncExitStack, tmp_path: Path) -> None:
    keys = private(tmp_path / "keys", f"viewer {key_in(tmp_path / 'standby.key')}\n")
    leader = await start(stack, EngineProcess(SHOW, options=["--keys", keys]))
    standby = await start(stack, follower_of(leader.base, "--key", tmp_path / "standby.key"))
    assert "does not let this engine in" in await until(lambda: trouble_of(standby))


async def test_without_a_key_it_is_told_to_give_one(stack: AsyncExitStack, tmp_path: Path) -> None:
    keys = private(tmp_path / "keys", f"admin {key_in(tmp_path / 'a.key')}\n")
    leader = await start(stack, EngineProcess(SHOW, options=["--keys", keys]))
    standby = await start(stack, follower_of(leader.base))
    sentence = f"{leader.base} does not let this engine in; it wants a key: give --key FILE"
    assert await until(lambda: trouble_of(standby)) == sentence


async def test_a_join_token_lets_one_standby_in_and_no_second(stack: AsyncExitStack, tmp_path: Path) -> None:
    public = key_in(tmp_path / "one.key")
    key_in(tmp_path / "two.key")
    keys = private(tmp_path / "keys", "join authority sesame # the standby\n")
    join = private(tmp_path / "join", "sesame\n")
    leader = await start(stack, EngineProcess(SHOW, options=["--keys", keys]))
    one = await start(stack, follower_of(leader.base, "--key", tmp_path / "one.key", "--join-file", join))
    await until(lambda: is_live(one))
    assert keys.read_text() == f"authority {public} # the standby\n"
    two = await start(stack, follower_of(leader.base, "--key", tmp_path / "two.key", "--join-file", join))
    assert "does not let this engine in" in await until(lambda: trouble_of(two))
    for engine in (leader, one, two):
        engine.engine.stop()
        assert "sesame" not in engine.engine.errors


async def test_a_leader_with_tokens_wants_one_and_an_admins_vouches_for_the_key(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    key_in(tmp_path / "key")
    tokens = private(tmp_path / "tokens", "admin a-token\nuser u-token\n")
    leader = await start(stack, EngineProcess(SHOW, options=["--tokens", tokens]), "a-token")
    without = await start(stack, follower_of(leader.base, "--key", tmp_path / "key"))
    assert await until(lambda: trouble_of(without)) == f"{leader.base} wants a token: give --token-file FILE"
    users = private(tmp_path / "user", "u-token\n")
    user = await start(stack, follower_of(leader.base, "--key", tmp_path / "key", "--token-file", users))
    assert "does not let this engine in" in await until(lambda: trouble_of(user))
    admins = private(tmp_path / "admin", "a-token\n")
    admin = await start(stack, follower_of(leader.base, "--key", tmp_path / "key", "--token-file", admins))
    await until(lambda: is_live(admin))
    for engine in (leader, without, user, admin):
        engine.engine.stop()
        assert "-token\n" not in engine.engine.errors
        assert "a-token" not in engine.engine.errors.replace("--token-file", "")


def test_what_cannot_be_followed_as_it_was_asked_is_one_line_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key_in(tmp_path / "key")
    readable = tmp_path / "readable"
    readable.write_text("a token")
    broken = private(tmp_path / "broken", "-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----\n")
    words = private(tmp_path / "words", "two words\n")
    state = tmp_path / "state"
    state.mkdir()
    private(state / FILE_NAME, "{")
    url = ("--follow", "http://127.0.0.1:9")
    no_key = "holds no key that can be used: a PEM (PKCS 8) without pass phrase or 64 hex digits"
    cases: list[tuple[tuple[str | Path, ...], str]] = [
        (("--key", tmp_path / "key"), "--key belongs to --follow URL; see layerdesk engine --help"),
        (("--take-over-after", "9"), "--take-over-after belongs to --follow URL; see layerdesk engine --help"),
        (("--follow", "main:4545"), "--follow main:4545: begin with ws://, wss://, http:// or https://"),
        ((*url, SHOW), "a standby takes its sessions from the engine that it follows: give no FILE.yaml"),
        (
            (*url, "--take-over-after", "0"),
            "argument --take-over-after: must be 1 to 86400 seconds; see layerdesk engine --help",
        ),
        (
            (*url, "--key", tmp_path / "none"),
            f"cannot read the key file {tmp_path / 'none'}: No such file or directory",
        ),
        ((*url, "--key", readable), f"the key file {readable} can be read by others; run: chmod 600 {readable}"),
        ((*url, "--key", broken), f"the key file {broken} {no_key}"),
        ((*url, "--token-file", words), f"the token file {words} must hold exactly one token and nothing else"),
        (
            (*url, "--join-file", readable),
            f"the token file {readable} can be read by others; run: chmod 600 {readable}",
        ),
    ]
    for argv, sentence in cases:
        assert main([str(word) for word in argv]) == 2
        assert capsys.readouterr() == ("", f"layerdesk: {sentence}\n")
    assert main([*url, "--state-dir", str(state)]) == 2
    assert f"the standby file {state / FILE_NAME} is damaged: " in capsys.readouterr().err
