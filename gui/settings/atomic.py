"""Writing a file so that it is either the old one or the new one, never half of each; its folder is made."""

from __future__ import annotations

from pathlib import Path

from sync.pipeline_file import write_pipeline_file

__all__ = ["write_atomically"]


def write_atomically(path: Path, text: str) -> None:
    """Writes ``text`` as pipeline files are written, in a folder that is made. Raises OSError; the old file stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_pipeline_file(path, text)
