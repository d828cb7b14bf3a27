"""Who may call: token files, origins, rights of roles, kinds by pattern."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.network import is_loopback
from engine.running.permissions import ADMIN, ROLES, Role
from engine.running.refused import Refused
from engine.serving.auth import Gatekeeper, read_token_file
from engine.serving.origin import OriginRule
from sync.log.private_file import PrivateFileRefused


def _file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "tokens"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_token_file_is_read(tmp_path: Path) -> None:
    """Comments, blank lines, labels, and tokens that hold a hash sign."""
    text = "# our desks\n\nadmin abc#def # the director\n  user\tuuu\nviewer vvv #wall\n"
    entries = read_token_file(_file(tmp_path, text))
    assert [(entry.role.name, entry.label) for entry in entries] == [
        ("admin", "the director"),
        ("user", ""),
        ("viewer", "wall"),
    ]
    keeper = Gatekeeper(entries)
    assert [keeper.admit(token).name for token in ("abc#def", "uuu", "vvv")] == ["admin", "user", "viewer"]


def test_tokens_are_not_kept_in_the_clear(tmp_path: Path) -> None:
    """So that no log, error or dump can show one."""
    entries = read_token_file(_file(tmp_path, "admin sesame\n"))
    assert "sesame" not in repr(entries)


@pytest.mark.parametrize(
    ("text", "mode", "reason"),
    [
        ("admin abc\n", 0o640, "can be read by others; run: chmod 600"),
        ("admin abc\n", 0o604, "can be read by others; run: chmod 600"),
        ("", 0o600, "holds no token"),
        ("# nothing\n", 0o600, "holds no token"),
        ("admin abc\nsecret\n", 0o600, "line 2: expected: role token # label"),
        ("admin secret more\n", 0o600, "line 1: expected: role token # label"),
        ("root secret\n", 0o600, "line 1: the role must be one of admin, user, viewer"),
    ],
)
def test_a_bad_token_file_is_refused_without_showing_a_token(tmp_path: Path, text: str, mode: int, reason: str) -> None:
    with pytest.raises(PrivateFileRefused) as refusal:
        read_token_file(_file(tmp_path, text, mode))
    assert reason in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_a_file_that_is_missing_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PrivateFileRefused, match="No such file"):
        read_token_file(tmp_path / "none")
    path = _file(tmp_path, "")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(PrivateFileRefused, match="no text file"):
        read_token_file(path)


def test_without_entries_everyone_is_admin() -> None:
    assert Gatekeeper().admit(None) is ADMIN
    assert not Gatekeeper().is_enabled


@pytest.mark.parametrize("token", [None, "", "guess", "sesame ", "\udcff"])
def test_what_is_no_token_is_refused(tmp_path: Path, token: str | None) -> None:
    keeper = Gatekeeper(read_token_file(_file(tmp_path, "admin sesame\n")))
    with pytest.raises(Refused) as refusal:
        keeper.admit(token)
    assert refusal.value.status == 401
    assert keeper.admit("sesame") is ADMIN


def test_patterns_of_origins() -> None:
    """Exact, any port, everything."""
    rule = OriginRule(("https://desk.example", "http://10.0.0.5:*"))
    assert rule.allows(None)
    assert rule.allows("https://desk.example")
    assert rule.allows("http://10.0.0.5:80")
    assert not any(
        rule.allows(origin)
        for origin in ("https://desk.example:443", "http://10.0.0.5", "http://10.0.0.5:", "http://10.0.0.5:8a", "")
    )
    assert OriginRule(("*",)).allows("http://anything")


def test_kinds_are_glob_patterns() -> None:
    """Empty allows nothing; plugins need both lists."""
    role = Role("r", frozenset(), ("video::*", "core::sink", "plugin::*"), ("plugin::native::*",))
    assert role.may_use("video::compositor")
    assert role.may_use("core::sink")
    assert role.may_use("plugin::native::x")
    assert not role.may_use("core::sinks")
    assert role.refusal_of("plugin::wasm::x") == "Permission denied: plugin 'plugin::wasm::x' not allowed"
    assert not ROLES["viewer"].may_use("core::sink")


@pytest.mark.parametrize(
    ("host", "is_own"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("192.168.1.2", False), ("example.org", False), ("", False)],
)  # fmt: skip
def test_loopback_addresses(host: str, is_own: bool) -> None:
    assert is_loopback(host) is is_own
