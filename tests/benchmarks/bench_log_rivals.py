"""The ordered log beside other ways of telling everybody, each with the same hands on the same node of one engine.

``log``: ops in rounds. ``single``: the log without batches, one frame a recipient and revision, which is Etherpad's
rule. ``protocol 1``: StreamKit's surface of the same engine, a full config for every change.
Alone: ``python -m tests.benchmarks.bench_log_rivals [--runs 3] [--desks 20]``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

import aiohttp
import psutil

from tests.benchmarks.bench_log_fleet import spread
from tests.benchmarks.cores import engine_of, machine
from tests.benchmarks.lean_socket import LeanSocket, open_socket
from tests.benchmarks.log_hand import Target
from tests.benchmarks.log_step import Load, Reach, run_step
from tests.benchmarks.report import percentile, print_line

SETTLE_S = 1.0
COMPARED = ("frames_per_op_per_peer", "bytes_per_op_per_peer", "engine_cpu_s_per_1000_ops", "last_peer_p95_ms")

__all__ = ["main"]


def main(argv: Sequence[str] = ()) -> None:
    """One line a way, and one with the ratios of the medians."""
    parser = argparse.ArgumentParser(prog="bench_log_rivals")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--desks", type=int, default=20)
    parser.add_argument("--warm-up", type=float, default=1.0, help="seconds")
    parser.add_argument("--dwell", type=float, default=5.0, help="seconds")
    options = parser.parse_args(argv)
    load = Load(options.desks, options.desks, 5.0, options.warm_up, options.dwell)
    medians = {}
    for way in ("log", "single", "protocol 1"):
        rows = [_run(way, load) for _ in range(options.runs)]
        figures = spread(rows)
        medians[way] = {name: figures[name][1] for name in COMPARED}
        print_line(
            "log_rivals",
            "the same hands, three ways of telling everybody",
            way=way,
            desks=load.desks,
            runs=options.runs,
            **machine(),
            **figures,
        )
    for way in ("single", "protocol 1"):
        ratios = {name: round(medians[way][name] / medians["log"][name], 2) for name in COMPARED}
        print_line("log_rivals_ratio", "of the log's figure", way=way, desks=load.desks, **ratios)


def _run(way: str, load: Load) -> dict[str, float]:
    """The canvas makes one picture a second: what is compared is the telling."""
    pipeline = {"name": "load", "nodes": {"mix": {"kind": "video::compositor", "params": _config(load.desks)}}}
    with engine_of(json.dumps(pipeline)) as engine:
        if way == "protocol 1":
            return asyncio.run(_by_events(engine.url, engine.port, engine.process.pid, load))
        target = Target(engine.port, "load", "mix", ("layers", "in_{}", "rect", "x"), batches=way == "log")
        return _only_compared(asyncio.run(run_step(engine.url, engine.process.pid, target, load)).figures)


def _only_compared(figures: dict[str, float]) -> dict[str, float]:
    return {name: figures[name] for name in (*COMPARED, "ops", "engine_cpu_percent", "load_cpu_percent")}


def _config(layers: int) -> dict[str, Any]:
    rest = {"opacity": 0.5, "z_index": 0, "aspect_fit": True}
    rect = {"x": 0, "y": 0, "width": 64, "height": 36}
    return {
        "width": 64,
        "height": 36,
        "fps": 1,
        "layers": {f"in_{number}": {"rect": rect, **rest} for number in range(layers)},
    }


class _Desk:
    """One desk of protocol 1: it sends its own layer in a full config, stamped, and notes what comes."""

    def __init__(self, number: int, session: str, layers: int) -> None:
        self.number = number
        self.nonce = f"00000000-0000-4000-8000-{number:012d}"
        self.arrivals: list[tuple[float, str]] = []
        self.sent_at: dict[int, float] = {}
        self.bytes_before = 0
        self._session = session
        self._config = _config(layers)
        self.socket: LeanSocket | None = None

    def take(self, _opcode: int, payload: bytes) -> None:
        """What came, as it came."""
        self.arrivals.append((time.perf_counter(), payload.decode()))

    async def work(self, per_s: float, seconds: float) -> None:
        """As the hands of the log do."""
        assert self.socket is not None
        layer = self._config["layers"][f"in_{self.number}"]
        begun = time.perf_counter() + (self.number * 0.618) % 1 / per_s
        for count in range(round(per_s * seconds)):
            await asyncio.sleep(max(0.0, begun + count / per_s - time.perf_counter()))
            rev = len(self.sent_at) + 1
            layer["rect"] = {**layer["rect"], "x": rev}
            params = {**self._config, "_sender": self.nonce, "_rev": rev}
            payload = {"action": "tunenodeasync", "session_id": self._session, "node_id": "mix"}
            self.sent_at[rev] = time.perf_counter()
            frame = {"type": "request", "payload": {**payload, "message": {"UpdateParams": params}}}
            self.socket.send(json.dumps(frame, separators=(",", ":")))


async def _by_events(base: str, port: int, pid: int, load: Load) -> dict[str, float]:
    process = psutil.Process(pid)
    async with aiohttp.ClientSession() as http:
        ((session),) = await Reach(base, http).get("/api/v1/sessions")
    desks = [_Desk(number, session["id"], load.desks) for number in range(load.desks)]
    for desk in desks:
        desk.socket = await open_socket(port, "", "", desk.take)
    await asyncio.gather(*(desk.work(load.per_s, load.warm_up_s) for desk in desks))
    await asyncio.sleep(SETTLE_S)
    first = {desk: (len(desk.sent_at), len(desk.arrivals)) for desk in desks}
    cpu, own, begun = process.cpu_times(), time.process_time(), time.perf_counter()
    await asyncio.gather(*(desk.work(load.per_s, load.dwell_s) for desk in desks))
    spent, took_s = process.cpu_times(), time.perf_counter() - begun
    cpu_s = spent.user + spent.system - cpu.user - cpu.system
    own_s = time.process_time() - own
    await asyncio.sleep(SETTLE_S)
    heard = [_heard(desk.arrivals[first[desk][1] :]) for desk in desks]
    for desk in desks:
        assert desk.socket is not None
        await desk.socket.close()
    ops = sum(len(desk.sent_at) - first[desk][0] for desk in desks)
    frames = sum(len(each) for each in heard)
    last = [ms for desk in desks for ms in _last_ms(desk, first[desk][0], heard)]
    return {
        "frames_per_op_per_peer": frames / ops / len(desks),
        "bytes_per_op_per_peer": sum(size for each in heard for _, size in each.values()) / ops / len(desks),
        "engine_cpu_s_per_1000_ops": cpu_s / ops * 1000,
        "last_peer_p95_ms": percentile(last, 0.95) if last else float("inf"),
        "ops": ops,
        "engine_cpu_percent": 100 * cpu_s / took_s,
        "load_cpu_percent": 100 * own_s / took_s,
        "ops_that_reached_everybody": len(last) / ops,
    }


def _heard(arrivals: list[tuple[float, str]]) -> dict[tuple[str, int], tuple[float, int]]:
    """When each stamped change came, and how long the frame was."""
    found = {}
    for at, text in arrivals:
        payload = json.loads(text).get("payload", {})
        if payload.get("event") == "nodeparamschanged" and "_rev" in payload["params"]:
            found[payload["params"]["_sender"], payload["params"]["_rev"]] = (at, len(text))
    return found


def _last_ms(desk: _Desk, first: int, heard: list[dict[tuple[str, int], tuple[float, int]]]) -> list[float]:
    """For the changes that reached everybody; a desk that lagged has lost some."""
    found = []
    for rev, at in desk.sent_at.items():
        times = [each[desk.nonce, rev][0] for each in heard if (desk.nonce, rev) in each]
        if rev > first and len(times) == len(heard):
            found.append(1000 * (max(times) - at))
    return found


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
