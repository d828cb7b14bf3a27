"""Planted tests that tests/test_guards.py runs in a pytest of their own: all but ``test_clean_*`` must fail."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import warnings
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QObject, QStandardPaths, QTimer, qWarning
from PySide6.QtWidgets import QApplication, QWidget

T = TypeVar("T", bound=QObject)

log = logging.getLogger("planted")
kept: list[QWidget] = []


def named(thing: T) -> T:
    thing.setObjectName("forgotten")
    return thing


async def test_task() -> None:
    asyncio.get_running_loop().create_task(asyncio.sleep(60), name="forgotten")


async def test_loop_timer() -> None:
    asyncio.get_running_loop().call_later(60, log.info, "never")


@given(st.integers(0, 1))
async def test_task_of_a_property_test(number: int) -> None:
    asyncio.get_running_loop().create_task(asyncio.sleep(60 + number), name="forgotten")


def test_thread() -> None:
    threading.Thread(target=time.sleep, args=(20,), name="forgotten", daemon=True).start()


def test_log() -> None:
    log.warning("something is wrong")


@pytest.mark.expects_log("something else")
def test_log_of_another_kind() -> None:
    log.error("something is wrong")


@pytest.mark.expects_log("something")
def test_log_that_never_comes() -> None:
    log.info("something")


def test_window(qapp: QApplication) -> None:
    kept.append(named(QWidget()))


def test_qt_timer(qapp: QApplication) -> None:
    named(QTimer(qapp)).start(60_000)


def test_qt_timer_of_an_owner(qapp: QApplication) -> None:
    timer = named(QTimer(QObject(qapp)))
    timer.setInterval(60_000)
    timer.start()


def test_qt_message(qapp: QApplication) -> None:
    qWarning("something is wrong")


def test_python_warning() -> None:
    warnings.warn("something is wrong", stacklevel=1)


def test_unknown_marker_is_an_error() -> None:
    pytest.mark.sloow(lambda: None)


@pytest.mark.xfail(reason="it passes, and that must not go unnoticed")
def test_xfail_that_passes() -> None:
    pass


async def test_clean_tasks_and_timers() -> None:
    loop = asyncio.get_running_loop()
    loop.call_later(60, log.info, "never").cancel()
    await asyncio.gather(loop.create_task(asyncio.sleep(0)), asyncio.to_thread(time.monotonic))


def test_clean_thread_that_is_on_its_way_out() -> None:
    threading.Thread(target=time.sleep, args=(0.2,)).start()


@pytest.mark.expects_log("something is wrong", "planted: and more")
def test_clean_expected_logs() -> None:
    log.warning("something is wrong")
    log.error("and more")


def test_clean_windows(qtbot: Any) -> None:
    shown = QWidget()
    qtbot.addWidget(shown)
    shown.show()
    circle = QWidget()
    circle.itself = circle  # type: ignore[attr-defined]  # only the collector gets rid of it


def test_clean_stopped_timer(qapp: QApplication) -> None:
    timer = QTimer(qapp)
    timer.start(60_000)
    timer.stop()


def test_clean_application(qapp: QApplication) -> None:
    assert qapp.style().objectName() == "fusion"
    assert (qapp.font().family(), qapp.font().pixelSize(), qapp.devicePixelRatio()) == ("Inter", 13, 1.0)
    assert QStandardPaths.isTestModeEnabled()
