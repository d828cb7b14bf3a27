"""A real engine in a process of its own, on a free port."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "resources" / "samples" / "studio.yaml"

__all__ = ["DEMO", "ROOT", "EngineProcess"]


class EngineProcess:
    """``with EngineProcess(file) as engine: … engine.url``; ``kill`` and ``restart`` keep its port and its state."""

    def __init__(self, *files: Path, options: Sequence[str] = (), state_dir: Path | None = None) -> None:
        self._files = [str(path) for path in files]
        self._options = [*options, *(() if state_dir is None else ("--state-dir", str(state_dir)))]
        self.port = 0

    def __enter__(self) -> Self:
        self._start(self._files)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL: nothing is said, nothing is saved."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)
        self._close_pipes()

    def restart(self) -> None:
        """Starts it again on the same port; sessions come from the state folder."""
        self._start([])

    def stop(self) -> None:
        """SIGTERM, then what is left in its log is an error of the test."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(10)
        self._close_pipes()

    def _start(self, files: Sequence[str]) -> None:
        command = [sys.executable, "-m", "engine", *files, "--port", str(self.port), *self._options]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"}
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd=ROOT, text=True
        )
        assert self._process.stdout is not None
        line = json.loads(self._process.stdout.readline())
        self.port = int(line["http"].rpartition(":")[2])

    def _close_pipes(self) -> None:
        if self._process.stdout is not None:
            self._process.stdout.close()
