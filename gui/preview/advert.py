"""Where a server offers a picture: its own frame adverts, else the MSE nodes of the pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote, urljoin, urlsplit

import aiohttp
import msgspec

from gui.preview.access import CONNECT_S, PictureLost, proxy_of
from gui.preview.mjpeg import MjpegSource
from gui.preview.mse import MseSource
from gui.preview.picture import PictureSource
from gui.preview.place import PicturePlace
from gui.preview.ring_source import RingSource
from sync.wire.frame_ring import FrameStream

MAX_ADVERT_BYTES = 256 * 1024
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

__all__ = ["fetch_streams", "is_local", "sources_for"]


async def fetch_streams(place: PicturePlace) -> Sequence[FrameStream]:
    """The server's adverts for this session; none from a server that knows no such route. Raises PictureLost."""
    try:
        return await _asked(place)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        silence = "The server does not answer the question where its picture is; trying again"
        raise PictureLost(silence) from error


async def _asked(place: PicturePlace) -> Sequence[FrameStream]:
    url = f"{place.access.base}/api/v1/sessions/{quote(place.session_id, safe='')}/frames"
    timeout = aiohttp.ClientTimeout(total=CONNECT_S)
    async with (
        aiohttp.ClientSession(timeout=timeout, headers=place.access.headers_for(url)) as client,
        client.get(url, allow_redirects=False, proxy=proxy_of(url)) as answer,
    ):
        if answer.status in (401, 403):
            raise PictureLost("The server does not let you see the picture")
        if answer.status != 200 or answer.content_type != "application/json":
            return ()
        return _streams(await _body(answer.content))


def sources_for(place: PicturePlace, streams: Iterable[FrameStream]) -> list[PictureSource]:
    """The ways to the picture, the fastest first."""
    found: list[PictureSource] = []
    for stream in streams:
        if stream.node_id != place.node_id:
            continue
        if stream.ring is not None and is_local(place.access.base):
            found.append(RingSource(stream.ring))
        found.append(MjpegSource(urljoin(f"{place.access.base}/", stream.mjpeg), place.access))
    session = quote(place.session_id, safe="")
    found += [MseSource(f"{place.access.base}/mse/{session}{quote(path)}", place.access) for path in place.mse]
    return found


def is_local(base: str) -> bool:
    """Whether a server is on this machine, so that its memory can be read."""
    return urlsplit(base).hostname in _LOOPBACK


async def _body(content: aiohttp.StreamReader) -> bytes:
    """All of a body that is short enough; raises PictureLost."""
    parts = bytearray()
    async for chunk in content.iter_any():
        parts += chunk
        if len(parts) > MAX_ADVERT_BYTES:
            raise PictureLost("The server's list of pictures is too long")
    return bytes(parts)


def _streams(raw: bytes) -> Sequence[FrameStream]:
    try:
        return msgspec.json.decode(raw, type=list[FrameStream])
    except msgspec.DecodeError:
        return ()
