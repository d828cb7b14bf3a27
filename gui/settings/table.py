"""Every setting as data: key, title, explanation, default and what it may be. Dialog and checks read this table."""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec

from gui.theme.tokens import THEME_NAMES

__all__ = ["SETTINGS", "Setting", "SettingRefused", "Value"]

Value: TypeAlias = bool | int | float | str


class SettingRefused(ValueError):
    """A value that a setting cannot have; says which and what it may be."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting; its type is that of ``default``. ``group`` is the section of the file and of the dialog."""

    key: str
    title: str
    tip: str
    default: Value
    choices: tuple[tuple[str, str], ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""

    @property
    def group(self) -> str:
        """The part of the key before its dot."""
        return self.key.partition(".")[0]

    def check(self, value: object) -> Value:
        """``value`` as this setting's type; raises SettingRefused."""
        if isinstance(self.default, float) and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, bool | int | float | str) or type(value) is not type(self.default):
            raise SettingRefused(f"{self.key} must be a {_WORDS[type(self.default)]}")
        if self.choices and value not in [choice for choice, _title in self.choices]:
            names = ", ".join(choice for choice, _title in self.choices)
            raise SettingRefused(f"{self.key} must be one of {names}")
        if isinstance(value, int | float) and not isinstance(value, bool):
            self._check_range(value)
        return value

    def _check_range(self, value: float) -> None:
        low, high = self.minimum, self.maximum
        if (low is not None and not value >= low) or (high is not None and not value <= high):
            raise SettingRefused(f"{self.key} must be {low:g} to {high:g} {self.unit}".strip())


_WORDS: Final[dict[type, str]] = {bool: "yes or no (true, false)", int: "whole number", float: "number", str: "text"}

SETTINGS: Final = (
    Setting(
        key="look.theme",
        title="Theme",
        tip="Colours of the whole window",
        default="dark",
        choices=tuple((name, {"contrast": "High contrast"}.get(name, name.title())) for name in THEME_NAMES),
    ),
    Setting(
        key="window.lock_docks",
        title="Lock the docks",
        tip="Docks can be neither moved nor closed by accident",
        default=True,
    ),
    Setting(
        key="window.save_every_s",
        title="Remember the layout every",
        tip="How often a changed window layout is written down while the desk runs",
        default=10,
        minimum=1,
        maximum=600,
        unit="s",
    ),
    Setting(
        key="link.shortest_ms",
        title="Send a drag at most every",
        tip="Shortest time between two commits of one gesture, on a near server",
        default=8,
        minimum=1,
        maximum=1000,
        unit="ms",
    ),
    Setting(
        key="link.longest_ms",
        title="Send a drag at least every",
        tip="Longest time between two commits of one gesture, on a far server",
        default=33,
        minimum=8,
        maximum=1000,
        unit="ms",
    ),
    Setting(
        key="log.decisions",
        title="Lines in the Sync log",
        tip="How many decisions the Sync tab keeps",
        default=2000,
        minimum=100,
        maximum=50_000,
    ),
)
