"""``video::vp9::encoder``: pictures to VP9 in real time, in a thread of its own; what comes too fast is dropped."""

from __future__ import annotations

from fractions import Fraction

import msgspec
from av import VideoCodecContext
from PySide6.QtGui import QImage

from engine.flow import EncodedFrame, Output, Packet, Queue, VideoFrame
from engine.node import NodeContext
from engine.nodes.one_input import OneInput
from engine.pictures.yuv import YuvConverter, colorspace_of
from engine.worker import Worker
from sync.wire.compositor import ConfigRefused, read_params
from sync.wire.json_value import JsonObject

__all__ = ["Vp9Encoder", "Vp9Params", "Vp9Stream", "read_vp9"]

WAITING_FRAMES = 2
_WAIT_S = 0.25
_STUDIO_RANGE = 1
_MILLISECONDS = Fraction(1, 1000)
_REALTIME = {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "lag-in-frames": "0", "auto-alt-ref": "0"}


class Vp9Params(msgspec.Struct, frozen=True):
    """``keyframe_interval`` counts frames."""

    bitrate_kbps: int = 2500
    keyframe_interval: int = 120
    threads: int = 2


def read_vp9(params: JsonObject) -> Vp9Params:
    """Params within their limits. Raises ConfigRefused."""
    read = read_params("", params, Vp9Params)
    for name, most in (("bitrate_kbps", 1_000_000), ("keyframe_interval", 100_000), ("threads", 64)):
        if not 1 <= getattr(read, name) <= most:
            raise ConfigRefused(name, f"must be 1 to {most}")
    return read


class Vp9Stream:
    """One run of the codec; a picture of another size begins a new one with a key frame."""

    def __init__(self, params: Vp9Params) -> None:
        self._params = params
        self._converter = YuvConverter()
        self._codec: VideoCodecContext | None = None
        self._last_ms = -1

    def encode(self, picture: VideoFrame) -> list[EncodedFrame]:
        """The encoded frames that a picture brings: one, as nothing is looked ahead."""
        image = picture.image
        codec = self._codec_for(image)
        frame = self._converter.convert(image, colorspace_of(image.height()))
        self._last_ms = frame.pts = max(picture.pts_us // 1000, self._last_ms + 1)
        frame.time_base = _MILLISECONDS
        size = (image.width(), image.height())
        return [
            EncodedFrame(bytes(packet), (packet.pts or 0) * 1000, packet.is_keyframe, "vp9", *size)
            for packet in codec.encode(frame)
        ]

    def _codec_for(self, image: QImage) -> VideoCodecContext:
        size = (image.width(), image.height())
        if self._codec is None or (self._codec.width, self._codec.height) != size:
            codec = VideoCodecContext.create("libvpx-vp9", "w")
            codec.width, codec.height = size
            codec.pix_fmt = "yuv420p"
            codec.colorspace = colorspace_of(size[1]).value
            codec.color_range = _STUDIO_RANGE
            codec.time_base = _MILLISECONDS
            codec.bit_rate = self._params.bitrate_kbps * 1000
            codec.gop_size = self._params.keyframe_interval
            codec.thread_count = self._params.threads
            codec.options = _REALTIME
            self._codec = codec
        return self._codec


class Vp9Encoder(OneInput[Vp9Params]):
    """Encodes each picture once, whoever gets it."""

    def __init__(self, context: NodeContext) -> None:
        super().__init__(context, read_vp9)
        self._stream = Vp9Stream(self._params)
        self._output = Output()
        self._queue: Queue[Packet] = Queue(WAITING_FRAMES)
        self._worker = Worker(f"vp9 {context.node_id}", self._run, self._report.failed)

    @property
    def outputs(self) -> dict[str, Output]:
        return {"out": self._output}

    @property
    def keeps_packets(self) -> bool:
        return True

    def start(self) -> None:
        super().start()
        self._worker.start()

    def check(self, message: JsonObject) -> None:
        del message
        raise ConfigRefused("", "an encoder's params cannot change while it runs")

    def update(self, message: JsonObject) -> None:
        self.check(message)

    def put(self, packet: Packet) -> None:
        self._queue.put(packet)

    def close(self) -> None:
        self._queue.close()

    def stop(self) -> None:
        super().stop()
        self._queue.close()
        self._worker.stop()
        self._output.close()

    def _run(self) -> None:
        while not self._worker.stopping.is_set():
            packet = self._queue.take(_WAIT_S)
            if isinstance(packet, VideoFrame):
                self._encode(packet)
            elif packet is None and self._queue.is_closed:
                self._report.stopped("input_closed")
                break
        self._output.close()

    def _encode(self, packet: VideoFrame) -> None:
        for encoded in self._stream.encode(packet):
            self._output.emit(encoded)
            self._report.sent += 1
        self._report.received, self._report.discarded = self._queue.received, self._queue.discarded
        self._report.beat()
