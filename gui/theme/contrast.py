"""Contrast between two colours as WCAG 2 counts it: 1 (none) to 21 (black on white)."""

from __future__ import annotations

__all__ = ["contrast_ratio", "luminance"]


def luminance(colour: str) -> float:
    """Relative luminance of ``#RRGGBB``: 0 is black, 1 is white."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_ratio(one: str, other: str) -> float:
    """(lighter + 0.05) / (darker + 0.05)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
