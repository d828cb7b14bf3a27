"""The engine stays as small as what it plays: freed memory goes back, and threads share their arenas."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from engine.worker import Worker

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
