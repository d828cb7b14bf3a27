"""Log lines that clients can cause: at most one a second and kind, short, and free of control characters."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

EVERY_S = 1.0
MAX_SHOWN = 80

__all__ = ["QuietLog", "shown"]


def shown(text: str) -> str:
    """Foreign text for a log line: printable, on one line, not long."""
    clean = "".join(letter if letter.isprintable() else "·" for letter in text[: MAX_SHOWN + 1])
    return clean if len(clean) <= MAX_SHOWN else f"{clean[:MAX_SHOWN]}…"


class QuietLog:
    """One kind of line: it comes at most once a second and then says how many it stands for."""

    def __init__(self, log: logging.Logger, now: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._now = now
        self._said_at = float("-inf")
        self._unsaid = 0
        self.count = 0

    def warn(self, sentence: str, *details: object) -> None:
        """Counts one occurrence and says it when a line is due."""
        self.count += 1
        now = self._now()
        if now - self._said_at < EVERY_S:
            self._unsaid += 1
            return
        more = f" ({self._unsaid} more since the last line)" if self._unsaid else ""
        self._said_at, self._unsaid = now, 0
        self._log.warning(sentence + more, *details)
