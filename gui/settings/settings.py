"""The settings in force: read from a TOML file that a person may edit, written back atomically."""

from __future__ import annotations

import json
import tomllib
from itertools import groupby
from pathlib import Path
from typing import Any

from gui.settings.atomic import write_atomically
from gui.settings.table import SETTINGS, Setting, SettingRefused, Value
from sync.signals import Signal

__all__ = ["Settings"]


class Settings:
    """Values by key. ``changed`` tells a key; ``complaints`` are sentences about a file that could not be used whole.

    ``path`` None keeps everything in memory. A broken file is left as it is until something is set.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.changed: Signal[str] = Signal()
        self.complaints: list[str] = []
        self.shortcuts: dict[str, str] = {}
        self._path = path
        self._table: dict[str, Setting] = {setting.key: setting for setting in SETTINGS}
        self._values: dict[str, Value] = {}
        self._load()

    def __getitem__(self, key: str) -> Value:
        """The value in force; KeyError for a key that the table does not have."""
        return self._values.get(key, self._table[key].default)

    def flag(self, key: str) -> bool:
        """A setting that is yes or no."""
        return bool(self[key])

    def number(self, key: str) -> float:
        """A setting that is a number."""
        value = self[key]
        return float(value) if not isinstance(value, str) else 0.0

    def word(self, key: str) -> str:
        """A setting that is a text."""
        return str(self[key])

    def set(self, key: str, value: Value) -> None:
        """Changes a setting and writes the file. Raises SettingRefused, or OSError with the new value in force."""
        checked = self._table[key].check(value)
        if checked == self[key]:
            return
        self._values[key] = checked
        self.changed.emit(key)
        self.save()

    def save(self) -> None:
        """Writes what differs from the defaults. Raises OSError."""
        if self._path is not None:
            write_atomically(self._path, self._as_toml())

    def _load(self) -> None:
        if self._path is None or not self._path.exists():
            return
        try:
            found = tomllib.loads(self._path.read_text("utf-8"))
        except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
            self.complaints.append(f"{self._path.name}: {error}; the defaults are used")
            return
        shortcuts = found.pop("shortcuts", {})
        self.shortcuts = {key: str(value) for key, value in shortcuts.items()} if isinstance(shortcuts, dict) else {}
        for group, members in found.items():
            for name, value in members.items() if isinstance(members, dict) else ():
                self._take(f"{group}.{name}", value)

    def _take(self, key: str, value: Any) -> None:
        setting = self._table.get(key)
        if setting is None:
            self.complaints.append(f"{key} is no setting; it is left alone")
            return
        try:
            self._values[key] = setting.check(value)
        except SettingRefused as refused:
            self.complaints.append(f"{refused}; {setting.default} is used")

    def _as_toml(self) -> str:
        changed = [setting for setting in SETTINGS if self[setting.key] != setting.default]
        parts = ["# Settings of the desk; what is missing has its default.\n"]
        for group, members in groupby(changed, key=lambda setting: setting.group):
            lines = [f"{setting.key.partition('.')[2]} = {json.dumps(self[setting.key])}" for setting in members]
            parts.append("\n".join([f"[{group}]", *lines, ""]))
        if self.shortcuts:
            lines = [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in sorted(self.shortcuts.items())]
            parts.append("\n".join(["[shortcuts]", *lines, ""]))
        return "\n".join(parts)
