"""A WebSocket client that costs a load generator next to nothing: no compression, no fragments, a mask of zeros."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import struct
from collections.abc import Callable

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
_FIN, _MASKED = 0x80, 0x80
_NO_MASK = bytes(4)

OnFrame = Callable[[int, bytes], None]

__all__ = ["BINARY", "TEXT", "LeanSocket", "open_socket"]


class LeanSocket(asyncio.Protocol):
    """One connection. ``on_frame`` gets opcode and payload of every message, in the step that it arrives in."""

    def __init__(self, on_frame: OnFrame) -> None:
        self._on_frame = on_frame
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self.is_open: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.bytes_in = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.is_open.done():
            self.is_open.set_exception(exc or ConnectionError("closed before the upgrade"))
        self.closed.set_result(None)

    def ask(self, request: bytes) -> None:
        """Sends the upgrade."""
        self._write(request)

    def send(self, frame: str | bytes) -> None:
        """One message."""
        data, opcode = (frame.encode(), TEXT) if isinstance(frame, str) else (frame, BINARY)
        self._put(opcode, data)

    def pause(self) -> None:
        """Nothing is read any more, and little is kept by the system."""
        assert self._transport is not None
        self._keep(4_096)
        self._transport.pause_reading()

    def go_on(self) -> None:
        """What has piled up is read."""
        assert self._transport is not None
        self._keep(4_194_304)
        self._transport.resume_reading()

    def _keep(self, size: int) -> None:
        assert self._transport is not None
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    async def close(self) -> None:
        """Hangs up."""
        assert self._transport is not None
        self._put(CLOSE, struct.pack("!H", 1000))
        self._transport.close()
        await self.closed

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.is_open.done() and not self._take_answer():
            return
        while self._take_frame():
            continue

    def _take_answer(self) -> bool:
        head, found, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if not found:
            return False
        if not head.startswith(b"HTTP/1.1 101"):
            self.is_open.set_exception(ConnectionError(head.decode(errors="replace").splitlines()[0]))
            return False
        self._buffer = bytearray(rest)
        self.is_open.set_result(head.decode())
        return True

    def _take_frame(self) -> bool:
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        begin, size = 2, buffer[1]
        if size >= 126:
            begin = 4 if size == 126 else 10
            size = int.from_bytes(buffer[2:begin])
        if len(buffer) < begin + size:
            return False
        payload = bytes(memoryview(buffer)[begin : begin + size])
        opcode = buffer[0] & 0x0F
        del buffer[: begin + size]
        self.bytes_in += begin + size
        if opcode == PING:
            self._put(PONG, payload)
        elif opcode in (TEXT, BINARY):
            self._on_frame(opcode, payload)
        return True

    def _put(self, opcode: int, data: bytes) -> None:
        if len(data) < 126:
            head = bytes((_FIN | opcode, _MASKED | len(data)))
        elif len(data) < 65_536:
            head = struct.pack("!BBH", _FIN | opcode, _MASKED | 126, len(data))
        else:
            head = struct.pack("!BBQ", _FIN | opcode, _MASKED | 127, len(data))
        self._write(head + _NO_MASK + data)

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


async def open_socket(port: int, query: str, protocol: str, on_frame: OnFrame) -> LeanSocket:
    """Connects to an engine of this machine. Raises ConnectionError when it says no."""
    loop = asyncio.get_running_loop()
    _, opened = await loop.create_connection(lambda: LeanSocket(on_frame), "127.0.0.1", port)
    offer = f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
    key = base64.b64encode(os.urandom(16)).decode()
    opened.ask(
        f"GET /api/v1/control?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{offer}\r\n".encode()
    )
    await opened.is_open
    return opened
