"""The HTTP library's log: what a client sent wrongly is one quiet line, a defect of ours keeps its traceback."""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import HttpProcessingError

from engine.serving.quiet_log import QuietLog

__all__ = ["http_logger"]

_log = logging.getLogger(__name__)


class _ForeignFaults(logging.Filter):
    """Lets everything pass but requests that are no HTTP and clients that have gone."""

    def __init__(self) -> None:
        super().__init__()
        self._malformed = QuietLog(_log)

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, ConnectionError):  # the client has gone
            return False
        if not isinstance(error, HttpProcessingError):
            return True
        self._malformed.warn("a request that is no HTTP was refused (%s)", type(error).__name__)
        return False


def http_logger() -> logging.Logger:
    """The logger to give to the HTTP server."""
    logger = logging.getLogger("engine.http")
    if not logger.filters:
        logger.addFilter(_ForeignFaults())
    return logger
