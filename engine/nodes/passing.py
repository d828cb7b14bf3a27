"""``core::sink``, ``core::passthrough`` and ``video::pixel_convert``: nodes that look at no packet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from engine.flow import Output, Packet
from engine.node import NodeContext
from engine.nodes.one_input import OneInput
from sync.wire.compositor import read_params
from sync.wire.json_value import JsonObject

__all__ = ["NoParams", "PassThrough", "PixelConvertParams", "Sink", "read_no_params", "read_pixel_convert"]


class NoParams(msgspec.Struct, frozen=True):
    """Nothing to set; unknown keys are tolerated."""


class PixelConvertParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pictures are 32 bits a pixel between nodes, whatever the format; encoders convert."""

    output_format: Literal["nv12", "i420", "rgba8"] = "nv12"


def read_no_params(params: JsonObject) -> NoParams:
    """Anything is taken."""
    return read_params("", params, NoParams)


def read_pixel_convert(params: JsonObject) -> PixelConvertParams:
    """Params within their limits. Raises ConfigRefused."""
    return read_params("", params, PixelConvertParams)


class Sink(OneInput[NoParams]):
    """Takes everything and does nothing with it; what it was made to throw away is not counted as lost."""

    def __init__(self, context: NodeContext) -> None:
        super().__init__(context, read_no_params)

    def _pass(self, packet: Packet) -> None:
        del packet


class PassThrough(OneInput[msgspec.Struct]):
    """Hands everything on as it is."""

    def __init__(self, context: NodeContext, read: Callable[[JsonObject], msgspec.Struct] = read_no_params) -> None:
        super().__init__(context, read)
        self._output = Output()

    @property
    def outputs(self) -> dict[str, Output]:
        return {"out": self._output}

    @property
    def keeps_packets(self) -> bool:
        return self._output.keeps_packets

    def close(self) -> None:
        super().close()
        self._output.close()

    def stop(self) -> None:
        super().stop()
        self._output.close()

    def _pass(self, packet: Packet) -> None:
        self._output.emit(packet)
        self._report.sent += 1
