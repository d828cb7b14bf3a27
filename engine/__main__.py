"""``python -m engine``: the server as a process, with one JSON line on stdout when it listens."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Sequence

from engine.command_line import UsageRefused, parse_options
from engine.memory import share_arenas

__all__ = ["main"]

INTERNAL = 1
USAGE = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Serves until SIGTERM or SIGINT; returns the exit code."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("engine").setLevel(logging.INFO)
    try:
        options = parse_options(sys.argv[1:] if argv is None else argv)
        share_arenas()
        from engine.process import serve

        is_clean = asyncio.run(serve(options))
    except UsageRefused as refusal:
        print(f"layerdesk: {refusal}", file=sys.stderr, flush=True)  # noqa: T201  (the line that says why)
        return USAGE
    if not is_clean:
        sys.stderr.flush()
        os._exit(0)  # a thread that hangs in a device or a codec must not keep the process
    return 0


def _run() -> int:
    try:
        return main()
    except Exception as defect:
        logging.getLogger("engine").exception("the engine ended by a defect")
        print(f"layerdesk: internal error ({type(defect).__name__})", file=sys.stderr, flush=True)  # noqa: T201  (last words)
        return INTERNAL


if __name__ == "__main__":
    raise SystemExit(_run())
