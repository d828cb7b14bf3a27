"""Many desks on one session's ordered log: acknowledged when, at the last peer when, and what it costs the engine.

Alone: ``python -m tests.benchmarks.bench_log_fleet [--runs 5] [--steps 10x5,100x5,400:40x30] [--raw FILE]``. A step
is desks x ops a second of each, ``400:40x30`` four hundred desks of which forty write thirty times a second.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import statistics
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.cores import engine_of, machine
from tests.benchmarks.log_hand import Target
from tests.benchmarks.log_step import Load, Sample, raw_line, run_step
from tests.benchmarks.report import print_line

PIPELINE = "name: load\nnodes:\n  sink: {kind: 'core::sink', params: {n: 0}}\n"
STEPS, EVERY_STEP = "10x5,100x5", "10x5,50x5,100x5,200x5,400:40x30"
BUDGET = "100 desks x 5 ops/s: ack p95 <= 15 ms, last peer p95 <= 50 ms, <= 0.2 frames an op and peer"

__all__ = ["as_load", "main", "spread"]


def main(argv: Sequence[str] = ()) -> None:
    """One line a step: min, median and max of the runs."""
    options = _options(argv)
    for step in (EVERY_STEP if options.all else options.steps).split(","):
        load = as_load(step)._replace(warm_up_s=options.warm_up, dwell_s=options.dwell, beats=options.presence)
        samples = [_run(load, batches=not options.single) for _ in range(options.runs)]
        if options.raw is not None:
            with options.raw.open("a") as raw:
                raw.writelines(raw_line(step, run, sample) + "\n" for run, sample in enumerate(samples))
        print_line(
            "log_fleet",
            BUDGET,
            step=step,
            single_ops=options.single,
            presence=options.presence,
            runs=options.runs,
            hashes_equal=True,  # else an AssertionError has ended this
            **machine(),
            **spread([sample.figures for sample in samples]),
        )


def as_load(step: str) -> Load:
    """``100x5`` or ``400:40x30``. Raises ValueError."""
    match = re.fullmatch(r"(\d+)(?::(\d+))?x(\d+(?:\.\d+)?)", step)
    if match is None or not int(match[1]):
        raise ValueError(f"{step!r} is no step such as 100x5 or 400:40x30")
    return Load(int(match[1]), min(int(match[1]), int(match[2] or match[1])), float(match[3]))


def spread(rows: Sequence[dict[str, float]]) -> dict[str, list[float]]:
    """Minimum, median and maximum of each figure."""
    return {
        name: [_short(pick([row[name] for row in rows])) for pick in (min, statistics.median, max)] for name in rows[0]
    }


def _run(load: Load, *, batches: bool) -> Sample:
    with engine_of(PIPELINE) as engine:
        target = Target(engine.port, "load", "sink", ("k{}",), batches)
        return asyncio.run(run_step(engine.url, engine.process.pid, target, load))


def _short(figure: float) -> float:
    return float(f"{figure:.4g}")


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench_log_fleet", description=__doc__)
    parser.add_argument("--steps", default=STEPS, help="comma between them")
    parser.add_argument("--all", action="store_true", help=f"the steps {EVERY_STEP}")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--warm-up", type=float, default=2.0, help="seconds")
    parser.add_argument("--dwell", type=float, default=8.0, help="seconds")
    parser.add_argument("--raw", type=Path, help="every latency is added to this file, a line of JSON a run")
    parser.add_argument("--single", action="store_true", help="clients without batches: one frame a revision and peer")
    parser.add_argument("--presence", action="store_true", help="every desk says each second that it is there")
    return parser.parse_args(argv)


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
