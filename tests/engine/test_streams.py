"""Streams over HTTP: MJPEG and MSE, with watchers that are many, slow, late or gone."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import av
import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from PySide6.QtGui import QImage

from engine.flow import Bytes, EncodedFrame, Output, VideoFrame
from engine.node import NodeFailed
from engine.nodes.streaming import Mse, WebmMuxer
from engine.nodes.vp9_encoder import Vp9Encoder, Vp9Params, Vp9Stream
from engine.pictures.feed import ProgrammeFeed
from engine.pictures.jpeg import JpegEncoder, JpegFanout
from engine.pictures.webm import LiveWebm
from engine.serving.mjpeg import serve_mjpeg
from engine.serving.mse import MAX_GROUP_BYTES, MAX_QUEUED_CHUNKS, MseFull, MseGone, MseStream, serve_mse
from sync.wire.json_value import JsonObject
from tests.support.nodes import Reports, Tap
from tests.support.pictures import GREEN, RED, is_near, plain, quarters, rgba

SIZE = (64, 48)


def encoded(count: int, size: tuple[int, int] = SIZE, every: int = 10, start: int = 0) -> list[EncodedFrame]:
    """Real VP9 of a grey that brightens, 30 a second."""
    stream = Vp9Stream(Vp9Params(keyframe_interval=every))
    frames = []
    for number in range(start, start + count):
        grey = 20 + 5 * (number % 40)
        frames += stream.encode(VideoFrame(plain(size, (grey, grey, grey, 255)), number * 33_333, number))
    return frames


def muxed(frames: list[EncodedFrame]) -> list[Bytes]:
    webm = LiveWebm()
    return [piece for frame in frames for piece in webm.write(frame)]


def decoded(data: bytes) -> list[Any]:
    with av.open(io.BytesIO(data), "r", format="webm") as container:
        return list(container.decode(video=0))


# WebM and VP9


def test_a_stream_is_read_back_frame_by_frame_with_its_times() -> None:
    frames = encoded(25)
    assert [frame.is_key for frame in frames] == [number % 10 == 0 for number in range(25)]
    seen = decoded(b"".join(piece.data for piece in muxed(frames)))
    assert [round(frame.time * 1000) for frame in seen] == [frame.pts_us // 1000 for frame in frames]
    assert (seen[0].width, seen[0].height) == SIZE


def test_every_key_frame_begins_a_group_that_can_be_joined_there() -> None:
    pieces = muxed(encoded(25))
    header, *rest = pieces
    assert header.is_header
    starts = [number for number, piece in enumerate(rest) if piece.starts_group]
    assert starts == [0, 10, 20]
    late = header.data + b"".join(piece.data for piece in rest[20:])
    assert len(decoded(late)) == 5


def test_nothing_is_written_before_a_key_frame() -> None:
    frames = encoded(12)
    pieces = muxed(frames[3:])
    assert len(pieces) == 1 + 2


def test_another_picture_size_begins_another_stream() -> None:
    pieces = muxed([*encoded(3), *encoded(3, (32, 32), start=3)])
    headers = [number for number, piece in enumerate(pieces) if piece.is_header]
    assert headers == [0, 4]
    assert len(decoded(b"".join(piece.data for piece in pieces[4:]))) == 3


def test_a_block_is_never_further_from_its_cluster_than_16_bits_of_milliseconds() -> None:
    slow = [EncodedFrame(b"x", number * 20_000_000, number == 0, "vp9", 4, 4) for number in range(6)]
    clusters = [piece for piece in muxed(slow) if piece.data.startswith(b"\x1f\x43\xb6\x75")]
    assert len(clusters) == 3
    assert [piece.starts_group for piece in clusters] == [True, False, False]


def test_times_that_stand_still_or_go_back_are_encoded_all_the_same() -> None:
    stream = Vp9Stream(Vp9Params())
    times = (40_000, 40_000, 10_000, 41_000)
    frames = [frame for pts in times for frame in stream.encode(VideoFrame(plain(SIZE, RED), pts, 0))]
    assert [frame.pts_us for frame in frames] == [40_000, 41_000, 42_000, 43_000]


@pytest.mark.parametrize("size", [(1, 1), (33, 17), (1280, 2)])
def test_odd_sizes_are_encoded(size: tuple[int, int]) -> None:
    (frame,) = Vp9Stream(Vp9Params()).encode(VideoFrame(plain(size, RED), 0, 0))
    assert frame.is_key
    assert (frame.width, frame.height) == size


@pytest.mark.parametrize(("size", "colorspace"), [((1280, 720), 1), ((320, 240), 5)])
def test_colours_come_back_and_the_stream_says_how_they_are_coded(size: tuple[int, int], colorspace: int) -> None:
    stream = Vp9Stream(Vp9Params(bitrate_kbps=8000))
    picture = plain(size, (200, 40, 90, 255))
    frames = [frame for n in range(3) for frame in stream.encode(VideoFrame(picture, n * 33_333, n))]
    seen = decoded(b"".join(piece.data for piece in muxed(frames)))[-1]
    assert seen.colorspace == colorspace
    red, green, blue = bytes(seen.reformat(format="rgb24").planes[0])[3000:3003]
    assert is_near((red, green, blue, 255), (200, 40, 90, 255), 5)


def test_the_encoder_node_encodes_once_and_ends_with_its_source() -> None:
    reports, source, one, other = Reports(), Output(), Tap(), Tap()
    node = Vp9Encoder(reports.context({"bitrate_kbps": 500}))
    node.connect_input("in", source)
    for tap in (one, other):
        node.outputs["out"].attach(tap)
    node.start()
    for number in range(4):
        source.emit(VideoFrame(plain(SIZE, GREEN), number * 33_333, number))
        one.wait_for(number + 1)
    source.close()
    one.wait_for_close()
    node.stop()
    assert [first is second for first, second in zip(one.packets, other.packets, strict=True)] == [True] * 4
    assert (reports.stats[-1].received, reports.stats[-1].sent) == (4, 4)
    assert reports.states[-1].reason == "input_closed"


@pytest.mark.parametrize(
    ("build", "params", "sentence"),
    [
        (Vp9Encoder, {"bitrate_kbps": 0}, "bitrate_kbps: must be 1 to"),
        (Vp9Encoder, {"threads": "many"}, "threads"),
        (WebmMuxer, {"streaming_mode": "file"}, "streams are live"),
        (WebmMuxer, {"streaming_mode": "x"}, "streaming_mode"),
        (Mse, {}, "path"),
        (Mse, {"path": "/a/../b"}, "path: must not"),
        (Mse, {"path": "//a"}, "path: must not"),
        (Mse, {"path": "/a", "max_clients": 0}, "max_clients: must be 1"),
        (Mse, {"path": "/a", "content_type": "x\r\nSet-Cookie: y"}, "content_type"),
        (Mse, {"path": "/a", "colour": 1}, "colour"),
    ],
)
def test_bad_params_of_the_streaming_nodes_fail_with_the_field(build: Any, params: JsonObject, sentence: str) -> None:
    with pytest.raises(NodeFailed, match=sentence):
        build(Reports().context(params))


# MSE


def test_a_late_watcher_gets_header_and_newest_group_and_then_what_comes() -> None:
    async def watch() -> None:
        stream = MseStream("video")
        assert stream.path == "/video"
        header, *pieces = muxed(encoded(15))
        for piece in (header, *pieces[:13]):
            stream.push(piece)
        watcher = stream.watch(lambda: None)
        stream.push(pieces[13])
        start = await anext(watcher)
        assert start == header.data + b"".join(piece.data for piece in pieces[10:13])
        assert await anext(watcher) == pieces[13].data
        watcher.close()
        assert stream.watcher_count == 0

    asyncio.run(watch())


def test_an_early_watcher_waits_for_the_header_and_then_for_a_key_frame() -> None:
    async def watch() -> None:
        stream = MseStream("/video")
        watcher = stream.watch(lambda: None)
        header, *pieces = muxed(encoded(11))
        for piece in (header, pieces[3], pieces[10]):
            stream.push(piece)
        assert [await anext(watcher) for _ in range(2)] == [header.data, pieces[10].data]
        stream.close()
        assert [data async for data in watcher] == []

    asyncio.run(watch())


def test_a_group_that_grows_too_large_is_let_go_and_late_watchers_wait_for_the_next() -> None:
    async def watch() -> None:
        stream = MseStream("/video")
        stream.push(Bytes(b"H", is_header=True))
        stream.push(Bytes(b"k", starts_group=True))
        stream.push(Bytes(bytes(MAX_GROUP_BYTES)))
        watcher = stream.watch(lambda: None)
        for piece in (Bytes(b"x"), Bytes(b"K", starts_group=True), Bytes(b"y")):
            stream.push(piece)
        assert [await anext(watcher) for _ in range(3)] == [b"H", b"K", b"y"]

    asyncio.run(watch())


def test_who_is_64_pieces_behind_is_cut_and_the_others_never_notice() -> None:
    async def watch() -> None:
        stream, cuts = MseStream("/video"), []
        slow = stream.watch(lambda: cuts.append("slow"))
        quick = stream.watch(lambda: cuts.append("quick"))
        stream.push(Bytes(b"H", is_header=True))
        seen = []
        for number in range(MAX_QUEUED_CHUNKS + 10):
            stream.push(Bytes(bytes([number]), starts_group=not number))
            seen.append(await anext(quick))
        assert cuts == ["slow"]
        assert (stream.cut, stream.watcher_count) == (1, 1)
        assert len(seen) == MAX_QUEUED_CHUNKS + 10
        assert [data async for data in slow] == []

    asyncio.run(watch())


@pytest.mark.expects_log("the header of stream /video has 20000 bytes")
def test_a_header_beyond_its_cap_is_told_and_left_out() -> None:
    stream = MseStream("/video")
    stream.push(Bytes(bytes(20_000), is_header=True))
    assert stream._header == b""


def test_a_new_header_ends_the_old_stream_for_all() -> None:
    async def watch() -> None:
        stream = MseStream("/video")
        stream.push(Bytes(b"1", is_header=True))
        old = stream.watch(lambda: None)
        stream.push(Bytes(b"2", is_header=True))
        assert [data async for data in old] == [b"1"]
        assert await anext(stream.watch(lambda: None)) == b"2"

    asyncio.run(watch())


def test_full_and_gone() -> None:
    async def watch() -> None:
        stream = MseStream("/video", max_clients=1)
        stream.watch(lambda: None)
        with pytest.raises(MseFull):
            stream.watch(lambda: None)
        stream.close()
        with pytest.raises(MseGone):
            stream.watch(lambda: None)

    asyncio.run(watch())


# over HTTP


class Chain:
    """Pictures → VP9 → WebM → MSE, run by hand."""

    def __init__(self, max_clients: int = 12) -> None:
        self.source, self.reports, self.tap = Output(), Reports(), Tap()
        self.encoder = Vp9Encoder(self.reports.context({"keyframe_interval": 15}))
        self.muxer = WebmMuxer(self.reports.context({"streaming_mode": "live"}))
        content_type = 'video/webm; codecs="vp9"'
        self.mse = Mse(self.reports.context({"path": "/v", "max_clients": max_clients, "content_type": content_type}))
        self.nodes = (self.encoder, self.muxer, self.mse)
        self.encoder.connect_input("in", self.source)
        self.muxer.connect_input("in", self.encoder.outputs["out"])
        self.mse.connect_input("in", self.muxer.outputs["out"])
        self.encoder.outputs["out"].attach(self.tap)
        for node in self.nodes:
            node.start()
        self.count = 0

    @property
    def stream(self) -> MseStream:
        stream: MseStream = self.mse.describe("mse")
        return stream

    async def feed(self, count: int) -> None:
        for _ in range(count):
            grey = 20 + 5 * (self.count % 40)
            self.source.emit(VideoFrame(plain(SIZE, (grey, grey, grey, 255)), self.count * 33_333, self.count))
            self.count += 1
            await asyncio.to_thread(self.tap.wait_for, self.count)

    def stop(self) -> None:
        for node in self.nodes:
            node.stop()


@pytest.fixture
def chain() -> Iterator[Chain]:
    chain = Chain()
    yield chain
    chain.stop()


class Http:
    """A server with one MSE stream and one programme, and a client of it."""

    def __init__(self, stream: MseStream | None, feed: ProgrammeFeed | None) -> None:
        self.app = web.Application()
        self.app.router.add_get("/mse/s/v", partial(self._serve_mse, stream))
        if feed is not None:
            self.app.router.add_get("/mjpeg/s/n", partial(serve_mjpeg, feed))
        self.server = TestServer(self.app)
        self.client: ClientSession
        self.arrivals = asyncio.Semaphore(0)

    async def _serve_mse(self, stream: MseStream | None, request: web.Request) -> web.StreamResponse:
        self.arrivals.release()
        return await serve_mse(stream, request)

    async def __aenter__(self) -> Http:
        await self.server.start_server()
        self.client = ClientSession(self.server.make_url("/"))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()
        await self.server.close()


async def test_statuses_headers_and_the_end(chain: Chain) -> None:
    async with Http(None, None) as http, http.client.get("/mse/s/v") as answer:
        assert (answer.status, await answer.text()) == (404, "No MSE stream registered for this path")
    async with Http(chain.stream, None) as http, http.client.get("/mse/s/v") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == 'video/webm; codecs="vp9"'
        assert answer.headers["Cache-Control"] == "no-cache, no-store"
        await chain.feed(5)
        chain.stop()
        assert len(decoded(await answer.read())) == 5
        async with http.client.get("/mse/s/v") as gone:
            assert (gone.status, await gone.text()) == (410, "MSE stream node is no longer running")


async def test_at_most_so_many_clients_and_a_place_is_free_again_when_one_goes() -> None:
    chain = Chain(max_clients=1)
    try:
        async with Http(chain.stream, None) as http:
            await chain.feed(1)
            async with http.client.get("/mse/s/v") as first:
                await first.content.readany()
                async with http.client.get("/mse/s/v") as second:
                    assert (second.status, await second.text()) == (503, "MSE stream at maximum client capacity")
            while chain.stream.watcher_count:
                await chain.feed(1)
            async with http.client.get("/mse/s/v") as third:
                assert third.status == 200
    finally:
        chain.stop()


async def test_ten_watchers_one_stalled_and_each_frame_encoded_once(chain: Chain) -> None:
    async with Http(chain.stream, None) as http:
        answers = [await http.client.get("/mse/s/v") for _ in range(10)]
        stalled, *lively = answers
        bodies = [asyncio.create_task(answer.read()) for answer in lively]
        big = bytes(300_000)
        for number in range(MAX_QUEUED_CHUNKS + 40):  # an unread socket of the loopback takes some megabytes
            await chain.feed(1)
            if number and chain.stream.watcher_count == 10:
                chain.stream.push(Bytes(big))
            for _ in range(5):  # turns of the loop for those who do read
                await asyncio.sleep(0)
        assert chain.stream.watcher_count == 9
        assert chain.stream.cut == 1
        frames = chain.count
        chain.stop()
        seen = [len(decoded(body.replace(big, b""))) for body in await asyncio.gather(*bodies)]
        assert seen == [frames] * 9
        assert ("mse.watcher_cut", {"count": 1}) in chain.reports.telemetry
        stalled.close()


async def _frames_that_ffprobe_reads(url: str) -> int:
    probe = await asyncio.create_subprocess_exec(
        *("ffprobe", "-v", "error", "-count_frames", "-of", "csv=p=0", url),
        *("-show_entries", "stream=codec_name,width,height,nb_read_frames"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, complaints = await probe.communicate()
    assert complaints == b""
    codec, width, height, frames = out.decode().strip().split(",")
    assert (codec, width, height) == ("vp9", "64", "48")
    return int(frames)


async def _frames_that_pyav_reads(url: str) -> int:
    return await asyncio.to_thread(_read_url, url)


@pytest.mark.parametrize("read", [_frames_that_pyav_reads, _frames_that_ffprobe_reads])
async def test_other_programs_read_the_stream_from_the_server(chain: Chain, read: Any) -> None:
    async with Http(chain.stream, None) as http:
        await chain.feed(2)
        seen = asyncio.create_task(read(str(http.server.make_url("/mse/s/v"))))
        await http.arrivals.acquire()
        await chain.feed(20)
        chain.stop()
        assert await seen == 22


def _read_url(url: str) -> int:
    with av.open(url, timeout=20) as container:
        return sum(1 for _ in container.decode(video=0))


# MJPEG


@pytest.fixture
def feed() -> Iterator[ProgrammeFeed]:
    feed = ProgrammeFeed("n", SIZE, 30)
    yield feed
    feed.close()


@pytest.mark.parametrize(("quality", "tolerance"), [(100, 4), (85, 6), (10, 24)])
def test_a_jpeg_is_the_picture(quality: int, tolerance: int) -> None:
    image = QImage.fromData(JpegEncoder(quality).encode(quarters((96, 64))))
    assert (image.width(), image.height()) == (96, 64)
    assert is_near(rgba(image, 10, 10), RED, tolerance)
    assert is_near(rgba(image, 90, 10), GREEN, tolerance)


def test_a_lower_quality_is_smaller_and_a_new_size_is_followed() -> None:
    encoder = JpegEncoder(85)
    large = encoder.encode(quarters((200, 200)))
    assert len(JpegEncoder(20).encode(quarters((200, 200)))) < len(large)
    assert QImage.fromData(encoder.encode(quarters((31, 77)))).height() == 77


async def parts(body: Any) -> AsyncIterator[tuple[dict[str, str], bytes]]:
    """The parts of a multipart stream."""
    while True:
        boundary = await body.readline()
        if not boundary:
            return
        assert boundary == b"--layerdesk-frame\r\n"
        headers: dict[str, str] = {}
        while (line := await body.readline()) != b"\r\n":
            name, value = line.decode().rstrip().split(": ")
            headers[name] = value
        yield headers, await body.readexactly(int(headers["Content-Length"]))
        assert await body.readline() == b"\r\n"


async def test_mjpeg_parts_have_length_time_and_the_newest_picture(feed: ProgrammeFeed) -> None:
    async with Http(None, feed) as http, http.client.get("/mjpeg/s/n") as answer:
        assert answer.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=layerdesk-frame"
        stream = parts(answer.content)
        times = []
        for color in (RED, GREEN):
            feed.show(plain(SIZE, color))
            headers, data = await anext(stream)
            times.append(int(headers["X-Timestamp-Us"]))
            assert is_near(rgba(QImage.fromData(data), 5, 5), color, 6)
        assert times[0] < times[1]
        feed.close()
        assert [part async for part in stream] == []


async def test_a_question_for_headers_is_answered_and_watches_nothing(chain: Chain, feed: ProgrammeFeed) -> None:
    async with Http(chain.stream, feed) as http:
        for path, kind in (("/mse/s/v", "video/webm"), ("/mjpeg/s/n", "multipart/x-mixed-replace")):
            async with http.client.head(path) as answer:
                assert answer.status == 200
                assert answer.headers["Content-Type"].startswith(kind)
        assert chain.stream.watcher_count == 0
        assert not feed.is_watched


async def test_one_encode_serves_all_and_none_is_made_for_nobody(feed: ProgrammeFeed) -> None:
    feed.show(plain(SIZE, RED))
    assert feed._jpegs.encoded == 0
    watchers = [feed.watch_jpeg() for _ in range(10)]
    assert feed.has_newcomer()
    assert not feed.has_newcomer()
    feed.show(plain(SIZE, RED))
    seen = [await anext(watcher) for watcher in watchers]
    assert feed._jpegs.encoded == 1
    assert all(jpeg is seen[0] for jpeg in seen)
    for watcher in watchers:
        watcher.close()
    assert not feed.is_watched


async def test_a_slow_watcher_gets_the_newest_and_skips_the_rest(feed: ProgrammeFeed) -> None:
    slow, quick = feed.watch_jpeg(), feed.watch_jpeg()
    for color in (RED, RED, RED, GREEN):
        feed.show(plain(SIZE, color))
        last = await anext(quick)
    assert await anext(slow) is last


async def test_too_many_watchers_are_turned_away() -> None:
    fanout = JpegFanout("jpeg")
    for _ in range(32):
        fanout.watch()
    with pytest.raises(BlockingIOError, match="more than 32"):
        fanout.watch()
    fanout.close()
    assert [jpeg async for jpeg in fanout.watch()] == []
