"""``containers::webm::muxer`` and ``transport::http::mse``: encoded frames to a stream, a stream to HTTP."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from engine.flow import Bytes, EncodedFrame, Output, Packet
from engine.node import NodeContext
from engine.nodes.one_input import OneInput
from engine.pictures.webm import LiveWebm
from engine.serving.mse import DEFAULT_CONTENT_TYPE, MseStream
from sync.wire.compositor import ConfigRefused, read_params
from sync.wire.json_value import JsonObject

__all__ = ["Mse", "MseParams", "WebmMuxer", "WebmMuxerParams", "read_mse", "read_webm_muxer"]


class WebmMuxerParams(msgspec.Struct, frozen=True):
    """Only ``streaming_mode`` means something here: the size comes with the frames, and there is no sound."""

    sample_rate: int = 48_000
    channels: int = 2
    video_width: int = 0
    video_height: int = 0
    streaming_mode: Literal["live", "file"] = "live"


class MseParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``path`` is what follows ``/mse/{session_id}`` in the URL."""

    path: str
    max_clients: int = 10
    content_type: str | None = None


def read_webm_muxer(params: JsonObject) -> WebmMuxerParams:
    """Params that can be had. Raises ConfigRefused."""
    read = read_params("", params, WebmMuxerParams)
    if read.streaming_mode == "file":
        raise ConfigRefused("streaming_mode", "'file' is not supported: streams are live")
    return read


def read_mse(params: JsonObject) -> MseParams:
    """Params within their limits. Raises ConfigRefused."""
    read = read_params("", params, MseParams)
    if not read.path or ".." in read.path or "//" in read.path:
        raise ConfigRefused("path", "must not be empty and hold neither .. nor //")
    if read.max_clients < 1:
        raise ConfigRefused("max_clients", "must be 1 or more")
    if read.content_type is not None and not read.content_type.isprintable():
        raise ConfigRefused("content_type", "must be one line of text")
    return read


class WebmMuxer(OneInput[WebmMuxerParams]):
    """Muxes in its source's thread: a frame is in the stream the moment it is encoded."""

    def __init__(self, context: NodeContext) -> None:
        super().__init__(context, read_webm_muxer)
        self._output = Output()
        self._webm = LiveWebm()

    @property
    def outputs(self) -> dict[str, Output]:
        return {"out": self._output}

    def close(self) -> None:
        super().close()
        self._output.close()

    def stop(self) -> None:
        super().stop()
        self._output.close()

    def _pass(self, packet: Packet) -> None:
        if not isinstance(packet, EncodedFrame) or packet.codec != "vp9":
            self._report.discarded += 1
            return
        for piece in self._webm.write(packet):
            self._output.emit(piece)
            self._report.sent += 1


class Mse(OneInput[MseParams]):
    """Offers what it gets to HTTP clients; ``describe("mse")`` is the stream."""

    def __init__(self, context: NodeContext) -> None:
        super().__init__(context, read_mse)
        params = self._params
        self._stream = MseStream(params.path, params.content_type or DEFAULT_CONTENT_TYPE, params.max_clients)
        self._cut_told = 0

    def check(self, message: JsonObject) -> None:
        del message
        raise ConfigRefused("", "a stream's params cannot change while it runs")

    def update(self, message: JsonObject) -> None:
        self.check(message)

    def close(self) -> None:
        super().close()
        self._stream.close()

    def stop(self) -> None:
        super().stop()
        self._stream.close()

    def describe(self, key: str) -> Any:
        return self._stream if key == "mse" else None

    def _pass(self, packet: Packet) -> None:
        if not isinstance(packet, Bytes):
            self._report.discarded += 1
            return
        self._stream.push(packet)
        self._report.sent += 1
        if self._stream.cut > self._cut_told:
            self._report.telemetry("mse.watcher_cut", count=self._stream.cut - self._cut_told)
            self._cut_told = self._stream.cut
