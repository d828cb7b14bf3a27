"""StreamKit's sample of two colour bars over HTTP: its nodes, params and connections as they are there."""

from __future__ import annotations

from pathlib import Path

TWO_BARS = Path(__file__).with_name("two_bars.yaml")

__all__ = ["TWO_BARS"]
