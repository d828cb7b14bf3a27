"""Counts of what a link or a fan-out did, by frame type; types that nobody listed fold into ``other``."""

from __future__ import annotations

from collections import Counter

TYPES = frozenset(
    {"op", "batch", "squash", "view", "submit", "bulk", "snapshot", "digest", "presence", "present", "want", "ping"}
)

__all__ = ["TYPES", "Traffic"]


class Traffic:
    """Frames and bytes by type, and single events by name. Switched off it counts nothing and changes nothing."""

    def __init__(self, is_on: bool = True) -> None:
        self.is_on = is_on
        self.frames: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.batches: Counter[int] = Counter()  # upper bound (a power of two) → frames with so many entries

    def frame(self, kind: str, size: int) -> None:
        """Counts one frame."""
        if self.is_on:
            kind = kind if kind in TYPES else "other"
            self.frames[kind] += 1
            self.bytes[kind] += size

    def batch(self, entries: int) -> None:
        """Counts one built frame by how many entries it carries."""
        if self.is_on:
            self.batches[1 << (entries - 1).bit_length()] += 1

    def event(self, name: str, count: int = 1) -> None:
        """Counts something that is no frame, such as ``entries encoded``."""
        if self.is_on:
            self.events[name] += count
