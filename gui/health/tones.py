"""The four tones in which the desk speaks of health, their colours, and the tone of every node state."""

from __future__ import annotations

from typing import Final

__all__ = ["STATE_TONES", "TONE_COLOURS"]

TONE_COLOURS: Final = {"good": "preview", "late": "late", "bad": "error", "accent": "accent", "": "dim"}
"""Tone → name of a token."""

STATE_TONES: Final = {
    "Running": "good",
    "Ready": "good",
    "Degraded": "late",
    "Recovering": "late",
    "Failed": "bad",
    "Stopped": "bad",
}
"""Node state → tone; the states of a start are plain."""
