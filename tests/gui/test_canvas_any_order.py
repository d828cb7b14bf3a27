"""Any order of pointer, keys, peers and link: no gesture stays behind, and desk and server end up the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from pytestqt.qtbot import QtBot

from tests.gui.canvas_stand import NODE, Stand

SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
KEYS = (
    Qt.Key.Key_Escape,
    Qt.Key.Key_Right,
    Qt.Key.Key_Tab,
    Qt.Key.Key_C,
    Qt.Key.Key_0,
    Qt.Key.Key_Delete,
)

places = st.sampled_from(
    [(1000.0, 500.0), (1200.0, 640.0), (100.0, 100.0), (80.0, 610.0), (640.0, 300.0), (-20.0, 9.0)]
)
keys = st.sampled_from([Qt.KeyboardModifier.NoModifier, SHIFT, CTRL, ALT, SHIFT | ALT])
steps = st.one_of(
    st.tuples(st.just("press"), places, keys),
    st.tuples(st.just("move"), places, keys),
    st.tuples(st.just("release"), places, keys),
    st.tuples(st.just("key"), st.sampled_from(KEYS), keys),
    st.tuples(st.just("wheel"), places, st.sampled_from([-2.0, 1.0])),
    st.tuples(st.just("peer moves"), st.sampled_from(["in_1", "in_2"]), st.integers(-50, 900)),
    st.tuples(st.just("peer deletes"), st.just("title"), st.none()),
    st.tuples(st.just("cut"), st.none(), st.none()),
    st.tuples(st.just("focus lost"), st.none(), st.none()),
    st.tuples(st.just("settle"), st.none(), st.none()),
)


def do(stand: Stand, step: tuple[str, Any, Any]) -> None:
    what, first, second = step
    match what:
        case "press" | "move" | "release":
            getattr(stand, what)(*first, second)
        case "key":
            QGuiApplication.sendEvent(stand.view, QKeyEvent(QEvent.Type.KeyPress, first, second))
        case "wheel":
            stand.wheel(first[0], first[1], second)
        case "peer moves":
            stand.server.tune(NODE, {"layers": {first: {"rect": {"x": second}}}})
        case "peer deletes":
            stand.server.tune(NODE, {"text_overlays": []})
        case "cut":
            stand.link.cut()
            stand.link.reopen()
        case "focus lost":
            stand.view.clearFocus()
            stand.view.setFocus()
        case _:
            stand.settle()
    stand.bridge.flush()


@pytest.mark.usefixtures("qtbot")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=30))
def test_nothing_stays_open_and_both_ends_agree(steps: list[tuple[str, Any, Any]]) -> None:
    stand = Stand()
    try:
        for step in steps:
            do(stand, step)
            assert len(stand.session.open_gestures) <= 1
        stand.release(0, 0)
        stand.view.clearFocus()
        stand.settle()
        assert stand.session.open_gestures == ()
        assert not stand.view._hand.is_busy
        assert stand.session.store.params(NODE) == stand.server.nodes[NODE].stored
        assert stand.view.chrome_state().feedback.guides == ()
    finally:
        stand.close()


def test_the_fake_hands_do_move_something(qtbot: QtBot) -> None:
    """The property is not empty: the same steps, in a good order, edit a layer."""
    assert qtbot is not None
    stand = Stand()
    for step in (
        ("press", (1000.0, 500.0), CTRL),
        ("move", (640.0, 300.0), CTRL),
        ("release", (640.0, 300.0), CTRL),
        ("settle", None, None),
    ):
        do(stand, step)
    rect = stand.rect("in_1")
    stand.close()
    assert rect == (440, 140, 400, 300)
