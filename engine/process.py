"""The life of the engine's process: files and state in, listening, a signal, a clean end."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from engine.command_line import EngineOptions, UsageRefused
from engine.library import library
from engine.ordered.keeper import LogKeeper
from engine.pictures.drawing import prepare_drawing
from engine.roots import folders_of, places_for
from engine.running.core import Core
from engine.running.pipeline_check import check_pipeline, compile_yaml
from engine.running.refused import Refused
from engine.running.state_file import SavedState, StateFile, StateRefused
from engine.running.state_keeper import StateKeeper
from engine.serving.auth import Gatekeeper, read_token_file
from engine.serving.doors import Doors
from engine.serving.guard import CONTROL_PATH
from engine.serving.origin import OriginRule
from engine.serving.quiet_log import shown
from engine.serving.server import Server
from engine.standby.duty import Duty, Leading
from engine.standby.plan import Plan, read_plan
from engine.standby.standby import Standby
from sync.log.journal import JournalFailed
from sync.log.private_file import PrivateFileRefused
from sync.wire.pipeline import Pipeline
from sync.wire.yaml_text import YamlRefused, decode_yaml

_log = logging.getLogger(__name__)

__all__ = ["serve"]


async def serve(options: EngineOptions) -> bool:
    """Runs the server until it is told to stop; False when some nodes hung. Raises UsageRefused."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    gatekeeper, doors = _gatekeeper(options), _doors(options)
    pipelines = {path: _read_pipeline(path) for path in options.files}
    prepare_drawing()
    plan = _plan(options)
    core, keeper = _core(options, plan)
    duty: Duty = Leading() if plan is None else Standby(core, plan)
    server = Server(core, gatekeeper, OriginRule(options.origins), doors, duty)
    try:
        _open(core, pipelines)
        address = await _listen(server, options)
        if keeper is not None:
            keeper.begin()
        duty.begin(address, server.let_clients_return)
        _announce(address)
        if options.stops_with_stdin:
            _watch_stdin(lambda: loop.call_soon_threadsafe(stopping.set))
        await stopping.wait()
    finally:
        await duty.close()
        is_clean = await server.stop()
        if keeper is not None:
            await keeper.close()
    return is_clean


def _plan(options: EngineOptions) -> Plan | None:
    try:
        return None if options.standby is None else read_plan(options.standby, options.state_dir)
    except PrivateFileRefused as refusal:
        raise UsageRefused(str(refusal)) from refusal


def _core(options: EngineOptions, plan: Plan | None) -> tuple[Core, StateKeeper | None]:
    """The core with its restored sessions, and what keeps them. Raises UsageRefused."""
    file, saved = _state(options)
    roots = tuple(dict.fromkeys((*folders_of(options.files), *(Path(root) for root in saved.media_roots))))
    places = places_for((*roots, *options.media_dirs), options.samples_dir)
    try:
        logs = None if file is None else LogKeeper(file.folder)
        core = Core(library(places), places, options.samples_dir, options.max_sessions, logs)
        if plan is not None and not plan.is_leading:
            core.logs.standby_of = plan.leader
        if file is None:
            return core, None
        keeper = StateKeeper(file, core.sessions, roots, logs)
        keeper.restore(saved)
    except JournalFailed as failure:
        advice = "use the program that wrote it or another --state-dir"
        raise UsageRefused(f"{str(failure).rstrip('.')}; {advice}") from failure
    return core, keeper


def _state(options: EngineOptions) -> tuple[StateFile | None, SavedState]:
    if options.state_dir is None:
        return None, SavedState()
    try:
        file = StateFile(options.state_dir)
        saved, damaged = file.load()
    except StateRefused as refusal:
        raise UsageRefused(str(refusal)) from refusal
    if damaged is not None:
        _log.error("the state file was damaged (%s); it is kept as %s", damaged.reason, damaged.kept_as)
    return file, saved


def _gatekeeper(options: EngineOptions) -> Gatekeeper:
    try:
        return Gatekeeper(() if options.tokens is None else read_token_file(options.tokens))
    except PrivateFileRefused as refusal:
        raise UsageRefused(str(refusal)) from refusal


def _doors(options: EngineOptions) -> Doors:
    try:
        return Doors(
            options.keys,
            has_tokens=options.tokens is not None,
            state_dir=options.state_dir,
            needs_signatures=options.signed_edits,
        )
    except PrivateFileRefused as refusal:
        raise UsageRefused(str(refusal)) from refusal


def _read_pipeline(path: Path) -> Pipeline:
    try:
        return check_pipeline(compile_yaml(decode_yaml(path.read_bytes())), lambda _kind, _params: None)
    except OSError as error:
        raise UsageRefused(f"cannot read {path}: {error.strerror}") from error
    except (YamlRefused, Refused) as refusal:
        raise UsageRefused(f"{path}: {refusal}") from refusal


def _open(core: Core, pipelines: Mapping[Path, Pipeline]) -> None:
    """Makes a session of each file but those whose session was restored. Raises UsageRefused."""
    restored = {session.info.name for session in core.sessions.all()}
    for path, pipeline in pipelines.items():
        name = pipeline.name or path.stem
        if name in restored:
            _log.info("session %s goes on from its saved state; %s was not loaded", shown(name), path)
            continue
        try:
            core.sessions.create(name, None, pipeline)
        except Refused as refusal:
            raise UsageRefused(f"{path}: {refusal}") from refusal


async def _listen(server: Server, options: EngineOptions) -> str:
    try:
        return await server.start(options.host, options.port)
    except OSError as error:
        where = f"port {options.port} of {options.host}"
        reason = "is in use" if error.errno in _IN_USE else f"cannot be used: {error.strerror or error}"
        raise UsageRefused(f"{where} {reason}; choose another with --port") from error


_IN_USE = (errno.EADDRINUSE,)


def _announce(http: str) -> None:
    control = f"ws{http.removeprefix('http')}{CONTROL_PATH}"
    line = {"event": "listening", "http": http, "control": control, "pid": os.getpid()}
    with suppress(BrokenPipeError):
        print(json.dumps(line, separators=(",", ":")), flush=True)  # noqa: T201  (the one line on stdout)


def _watch_stdin(on_end: Callable[[], object]) -> None:
    def wait() -> None:
        with suppress(OSError, RuntimeError):
            while os.read(sys.stdin.fileno(), 4096):
                pass
            on_end()

    threading.Thread(target=wait, name="stdin", daemon=True).start()
