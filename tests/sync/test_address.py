"""What an operator may type as a server's address."""

from __future__ import annotations

import pytest

from sync.wire.address import AddressRefused, ServerAddress


@pytest.mark.parametrize(
    ("text", "control", "http"),
    [
        ("ws://h:4545", "ws://h:4545/api/v1/control", "http://h:4545"),
        ("http://h:4545/", "ws://h:4545/api/v1/control", "http://h:4545"),
        ("wss://h", "wss://h/api/v1/control", "https://h"),
        ("https://h/base/", "wss://h/base/api/v1/control", "https://h/base"),
        ("ws://h:1/api/v1/control", "ws://h:1/api/v1/control", "http://h:1"),
        (" http://[::1]:80 ", "ws://[::1]:80/api/v1/control", "http://[::1]:80"),
    ],
)
def test_forms(text: str, control: str, http: str) -> None:
    address = ServerAddress.parse(text)
    assert (address.control_url, address.http_url) == (control, http)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("h:4545", "begin with"),
        ("ftp://h", "begin with"),
        ("ws://", "host is missing"),
        ("ws://h:99999", "ort"),
        ("ws://user:secret@h", "--token-file"),
        ("ws://h/?token=secret", "no \\? or #"),
        ("ws://[::1", "Invalid IPv6"),
    ],
)
def test_refused_with_a_reason_and_without_secrets(text: str, words: str) -> None:
    with pytest.raises(AddressRefused, match=words) as refused:
        ServerAddress.parse(text)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "is_local"), [("ws://127.0.0.9:1", True), ("ws://[::1]:1", True), ("ws://h:1", False)]
)
def test_local(text: str, is_local: bool) -> None:
    assert ServerAddress.parse(text).is_local is is_local
