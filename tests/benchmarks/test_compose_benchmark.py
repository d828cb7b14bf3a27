"""The benchmark of composing compares like with like: who composes another scene is found out."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QImage

from engine.pictures.drawing import OPAQUE
from tests.benchmarks.bench_compose import difference_to_ours, ours, scene
from tests.benchmarks.compose_scene import CANVAS, Pictures, turned_box
from tests.support.pictures import BLACK, plain


def _bytes(image: QImage) -> bytes:
    return bytes(image.constBits())


def test_a_rival_that_composes_another_scene_is_no_rival() -> None:
    turned = _bytes(ours(scene(Pictures.smooth(), is_turned=True))(0))
    assert difference_to_ours(turned, is_turned=True) == 0
    with pytest.raises(AssertionError):
        difference_to_ours(turned, is_turned=False)
    with pytest.raises(AssertionError):
        difference_to_ours(_bytes(plain(CANVAS, BLACK, OPAQUE)), is_turned=True)


def test_each_frame_is_of_other_pictures_than_the_last() -> None:
    pictures = Pictures.of_noise()
    compose = ours(scene(pictures, is_turned=False))
    assert _bytes(compose(0)) != _bytes(compose(1))
    assert all(pictures.pip(layer, 0) is not pictures.pip(layer, 1) for layer in range(7))


def test_the_box_of_a_turned_layer_holds_it() -> None:
    width, height = turned_box()
    assert (width % 2, height % 2) == (0, 0)
    assert (width, height) >= (533, 384)
