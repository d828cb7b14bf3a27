"""The embedded engine: our own server as a child process, watched, and started again when it dies."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from gui.exits import CommandFailed, Exit

START_LIMIT_S = 15.0
STOP_LIMIT_S = 4.0
RESTART_DELAYS_S = (0.1, 0.5, 1.0, 2.0, 5.0)
STABLE_S = 30.0

_log = logging.getLogger(__name__)

__all__ = ["EmbeddedEngine", "Listening", "serve"]


class Listening(msgspec.Struct, frozen=True):
    """The engine's one line on stdout: where it listens."""

    event: str
    http: str
    control: str
    pid: int


def serve(argv: list[str]) -> int:
    """Runs the engine in this process; returns its exit code."""
    from engine.__main__ import main

    return main(argv)


class EmbeddedEngine:
    """Starts the engine on a free port of this machine and keeps it there until ``stop``.

    ``on_trouble`` gets one sentence each time it has died or cannot be started again.
    """

    def __init__(self, files: Sequence[Path], on_trouble: Callable[[str], None]) -> None:
        self._files = [str(path) for path in files]
        self._on_trouble = on_trouble
        self._process: Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._state_dir = tempfile.TemporaryDirectory(prefix="layerdesk-engine-", ignore_cleanup_errors=True)
        self._last_words = ""
        self._port = 0
        self._is_up = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        return None if self._process is None else self._process.pid

    async def spawn(self) -> None:
        """Begins to start the engine and returns at once, so that it loads while the window is made."""
        await self._spawn(self._files)

    async def start(self) -> str:
        """Starts the engine unless ``spawn`` did; returns its control URL.

        Raises CommandFailed with the engine's own sentence.
        """
        if self._process is None:
            await self.spawn()
        listening = await self._listening()
        self._port = int(listening.http.rpartition(":")[2])
        self._is_up.set()
        self._watch = asyncio.create_task(self._keep_alive(), name="engine watch")
        return listening.control

    async def until_up(self) -> None:
        """Returns when the engine listens, at once while it does; raises TimeoutError after START_LIMIT_S."""
        async with asyncio.timeout(START_LIMIT_S):
            await self._is_up.wait()

    async def stop(self) -> None:
        """Ends the engine: asks first, insists after STOP_LIMIT_S."""
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        await self._end_process()
        self._state_dir.cleanup()

    async def _spawn(self, files: Sequence[str]) -> None:
        options = ["--port", str(self._port), "--state-dir", self._state_dir.name, "--stop-with-stdin"]
        command = [sys.executable, "-m", "engine", *files, *options]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self._process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment
        )
        self._errors = asyncio.create_task(self._read_errors(self._process), name="engine stderr")

    async def _listening(self) -> Listening:
        assert self._process is not None
        try:
            async with asyncio.timeout(START_LIMIT_S):
                return await self._read_listening(self._process)
        except TimeoutError as error:
            await self._end_process()
            raise CommandFailed(
                Exit.INTERNAL, f"the embedded engine did not start within {START_LIMIT_S:.0f} s"
            ) from error

    async def _read_listening(self, process: Process) -> Listening:
        assert process.stdout is not None
        line = await process.stdout.readline()
        if line:
            return msgspec.json.decode(line, type=Listening)
        code = await process.wait()
        await self._errors
        known = code in tuple(Exit)
        words = self._last_words or f"the embedded engine ended with code {code} before it was ready"
        raise CommandFailed(Exit(code) if known and code else Exit.INTERNAL, words)

    async def _read_errors(self, process: Process) -> None:
        """Passes the engine's log on to ours and keeps its last line, which says why it ended."""
        assert process.stderr is not None
        async for raw in process.stderr:
            line = raw.decode(errors="replace").rstrip()
            self._last_words = line.removeprefix("layerdesk: ") or self._last_words
            _log.info("engine: %s", line)

    async def _keep_alive(self) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while self._process is not None:
            begun = loop.time()
            code = await self._process.wait()
            await self._errors
            self._is_up.clear()
            failures = 1 if loop.time() - begun > STABLE_S else failures + 1
            self._on_trouble(f"the embedded engine ended unexpectedly ({_describe_end(code)}); starting it again")
            await self._relaunch(failures)

    async def _relaunch(self, failures: int) -> None:
        """Tries until the engine is back on its old port; its sessions come from the state folder."""
        while True:
            await asyncio.sleep(RESTART_DELAYS_S[min(failures, len(RESTART_DELAYS_S)) - 1])
            try:
                await self._spawn([])
                await self._listening()
            except CommandFailed as failure:
                failures += 1
                self._on_trouble(f"the embedded engine does not start: {failure}")
            else:
                self._is_up.set()
                return

    async def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
        try:
            async with asyncio.timeout(STOP_LIMIT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        await self._errors


def _describe_end(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
