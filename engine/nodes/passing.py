"""``core::sink``, ``core::passthrough`` and ``video::pixel_convert``: nodes that look at no packet."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.flow import Output, Packet
from engine.node import NodeContext
from engine.nodes.one_input import OneInput

__all__ = ["NoParams", "PassThrough", "PixelConvertParams", "Sink"]


class NoParams(msgspec.Struct, frozen=True):
    """Nothing to set; unknown keys are tolerated."""


class PixelConvertParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pictures are 32 bits a pixel between nodes, whatever the format; encoders convert."""

    output_format: Literal["nv12", "i420", "rgba8"] = "nv12"


class Sink(OneInput[NoParams]):
    """Takes everything and does nothing with it; what it was made to throw away is not counted as lost."""

    def __init__(self, context: NodeContext) -> None:
        super().__init__(context, NoParams)

    def _pass(self, packet: Packet) -> None:
        del packet


class PassThrough(OneInput[msgspec.Struct]):
    """Hands everything on as it is."""

    def __init__(self, context: NodeContext, params: type[msgspec.Struct] = NoParams) -> None:
        super().__init__(context, params)
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
