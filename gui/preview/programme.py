"""The programme's picture, wherever it comes from: finds a way, watches it, finds another when it ends."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from gui.preview.access import PictureLost
from gui.preview.meter import PictureStatistics
from gui.preview.picture import PictureSource
from gui.preview.place import PicturePlace

RETRY_S = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
STEADY_S = 3.0
PATIENCE_S = 1.0
NO_PICTURE = (
    "This server offers no picture of {node}. Layers are shown as boxes and can be edited all the same. "
    "To see the picture, connect a transport::http::mse node behind an encoder, or open the pipeline on the "
    "embedded engine."
)

__all__ = ["NO_PICTURE", "RETRY_S", "ProgrammePicture", "load_ways"]


def load_ways() -> None:
    """Loads the libraries that a picture comes by; in a thread, while there is no server to ask yet."""
    import aiohttp
    import av  # HTTP and codecs: a third of what a start loads

    del aiohttp, av


class ProgrammePicture(PictureSource):
    """Follows one place at a time; never ends by itself.

    Signals: those of PictureSource, and ``cleared`` when the last frame is not of this place any more.
    """

    cleared = Signal()

    def __init__(
        self, parent: QObject | None = None, retry_s: Sequence[float] = RETRY_S, patience_s: float = PATIENCE_S
    ) -> None:
        super().__init__("none", parent)
        self._retry_s = tuple(retry_s)
        self._patience_s = patience_s
        self._patient: asyncio.TimerHandle | None = None
        self._place: PicturePlace | None = None
        self._source: PictureSource | None = None
        self._task: asyncio.Task[None] | None = None
        self._retired: set[asyncio.Task[None]] = set()
        self._again = asyncio.Event()

    @property
    def place(self) -> PicturePlace | None:
        """What is being watched."""
        return self._place

    def watch(self, place: PicturePlace | None) -> None:
        """Goes over to another place; the same one again only makes it try at once when it has no picture."""
        if place == self._place and self._task is not None:
            self._again.set()
            return
        old, self._place = self._place, place
        self.stop()
        if old is None or place is None or _is_other_picture(old, place):
            self.cleared.emit()
            self.state_shown.emit("")
        if place is not None:
            self.start()

    def start(self) -> None:
        """Begins to find the picture of the place given to ``watch``."""
        if self._place is not None:
            self._task = asyncio.get_running_loop().create_task(self._run(self._place), name="picture: programme")

    def stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            self._retired.add(task)
            task.add_done_callback(self._retired.discard)

    async def closed(self) -> None:
        await asyncio.gather(*self._retired, return_exceptions=True)

    def renew(self, image: QImage) -> QImage | None:
        return None if self._source is None else self._source.renew(image)

    def statistics(self) -> PictureStatistics:
        return self.meter.read() if self._source is None else self._source.statistics()

    async def _run(self, place: PicturePlace) -> None:
        failures = 0
        while True:
            begun = time.monotonic()
            has_shown, sentence = await self._round(place)
            is_steady = has_shown and time.monotonic() - begun > STEADY_S
            failures = 0 if is_steady else failures + 1
            if not is_steady:  # a picture that ran well is looked for once more before anybody is told
                self.state_shown.emit(sentence)
            self._again.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._retry_s[min(failures, len(self._retry_s) - 1)]):
                    await self._again.wait()

    async def _round(self, place: PicturePlace) -> tuple[bool, str]:
        """Tries every way once, the fastest first, and stays with the first that shows a picture until it ends."""
        from gui.preview.advert import fetch_streams, sources_for  # HTTP and codecs: a third of what a start loads

        try:
            with self._patience(f"Looking for the picture of {place.node_id}…"):
                sources = sources_for(place, await fetch_streams(place))
        except PictureLost as lost:
            return False, f"{lost}."
        sentence = NO_PICTURE.format(node=place.node_id)
        for source in sources:
            has_shown, reason = await self._watch(source)
            sentence = f"{reason}; trying again."
            if has_shown:
                return True, sentence
        return False, sentence

    async def _watch(self, source: PictureSource) -> tuple[bool, str]:
        """Hands on what a source shows; returns whether it showed anything, and why it ended."""
        verdict: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        source.frame_arrived.connect(self._hand_on)
        source.ended.connect(lambda sentence: _settle(verdict, sentence))
        self._source, self.title = source, source.title
        try:
            with self._patience(f"Connected ({source.title}); the first picture comes when an input delivers one."):
                source.start()
                reason = await verdict
        finally:
            source.stop()
            await source.closed()
        return source.statistics().received > 0, reason

    @contextlib.contextmanager
    def _patience(self, sentence: str) -> Iterator[None]:
        """Says ``sentence`` when what happens inside takes long and no picture is shown meanwhile."""
        loop = asyncio.get_running_loop()
        self._patient = loop.call_later(self._patience_s, self.state_shown.emit, sentence)
        try:
            yield
        finally:
            self._patient.cancel()

    def _hand_on(self, image: QImage) -> None:
        if self._source is not None and self._source.meter.received == 1:
            if self._patient is not None:
                self._patient.cancel()
            self.state_shown.emit("")
        self.frame_arrived.emit(image)


def _is_other_picture(old: PicturePlace, new: PicturePlace) -> bool:
    """Whether a frame of ``old`` may be no picture of ``new``: another compositor's, or of a path no longer its own."""
    return (old.session_id, old.node_id) != (new.session_id, new.node_id) or not set(old.mse) <= set(new.mse)


def _settle(verdict: asyncio.Future[str], sentence: str) -> None:
    if not verdict.done():
        verdict.set_result(sentence)
