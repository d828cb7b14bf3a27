"""Pipeline files on disk: read whole within bounds, written to a temporary file and renamed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from sync.pipeline_yaml import LoadedPipeline, PipelineFileRefused, load_pipeline
from sync.wire.yaml_reader import MAX_BYTES
from sync.wire.yaml_text import decode_yaml
from sync.wire.yaml_tree import YamlRefused

__all__ = ["read_pipeline_file", "write_pipeline_file"]


def read_pipeline_file(path: Path, *, is_for_engine: bool = False) -> LoadedPipeline:
    """The pipeline in a file, read as ``load_pipeline`` does; raises PipelineFileRefused, OSError."""
    name = str(path)
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise PipelineFileRefused(name, 1, "", f"longer than {MAX_BYTES} bytes")
    try:
        return load_pipeline(decode_yaml(data), name, is_for_engine=is_for_engine)
    except YamlRefused as error:
        raise PipelineFileRefused(name, error.line, "", error.reason) from error


def write_pipeline_file(path: Path, text: str) -> None:
    """Replaces the file with ``text`` at once or not at all, line ends as they are; raises OSError."""
    target = path.resolve()
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".new")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
