"""An update is a whole config: what it lacks returns to its default (PROTOCOL.md §13.3)."""

from __future__ import annotations

from typing import Any

import pytest

from engine.pictures.view_data import ConfigLatch
from sync.wire.compositor import CompositorConfig, ConfigRefused, parse_config

FULL = {"width": 640, "height": 360, "fps": 25, "layers": {"in_0": {"opacity": 0.5}}}


@pytest.mark.parametrize("update", [{}, {"width": 640}, {"layers": {"in_1": {"z_index": 2}}}, {"fps": 50}])
def test_an_update_replaces_the_config(update: dict[str, Any]) -> None:
    latch = ConfigLatch(parse_config(FULL))
    latch.update(update)
    assert latch.read().config == parse_config(update)


def test_a_refused_update_leaves_the_config() -> None:
    latch = ConfigLatch(parse_config(FULL))
    with pytest.raises(ConfigRefused):
        latch.update({"width": 0})
    assert latch.read().config == parse_config(FULL)
    assert latch.read().config != CompositorConfig()
