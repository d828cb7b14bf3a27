"""How fast a figure grows: a straight line through samples, with the error of its slope."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Sample", "Slope", "fit"]


class Sample(NamedTuple):
    """A figure, and when it was read, in seconds."""

    at_s: float
    value: float


class Slope(NamedTuple):
    """Growth an hour and its standard error (nan for fewer than three blocks), in the unit of the samples."""

    per_hour: float
    standard_error: float


def fit(samples: Sequence[Sample], block_s: float) -> Slope:
    """Least squares through the means of blocks of ``block_s``: neighbouring samples of memory are not independent.

    Raises ValueError for less than two blocks.
    """
    begin = samples[0].at_s
    blocks: dict[int, list[Sample]] = {}
    for sample in samples:
        blocks.setdefault(int((sample.at_s - begin) // block_s), []).append(sample)
    times = [statistics.fmean(sample.at_s for sample in block) for block in blocks.values()]
    values = [statistics.fmean(sample.value for sample in block) for block in blocks.values()]
    if len(times) < 2:
        raise ValueError(f"a slope needs two blocks of {block_s:g} s")
    slope, level = statistics.linear_regression(times, values)
    rest = sum((value - level - slope * at) ** 2 for at, value in zip(times, values, strict=True))
    spread = sum((at - statistics.fmean(times)) ** 2 for at in times)
    error = math.sqrt(rest / (len(times) - 2) / spread) if len(times) > 2 else math.nan
    return Slope(slope * 3600, error * 3600)
