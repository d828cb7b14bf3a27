"""One named thread of a node: started once, asked to end, and never alive after ``stop``."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from engine.memory import give_back

__all__ = ["STOP_WITHIN_S", "Worker"]

STOP_WITHIN_S = 2.0

_log = logging.getLogger(__name__)


class Worker:
    """Runs ``body`` in a thread of its own; an exception that leaves it is told to ``on_failure``."""

    def __init__(self, name: str, body: Callable[[], None], on_failure: Callable[[str], None]) -> None:
        self.stopping = threading.Event()
        self._body = body
        self._on_failure = on_failure
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def was_started(self) -> bool:
        return self._thread.ident is not None

    def start(self) -> None:
        """Starts the thread; a second call does nothing."""
        if not self.was_started and not self.stopping.is_set():
            self._thread.start()

    def stop(self) -> None:
        """Asks the thread to end and waits for it, 2 s at most."""
        self.stopping.set()
        if not self.was_started:
            self._let_go()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(STOP_WITHIN_S)
            if self._thread.is_alive():
                _log.error("thread %s did not end within %g s", self._thread.name, STOP_WITHIN_S)

    def _run(self) -> None:
        try:
            self._body()
        except Exception as error:  # noqa: BLE001  (whatever a thread dies of must be told)
            _log.exception("thread %s ended by a defect", self._thread.name)
            self._on_failure(f"internal error: {type(error).__name__}")
        finally:
            self._let_go()
            give_back()

    def _let_go(self) -> None:
        """The node that this thread worked for is freed with its last reference, not when the collector comes by."""
        self._body, self._on_failure = _nothing, _unheard


def _nothing() -> None:
    """No work is left."""


def _unheard(_reason: str) -> None:
    """Nobody listens any more."""
