"""No log record at WARNING or above may pass unnoticed; ``@pytest.mark.expects_log(regex)`` names the expected ones."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import pytest

__all__ = ["LoudRecords", "no_unexpected_logs", "pytest_configure"]


class LoudRecords(logging.Handler):
    """Keeps the text of every record at WARNING or above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps one record as ``LEVEL logger: message``."""
        self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker."""
    config.addinivalue_line("markers", "expects_log(*regex): log records at WARNING or above that this test provokes")


def _expected(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return tuple(str(word) for mark in request.node.iter_markers("expects_log") for word in mark.args)


@pytest.fixture(autouse=True)
def no_unexpected_logs(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that logs a problem it did not name, or that names one which never came."""
    handler = LoudRecords()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    expected = _expected(request)
    surprises = [line for line in handler.lines if not any(re.search(regex, line) for regex in expected)]
    missing = [regex for regex in expected if not any(re.search(regex, line) for line in handler.lines)]
    if surprises:
        pytest.fail("unexpected log, name it with @pytest.mark.expects_log(regex):\n" + "\n".join(surprises))
    if missing:
        pytest.fail(f"expected in the log, but it never came: {', '.join(missing)}")
