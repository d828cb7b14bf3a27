"""What all sources have in common: one output, no inputs, and a thread that fills the one."""

from __future__ import annotations

from typing import Any

from engine.flow import Output
from engine.node import NodeContext, NodeFailed
from engine.report import NodeReport
from engine.worker import Worker

__all__ = ["Source"]


class Source:
    """A node whose ``_run``, in its own thread, emits until ``_worker.stopping`` is set."""

    def __init__(self, context: NodeContext) -> None:
        self._report = NodeReport(context)
        self._output = Output()
        self._worker = Worker(f"source {context.node_id}", self._run, self._report.failed)

    @property
    def outputs(self) -> dict[str, Output]:
        return {"out": self._output}

    def start(self) -> None:
        self._report.running()
        self._worker.start()

    def connect_input(self, pin: str, source: Output) -> None:
        del source
        raise NodeFailed(f"there is no input pin {pin!r}: a source has none")

    def disconnect_input(self, pin: str, source: Output) -> None:
        """There is nothing to disconnect."""

    def stop(self) -> None:
        self._worker.stop()
        self._output.close()

    def describe(self, key: str) -> Any:
        del key

    def _complete(self) -> None:
        """All has been shown."""
        self._output.close()
        self._report.stopped("completed")

    def _run(self) -> None:
        raise NotImplementedError
