"""A program's own key in a file that only its owner can read: PEM (PKCS 8) or 64 hex digits (PROTOCOL.md §6.1)."""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.log.private_file import PrivateFileRefused, make_private, read_private

RAW_HEX_DIGITS = 64

__all__ = ["load_or_make_key", "make_key_file", "read_key_file"]


def read_key_file(path: Path) -> Ed25519PrivateKey:
    """The key in a file. Raises PrivateFileRefused."""
    text = read_private(path, "key file").strip()
    try:
        if len(text) == RAW_HEX_DIGITS:
            return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))
        key = serialization.load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        # What the library says may quote the file.
        raise PrivateFileRefused(
            f"the key file {path} holds no key that can be used: a PEM (PKCS 8) without pass phrase or 64 hex digits"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise PrivateFileRefused(f"the key file {path} holds a key of another kind; Ed25519 is wanted")
    return key


def make_key_file(path: Path) -> Ed25519PrivateKey:
    """Makes a key in a new file. Raises PrivateFileRefused; a file that is there already stays as it is."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    try:
        make_private(path, pem.decode())
    except FileExistsError as error:
        raise PrivateFileRefused(f"the key file {path} is there already; it was left alone") from error
    except OSError as error:
        raise PrivateFileRefused(f"cannot make the key file {path}: {error.strerror}") from error
    return key


def load_or_make_key(path: Path) -> Ed25519PrivateKey:
    """The key in ``path``, made with its folder at the first call. Raises PrivateFileRefused.

    Two programs that start at the same moment get the same key.
    """
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return make_key_file(path)
        except OSError as error:
            raise PrivateFileRefused(f"cannot make the folder {path.parent}: {error.strerror}") from error
        except PrivateFileRefused:
            if not path.exists():
                raise
    return read_key_file(path)
