"""``layerdesk validate FILE.yaml…``: reads pipeline files whole and says what is wrong or doubtful in them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from gui.exits import CommandFailed, Exit, say
from sync.pipeline_file import read_pipeline_file
from sync.pipeline_yaml import LoadedPipeline, PipelineFileRefused

__all__ = ["run"]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise CommandFailed(Exit.USAGE, f"{message}; see layerdesk validate --help")


def run(argv: Sequence[str]) -> int:
    """Checks every file; findings go to stdout, one a line; USAGE when a file cannot be used."""
    parser = _Parser(prog="layerdesk validate", description="Checks pipeline files without running them.")
    parser.add_argument("files", nargs="+", metavar="FILE.yaml", help="pipeline files")
    results = [_check(Path(name)) for name in parser.parse_args(argv).files]
    return Exit.DONE if all(results) else Exit.USAGE


def _check(path: Path) -> bool:
    try:
        loaded = read_pipeline_file(path)
    except PipelineFileRefused as refused:
        say(str(refused))
        return False
    except OSError as error:
        say(f"cannot read {path}: {error.strerror or error}")
        return False
    sys.stdout.write("".join(f"{path}: warning: {each.message} ({each.rule})\n" for each in loaded.warnings))
    sys.stdout.write(f"{path}: {_summary(loaded)}\n")
    return True


def _summary(loaded: LoadedPipeline) -> str:
    pipeline = loaded.pipeline
    counts = f"{_count(len(pipeline.nodes), 'node')}, {_count(len(pipeline.connections), 'connection')}"
    found = _count(len(loaded.warnings), "warning") if loaded.warnings else "nothing doubtful"
    return f"a {pipeline.mode} pipeline with {counts}; {found}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
