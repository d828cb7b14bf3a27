"""The engine as a real process, for tests of its life: started, asked, told to stop."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
START_WITHIN_S = 30.0

__all__ = ["ROOT", "EngineProcess", "run_to_end", "started"]


class EngineProcess:
    """A process that listens, and the line that it printed."""

    def __init__(self, process: Process, line: dict[str, Any]) -> None:
        self.process = process
        self.line = line
        self.errors = ""

    @property
    def http(self) -> str:
        """The base address."""
        return str(self.line["http"])

    async def stop(self, number: int = signal.SIGTERM) -> tuple[int, str, float]:
        """Sends a signal; the exit code, what else came on stdout, and how long it took."""
        begun = asyncio.get_running_loop().time()
        self.process.send_signal(number)
        return await self.ended(begun)

    async def ended(self, begun: float) -> tuple[int, str, float]:
        """Waits for the end."""
        assert self.process.stdout is not None
        out, errors = await asyncio.wait_for(self.process.communicate(), 20.0)
        self.errors = errors.decode()
        assert self.process.returncode is not None
        return self.process.returncode, out.decode(), asyncio.get_running_loop().time() - begun


async def _spawn(*words: str | Path, stdin: int = DEVNULL) -> Process:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "engine", *map(str, words)]
    return await asyncio.create_subprocess_exec(*command, stdin=stdin, stdout=PIPE, stderr=PIPE, env=environment)


async def run_to_end(*words: str | Path) -> tuple[int, str, list[str]]:
    """Runs an engine that cannot start: exit code, stdout, the lines on stderr."""
    process = await _spawn(*words)
    out, errors = await asyncio.wait_for(process.communicate(), START_WITHIN_S)
    assert process.returncode is not None
    return process.returncode, out.decode(), errors.decode().splitlines()


@asynccontextmanager
async def started(*words: str | Path, stdin: int = DEVNULL) -> AsyncIterator[EngineProcess]:
    """An engine that listens on a free port; killed at the end if it still runs."""
    process = await _spawn(*words, "--port", "0", stdin=stdin)
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_WITHIN_S)
        if not line:
            _, errors = await process.communicate()
            raise AssertionError(errors.decode())
        yield EngineProcess(process, json.loads(line))
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
