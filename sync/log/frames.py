"""Control frames, in JSON text (PROTOCOL.md §5.1).

Every frame carries ``t``, the sender's wall clock in seconds: for display and latency, never for a decision.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec

from sync.log.clock import Clock
from sync.log.document import Register
from sync.log.op import Entry, Op, OpId
from sync.wire.codec import MAX_MESSAGE_BYTES, MalformedFrame, UnknownMessage

SUBPROTOCOL: Final = "layerdesk.v2"
CAPABILITIES: Final = frozenset({"batch", "present", "squash"})

__all__ = [
    "CAPABILITIES",
    "SUBPROTOCOL",
    "Auth",
    "Bulk",
    "Challenge",
    "ClockFrame",
    "ControlFrame",
    "DigestFrame",
    "ErrorFrame",
    "FilterFrame",
    "Ping",
    "Pong",
    "PresenceFrame",
    "PresentFrame",
    "Ready",
    "Reject",
    "SnapshotPart",
    "Standby",
    "StandbysFrame",
    "TooLarge",
    "Want",
    "Welcome",
    "bounded",
    "decode_control",
    "encode_control",
]


class TooLarge(ValueError):
    """Something that does not fit a frame; it is refused before it is sent or stored."""


class _Control(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag=str.lower):
    """Base of the text frames; ``type`` is the class name in lower case."""


class Challenge(_Control, frozen=True):
    """First frame of the end that is called: what the caller must sign, and whether it need not."""

    nonce: str
    server: str
    is_open: bool = False
    t: float = 0.0


class Auth(_Control, frozen=True):
    """The caller's answer: who it is, and a signature or a one-time token. ``caps`` are the live frames it can read."""

    install: str
    name: str = ""
    role: str = "desk"
    key: str = ""
    signature: str = ""
    token: str = ""
    caps: tuple[str, ...] = ()
    t: float = 0.0


class Welcome(_Control, frozen=True):
    """The caller is let in, as this author and with these rights (``view``, ``edit``, ``control``).

    ``wants_signatures``: ops without their author's signature are not taken.
    """

    epoch: str
    author: str
    rights: str
    caps: tuple[str, ...] = ()
    wants_signatures: bool = False
    t: float = 0.0


class ClockFrame(_Control, frozen=True, tag="clock"):
    """What the sender has; the other end answers with what is missing there."""

    clock: Clock
    t: float = 0.0


class SnapshotPart(_Control, frozen=True, tag="snapshot"):
    """A piece of a state: of all of it, or of what changed above ``after``. All pieces carry the same clock."""

    clock: Clock
    registers: tuple[Register, ...]
    refusals: tuple[Entry, ...] = ()
    after: int = 0
    is_last: bool = False
    t: float = 0.0


class Bulk(_Control, frozen=True):
    """A piece of a delta: decided ``entries`` above ``after``, numbered in ``epoch``, or a desk's undecided ``ops``."""

    epoch: str = ""
    after: int = 0
    upto: int = 0
    entries: tuple[Entry, ...] = ()
    ops: tuple[Op, ...] = ()
    is_last: bool = False
    t: float = 0.0


class Ready(_Control, frozen=True):
    """The sender's delta is complete."""

    t: float = 0.0


class Reject(_Control, frozen=True):
    """An op that was not even numbered (malformed, too fast): the author keeps it or mends it."""

    seq: int
    reason: str
    sentence: str
    retry_after_s: float = 0.0
    t: float = 0.0


class Want(_Control, frozen=True):
    """A gap: everything above ``from_rev`` again, the ops ``ids`` by name (at most three), or the ``whole`` state.

    ``is_alone``: nobody else is asked for these ids, so that nothing is gained by waiting.
    """

    from_rev: int | None = None
    epoch: str = ""
    ids: tuple[OpId, ...] = ()
    whole: bool = False
    is_alone: bool = False
    t: float = 0.0


class DigestFrame(_Control, frozen=True, tag="digest"):
    """The sender's position and document hash; ``stable`` is on disk. To another authority, a Bloom filter of the
    newest ids too."""

    clock: Clock
    hash: str
    bloom: bytes = b""
    stable: int = 0
    t: float = 0.0


class FilterFrame(_Control, frozen=True, tag="filter"):
    """To desks: the filter that another authority ``of`` this session (its epoch) has told of."""

    of: str
    bloom: bytes
    t: float = 0.0


class PresenceFrame(_Control, frozen=True, tag="presence"):
    """A heart-beat: who has a hand on what, wants which controls, and has applied everything up to ``applied``.

    ``leases`` is the authority's answer: control → author.
    """

    author: str
    name: str = ""
    focus: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    leases: dict[str, str] = {}
    beat: int = 0
    applied: int = 0
    t: float = 0.0


class PresentFrame(_Control, frozen=True, tag="present"):
    """Heart-beats of many desks in one frame, for peers with the capability ``present``."""

    beats: tuple[PresenceFrame, ...]
    t: float = 0.0


class Standby(msgspec.Struct, frozen=True, array_like=True):
    """A server that copies this session: where desks reach it, its name, and the newest rev that it has on disk."""

    url: str
    name: str = ""
    rev: int = 0


class StandbysFrame(_Control, frozen=True, tag="standbys"):
    """How safe the log is. From a follower: itself, as often as ``rev`` moves; from an authority: all, each second.

    ``unsaved``: why what is new comes on no disk; empty while it does.
    """

    standbys: tuple[Standby, ...]
    unsaved: str = ""
    t: float = 0.0


class Ping(_Control, frozen=True):
    """Asks for a sign of life."""

    id: int
    t: float = 0.0


class Pong(_Control, frozen=True):
    """The sign of life; ``t`` is the answering end's wall clock."""

    id: int
    t: float = 0.0


class ErrorFrame(_Control, frozen=True, tag="error"):
    """Why the link is about to close, or a warning."""

    code: int
    message: str
    t: float = 0.0


ControlFrame: TypeAlias = (
    Challenge
    | Auth
    | Welcome
    | ClockFrame
    | SnapshotPart
    | Bulk
    | Ready
    | Reject
    | Want
    | DigestFrame
    | FilterFrame
    | PresenceFrame
    | PresentFrame
    | StandbysFrame
    | Ping
    | Pong
    | ErrorFrame
)


_json_encoder = msgspec.json.Encoder()
_control_decoder: msgspec.json.Decoder[ControlFrame] = msgspec.json.Decoder(ControlFrame)
_control_types = frozenset(str(member.__struct_config__.tag) for member in ControlFrame.__args__)


class _Type(msgspec.Struct, frozen=True):
    type: str


_type_decoder = msgspec.json.Decoder(_Type)


def encode_control(frame: ControlFrame) -> str:
    """The text of a control frame. Raises TooLarge."""
    return bounded(_json_encoder.encode(frame)).decode()


def decode_control(text: str) -> ControlFrame | UnknownMessage:
    """A control frame; one of a type that this version does not know is to be ignored and counted.

    Raises MalformedFrame.
    """
    if len(text) > MAX_MESSAGE_BYTES:
        raise MalformedFrame("a control frame is larger than 1 MiB")
    try:
        kind = _type_decoder.decode(text).type
        return _control_decoder.decode(text) if kind in _control_types else UnknownMessage(kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise MalformedFrame(str(error)) from error


def bounded(data: bytes) -> bytes:
    """``data`` unless it does not fit a frame. Raises TooLarge."""
    if len(data) > MAX_MESSAGE_BYTES:
        raise TooLarge(f"{len(data)} bytes do not fit a frame of {MAX_MESSAGE_BYTES}")
    return data
