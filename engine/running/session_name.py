"""The name of a session that was given none: a pure function of its id (PROTOCOL.md §3)."""

from __future__ import annotations

_ADJECTIVES = (
    "ancient brave calm clever dapper eager fancy gentle happy jolly kind lively mighty noble proud quick quiet shiny "
    "silly swift wise"
)
_NOUNS = (
    "antelope badger beaver bison cougar dolphin dragon eagle falcon fox gecko heron ibis koala lemur lynx otter "
    "panther puma raven tiger yak"
)
ADJECTIVES = tuple(_ADJECTIVES.split())
NOUNS = tuple(_NOUNS.split())

FNV_OFFSET = 0xCBF29CE484222325
FNV_PRIME = 0x100000001B3
_MASK = 2**64 - 1

__all__ = ["generated_name"]


def generated_name(session_id: str) -> str:
    """Adjective, noun and four hex digits: ``kind-dragon-7c28``."""
    mark = _fnv1a(session_id.encode())
    return f"{ADJECTIVES[mark % len(ADJECTIVES)]}-{NOUNS[(mark >> 8) % len(NOUNS)]}-{(mark >> 16) & 0xFFFF:04x}"


def _fnv1a(data: bytes) -> int:
    mark = FNV_OFFSET
    for byte in data:
        mark = ((mark ^ byte) * FNV_PRIME) & _MASK
    return mark
