"""Whether a window can be shown is known before Qt is asked, and the reason is a sentence."""

from __future__ import annotations

import pytest

from gui.display import missing_display, x_server_answers


@pytest.fixture
def libraries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Qt misses for a window; empty unless a test fills it."""
    missing: list[str] = []
    monkeypatch.setattr("gui.display.missing_for_window", lambda _: missing)
    return missing


@pytest.mark.parametrize(
    ("environment", "system"),
    [
        ({}, "darwin"),
        ({}, "win32"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux"),
        ({"QT_QPA_PLATFORM": "offscreen"}, "linux"),
        ({"QT_QPA_PLATFORM": "vnc", "DISPLAY": ":7654"}, "linux"),
    ],
)
def test_where_qt_knows_best_nothing_is_missing(environment: dict[str, str], system: str) -> None:
    assert missing_display(environment, system) is None


@pytest.mark.parametrize("environment", [{}, {"DISPLAY": ""}])
def test_no_display_is_said(environment: dict[str, str]) -> None:
    assert missing_display(environment, "linux") == "no display found (neither DISPLAY nor WAYLAND_DISPLAY is set)"


def test_a_display_that_nobody_serves_is_said() -> None:
    assert missing_display({"DISPLAY": ":7654"}, "linux") == "the display :7654 does not answer"


def test_a_served_display_is_enough(virtual_screen: str) -> None:
    assert x_server_answers(virtual_screen)
    assert missing_display({"DISPLAY": virtual_screen}, "linux") is None


def test_a_missing_library_is_said_with_the_command_before_qt_aborts(virtual_screen: str, libraries: list[str]) -> None:
    libraries.append("libxcb-cursor.so.0")
    reason = missing_display({"DISPLAY": virtual_screen}, "linux")
    assert reason is not None
    assert reason.endswith("apt-get install -y --no-install-recommends libxcb-cursor0)")
