"""Files that hold secrets: read only when nobody else can, replaced whole, made for their owner alone."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from pathlib import Path
from typing import NamedTuple

MAX_BYTES = 1_048_576
_LABEL = re.compile(r"\s+#")

__all__ = ["PrivateFileRefused", "Row", "make_private", "read_private", "replace_private", "rows_of"]


class PrivateFileRefused(ValueError):
    """A file of secrets that cannot be used; the text names the file, and the line where one is to blame, never a
    secret."""


class Row(NamedTuple):
    """A line that says something: its number from 1, its words, and what stands behind `` #``."""

    number: int
    words: tuple[str, ...]
    label: str


def read_private(path: Path, what: str) -> str:
    """The text of ``path``, which is a ``what`` ("token file"). Raises PrivateFileRefused."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(MAX_BYTES + 1)
        text = data.decode("utf-8")
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text file"
        raise PrivateFileRefused(f"cannot read the {what} {path}: {reason}") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise PrivateFileRefused(f"the {what} {path} can be read by others; run: chmod 600 {path}")
    if len(data) > MAX_BYTES:
        raise PrivateFileRefused(f"the {what} {path} is longer than {MAX_BYTES} bytes")
    return text


def replace_private(path: Path, text: str) -> None:
    """Replaces ``path`` at once or not at all; nobody else can read it. Raises OSError."""
    target = path.resolve()
    fresh = _written_beside(target, text)
    try:
        fresh.replace(target)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def make_private(path: Path, text: str) -> None:
    """Makes ``path``, whole from its first moment. Raises FileExistsError when it is there already, OSError."""
    fresh = _written_beside(path, text)
    try:
        os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def rows_of(text: str) -> list[Row]:
    """The lines of ``word word … # label`` files; blank ones and those that begin with ``#`` say nothing."""
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    return [_row(number, line) for number, line in lines if line and not line.startswith("#")]


def _row(number: int, line: str) -> Row:
    words, *label = _LABEL.split(line, maxsplit=1)
    return Row(number, tuple(words.split()), "".join(label).strip())


def _written_beside(path: Path, text: str) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")  # 0600 from the start
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)
