"""What leaves a compositor: one picture a tick to its output and its watchers, painted only when something changed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QImage

from engine.flow import Output, VideoFrame
from engine.pictures.feed import ProgrammeFeed
from sync.wire.compositor import CompositorConfig

__all__ = ["Programme"]

# A watcher hears from an unchanged programme all the same, so that silence always means trouble.
REPAINT_AFTER_S = 0.5
_NO_PICTURE = QImage()


class Programme:
    """The compositor's output pin and feed; the compositor thread's, but for ``output`` and ``feed`` themselves."""

    def __init__(self, node_id: str, config: CompositorConfig) -> None:
        self.output = Output()
        self.feed = ProgrammeFeed(node_id, (config.width, config.height), config.fps)
        self._config = config
        self._offset_us: int | None = None
        self._image: QImage | None = None
        self._is_durable = False
        self._is_stale = True
        self._painted_s = 0.0
        self._sequence = 0

    @property
    def has_begun(self) -> bool:
        """Whether there was a first input frame; before it nothing is shown."""
        return self._offset_us is not None

    def begin_at(self, pts_us: int, elapsed_s: float) -> None:
        """The first input frame's time, which the programme's times start from; later calls change nothing."""
        if self._offset_us is None:
            self._offset_us = pts_us - round(elapsed_s * 1_000_000)

    def change(self) -> None:
        """The next tick must paint."""
        self._is_stale = True

    def follow(self, config: CompositorConfig) -> bool:
        """Takes over size and rate of a newer config; says whether it is a newer one."""
        if config is self._config:
            return False
        self._config = config
        self._is_stale = True
        self.feed.set_shape((config.width, config.height), config.fps)
        return True

    def show(self, elapsed_s: float, paint: Callable[[QImage], None]) -> None:
        """Emits this tick's picture, painting it if need be; for nobody nothing is painted."""
        has_newcomer = self.feed.has_newcomer()
        is_kept = self.output.keeps_packets or self.feed.needs_durable
        if not is_kept and not self.feed.is_watched:
            self._image, self._is_durable = None, False
        elif has_newcomer or self._must_paint(elapsed_s, is_kept=is_kept):
            self._painted_s = elapsed_s
            self._is_stale = False
            self._image = self.feed.open_canvas(is_kept=is_kept)
            paint(self._image)
            self._is_durable = self.feed.show(self._image)
        self._emit(self._image if self._image is not None else _NO_PICTURE, elapsed_s)

    def close(self) -> None:
        """Ends output and watching; the compositor's thread shows nothing any more. May be called twice."""
        self._image = None
        self.feed.close()
        self.output.close()

    def _must_paint(self, elapsed_s: float, *, is_kept: bool) -> bool:
        is_silent = self.feed.is_watched and elapsed_s - self._painted_s >= REPAINT_AFTER_S
        is_unusable = self._image is None or (is_kept and not self._is_durable)
        return self._is_stale or is_silent or is_unusable

    def _emit(self, image: QImage, elapsed_s: float) -> None:
        pts_us = (self._offset_us or 0) + round(elapsed_s * 1_000_000)
        packet = VideoFrame(image, pts_us, self._sequence)
        self._sequence += 1
        if self._is_durable:
            self.output.emit(packet)
        else:
            self.output.emit_passing(packet)
