"""A real X server without a screen, for the few tests that need the platform on which operators work."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

STOP_LIMIT_S = 20.0

__all__ = ["virtual_screen"]


@pytest.fixture(scope="session")
def virtual_screen() -> Iterator[str]:
    """The DISPLAY of an Xvfb of 1920x1080 that lives as long as the test run; it picks a free number itself."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1920x1080x24", "-nolisten", "tcp"]
    command.append("-noreset")  # else it is away for a moment whenever its last client has left
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(STOP_LIMIT_S)
