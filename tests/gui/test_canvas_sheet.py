"""Many boxes are painted a slice at a time: the same picture, the newest one, and never long at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRect, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QTransform
from PySide6.QtWidgets import QApplication, QStyleOptionGraphicsItem

from gui.canvas.sheet import SLICE_MS, Order, Place, Sheet
from gui.canvas.stand_ins import AT_ONCE, StandIns
from gui.theme.tokens import load_tokens
from sync.scene import Layer, LayerKind
from sync.wire.compositor import Rect
from tests.gui.canvas_stand import NODE, Stand

SIZE = QSize(400, 300)
HERE = Place(QTransform(), SIZE, 1.0)
CANVAS = (320, 180)
TOKENS = load_tokens("light")
LAYER_MS = 0.75


def layers(count: int, shift: int = 0) -> tuple[Layer, ...]:
    """Boxes in rows; every seventh turned, every fifth round, every third a text."""
    return tuple(
        Layer(
            id=f"in_{number}",
            kind=LayerKind.VIDEO if number % 3 else LayerKind.TEXT,
            path=("layers", f"in_{number}"),
            name=f"Camera {number}",
            drawn=Rect(shift + 37 * (number % 9) - 20, 29 * (number // 9) - 10, 90, 110),
            rotation_degrees=0.0 if number % 7 else 20.0,
            crop_shape="rect" if number % 5 else "circle",
            opacity=0.3 + number % 4 / 10,
        )
        for number in range(count)
    )


class SlowPainter:
    """Each layer takes LAYER_MS of a clock of its own."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.painted: list[str] = []

    def paint_ground(self, painter: QPainter, area: QRect, to_view: QTransform) -> None:
        del painter, area, to_view

    def prepare(self, painter: QPainter) -> None:
        del painter

    def paint_layer(self, painter: QPainter, layer: Layer, to_view: QTransform) -> None:
        del painter, to_view
        self.now_s += LAYER_MS / 1000
        self.painted.append(layer.id)


@pytest.fixture
def slow() -> SlowPainter:
    return SlowPainter()


@pytest.fixture
def sheet(qapp: QApplication, slow: SlowPainter) -> Iterator[Sheet]:
    del qapp
    sheet = Sheet(slow, lambda: None, lambda: slow.now_s)
    yield sheet
    sheet.forget()


def order(count: int, width: int = 400) -> Order:
    """``width`` tells one order's picture from another's."""
    return Order(layers(count), HERE, QRect(0, 0, width, 300))


def paint_on(boxes: StandIns, scale: float = 1.0, ratio: float = 1.0) -> QImage:
    """What the item paints on a viewport."""
    image = QImage(SIZE * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(TOKENS.bg0))
    painter = QPainter(image)
    painter.scale(scale, scale)
    painter.fillRect(QRectF(0, 0, *CANVAS), QColor(TOKENS.bg2))
    boxes.paint(painter, QStyleOptionGraphicsItem())
    painter.end()
    return image


def caught_up(boxes: StandIns) -> StandIns:
    while boxes.is_catching_up:
        QApplication.processEvents()
    return boxes


def difference(one: QImage, other: QImage) -> int:
    """The largest difference of a channel."""
    pairs = zip(bytes(one.constBits()), bytes(other.constBits()), strict=True)
    return max(abs(a - b) for a, b in pairs)


def test_a_slice_ends_when_its_time_is_over(sheet: Sheet, slow: SlowPainter) -> None:
    sheet.ask(order(10))
    sheet.paint_slice()
    assert (len(slow.painted) - 1) * LAYER_MS < SLICE_MS <= len(slow.painted) * LAYER_MS
    assert sheet.shown(HERE) is None


def test_a_layer_that_takes_too_long_is_painted_all_the_same(sheet: Sheet, slow: SlowPainter) -> None:
    sheet.ask(order(2))
    slow.now_s = -10.0
    for painted in (1, 2):
        slow.now_s += 10 * SLICE_MS
        slow.painted = slow.painted[:painted]
        sheet.paint_slice()
    assert sheet.shown(HERE) is not None


def test_every_layer_is_painted_once_and_bottom_first(sheet: Sheet, slow: SlowPainter) -> None:
    sheet.ask(order(10))
    while sheet.is_busy:
        sheet.paint_slice()
    assert slow.painted == [layer.id for layer in layers(10)]


def test_of_the_orders_that_come_meanwhile_only_the_newest_is_painted(sheet: Sheet, slow: SlowPainter) -> None:
    sheet.ask(order(10, 401))
    sheet.paint_slice()
    for width in (402, 403, 404):
        sheet.ask(order(10, width))
    shown = []
    while sheet.is_busy:
        sheet.paint_slice()
        painted = sheet.shown(HERE)
        shown.append(0 if painted is None else painted.image.width())
    assert sorted({*shown} - {0}) == [401, 404]
    assert shown[-1] == 404
    assert len(slow.painted) == 20


def test_what_is_complete_stays_while_the_next_is_in_work(sheet: Sheet) -> None:
    sheet.ask(order(2, 401))
    sheet.paint_slice()
    sheet.ask(order(10, 402))
    sheet.paint_slice()
    painted = sheet.shown(HERE)
    assert sheet.is_busy
    assert painted is not None
    assert painted.image.width() == 401


def test_a_picture_of_another_place_is_not_shown(sheet: Sheet) -> None:
    sheet.ask(order(2))
    sheet.paint_slice()
    assert sheet.shown(HERE) is not None
    assert sheet.shown(HERE._replace(to_view=QTransform.fromScale(2, 2))) is None
    assert sheet.shown(HERE._replace(size=QSize(10, 10))) is None
    assert sheet.shown(HERE._replace(ratio=2.0)) is None


@pytest.mark.parametrize(("scale", "ratio"), [(1.0, 1.0), (0.7, 1.0), (1.0, 2.0), (1.3, 1.5)])
def test_in_slices_the_picture_is_the_same_as_at_once(qapp: QApplication, scale: float, ratio: float) -> None:
    del qapp
    boxes = StandIns(TOKENS)
    boxes.show_layers(layers(60), CANVAS)
    at_once = paint_on(boxes, scale, ratio)
    assert boxes.is_catching_up
    assert at_once != paint_on(StandIns(TOKENS), scale, ratio), "there are boxes in it"
    # A smoothed edge may be rounded the other way.
    assert difference(paint_on(caught_up(boxes), scale, ratio), at_once) <= 2


def test_newer_boxes_are_shown_when_they_are_complete(qapp: QApplication) -> None:
    del qapp
    boxes = StandIns(TOKENS)
    boxes.show_layers(layers(60), CANVAS)
    paint_on(boxes)
    before = paint_on(caught_up(boxes))
    boxes.show_layers(layers(60, shift=40), CANVAS)
    assert paint_on(boxes) == before
    moved = StandIns(TOKENS)
    moved.show_layers(layers(60, shift=40), CANVAS)
    assert paint_on(caught_up(boxes)) == paint_on(moved)
    caught_up(moved)


def test_another_zoom_is_never_shown_with_the_old_boxes(qapp: QApplication) -> None:
    del qapp
    boxes = StandIns(TOKENS)
    boxes.show_layers(layers(60), CANVAS)
    paint_on(boxes)
    caught_up(boxes)
    zoomed = StandIns(TOKENS)
    zoomed.show_layers(layers(60), CANVAS)
    assert paint_on(boxes, 0.5) == paint_on(zoomed, 0.5)
    caught_up(boxes)
    caught_up(zoomed)


def test_few_boxes_are_painted_at_once(qapp: QApplication) -> None:
    del qapp
    boxes = StandIns(TOKENS)
    boxes.show_layers(layers(AT_ONCE), CANVAS)
    before = paint_on(boxes)
    boxes.show_layers(layers(AT_ONCE, shift=40), CANVAS)
    assert not boxes.is_catching_up
    assert paint_on(boxes) != before


def test_a_canvas_may_be_closed_while_boxes_are_in_work(qapp: QApplication) -> None:
    del qapp
    rect = {"x": 10, "y": 10, "width": 400, "height": 300}
    stand = Stand({"width": 1280, "height": 720, "layers": {f"in_{n}": {"rect": rect} for n in range(AT_ONCE + 10)}})
    boxes = next(item for item in stand.view.scene().items() if isinstance(item, StandIns))
    stand.view.viewport().grab()
    assert stand.session.edit(NODE, {("layers", "in_0", "opacity"): 0.5}, "Fade")
    stand.bridge.flush()
    sheet = boxes._sheet
    assert sheet.is_busy
    stand.close()
    assert not sheet.is_busy
