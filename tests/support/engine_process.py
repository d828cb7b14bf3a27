"""A real engine in a process of its own, on a free port."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple, Self

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "resources" / "samples" / "studio.yaml"
START_WITHIN_S, END_WITHIN_S = 30.0, 20.0

__all__ = ["DEMO", "ROOT", "Ended", "EngineProcess", "run_to_end"]


class Ended(NamedTuple):
    """How an engine ended: exit code, what it printed after the line that says where it listens, and how fast."""

    code: int
    out: str
    took_s: float


class EngineProcess:
    """``with EngineProcess(file) as engine: … engine.url``; ``kill`` and ``restart`` keep its port and its state.

    ``line`` is what it printed when it listened, ``errors`` its log, known after its end.
    """

    def __init__(
        self,
        *files: Path,
        options: Sequence[str | Path] = (),
        state_dir: Path | None = None,
        stdin: int = subprocess.DEVNULL,
    ) -> None:
        self._files = files
        self._options = [*options, *(() if state_dir is None else ("--state-dir", state_dir))]
        self._stdin = stdin
        self.port = 0
        self.line: dict[str, Any] = {}
        self.errors = ""

    def __enter__(self) -> Self:
        self._start(self._files)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.stop()

    @property
    def url(self) -> str:
        """Where it answers on this machine."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self, number: int = signal.SIGTERM) -> Ended:
        """Sends a signal and waits for the end."""
        self.process.send_signal(number)
        return self.ended()

    def kill(self) -> None:
        """SIGKILL: nothing is said, nothing is saved."""
        self.stop(signal.SIGKILL)

    def ended(self) -> Ended:
        """Waits for the end."""
        begun = time.monotonic()
        with self.process:  # closes its pipes
            try:
                code = self.process.wait(END_WITHIN_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise
            took_s = time.monotonic() - begun
            out = "" if self.process.stdout is None else self.process.stdout.read()
        self._log.seek(0)
        self.errors = self._log.read().decode()
        self._log.close()
        return Ended(code, out, took_s)

    def restart(self) -> None:
        """Starts it again on the same port; sessions come from the state folder."""
        self._start(())

    def _start(self, files: Sequence[Path]) -> None:
        # A file, because nobody reads a pipe while the engine runs and a full one would hold it up.
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (`ended` closes it)
        self.process = subprocess.Popen(
            _command(*files, "--port", str(self.port), *self._options),
            stdin=self._stdin,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=_environment(),
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.ended()
            raise AssertionError(self.errors)
        self.line = json.loads(line)
        self.port = int(self.line["http"].rpartition(":")[2])


def run_to_end(*words: str | Path) -> tuple[int, str, list[str]]:
    """Runs an engine that cannot start: exit code, stdout, the lines on stderr."""
    run = subprocess.run(
        _command(*words),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=_environment(),
        timeout=START_WITHIN_S,
        check=False,
    )
    return run.returncode, run.stdout, run.stderr.splitlines()


def _command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "engine", *map(str, words)]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}
