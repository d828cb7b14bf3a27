"""An image file on its way to the server's asset shelf (PROTOCOL.md §18)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from gui.preview.access import HttpAccess

LIMIT_S = 60.0
MAX_ANSWER_BYTES = 64 * 1024

__all__ = ["UploadFailed", "UploadedImage", "upload_image"]


class UploadFailed(Exception):
    """The image did not reach the shelf; the text is a sentence."""


class UploadedImage(msgspec.Struct, frozen=True):
    """An image that overlays may name by its ``path``; sizes in pixels."""

    path: str
    width: int = 0
    height: int = 0

    @property
    def title(self) -> str:
        """The file's name without its ending."""
        return Path(self.path).stem


async def upload_image(access: HttpAccess, file: Path) -> UploadedImage:
    """Sends ``file``; raises UploadFailed."""
    import aiohttp  # not before it is used: it is a fifth of what a start loads

    url = f"{access.base}/api/v1/assets/images"
    try:
        data = await asyncio.to_thread(file.read_bytes)
    except OSError as error:
        raise UploadFailed(f"{file.name} cannot be read: {error.strerror or error}.") from error
    form = aiohttp.FormData()
    form.add_field("file", data, filename=file.name)
    timeout = aiohttp.ClientTimeout(total=LIMIT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=access.headers_for(url)) as client,
            client.post(url, data=form, allow_redirects=False) as answer,
        ):
            body = await answer.content.read(MAX_ANSWER_BYTES)
            return _read(file, answer.status, body)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise UploadFailed(f"{file.name} could not be sent: the server does not answer.") from error


def _read(file: Path, status: int, body: bytes) -> UploadedImage:
    if status not in (200, 201):
        reason = " ".join(body.decode("utf-8", "replace").split())[:200] or f"status {status}"
        raise UploadFailed(f"The server did not take {file.name}: {reason}.")
    try:
        return msgspec.json.decode(body, type=UploadedImage)
    except msgspec.DecodeError as error:
        raise UploadFailed(f"The server did not say where it put {file.name}.") from error
