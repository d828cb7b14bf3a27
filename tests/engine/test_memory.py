"""The engine stays as small as what it plays: freed memory goes back, and threads share their arenas."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import pytest

from engine.library import library
from engine.places import Places
from engine.running.session import Session
from engine.worker import Worker
from sync.wire.events import Event, NodeRemoved, NodeStateChanged
from sync.wire.pipeline import SessionInfo
from sync.wire.state import state_from_wire
from tests.support.pictures import write_clip

_FREED = """
import sys
import psutil
from engine import memory

def resident():
    return psutil.Process().memory_info().rss >> 20

blocks = [bytes(100_000) for _ in range(2_000)]
pinned = bytearray(100_000)
full = resident()
del blocks
held = resident()
if "give" in sys.argv:
    memory.give_back()
print(full, held, resident(), len(pinned))
"""
_ARENAS = """
import ctypes, re, sys, threading
from engine import memory

if "share" in sys.argv:
    memory.share_arenas()
gate = threading.Barrier(9)

def work():
    rows = [bytes(4_000) for _ in range(100)]
    gate.wait(); gate.wait()
    del rows

threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
gate.wait()
library = ctypes.CDLL(None)
library.fopen.restype = ctypes.c_void_p
library.malloc_info.argtypes = (ctypes.c_int, ctypes.c_void_p)
library.fclose.argtypes = (ctypes.c_void_p,)
file = library.fopen(b"/dev/stdout", b"w")
library.malloc_info(0, file)
library.fclose(file)
gate.wait()
[thread.join() for thread in threads]
"""


def run(program: str, *words: str) -> str:
    return subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True).stdout


def test_freed_memory_goes_back_to_the_system() -> None:
    full, held, left, _ = map(int, run(_FREED, "give").split())
    assert held > full - 50, "the C library kept it"
    assert left < full - 100


def test_without_being_told_the_c_library_keeps_it() -> None:
    full, _, left, _ = map(int, run(_FREED).split())
    assert left > full - 50


def test_all_threads_allocate_from_two_arenas() -> None:
    assert run(_ARENAS, "share").count("<heap nr=") <= 2
    assert run(_ARENAS).count("<heap nr=") > 2


@pytest.mark.expects_log("thread badly ended by a defect")
def test_the_end_of_a_nodes_thread_gives_its_memory_back(monkeypatch: pytest.MonkeyPatch) -> None:
    given = list[str]()
    monkeypatch.setattr("engine.worker.give_back", lambda: given.append(threading.current_thread().name))

    def stumble() -> None:
        raise ZeroDivisionError

    for name, body in (("well", lambda: None), ("badly", stumble)):
        worker = Worker(name, body, given.append)
        worker.start()
        worker.stop()
    assert given == ["well", "internal error: ZeroDivisionError", "badly"]


async def test_a_removed_clip_is_freed_at_once_and_not_when_the_collector_comes_by(tmp_path: Path) -> None:
    """The collector may not come for minutes, and a decoder holds up to twenty pictures."""
    write_clip(tmp_path / "clip.mp4")
    plays, is_gone = asyncio.Event(), asyncio.Event()

    def hear(event: Event, _creator: str | None = None) -> None:
        if isinstance(event, NodeStateChanged) and state_from_wire(event.state).name == "Running":
            plays.set()
        elif isinstance(event, NodeRemoved):
            is_gone.set()

    session = Session(SessionInfo("s"), None, library(Places(media_roots=(tmp_path,))), hear, lambda: None)
    session.add_node("clip", "layerdesk::media", {"path": "clip.mp4"})
    await asyncio.wait_for(plays.wait(), 10)
    is_freed, loop = asyncio.Event(), asyncio.get_running_loop()
    weakref.finalize(session._runner.residents["clip"].node, loop.call_soon_threadsafe, is_freed.set)
    gc.disable()
    try:
        session.remove_node("clip")
        await asyncio.wait_for(is_gone.wait(), 10)
        await asyncio.wait_for(is_freed.wait(), 5)
    finally:
        gc.enable()
        await session.stop()
