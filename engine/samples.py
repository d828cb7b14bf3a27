"""Sample pipelines: shipped ones, and those that people saved here, one YAML file each (PROTOCOL.md §18)."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

import resources
from engine.running.refused import Refused
from sync.wire.user_form import MODES
from sync.wire.yaml_text import YamlRefused, decode_yaml, parse_yaml

MAX_SAMPLE_BYTES = 1024 * 1024
SUFFIX = ".yaml"
_NOTE = "# sample: "
_UNFIT = re.compile(r"[^a-z0-9]+")

__all__ = ["MAX_SAMPLE_BYTES", "NewSample", "Sample", "SampleShelf", "shipped_samples"]


def shipped_samples() -> Path:
    """The folder of the samples that come with the program."""
    return Path(resources.__file__).resolve().parent / "samples"


class Sample(msgspec.Struct, frozen=True):
    """One sample as the wire shows it."""

    id: str
    name: str
    description: str
    yaml: str
    is_system: bool
    mode: str
    is_fragment: bool = False


class NewSample(msgspec.Struct, frozen=True):
    """What somebody wants to save."""

    name: str
    yaml: str
    description: str = ""
    overwrite: bool = False
    is_fragment: bool = False


class _Note(msgspec.Struct, frozen=True):
    name: str
    description: str = ""
    is_fragment: bool = False


class SampleShelf:
    """Samples of two folders; the second one, where people save, may be missing. Blocking: not for the event loop."""

    def __init__(self, shipped: Path, saved: Path | None) -> None:
        self._shipped = shipped
        self._saved = saved

    def list(self) -> list[Sample]:
        """All samples that can be read, the shipped ones first."""
        return [*_read_folder(self._shipped, "system"), *_read_folder(self._saved, "user")]

    def find(self, sample_id: str) -> Sample:
        """The sample with this id; raises Refused."""
        for sample in self.list():
            if sample.id == sample_id:
                return sample
        raise Refused(f"Sample '{sample_id}' not found", 404)

    def save(self, wanted: NewSample) -> Sample:
        """Writes a sample; raises Refused."""
        stem = _UNFIT.sub("-", wanted.name.lower()).strip("-")[:60]
        if not stem:
            raise Refused("A sample needs a name with a letter or a digit")
        if not isinstance(_parsed(wanted.yaml), dict):
            raise Refused("YAML parse error: expected a mapping")
        if self._saved is None:
            raise Refused("This server keeps no samples; start it with --samples-dir", 503)
        path = self._saved / f"{stem}{SUFFIX}"
        if path.exists() and not wanted.overwrite:
            raise Refused(f"Sample 'user/{stem}' already exists", 409)
        note = _Note(wanted.name, wanted.description, wanted.is_fragment)
        _replace(path, f"{_NOTE}{msgspec.json.encode(note).decode()}\n{wanted.yaml}")
        return _sample(path, "user")

    def delete(self, sample_id: str) -> None:
        """Removes a saved sample; raises Refused."""
        sample = self.find(sample_id)
        if sample.is_system or self._saved is None:
            raise Refused("System samples cannot be deleted", 403)
        (self._saved / f"{sample_id.removeprefix('user/')}{SUFFIX}").unlink(missing_ok=True)


def _read_folder(folder: Path | None, scope: str) -> Iterator[Sample]:
    if folder is None or not folder.is_dir():
        return
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            yield _sample(path, scope)
        except (OSError, Refused, YamlRefused):
            continue


def _sample(path: Path, scope: str) -> Sample:
    text = decode_yaml(path.read_bytes())
    first, _, rest = text.partition("\n")
    note, yaml = (_read_note(first), rest) if first.startswith(_NOTE) else (None, text)
    data = _parsed(yaml)
    fields = data if isinstance(data, dict) else {}
    mode = fields.get("mode", "dynamic")
    return Sample(
        id=f"{scope}/{path.stem}",
        name=note.name if note else str(fields.get("name") or path.stem),
        description=note.description if note else str(fields.get("description") or ""),
        yaml=yaml,
        is_system=scope == "system",
        mode=mode if mode in MODES else "dynamic",
        is_fragment=note.is_fragment if note else False,
    )


def _read_note(line: str) -> _Note | None:
    try:
        return msgspec.json.decode(line.removeprefix(_NOTE), type=_Note)
    except msgspec.MsgspecError:
        return None


def _parsed(yaml: str) -> object:
    if len(yaml.encode()) > MAX_SAMPLE_BYTES:
        raise Refused(f"Sample too large (max {MAX_SAMPLE_BYTES} bytes)", 413)
    try:
        return parse_yaml(yaml)
    except YamlRefused as refusal:
        raise Refused(f"YAML parse error: {refusal}") from refusal


def _replace(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as fresh:
            fresh.write(text)
        Path(fresh.name).replace(path)
    except OSError as error:
        raise Refused(f"The sample cannot be saved: {error.strerror}", 507) from error
