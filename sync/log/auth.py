"""Who may open a link: a signed challenge or a one-time token (PROTOCOL.md §6.1).

The signature covers the purpose, the server, the protocol, the role and a nonce that is used once, so that an answer
cannot be replayed, nor an unrelated signature be passed off as one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.log.frames import CAPABILITIES, SUBPROTOCOL, Auth, Challenge
from sync.log.op import Op

Rights: TypeAlias = Literal["view", "edit", "control"]
RIGHTS: Final[dict[str, Rights]] = {"viewer": "view", "user": "edit", "admin": "control", "authority": "control"}
LINK_ROLES: Final = ("desk", "follower", "authority")
_LINK, _OP = b"layerdesk link\x00", b"layerdesk op\x00"
_pack = msgspec.msgpack.Encoder()
_SIGN = 0x7F  # masks the bit of the last byte that says which of two points is meant
_WEAK: Final = frozenset(
    bytes.fromhex(word)
    for word in (
        "00" * 32,
        "01" + "00" * 31,
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    )
)

__all__ = [
    "LINK_ROLES",
    "RIGHTS",
    "AuthRefused",
    "Credentials",
    "Door",
    "Identity",
    "Rights",
    "Trust",
    "fingerprint",
    "is_signed_by",
    "public_hex",
    "signed",
]


class AuthRefused(Exception):
    """The caller may not come in; the text is for the log, the caller learns no more than that."""


class Identity(NamedTuple):
    """Who is at the other end: its author name in the log, its public key (empty on an open door), its rights, and
    what it calls as: ``desk``, ``follower`` or ``authority``."""

    author: str
    key: str
    rights: Rights
    role: str = "desk"


def public_hex(key: Ed25519PrivateKey) -> str:
    """A key's public half, 32 bytes as hex: what a server's trust list holds."""
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return raw.hex()


def fingerprint(public: str) -> str:
    """Sixteen hex digits that name a key."""
    return hashlib.blake2b(bytes.fromhex(public), digest_size=8).hexdigest()


class Credentials:
    """The caller's side: a key or a token, and the name of this installation.

    ``vouch`` sees the name of the server before anything is signed for it, and raises AuthRefused.
    """

    def __init__(
        self,
        install: str,
        key: Ed25519PrivateKey | None = None,
        token: str = "",
        role: str = "desk",
        name: str = "",
        vouch: Callable[[str], None] = lambda _server: None,
    ) -> None:
        self._install = install
        self._key = key
        self._token = token
        self._role = role
        self._name = name
        self._vouch = vouch

    def answer(self, challenge: Challenge, t: float) -> Auth:
        """The answer to a server's challenge. Raises AuthRefused for a server that this caller does not sign for."""
        self._vouch(challenge.server)
        public = public_hex(self._key) if self._key is not None else ""
        words = _challenge_bytes(challenge, self._role, self._install)
        return Auth(
            install=self._install,
            name=self._name,
            role=self._role,
            key=public,
            signature=self._key.sign(words).hex() if self._key is not None else "",
            token=self._token,
            caps=tuple(sorted(CAPABILITIES)),
            t=t,
        )

    def signed(self, op: Op) -> Op:
        """The op with our signature; without a key it stays as it is, and a server that wants one says so."""
        return op if self._key is None else signed(op, self._key)


class Trust:
    """Whom a server lets in: public keys with their role, and join tokens that work once.

    Without either it is open, which only a loopback bind may be. ``write_down`` is told of the token, the public key
    and the role before a token is spent, and raises AuthRefused to keep it.
    """

    def __init__(
        self,
        server: str,
        keys: dict[str, str] | None = None,
        tokens: Iterable[tuple[str, str]] = (),
        write_down: Callable[[str, str, str], None] = lambda _token, _public, _role: None,
    ) -> None:
        self.server = server
        self._write_down = write_down
        self.become(keys or {}, tokens)

    def become(self, keys: dict[str, str], tokens: Iterable[tuple[str, str]]) -> None:
        """From now on these, and nobody else."""
        self._keys = dict(keys)
        self._tokens = {_hashed(token): role for token, role in tokens}

    @property
    def is_open(self) -> bool:
        """Whether anybody may come in."""
        return not self._keys and not self._tokens

    @property
    def keys(self) -> dict[str, str]:
        """Public key → role, with those that a token has enrolled."""
        return dict(self._keys)

    def role_of(self, public: str) -> str | None:
        """The role of a trusted key."""
        return self._keys.get(public)

    def enrol(self, token: str, public: str) -> str | None:
        """Spends a one-time token on a key; its role, or None when the token is unknown or spent.

        Raises AuthRefused when the key cannot be written down.
        """
        match = next((known for known in self._tokens if hmac.compare_digest(known, _hashed(token))), None)
        if match is None:
            return None
        self._write_down(token, public, self._tokens[match])
        role = self._tokens.pop(match)
        self._keys[public] = role
        return role


class Door:
    """One connection's challenge. It can be answered once.

    ``vouched`` is the role of the bearer token that came with the upgrade: it stands for any key that is not listed
    with a role of its own, and where there is one the door is not open.
    """

    def __init__(self, trust: Trust, vouched: str = "") -> None:
        self._trust = trust
        self._vouched = vouched
        self._challenge: Challenge | None = None

    def challenge(self, t: float) -> Challenge:
        """The challenge to send; a new nonce every time."""
        is_open = self._trust.is_open and not self._vouched
        self._challenge = Challenge(secrets.token_hex(32), self._trust.server, is_open, t)
        return self._challenge

    def admit(self, auth: Auth) -> Identity:
        """Checks an answer. Raises AuthRefused; the challenge is spent either way."""
        challenge, self._challenge = self._challenge, None
        if challenge is None:
            raise AuthRefused("the challenge was answered already")
        if not 0 < len(auth.install) <= 64 or not auth.install.isprintable():
            raise AuthRefused("the installation's name is not usable")
        if auth.role not in LINK_ROLES:
            raise AuthRefused("it calls as something that is not known here")
        if challenge.is_open and not auth.key:
            return Identity(f"open/{auth.install}", "", "control", auth.role)
        self._verify(auth, challenge)
        role = "admin" if challenge.is_open else self._role_of(auth)
        if auth.role != "desk" and role not in ("authority", "admin"):
            raise AuthRefused("this key may not act for a server")
        return Identity(f"{fingerprint(auth.key)}/{auth.install}", auth.key, RIGHTS.get(role, "view"), auth.role)

    def _verify(self, auth: Auth, challenge: Challenge) -> None:
        words = _challenge_bytes(challenge, auth.role, auth.install)
        if not _is_valid(auth.key, auth.signature, words):
            raise AuthRefused("the signature does not fit")

    def _role_of(self, auth: Auth) -> str:
        role = self._trust.role_of(auth.key)
        if role is None and auth.token:
            role = self._trust.enrol(auth.token, auth.key)
        if role is None and not self._vouched:
            raise AuthRefused("the key is not known and no token vouches for it")
        return role or self._vouched


def signed(op: Op, key: Ed25519PrivateKey) -> Op:
    """The op with its author's signature, for a server that takes no other (PROTOCOL.md §6.1)."""
    return msgspec.structs.replace(op, signature=key.sign(_op_bytes(op)))


def is_signed_by(op: Op, public: str) -> bool:
    """Whether ``op`` is exactly what the holder of ``public`` signed, under the author name that belongs to the key."""
    try:
        own = op.author.startswith(f"{fingerprint(public)}/")
    except ValueError:
        return False
    return own and _is_valid(public, op.signature.hex(), _op_bytes(op))


def _challenge_bytes(challenge: Challenge, role: str, install: str) -> bytes:
    return _LINK + _pack.encode((SUBPROTOCOL, challenge.server, role, install, challenge.nonce))


def _op_bytes(op: Op) -> bytes:
    fields: dict[str, Any] = msgspec.structs.asdict(op)
    del fields["signature"]
    return _OP + _pack.encode(tuple(fields.values()))


def _is_valid(public: str, signature: str, words: bytes) -> bool:
    try:
        key = bytes.fromhex(public)
        Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(signature), words)
    except (InvalidSignature, ValueError):
        return False
    return not _is_weak(key)


def _is_weak(key: bytes) -> bool:
    """Whether a key is a point of small order: under such a key a signature fits that nobody has made."""
    return key[:-1] + bytes([key[-1] & _SIGN]) in _WEAK


def _hashed(token: str) -> bytes:
    return hashlib.blake2b(token.encode(), digest_size=32).digest()
