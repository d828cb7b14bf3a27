"""What every benchmark prints: one JSON line with its name, figures and budget."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Sequence
from typing import Any

__all__ = ["percentile", "print_line", "summary"]


def percentile(samples: Sequence[float], share: float) -> float:
    """The sample below which ``share`` (0 to 1) of all lie."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def summary(samples: Sequence[float], unit: str) -> dict[str, float]:
    """Median, p95, p99 and the count, with the unit in the keys."""
    return {
        f"median_{unit}": round(statistics.median(samples), 4),
        f"p95_{unit}": round(percentile(samples, 0.95), 4),
        f"p99_{unit}": round(percentile(samples, 0.99), 4),
        "samples": len(samples),
    }


def print_line(benchmark: str, budget: str, **figures: Any) -> None:
    """One JSON line on stdout."""
    sys.stdout.write(json.dumps({"benchmark": benchmark, "budget": budget, **figures}) + "\n")
    sys.stdout.flush()
