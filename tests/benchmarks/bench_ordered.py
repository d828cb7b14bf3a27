"""The ordered log under load: a hundred desks on one session of a real engine, a return after many edits, the cost of
a change for each protocol.

Alone: ``python -m tests.benchmarks.bench_ordered``.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from engine.library import library
from engine.roots import places_for
from engine.running.permissions import ADMIN
from engine.running.session import Session
from sync.log.edits import change, param_place
from sync.log.op import Op
from sync.wire.pipeline import SessionInfo
from tests.benchmarks.ordered_desks import Reach
from tests.benchmarks.report import percentile, print_line, summary
from tests.engine.log_client import connect_log
from tests.support.engine_process import EngineProcess

DESKS = 100
CHILDREN = 2
OPS_PER_S = 5.0
SECONDS = 8.0
MISSED = 1_000
PARAMS = 50
LAYERS = 100
PIPELINE = "name: load\nnodes:\n  sink: {kind: 'core::sink', params: {n: 0}}\n"


def main() -> None:
    """Prints one line for each figure."""
    with _engine() as engine:
        fleet(engine)
    with _engine() as engine:
        asyncio.run(comes_back(engine))
    asyncio.run(changes())


@contextmanager
def _engine() -> Iterator[EngineProcess]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "load.yaml"
        file.write_text(PIPELINE)
        with EngineProcess(file, state_dir=Path(folder) / "state") as engine:
            yield engine


def _session(engine: EngineProcess) -> str:
    with urllib.request.urlopen(f"{engine.url}/api/v1/sessions") as answer:
        ((session),) = json.load(answer)
    return str(session["id"])


def fleet(engine: EngineProcess) -> None:
    """A hundred desks, five ops a second each."""
    each = DESKS // CHILDREN
    words = [engine.url, _session(engine)]
    process = psutil.Process(engine.process.pid)
    children = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.benchmarks.ordered_desks", *words),
                *map(str, (number * each, each, OPS_PER_S, SECONDS)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(CHILDREN)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    begun, cpu = time.monotonic(), process.cpu_times()
    results = [json.loads(out) for out in _answers(children)]
    spent, took_s = process.cpu_times(), time.monotonic() - begun
    ops = sum(result["ops"] for result in results)
    frames = sum(result["frames"] for result in results)
    acks = [ms for result in results for ms in result["acks_ms"]]
    seen = [ms for result in results for ms in result["seen_ms"]]
    print_line(
        "ordered_fleet",
        "100 desks x 5 ops/s: ack p95 <= 15 ms, seen p95 <= 50 ms, <= 0.2 frames an op and peer",
        ops=ops,
        ack=summary(acks, "ms"),
        seen_by_another=summary(seen, "ms"),
        frames_per_op_and_peer=round(frames / max(1, ops) / DESKS, 3),
        engine_cpu_percent=round(100 * (spent.user + spent.system - cpu.user - cpu.system) / took_s, 1),
        all_equal=len({tuple(result["position"]) for result in results}) == 1,
        nothing_lost=len(acks) == ops,
    )


def _answers(children: list[subprocess.Popen[str]]) -> Iterator[str]:
    """Lets all begin at once, then waits for each."""
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        yield child.communicate()[0]


async def comes_back(engine: EngineProcess) -> None:
    """One desk is away while another makes a thousand edits of fifty params."""
    session = _session(engine)
    async with aiohttp.ClientSession() as http:
        reach = Reach(engine.url, http)
        away = await (await connect_log(reach, session, "away")).live()
        replica = away.replica
        await away.close()
        busy = await (await connect_log(reach, session, "busy")).live()
        for number in range(MISSED):
            busy.submit([change(param_place("sink", (f"p{number % PARAMS}",)), number)])
            if number % 100 == 99:
                await busy.settled()
        begun = time.monotonic()
        back = await connect_log(reach, session, "away", replica=replica)
        await back.until(lambda: replica.applied == busy.replica.applied)
        took_ms = (time.monotonic() - begun) * 1000
        received = sum(back.link.traffic.bytes.values())
        print_line(
            "ordered_return",
            "after 1 000 missed edits on 50 params: <= 8 KB, <= 50 ms",
            kilobytes=round(received / 1024, 2),
            took_ms=round(took_ms, 1),
        )
        await back.close()
        await busy.close()


async def changes() -> None:
    """What one change of a 100-layer compositor costs the engine, without a socket."""
    session = Session(SessionInfo("s"), None, library(places_for()), lambda *_: None, lambda: None)
    session.log.shared.roles.admitted("open/d", ADMIN)
    session.add_node("mix", "video::compositor", _config(0))
    while "mix" not in session.model.nodes:  # noqa: ASYNC110  (its thread builds it)
        await asyncio.sleep(0.01)
    tunes, logged, ops = [], [], []
    follow = session.log.tuned

    def timed(*words: Any) -> None:
        begun = time.thread_time()
        follow(*words)
        logged.append((time.thread_time() - begun) * 1000)

    session.log.tuned = timed  # type: ignore[assignment,method-assign]
    for step in range(1, 301):
        begun = time.thread_time()
        session.tune("mix", {**_config(step), "_sender": "n", "_rev": step}, "admin")
        tunes.append((time.thread_time() - begun) * 1000)
    for step in range(1, 301):
        op = Op("open/d~1", step, (change(param_place("mix", ("layers", "in_7", "rect", "y")), step),), live=True)
        begun = time.thread_time()
        session.log.desk.submit(op)
        ops.append((time.thread_time() - begun) * 1000)
    await session.stop()
    print_line(
        "ordered_change",
        "the log adds well under 1 ms to a full-config tune of 100 layers",
        tune=summary(tunes, "ms"),
        log_part=summary(logged, "ms"),
        op=summary(ops, "ms"),
        log_share=round(percentile(logged, 0.5) / percentile(tunes, 0.5), 3),
    )


def _config(x: int) -> dict[str, Any]:
    rest = {"aspect_fit": True, "opacity": 0.5, "rotation_degrees": 0.0, "crop_zoom": 1.0, "crop_shape": "rect"}
    layers = {
        f"in_{number}": {"rect": {"x": x if number == 50 else number, "y": 2, "width": 320, "height": 180}, **rest}
        for number in range(LAYERS)
    }
    return {"width": 1280, "height": 720, "fps": 30, "layers": layers}


if __name__ == "__main__":
    main()
