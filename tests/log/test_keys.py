"""Key files, the file of trusted keys, join tokens that are spent, and what a bearer token vouches for."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sync.log.auth import AuthRefused, Credentials, Door, Identity, Trust, public_hex
from sync.log.key_file import load_or_make_key, make_key_file, read_key_file
from sync.log.private_file import PrivateFileRefused
from sync.log.trust_file import TrustFile

# Not made at random: they are in the names of tests, and every worker must find the same names.
KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)) for number in (1, 2))
PUBLIC, OTHER_PUBLIC = public_hex(KEY), public_hex(OTHER)


def private(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def knock(
    trust: Trust, key: Ed25519PrivateKey | None = KEY, vouched: str = "", token: str = "", role: str = "desk"
) -> Identity:
    """One caller at a door of its own."""
    door = Door(trust, vouched)
    return door.admit(Credentials("d", key, token, role).answer(door.challenge(1.0), 1.0))


# ---- key files


def test_a_new_key_is_readable_by_its_owner_only_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "desk.key"
    key = make_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert public_hex(read_key_file(path)) == public_hex(key)
    assert [each.name for each in tmp_path.iterdir()] == ["desk.key"]


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    path = private(tmp_path / "desk.key", "what somebody needs")
    with pytest.raises(PrivateFileRefused, match="there already"):
        make_key_file(path)
    assert path.read_text() == "what somebody needs"


def test_sixty_four_hex_digits_are_a_key_too(tmp_path: Path) -> None:
    path = private(tmp_path / "raw.key", KEY.private_bytes_raw().hex() + "\n")
    assert public_hex(read_key_file(path)) == PUBLIC


def _pem(key: Ed25519PrivateKey | X25519PrivateKey, phrase: bytes = b"") -> str:
    lock = serialization.BestAvailableEncryption(phrase) if phrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock).decode()


@pytest.mark.parametrize(
    ("text", "mode", "reason"),
    [
        (_pem(KEY), 0o640, "can be read by others; run: chmod 600"),
        (_pem(KEY), 0o604, "can be read by others; run: chmod 600"),
        ("", 0o600, "no key that can be used"),
        ("zz" * 32, 0o600, "no key that can be used"),
        (_pem(KEY)[:60], 0o600, "no key that can be used"),
        (_pem(KEY, b"phrase"), 0o600, "without pass phrase"),
        (_pem(X25519PrivateKey.from_private_bytes(bytes([3] * 32))), 0o600, "Ed25519 is wanted"),
        ("a" * 1_048_577, 0o600, "longer than"),
    ],
    ids=["group", "others", "empty", "no hex", "cut off", "pass phrase", "other kind", "too long"],
)
def test_a_key_file_that_cannot_be_used_is_refused_by_name(tmp_path: Path, text: str, mode: int, reason: str) -> None:
    path = private(tmp_path / "desk.key", text, mode)
    with pytest.raises(PrivateFileRefused, match=reason) as refusal:
        read_key_file(path)
    assert str(path) in str(refusal.value)
    assert not text or text not in str(refusal.value)


def test_the_desks_own_key_is_made_once_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "data" / "desk.key"
    first = load_or_make_key(path)
    assert public_hex(load_or_make_key(path)) == public_hex(first)
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_two_desks_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    found: list[str] = []
    together = threading.Barrier(8)

    def start() -> None:
        together.wait()
        found.append(public_hex(load_or_make_key(tmp_path / "desk.key")))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    blocked = private(tmp_path / "file", "")
    with pytest.raises(PrivateFileRefused, match="cannot make"):
        load_or_make_key(blocked / "sub" / "desk.key")
    with pytest.raises(PrivateFileRefused, match="cannot make the key file"):
        make_key_file(tmp_path / "missing" / "desk.key")


# ---- the file of trusted keys


def test_a_keys_file_lets_in_whom_it_lists_with_their_role(tmp_path: Path) -> None:
    path = private(tmp_path / "keys", f"# ours\n\nviewer {PUBLIC.upper()} # the wall\nauthority {OTHER_PUBLIC}\n")
    trust = TrustFile(path, "studio").trust()
    assert knock(trust).rights == "view"
    assert knock(trust, OTHER, role="authority").rights == "control"
    with pytest.raises(AuthRefused, match="not known"):
        knock(trust, Ed25519PrivateKey.generate())


@pytest.mark.parametrize(
    ("text", "mode", "reason"),
    [
        (f"admin {PUBLIC}\n", 0o640, "can be read by others"),
        ("", 0o600, "lets nobody in"),
        ("# nothing\n", 0o600, "lets nobody in"),
        (f"\nroot {PUBLIC}\n", 0o600, "line 2: the role must be one of admin, authority, user, viewer"),
        ("join root secret\n", 0o600, "line 1: the role must be one of"),
        ("admin secret\n", 0o600, "line 1: a public key has 64 hex digits"),
        (f"admin {'zz' * 32}\n", 0o600, "line 1: a public key has 64 hex digits"),
        ("join admin\n", 0o600, "line 1: expected:"),
        (f"admin {PUBLIC} secret\n", 0o600, "line 1: expected:"),
        ("secret\n", 0o600, "line 1: expected:"),
    ],
)
def test_a_bad_keys_file_is_refused_with_its_line_and_no_secret(
    tmp_path: Path, text: str, mode: int, reason: str
) -> None:
    path = private(tmp_path / "keys", text, mode)
    with pytest.raises(PrivateFileRefused, match=reason) as refusal:
        TrustFile(path, "studio")
    assert str(path) in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_a_join_token_becomes_a_key_in_the_file(tmp_path: Path) -> None:
    """The line changes and nothing else does; the token is worth nothing afterwards, here and after a restart."""
    text = f"# ours\nuser {OTHER_PUBLIC}  # kept as it is\njoin authority sesame # the standby\njoin user other\n"
    path = private(tmp_path / "keys", text)
    file = TrustFile(path, "studio")
    assert knock(file.trust(), role="authority", token="sesame").rights == "control"
    assert path.read_text() == text.replace("join authority sesame", f"authority {PUBLIC}")
    assert path.stat().st_mode & 0o777 == 0o600
    for again in (file, TrustFile(path, "studio")):
        assert knock(again.trust(), role="authority").rights == "control"
        with pytest.raises(AuthRefused):
            knock(again.trust(), Ed25519PrivateKey.generate(), token="sesame")


@pytest.mark.expects_log("a join token was not accepted.*No space left")
def test_a_token_whose_key_cannot_be_written_down_is_not_spent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = private(tmp_path / "keys", "join user sesame\n")
    file = TrustFile(path, "studio")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("os.fsync", full)
        with pytest.raises(AuthRefused, match="cannot be written down"):
            knock(file.trust(), token="sesame")
    assert "sesame" not in caplog.text
    assert path.read_text() == "join user sesame\n"
    assert [each.name for each in tmp_path.iterdir()] == ["keys"]
    assert knock(file.trust(), token="sesame").rights == "edit"


def test_a_token_that_was_taken_out_meanwhile_is_worth_nothing(tmp_path: Path) -> None:
    path = private(tmp_path / "keys", f"join user sesame\nviewer {OTHER_PUBLIC}\n")
    trust = TrustFile(path, "studio").trust()
    private(path, f"viewer {OTHER_PUBLIC}\n")
    with pytest.raises(AuthRefused):
        knock(trust, token="sesame")
    assert path.read_text() == f"viewer {OTHER_PUBLIC}\n"


def test_keys_come_and_go_while_the_server_runs(tmp_path: Path) -> None:
    path = private(tmp_path / "keys", f"admin {PUBLIC}\n")
    file = TrustFile(path, "studio")
    private(path, f"admin {OTHER_PUBLIC} # instead\n")
    assert knock(file.trust(), OTHER).rights == "control"
    with pytest.raises(AuthRefused):
        knock(file.trust(), KEY)


@pytest.mark.expects_log("line 1: a public key", "No such file")
def test_a_keys_file_that_breaks_while_the_server_runs_changes_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = private(tmp_path / "keys", f"admin {PUBLIC}\n")
    file = TrustFile(path, "studio")
    private(path, "admin secret # half a line\n")
    assert knock(file.trust()).rights == "control"
    assert knock(file.trust()).rights == "control"
    path.unlink()
    assert knock(file.trust()).rights == "control"
    sentences = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(sentences) == 2, "said once each"
    assert "line 1: a public key" in sentences[0]
    assert "No such file" in sentences[1]
    assert "secret" not in caplog.text


# ---- what a bearer token vouches for


def test_a_bearer_token_vouches_for_the_key_that_is_shown() -> None:
    for role, rights in (("admin", "control"), ("user", "edit"), ("viewer", "view")):
        assert knock(Trust("studio"), vouched=role).rights == rights


def test_with_a_bearer_token_the_door_is_not_open() -> None:
    with pytest.raises(AuthRefused, match="signature"):
        knock(Trust("studio"), None, vouched="admin")


def test_a_listed_key_has_its_own_role_whatever_the_token_says() -> None:
    trust = Trust("studio", {PUBLIC: "viewer"})
    assert knock(trust, vouched="admin").rights == "view"
    assert knock(trust, OTHER, vouched="user").rights == "edit"


def test_a_users_token_makes_nobody_an_authority() -> None:
    with pytest.raises(AuthRefused, match="act for a server"):
        knock(Trust("studio"), vouched="user", role="authority")
    assert knock(Trust("studio"), vouched="admin", role="authority").rights == "control"
