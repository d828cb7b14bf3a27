"""``layerdesk::media``: a video file, decoded ahead of time in a thread of its own and shown at its own pace."""

from __future__ import annotations

import time

import msgspec

from engine.flow import VideoFrame
from engine.node import NodeContext, NodeFailed
from engine.nodes.source import Source
from engine.pictures.clip import Clip, ClipFrame
from engine.places import FileRefused, Places
from sync.wire.compositor import ConfigRefused, read_params
from sync.wire.json_value import JsonObject, deep_merge
from sync.wire.stamp import strip_metadata

__all__ = ["Media", "MediaParams", "read_media"]

# A picture later than this is skipped, as the next one is due already, but never so many that the clip seems to stand.
LATE_AFTER_S = 0.02
MAX_SKIPPED = 3
# So late it cannot be caught up with: the clip's clock starts anew.
LOST_AFTER_S = 0.5


class MediaParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``path`` is looked for in the media folders; ``start_s`` is where each round begins."""

    path: str
    loop: bool = True
    start_s: float = 0.0


class Media(Source):
    """The node. ``loop`` is live: switched off, the clip plays to its end."""

    def __init__(self, context: NodeContext, places: Places) -> None:
        """Raises NodeFailed with one sentence when there is no such video."""
        try:
            self._params = read_media(context.params)
            path = places.media(self._params.path)
            self._clip = Clip(path, self._params.path, self._params.start_s)
        except ConfigRefused as refusal:
            raise NodeFailed(f"bad params: {refusal}") from refusal
        except FileRefused as refusal:
            raise NodeFailed(str(refusal)) from refusal
        super().__init__(context)
        self._sequence = 0

    def check(self, message: JsonObject) -> None:
        self._updated(message)

    def update(self, message: JsonObject) -> None:
        self._params = self._updated(message)

    def _updated(self, message: JsonObject) -> MediaParams:
        params = read_media(deep_merge(msgspec.to_builtins(self._params), strip_metadata(message)))
        if params.path != self._params.path:
            raise ConfigRefused("path", "cannot change while the node runs; add another node")
        if params.start_s != self._params.start_s:
            raise ConfigRefused("start_s", "cannot change while the node runs")
        return params

    def stop(self) -> None:
        super().stop()
        if not self._worker.was_started:
            self._clip.close()

    def _run(self) -> None:
        try:
            self._play()
        except FileRefused as refusal:
            self._report.failed(str(refusal))
        finally:
            # Closed by the thread that reads it: a decoder under a closed file would end the process.
            self._clip.close()
            del self._clip  # and with it the pictures that its decoder holds, however long the node is still known
        self._report.beat(is_last=True)

    def _play(self) -> None:
        origin, skipped = time.monotonic(), 0
        for shown in self._clip.frames(lambda: self._params.loop):
            early = origin + shown.due_s - time.monotonic()
            if early < -LOST_AFTER_S:
                origin -= early
            if early < -LATE_AFTER_S and skipped < MAX_SKIPPED and not self._worker.stopping.is_set():
                self._report.discarded += 1
                skipped += 1
                continue
            skipped = 0
            if not self._show(shown, origin):
                return
        self._complete()

    def _show(self, shown: ClipFrame, origin: float) -> bool:
        """Makes the picture, waits until it is due and emits it; False when the node is to stop."""
        image = self._clip.picture(shown.frame)
        if self._worker.stopping.wait(max(0.0, origin + shown.due_s - time.monotonic())):
            return False
        is_subsampled = "420" in shown.frame.format.name
        self._output.emit(VideoFrame(image, round(shown.due_s * 1_000_000), self._sequence, is_subsampled))
        self._sequence += 1
        self._report.sent += 1
        self._report.errored = self._clip.bad_packets
        self._report.beat()
        return True


def read_media(params: JsonObject) -> MediaParams:
    """Params within their limits; whether there is such a file is not asked. Raises ConfigRefused."""
    read = read_params("", params, MediaParams)
    if not 0.0 <= read.start_s < 1e6:
        raise ConfigRefused("start_s", "must be 0 or more seconds")
    return read
