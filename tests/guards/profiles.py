"""How many examples a property test draws: ``LAYERDESK_PROFILE`` is ``test`` (default), ``soak`` or ``mutations``."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

_INTERLEAVINGS = {"test": 500, "soak": 20_000, "mutations": 500}
_LIMITS_S = {"test": 300, "soak": 4 * 3600, "mutations": 300}

# A busy machine is no defect of the test that runs on it.
_SLOW_IS_FINE = (HealthCheck.too_slow,)

settings.register_profile(
    "test", max_examples=100, deadline=None, derandomize=True, print_blob=True, suppress_health_check=_SLOW_IS_FINE
)
# That a test fails is all that is asked there: no example is made smaller.
settings.register_profile(
    "mutations",
    max_examples=100,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=_SLOW_IS_FINE,
)
settings.register_profile("soak", max_examples=20_000, deadline=None, suppress_health_check=_SLOW_IS_FINE)

__all__ = ["INTERLEAVINGS", "choose", "limit_s", "name"]


def name() -> str:
    """The chosen profile; raises KeyError for one that does not exist."""
    chosen = os.environ.get("LAYERDESK_PROFILE", "test")
    if chosen not in _INTERLEAVINGS:
        raise KeyError(f"LAYERDESK_PROFILE is {chosen!r}; known are {', '.join(_INTERLEAVINGS)}")
    return chosen


def limit_s() -> int:
    """How long one property test may take in the chosen profile."""
    return _LIMITS_S[name()]


def choose() -> None:
    """Makes the chosen profile the default of every property test."""
    settings.load_profile(name())


INTERLEAVINGS = _INTERLEAVINGS[name()]
"""For ``@settings(max_examples=INTERLEAVINGS)`` on tests about an order of events."""
