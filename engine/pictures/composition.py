"""Composition: the newest config, frames and overlays → a picture and a layout, worked out again only on a change."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtGui import QImage

from engine.pictures.images import FittedImage, ImageShelf
from engine.pictures.inputs import InputSlot
from engine.pictures.layout import Item, ItemKind, Resolved, Slot, resolve
from engine.pictures.render import Drawable, Renderer
from engine.pictures.text import RenderedText, TextShelf
from sync.wire.compositor import CompositorConfig

__all__ = ["Composition"]


class Composition:
    """What one compositor draws; the compositor thread's.

    ``on_defect`` is told which layer was left out of a picture (pin or overlay id) and why, every time.
    """

    def __init__(
        self, texts: TextShelf, images: ImageShelf, renderer: Renderer, on_defect: Callable[[str, Exception], None]
    ) -> None:
        self._text_shelf = texts
        self._image_shelf = images
        self._renderer = renderer
        self._on_defect = on_defect
        self._config: CompositorConfig | None = None
        self._slots: tuple[Slot, ...] = ()
        self._texts: list[RenderedText] = []
        self._images: list[FittedImage | None] = []
        self._resolved: Resolved | None = None

    def arrange(self, config: CompositorConfig, slots: Sequence[InputSlot]) -> tuple[Resolved, bool]:
        """The layout for this config and these inputs, and whether it is another one than last time."""
        described = tuple(slot.describe() for slot in slots)
        images = self._image_shelf.find(config.image_overlays)
        is_same = config is self._config and described == self._slots and images == self._images
        if self._resolved is not None and is_same and self._text_shelf.is_complete:
            return self._resolved, False
        texts = self._text_shelf.render(config.text_overlays, (config.width, config.height))
        boxes = [text.box for text in texts]
        sizes = [image.source if image is not None else None for image in images]
        self._resolved = resolve(config, described, boxes, sizes)
        self._config, self._slots, self._images, self._texts = config, described, images, texts
        return self._resolved, True

    def paint(self, canvas: QImage, slots: Sequence[InputSlot]) -> None:
        """Draws what ``arrange`` laid out last."""
        if self._resolved is None:
            return
        drawables = [self._drawable(item, slots) for item in self._resolved.items]
        for item, defect in self._renderer.paint(canvas, drawables):
            self._on_defect(self._name(item), defect)

    def _name(self, item: Item) -> str:
        if item.kind is ItemKind.VIDEO or self._config is None:
            return self._slots[item.index].pin
        overlays = self._config.text_overlays if item.kind is ItemKind.TEXT else self._config.image_overlays
        return overlays[item.index].id

    def _drawable(self, item: Item, slots: Sequence[InputSlot]) -> Drawable:
        if item.kind is ItemKind.VIDEO:
            frame = slots[item.index].frame
            return Drawable(item, frame.image if frame is not None else QImage())
        if item.kind is ItemKind.TEXT:
            text = self._texts[item.index]
            return Drawable(item, text.image, text.part)
        image = self._images[item.index]
        return Drawable(item, image.image if image is not None else QImage())
