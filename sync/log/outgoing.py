"""What one end of a link has yet to send, and in which order: control, then live, then bulk."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from sync.log.frames import ControlFrame, encode_control

LIVE_BYTES = 262_144  # live frames that may wait for the transport

__all__ = ["LIVE_BYTES", "Outgoing"]


class Outgoing:
    """Frames are taken one by one as the transport has room. Bulk is only made when its turn comes."""

    def __init__(self) -> None:
        self._control: deque[str] = deque()
        self._live: deque[bytes] = deque()
        self._bulk: Iterator[ControlFrame] | None = None

    @property
    def has_bulk(self) -> bool:
        """Whether a delta is under way."""
        return self._bulk is not None

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits here."""
        return not (self._control or self._live or self._bulk)

    @property
    def live_bytes(self) -> int:
        """Bytes of live frames that wait here."""
        return sum(map(len, self._live))

    def put(self, text: str) -> None:
        """A control frame, encoded: it passes by everything else."""
        self._control.append(text)

    def put_live(self, frame: bytes) -> None:
        """A live frame, in order behind the others."""
        self._live.append(frame)

    def begin_bulk(self, frames: Iterator[ControlFrame]) -> None:
        """A delta, made piece by piece."""
        self._bulk = frames

    def next_queued(self) -> str | bytes | None:
        """The next control or live frame."""
        if self._control:
            return self._control.popleft()
        return self._live.popleft() if self._live else None

    def next_bulk(self) -> str | None:
        """The next piece of the delta; None when there is none, or when this was the end of it."""
        frame = next(self._bulk, None) if self._bulk is not None else None
        if frame is None:
            self._bulk = None
            return None
        return encode_control(frame)

    def drop_all_but_control(self) -> None:
        """The link closes: only what says why is still worth sending."""
        self._live.clear()
        self._bulk = None
