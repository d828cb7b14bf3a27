"""Export of 1 000 nodes from a commented file: reading it, writing it back, and the diff of the edits."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sync.pipeline_yaml import export_pipeline, load_pipeline
from sync.yaml_diff import diff_text
from tests.benchmarks.report import print_line

NODES = 1_000
EDITED = 100


def _file() -> str:
    nodes = "".join(
        f"  # camera {place}\n  node_{place}:\n    kind: video::compositor\n    params:\n"
        "      width: 1280   # canvas\n      height: 720\n      layers:\n"
        "        in_0: {opacity: 1.0, z_index: 0}\n        in_1:\n"
        "          rect: {x: 880, y: 20, width: 380, height: 285}\n          opacity: 0.9\n          z_index: 1\n"
        + (f"    needs: node_{place - 1}\n" if place else "")
        for place in range(NODES)
    )
    return f"# a show\nmode: dynamic\nnodes:\n{nodes}"


def _timed(act: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = act()
    return time.perf_counter() - start, result


def main() -> None:
    """Prints one JSON line; ``export_s`` is the budget's figure, ``load_s`` happens once when the file is opened."""
    text = _file()
    load_s, loaded = _timed(lambda: load_pipeline(text, "show.yaml"))
    for place in range(0, NODES, NODES // EDITED):
        loaded.pipeline.nodes[f"node_{place}"].params["layers"]["in_1"]["opacity"] = 0.5
    export_s, written = _timed(lambda: export_pipeline(loaded.pipeline, text))
    diff_s, diff = _timed(lambda: diff_text(text, written, "show.yaml", "session"))
    fresh_s, _ = _timed(lambda: export_pipeline(loaded.pipeline))
    rows = diff.splitlines()[2:]
    print_line(
        "export-1000-nodes",
        "export_s <= 0.5, diff = edited lines",
        nodes=NODES,
        lines=text.count("\n"),
        edited=EDITED,
        diff_minus=sum(row.startswith("-") for row in rows),
        diff_plus=sum(row.startswith("+") for row in rows),
        load_s=round(load_s, 3),
        export_s=round(export_s, 3),
        diff_s=round(diff_s, 3),
        fresh_s=round(fresh_s, 3),
    )


if __name__ == "__main__":
    main()
