"""The link: AUTH → CLOCK → BULK → READY → LIVE, the same machine on both ends (PROTOCOL.md §6).

Frames and the time go in, frames come out one by one as the transport has room: reading never waits for writing.
What a frame means for a log or a replica is the business of the link's ``End``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

import msgspec

from sync.log.auth import AuthRefused, Credentials, Door, Identity
from sync.log.delta import Delta, frames_of
from sync.log.end import (
    BAD_DATA,
    DESK_TIMING,
    NOT_ADMITTED,
    NOT_TRUSTED,
    OVERFLOWED,
    TIMED_OUT,
    UNKNOWN_VERSION,
    Close,
    End,
    LinkState,
    Timing,
)
from sync.log.frames import (
    CAPABILITIES,
    Auth,
    Bulk,
    Challenge,
    ClockFrame,
    ControlFrame,
    ErrorFrame,
    Ping,
    Pong,
    Ready,
    SnapshotPart,
    Want,
    Welcome,
    decode_control,
    encode_control,
)
from sync.log.keepalive import Keepalive
from sync.log.live_frames import BatchFrame, OpFrame, SubmitFrame, UnknownVersion, decode_live, encode_live
from sync.log.op import Op
from sync.log.outgoing import LIVE_BYTES, Outgoing
from sync.log.server_time import ServerTime
from sync.log.traffic import Traffic
from sync.wire.codec import MalformedFrame, UnknownMessage

MAX_EARLY_OPS = 1_024
MAX_MALFORMED = 100
_STEPS = (LinkState.AUTH, LinkState.CLOCK, LinkState.READY)  # those that have a time of their own

__all__ = ["MAX_EARLY_OPS", "MAX_MALFORMED", "Link"]


class Link:
    """One end of one connection. To the fan-out it is a Peer."""

    def __init__(
        self,
        end: End,
        key: Door | Credentials,
        now: Callable[[], float],
        wall: Callable[[], float],
        timing: Timing = DESK_TIMING,
        has_room: Callable[[], bool] = lambda: True,
        unsent: Callable[[], int] = lambda: 0,
    ) -> None:
        """``has_room`` and ``unsent`` (bytes) describe the transport below."""
        self._end = end
        self._key = key
        self.now = now
        self._wall = wall
        self._timing = timing
        self._has_room = has_room
        self._unsent = unsent
        self._outgoing = Outgoing()
        self._bulk_upto = 0
        self._early: deque[Op] = deque()
        self._is_peer_ready = False
        self._timers = Keepalive(timing, now)
        self._ping_sent: tuple[int, float] | None = None
        self._sign: Callable[[Op], Op] | None = None  # where the other end wants it
        self.state = LinkState.AUTH
        self.authors: set[str] = set()
        self.caps = CAPABILITIES
        self.close: Close | None = None
        self.identity: Identity | None = None  # who has called us, once they are let in
        self.traffic = Traffic()
        self.server_time = ServerTime()
        self.on_live: Callable[[], None] = _nothing  # called when the link becomes live
        if isinstance(key, Door):
            self._send(key.challenge(wall()))

    # The driver's side.

    def receive(self, frame: str | bytes) -> None:
        """One frame from the transport, in order. A frame that cannot be read is counted and skipped."""
        if self.state is LinkState.CLOSED:
            return
        self._timers.heard()
        try:
            if isinstance(frame, str):
                self._take_text(frame)
            else:
                self._take_bytes(frame)
        except MalformedFrame as error:
            self._take_malformed(str(error), was_live=isinstance(frame, bytes))
        except UnknownVersion as error:
            self._shut(UNKNOWN_VERSION, str(error))

    def next_frame(self) -> str | bytes | None:
        """The next frame to send, or None. Call it while the transport has room: bulk is only made when asked for."""
        frame = self._outgoing.next_queued()
        return frame if frame is not None else self._next_bulk()

    def tick(self) -> None:
        """Looks at the time: call it at ``tick_at`` or a little later."""
        state, timers = self.state, self._timers
        if state is LinkState.CLOSED:
            return
        if state in _STEPS and timers.is_overdue:
            self._shut(TIMED_OUT, "The other end took too long to authenticate or to become ready.")
        elif state is LinkState.AUTH:
            return
        elif timers.is_silent:
            self._shut(TIMED_OUT, f"Nothing was heard for {self._timing.silence_s:.0f} s.")
        elif (number := timers.ping_due()) is not None:
            self._ping_sent = (number, self._wall())
            self._send(Ping(number, self._wall()))

    def tick_at(self) -> float | None:
        """When the time matters next."""
        if self.state is LinkState.CLOSED:
            return None
        if self.state is LinkState.AUTH:
            return self._timers.deadline
        return min(self._timers.next_at, self._timers.deadline) if self.state in _STEPS else self._timers.next_at

    def lost(self, reason: str) -> None:
        """The transport has gone."""
        if self.state is not LinkState.CLOSED:
            self.state = LinkState.CLOSED
            self.close = Close(1006, reason)
            self._outgoing.drop_all_but_control()

    # The end's side.

    @property
    def is_live(self) -> bool:
        """Whether live frames may be sent."""
        return self.state is LinkState.LIVE

    def submit(self, ops: Iterable[Op]) -> None:
        """Sends own ops. Before the delta is captured they are part of it; between then and LIVE they wait here."""
        ops = tuple(ops)
        if self.state is LinkState.LIVE:
            self._submit_now(ops)
        elif self.state in (LinkState.BULK, LinkState.READY):
            self._early.extend(ops)
            if len(self._early) > MAX_EARLY_OPS:
                self._shut(OVERFLOWED, "Too many edits before the other end was ready.")

    def send(self, frame: ControlFrame) -> None:
        """Sends a control frame of the end; before authentication and after the close it is let fall."""
        if self.state not in (LinkState.AUTH, LinkState.CLOSED):
            self._send(frame)

    def pass_on(self, text: str) -> None:
        """Sends a control frame that was encoded once for many links, under the same terms as ``send``."""
        if self.state not in (LinkState.AUTH, LinkState.CLOSED):
            self._outgoing.put(text)

    # The fan-out's side.

    def can_take(self) -> bool:
        """Whether a live frame may be handed over now."""
        has_space = self._outgoing.live_bytes < LIVE_BYTES and not self._outgoing.has_bulk
        return self.state is LinkState.LIVE and has_space and self._has_room()

    def unsent_bytes(self) -> int:
        """Bytes that wait here and below."""
        return self._outgoing.live_bytes + self._unsent()

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to send and the link is open: its driver need not be kicked."""
        return self._outgoing.is_empty and self.state is not LinkState.CLOSED

    def hand_over(self, frame: bytes) -> None:
        """Takes a live frame. Raises OSError when the link is closed."""
        if self.state is not LinkState.LIVE:
            raise ConnectionError("the link is not live")
        self._outgoing.put_live(frame)

    def drop(self, code: int, reason: str) -> None:
        """Ends the link."""
        self._shut(code, reason)

    # Inside.

    def _take_text(self, text: str) -> None:
        frame = decode_control(text)
        if isinstance(frame, UnknownMessage):
            self.traffic.event("unknown frames")
            return
        self.traffic.frame(str(type(frame).__struct_config__.tag), len(text))
        if isinstance(frame, Ping):
            self._send(Pong(frame.id, self._wall()))
        elif isinstance(frame, Pong):
            self._take_pong(frame)
        elif self.state is LinkState.AUTH:
            self._authenticate(frame)
        else:
            self._synchronise(frame)

    def _take_bytes(self, data: bytes) -> None:
        if self.state is not LinkState.LIVE:
            if self.state is LinkState.AUTH:
                self._shut(NOT_ADMITTED, "Not admitted.", "a live frame before authentication")
                return
            raise MalformedFrame("a live frame before the link is live")
        frame = decode_live(data)
        self.traffic.frame(type(frame).__name__.removesuffix("Frame").lower(), len(data))
        if isinstance(frame, OpFrame | BatchFrame):
            self.traffic.batch(len(frame.entries) if isinstance(frame, BatchFrame) else 1)
        self._send_all(self._end.take_live(frame))

    def _take_pong(self, frame: Pong) -> None:
        if self._ping_sent is not None and self._ping_sent[0] == frame.id:
            self.server_time.sample(self._ping_sent[1], frame.t, self._wall())

    def _take_malformed(self, detail: str, *, was_live: bool) -> None:
        self.traffic.event("malformed frames")
        if self.traffic.events["malformed frames"] > MAX_MALFORMED or self.state is LinkState.AUTH:
            self._shut(BAD_DATA, "Too many frames could not be read.", detail)
        elif was_live and self.state is LinkState.LIVE:
            self._send_all(self._end.take_malformed())

    def _authenticate(self, frame: ControlFrame) -> None:
        if isinstance(self._key, Door) and isinstance(frame, Auth):
            try:
                identity = self._key.admit(frame)
                self._end = self._end.for_caller(identity)
                self.identity = identity
            except AuthRefused as refusal:
                self._shut(NOT_ADMITTED, "Not admitted.", str(refusal))
                return
            self.caps = frozenset(frame.caps) & CAPABILITIES
            self._send(self._end.admitted(identity))
            self._enter_clock()
        elif isinstance(self._key, Credentials) and isinstance(frame, Challenge):
            try:
                self._send(self._key.answer(frame, self._wall()))
            except AuthRefused as refusal:
                self._shut(NOT_TRUSTED, "Not trusted.", str(refusal))
        elif isinstance(self._key, Credentials) and isinstance(frame, Welcome):
            self._sign = self._key.signed if frame.wants_signatures else None
            self._end.welcomed(frame)
            self._enter_clock()
        elif isinstance(frame, ErrorFrame):
            self._shut(frame.code, frame.message)
        else:
            self._shut(NOT_ADMITTED, "Not admitted.", f"{type(frame).__name__} before authentication")

    def _enter_clock(self) -> None:
        self.state = LinkState.CLOCK
        self._timers.progressed()
        self._send(ClockFrame(self._end.clock(), self._wall()))

    def _synchronise(self, frame: ControlFrame) -> None:
        match frame:
            case ClockFrame() if self.state is LinkState.CLOCK:
                self._end.heard_clock(frame.clock)
                self._enter_bulk(self._end.delta(frame.clock))
            case Bulk() | SnapshotPart():
                self._take_bulk(frame)
            case Ready():
                self._is_peer_ready = True
                self._timers.progressed()
                self._go_live_when_ready()
            case Want() if self.state is LinkState.LIVE and not self._outgoing.has_bulk:
                if (delta := self._end.resync(frame)) is not None:
                    self._begin_bulk(delta)
            case ErrorFrame():
                self._shut(frame.code, frame.message)
            case _:
                self._send_all(self._end.take_control(frame))

    def _take_bulk(self, frame: Bulk | SnapshotPart) -> None:
        if self.state is LinkState.CLOCK:
            # The other end tells without asking: it gets everything, and it will never say that it is ready.
            self._is_peer_ready = True
            self._enter_bulk(self._end.delta(None))
        self._timers.progressed()
        self._send_all(self._end.take_bulk(frame))

    def _enter_bulk(self, delta: Delta) -> None:
        self.state = LinkState.BULK
        self._begin_bulk(delta)

    def _begin_bulk(self, delta: Delta) -> None:
        if self._sign is not None:
            delta = msgspec.structs.replace(delta, ops=[self._sign(op) for op in delta.ops])
        self._outgoing.begin_bulk(frames_of(delta, self._wall))
        self._bulk_upto = delta.upto

    def _next_bulk(self) -> str | None:
        if not self._outgoing.has_bulk:
            return None
        frame = self._outgoing.next_bulk()
        if frame is not None:
            return frame
        if self.state is LinkState.LIVE:
            self._end.caught_up(self._bulk_upto)
            return None
        self.state = LinkState.READY
        self._timers.progressed()
        ready = encode_control(Ready(self._wall()))
        self._go_live_when_ready()
        return ready

    def _go_live_when_ready(self) -> None:
        if self.state is LinkState.READY and self._is_peer_ready:
            self.state = LinkState.LIVE
            self._end.caught_up(self._bulk_upto)
            self.on_live()
            early, self._early = tuple(self._early), deque()
            if early:
                self._submit_now(early)

    def _submit_now(self, ops: tuple[Op, ...]) -> None:
        for op in ops if self._sign is None else map(self._sign, ops):
            self._outgoing.put_live(encode_live(SubmitFrame(self._wall(), (op,))))

    def _send_all(self, frames: Iterable[ControlFrame]) -> None:
        for frame in frames:
            self.send(frame)

    def _send(self, frame: ControlFrame) -> None:
        self._outgoing.put(encode_control(frame))

    def _shut(self, code: int, reason: str, detail: str = "") -> None:
        if self.state is LinkState.CLOSED:
            return
        self._outgoing.drop_all_but_control()
        self._send(ErrorFrame(code, reason, self._wall()))
        self.state = LinkState.CLOSED
        self.close = Close(code, reason, detail)


def _nothing() -> None:
    pass
