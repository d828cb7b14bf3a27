"""Which core runs what, and how busy the machine was: what a figure of a shared machine has to be read with."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.engine_process import EngineProcess

__all__ = ["apart", "engine_of", "machine"]


def apart() -> tuple[set[int], set[int]]:
    """A core for the engine and the others for the load; the same one twice where there is no other."""
    cores = sorted(os.sched_getaffinity(0))
    return {cores[0]}, set(cores[1:2]) or {cores[0]}


def machine() -> dict[str, float]:
    """What is shown beside each figure."""
    return {"cores": len(os.sched_getaffinity(0)), "load_average": round(os.getloadavg()[0], 2)}


@contextmanager
def engine_of(pipeline: str, *options: str | Path, keeps: bool = True) -> Iterator[EngineProcess]:
    """A real engine with one session on a core of its own; this process runs on another one meanwhile.

    With ``keeps`` it has a state folder: its log is written to the disk.
    """
    whole = os.sched_getaffinity(0)
    for_engine, for_load = apart()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "load.yaml"
        file.write_text(pipeline)
        engine = EngineProcess(file, options=options, state_dir=Path(folder) / "state" if keeps else None)
        try:
            os.sched_setaffinity(0, for_engine)  # what is started inherits it, and so does each thread
            with engine:
                os.sched_setaffinity(0, for_load)
                yield engine
        finally:
            os.sched_setaffinity(0, whole)
