"""``video::compositor``: draws its inputs and overlays at a fixed rate; drops when late, never queues."""

from __future__ import annotations

from typing import Any

from engine.flow import Output
from engine.node import NodeContext, NodeFailed
from engine.pictures.composition import Composition
from engine.pictures.fonts import FontShelf
from engine.pictures.images import ImageShelf
from engine.pictures.inputs import InputSlot, InputSlots
from engine.pictures.programme import Programme
from engine.pictures.render import Renderer
from engine.pictures.text import TextShelf
from engine.pictures.view_data import ConfigLatch, ViewData
from engine.places import Places
from engine.report import NodeReport
from engine.tick import FrameClock, Pace, Tick
from engine.worker import Worker
from sync.wire.compositor import CompositorConfig, ConfigRefused, parse_config
from sync.wire.json_value import JsonObject
from sync.wire.stamp import Stamp, strip_metadata

__all__ = ["Compositor"]

TELL_MISSED_EVERY_S = 1.0


class Compositor:
    """The node. Nothing leaves it before some input has delivered a frame."""

    def __init__(
        self, context: NodeContext, places: Places, *, is_smooth: bool = True, pace: Pace | None = None
    ) -> None:
        """Raises NodeFailed for params that are refused. ``pace`` is the frame clock unless a test steps it."""
        try:
            config = parse_config(strip_metadata(context.params))
        except ConfigRefused as refusal:
            raise NodeFailed(f"bad params: {refusal}") from refusal
        self._report = NodeReport(context)
        self._latch = ConfigLatch(config)
        self._inputs = InputSlots()
        self._programme = Programme(context.node_id, config)
        self._view = ViewData(context.on_view_data)
        self._images = ImageShelf(places, self._refuse_overlay)
        texts = TextShelf(FontShelf(places), self._refuse_overlay)
        self._composition = Composition(texts, self._images, Renderer(is_smooth=is_smooth), self._report.defect)
        self._sound = CompositorConfig(config.width, config.height, config.fps)
        self._faulty: CompositorConfig | None = None
        self._clock = pace if pace is not None else FrameClock(config.fps)
        self._worker = Worker(f"compositor {context.node_id}", self._run, self._report.failed)
        self._missed = self._missed_told = 0
        self._told_s = 0.0

    @property
    def outputs(self) -> dict[str, Output]:
        return {"out": self._programme.output}

    def start(self) -> None:
        self._inputs.fix_order()
        self._report.running()
        self._worker.start()

    def check(self, message: JsonObject) -> None:
        parse_config(strip_metadata(message))

    def update(self, message: JsonObject) -> None:
        """Takes a whole config; it is drawn at the next tick. Raises ConfigRefused."""
        self._latch.update(message)

    def connect_input(self, pin: str, source: Output) -> None:
        self._inputs.connect(pin, source)
        self._latch.clear_stamp()

    def disconnect_input(self, pin: str, source: Output) -> None:
        if self._inputs.disconnect(pin, source):
            self._latch.clear_stamp()

    def stop(self) -> None:
        self._worker.stop()
        self._inputs.release()
        self._images.close()
        self._programme.close()

    def describe(self, key: str) -> Any:
        return self._programme.feed if key == "frames" else None

    # the compositor's thread

    def _run(self) -> None:
        while (tick := self._clock.wait(self._worker.stopping)) is not None:
            slots = self._refresh(tick)
            if slots is None:
                self._programme.close()
                self._report.stopped("input_closed")
                break
            if self._programme.has_begun:
                self._compose(tick, slots)
            self._count(tick)
        self._report.beat(is_last=True)

    def _refresh(self, tick: Tick) -> tuple[InputSlot, ...] | None:
        """Takes the newest frames; None when the last source has ended."""
        slots = self._inputs.all()
        news = [slot.refresh() for slot in slots]
        if any(news):
            self._programme.change()
            self._programme.begin_at(_first_pts(slots), tick.elapsed_s)
        if not self._inputs.drop_closed():
            return slots
        self._latch.clear_stamp()
        return self._inputs.all() or None

    def _compose(self, tick: Tick, slots: tuple[InputSlot, ...]) -> None:
        """Draws the newest config, or by a defect of ours the last one that could be drawn: the show goes on."""
        latched = self._latch.read()
        config = self._sound if latched.config is self._faulty else latched.config
        try:
            self._draw(tick, slots, config, latched.stamp)
        except Exception as defect:  # noqa: BLE001  (whatever it is, the programme must not end with it)
            self._faulty = latched.config
            self._programme.change()
            self._report.defect("the whole picture", defect)
        else:
            self._sound = config

    def _draw(self, tick: Tick, slots: tuple[InputSlot, ...], config: CompositorConfig, stamp: Stamp | None) -> None:
        if self._programme.follow(config):
            self._clock.set_rate(config.fps)
        resolved, is_news = self._composition.arrange(config, slots)
        if is_news:
            self._programme.change()
        self._view.show(resolved.view, stamp)
        self._programme.show(tick.elapsed_s, lambda canvas: self._composition.paint(canvas, slots))
        self._report.sent += 1

    def _count(self, tick: Tick) -> None:
        if self._programme.has_begun:
            self._missed += tick.missed
        received, discarded = self._inputs.totals()
        self._report.received, self._report.discarded = received, discarded + self._missed
        if self._missed > self._missed_told and tick.elapsed_s - self._told_s >= TELL_MISSED_EVERY_S:
            count = self._missed - self._missed_told
            self._report.telemetry("compositor.frames_dropped", reason="compositing_busy", count=count)
            self._missed_told, self._told_s = self._missed, tick.elapsed_s
        self._report.beat()

    def _refuse_overlay(self, overlay_id: str, sentence: str) -> None:
        self._report.errored += 1
        self._report.telemetry("compositor.overlay_refused", overlay=overlay_id, reason=sentence)


def _first_pts(slots: tuple[InputSlot, ...]) -> int:
    """The time that the programme's clock starts at: the first found from the last slot down."""
    return next((slot.frame.pts_us for slot in reversed(slots) if slot.frame is not None), 0)
