"""The compositor under any order of frames, updates, pins and ends: what leaves it follows from what came last."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.flow import Output, VideoFrame
from engine.nodes.compositor import Compositor
from engine.pictures.layout import Slot, resolve
from engine.places import shipped_places
from sync.wire.compositor import CompositorConfig, ConfigRefused, parse_config
from sync.wire.json_value import JsonObject
from tests.guards.profiles import INTERLEAVINGS
from tests.support.nodes import Reports, SteppedPace, Tap
from tests.support.pictures import RED, plain

PINS = [f"in_{number}" for number in range(4)]
SIZES = [(8, 6), (6, 8), (1, 1)]
RECTS = st.fixed_dictionaries(
    {
        "x": st.integers(-20, 40),
        "y": st.integers(-20, 40),
        "width": st.integers(0, 50),
        "height": st.integers(0, 50),
    }
)
LAYERS = st.dictionaries(
    st.sampled_from(PINS),
    st.fixed_dictionaries(
        {},
        optional={
            "rect": st.none() | RECTS,
            "aspect_fit": st.booleans(),
            "opacity": st.sampled_from([0.0, 0.5, 1.0]),
            "z_index": st.integers(-2, 2),
            "rotation_degrees": st.sampled_from([0.0, 30.0, -1e6]),
            "crop_zoom": st.sampled_from([1.0, 3.0, 1e6]),
            "crop_shape": st.sampled_from(["rect", "circle"]),
            "mirror_vertical": st.booleans(),
        },
    ),
)
CANVASES = st.sampled_from([(32, 24), (24, 32), (1, 1)])
STAMPS = st.sampled_from([None, ("desk a", 1), ("desk a", 2), ("desk b", 1)])


class CompositorOrders(RuleBasedStateMachine):
    """Keeps beside the node what it should know, and compares at every tick."""

    def __init__(self) -> None:
        super().__init__()
        self.reports, self.pace, self.tap = Reports(), SteppedPace(), Tap()
        start = {"width": 32, "height": 24}
        self.node = Compositor(self.reports.context(start), shipped_places(), is_smooth=False, pace=self.pace)
        self.node.outputs["out"].attach(self.tap)
        self.node.start()
        self.config: CompositorConfig = parse_config(start)
        self.sources: dict[str, Output] = {}
        self.order: list[str] = []
        self.ending: set[str] = set()
        self.waiting: dict[str, tuple[int, int]] = {}
        self.shown: dict[str, tuple[int, int]] = {}
        self.stamp: tuple[str, int] | None = None
        self.sent: Any = None
        self.has_begun = False

    def teardown(self) -> None:
        self.node.stop()

    @initialize(has_started=st.booleans())
    def begin(self, has_started: bool) -> None:
        if has_started:
            for pin in PINS[:3]:
                self.connect(pin)
                self.feed(pin, SIZES[0])
            self.tick(0)

    @rule(pin=st.sampled_from(PINS))
    def connect(self, pin: str) -> None:
        if pin not in self.sources:
            self.sources[pin] = Output()
            self.node.connect_input(pin, self.sources[pin])
            self.order.append(pin)
            self.stamp = None

    @precondition(lambda self: len(set(self.order) - self.ending) > 1 or not self.ending)
    @rule(pin=st.sampled_from(PINS))
    def disconnect(self, pin: str) -> None:
        source = self.sources.get(pin)
        if source is None:
            self.node.disconnect_input(pin, Output())
            return
        if pin in self.ending:
            return
        self.node.disconnect_input(pin, source)
        self._forget(pin)
        self.stamp = None

    @precondition(lambda self: len(set(self.order) - self.ending) > 1)
    @rule(choice=st.randoms(use_true_random=False))
    def end_a_source(self, choice: Any) -> None:
        pin = choice.choice(sorted(set(self.order) - self.ending))
        self.sources[pin].close()
        self.ending.add(pin)

    @rule(pin=st.sampled_from(PINS), size=st.sampled_from(SIZES))
    def feed(self, pin: str, size: tuple[int, int]) -> None:
        if pin in self.sources and pin not in self.ending:
            self.sources[pin].emit(VideoFrame(plain(size, RED), 0, 0))
            self.waiting[pin] = size

    @rule(layers=LAYERS, canvas=CANVASES, stamp=STAMPS)
    def update(self, layers: JsonObject, canvas: tuple[int, int], stamp: tuple[str, int] | None) -> None:
        params = {"width": canvas[0], "height": canvas[1], "layers": layers}
        self.node.update(_stamped(params, stamp))
        self.config, self.stamp = parse_config(params), stamp

    @rule(stamp=STAMPS, bad=st.sampled_from([{"width": 0}, {"layers": {"in_0": {"opacity": 2}}}, {"x": 1}]))
    def refused_update(self, stamp: tuple[str, int] | None, bad: JsonObject) -> None:
        with pytest.raises(ConfigRefused):
            self.node.update(_stamped(bad, stamp))
        self.stamp = stamp

    @rule(missed=st.sampled_from([0, 0, 0, 5]))
    def tick(self, missed: int) -> None:
        pictures, layouts = len(self.tap.packets), len(self.reports.view_data)
        self.pace.step(missed)
        self._take()
        brought = self.tap.packets[pictures:]
        assert len(brought) == (1 if self.has_begun else 0)
        if brought:
            image = brought[0].image
            assert (image.width(), image.height()) == (self.config.width, self.config.height)
        assert self.reports.view_data[layouts:] == self._expected()

    @rule()
    def next_tick(self) -> None:
        self.tick(0)

    @invariant()
    def it_runs(self) -> None:
        assert [state.name for state in self.reports.states] == ["Running"]

    def _take(self) -> None:
        """What a tick makes of what has come."""
        self.has_begun = self.has_begun or bool(self.waiting)
        self.shown.update(self.waiting)
        self.waiting.clear()
        if self.ending:
            self.stamp = None
        for pin in list(self.ending):
            self._forget(pin)

    def _forget(self, pin: str) -> None:
        self.sources.pop(pin)
        self.order.remove(pin)
        self.ending.discard(pin)
        self.waiting.pop(pin, None)
        self.shown.pop(pin, None)

    def _expected(self) -> list[JsonObject]:
        if not self.has_begun:
            return []
        slots = [Slot(pin, self.shown.get(pin)) for pin in self.order]
        view = resolve(self.config, slots, (), ()).view
        if view == self.sent:
            return []
        self.sent = view
        return [_stamped(msgspec.to_builtins(view), self.stamp)]


def _stamped(data: JsonObject, stamp: tuple[str, int] | None) -> JsonObject:
    return data if stamp is None else {**data, "_sender": stamp[0], "_rev": stamp[1]}


CompositorOrders.TestCase.settings = settings(max_examples=INTERLEAVINGS // 10, stateful_step_count=30)
TestCompositorOrders = CompositorOrders.TestCase
