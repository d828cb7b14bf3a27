"""gui/preview: pictures over HTTP, from a real server on this machine; healthy, hostile and gone."""

from __future__ import annotations

import asyncio
import socket
import threading

import aiohttp
import pytest
from aiohttp import web
from PySide6.QtGui import QImage

from gui.preview.access import HttpAccess, PictureLost
from gui.preview.byte_pipe import BytePipe
from gui.preview.http import HttpSource
from gui.preview.jpeg import JpegDecoder, PictureUnreadable, jpeg_size
from gui.preview.mjpeg import MAX_JPEG_BYTES, MAX_UNREADABLE, MjpegSource
from gui.preview.mse import PIPE_BYTES, MseSource, demuxer_of
from gui.preview.newest import NewestItem
from tests.gui.picture_server import Route, Watcher, body_of, clip, jpeg, multipart, serve

MULTIPART = "multipart/x-mixed-replace; boundary=frame"


async def watched(kind: type[MjpegSource] | type[MseSource], route: Route) -> Watcher:
    """One whole attempt until the source ends by itself."""
    async with serve({"/p": route}) as base:
        source = kind(f"{base}/p", HttpAccess(base))
        watcher = Watcher(source)
        source.start()
        await watcher.until(lambda: watcher.endings)
        await source.closed()
    return watcher


async def stopped_at_a_picture(source: HttpSource) -> Watcher:
    """Starts the source, stops it when a picture has come, and waits for its end."""
    watcher = Watcher(source)
    source.start()
    await watcher.until(lambda: watcher.images)
    source.stop()
    await source.closed()
    return watcher


class TestMjpeg:
    async def test_pictures_arrive_as_they_are_sent(self) -> None:
        async with serve({"/p": body_of(multipart(jpeg("#ff0000")), MULTIPART, stays_open=True)}) as base:
            source = MjpegSource(f"{base}/p", HttpAccess(base))
            watcher = await stopped_at_a_picture(source)
        assert watcher.images[0].pixelColor(3, 3).red() > 250
        assert watcher.endings == []
        assert source.statistics().received == 1

    async def test_the_newest_wins_and_the_passed_are_counted(self) -> None:
        pictures = [jpeg(f"#{value:02x}0000") for value in range(0, 240, 4)]
        watcher = Watcher(source := MjpegSource("", HttpAccess("")))
        body = aiohttp.StreamReader(_NoProtocol(), limit=2**20)  # type: ignore[arg-type]  # nothing flows back
        body.feed_data(b"".join(multipart(*pictures)))
        body.feed_eof()
        await source._read(body)
        assert source._newest == pictures[-1]
        assert source._passed == len(pictures) - 1
        assert watcher.images == []

    async def test_the_end_of_the_body_ends_it_with_a_sentence(self) -> None:
        watcher = await watched(MjpegSource, body_of(multipart(jpeg("#00ff00")), MULTIPART))
        assert watcher.endings == ["The server ended the picture"]

    @pytest.mark.parametrize(
        "header",
        [
            b"Content-Length: 99999999999\r\n\r\n",
            b"Content-Length: %d\r\n\r\n" % (MAX_JPEG_BYTES + 1),
            b"Content-Length: -5\r\n\r\n",
            b"Content-Length: 0\r\n\r\n",
            b"X: y\r\n" * 40,
            b"\xff" * 200_000,
        ],
    )
    async def test_a_hostile_part_ends_it(self, header: bytes) -> None:
        watcher = await watched(MjpegSource, body_of([b"--frame\r\n" + header], MULTIPART, stays_open=True))
        assert len(watcher.endings) == 1
        assert watcher.images == []

    async def test_unreadable_pictures_are_passed_over_but_not_for_ever(self) -> None:
        chunks = multipart(*[b"no jpeg"] * 3, jpeg("#0000ff"))
        watcher = Watcher(source := MjpegSource("", HttpAccess("")))
        for _ in range(MAX_UNREADABLE - 1):
            source._hand_on(None, 0)
        source._hand_on(JpegDecoder().decode(jpeg("#0000ff")), 0)
        assert source._unreadable == 0
        for _ in range(MAX_UNREADABLE - 1):
            source._hand_on(None, 0)
        with pytest.raises(PictureLost):
            source._hand_on(None, 0)
        watcher = await watched(MjpegSource, body_of(chunks, MULTIPART))
        assert watcher.endings == ["The server ended the picture"]

    async def test_another_content_type_is_refused(self) -> None:
        watcher = await watched(MjpegSource, body_of([b"<html>"], "text/html"))
        assert "text/html" in watcher.endings[0]

    async def test_stop_leaves_no_task_thread_or_socket(self) -> None:
        before = threading.active_count()
        async with serve({"/p": body_of(multipart(jpeg("#ff0000")), MULTIPART, stays_open=True)}) as base:
            source = MjpegSource(f"{base}/p", HttpAccess(base))
            watcher = await stopped_at_a_picture(source)
            assert threading.active_count() == before
            count = len(watcher.images)
            await asyncio.sleep(0)
        assert len(watcher.images) == count


class TestJpeg:
    def test_the_size_is_read_before_anything_is_decoded(self) -> None:
        assert jpeg_size(jpeg("#ff0000", (120, 40))) == (120, 40)

    def test_a_picture_that_claims_to_be_huge_is_refused(self) -> None:
        content = bytearray(jpeg("#ff0000"))
        at = content.index(b"\xff\xc0")
        content[at + 5 : at + 9] = b"\xff\xff\xff\xff"
        with pytest.raises(PictureUnreadable, match="65535"):
            JpegDecoder().decode(bytes(content))

    @pytest.mark.parametrize("cut", [0, 1, 2, 3, 10, 20, 100, 200, 400])
    def test_a_cut_picture_never_fails_otherwise(self, cut: int) -> None:
        content = jpeg("#ff0000")
        decoder = JpegDecoder()
        try:
            image = decoder.decode(content[:cut])
        except PictureUnreadable:
            image = decoder.decode(content)
        assert image.width() == 64


class TestMse:
    @pytest.mark.parametrize(
        ("container", "codec", "content_type"),
        [
            ("webm", "libvpx", 'video/webm; codecs="vp8"'),
            ("webm", "libvpx-vp9", 'video/webm; codecs="vp9,opus"'),
            ("mp4", "libx264", "video/mp4"),
            ("webm", "libvpx-vp9", "application/octet-stream"),
        ],
    )
    async def test_a_stream_is_decoded(self, container: str, codec: str, content_type: str) -> None:
        content = clip(container, codec)
        chunks = [content[at : at + 700] for at in range(0, len(content), 700)]
        async with serve({"/p": body_of(chunks, content_type, stays_open=True)}) as base:
            watcher = await stopped_at_a_picture(MseSource(f"{base}/p", HttpAccess(base)))
        image = watcher.images[-1]
        assert (image.width(), image.height()) == (64, 48)
        assert image.pixelColor(8, 8).lightness() > 20

    async def test_the_end_of_the_stream_shows_the_last_frame_first(self) -> None:
        watcher = await watched(MseSource, body_of([clip("webm", "libvpx", frames=12)], "video/webm"))
        assert watcher.endings == ["The stream ended"]
        assert watcher.images[-1].pixelColor(8, 8).lightness() == pytest.approx((40 + 11 * 15 - 16) * 1.164, abs=6)

    @pytest.mark.parametrize("content", [b"\0" * 5000, b"\x1a\x45\xdf\xa3" + b"\xff" * 5000, b"<html></html>" * 9])
    async def test_garbage_ends_with_a_sentence(self, content: bytes) -> None:
        watcher = await watched(MseSource, body_of([content] * 30, "video/webm"))
        assert len(watcher.endings) == 1
        assert watcher.images == []

    @pytest.mark.parametrize(
        ("status", "words"), [(404, "not there yet"), (410, "stopped"), (503, "viewers"), (401, "not let you")]
    )
    async def test_a_refusal_is_told_in_words(self, status: int, words: str) -> None:
        async def refuse(_request: web.Request) -> web.StreamResponse:
            return web.Response(status=status)

        watcher = await watched(MseSource, refuse)
        assert words in watcher.endings[0]

    async def test_a_redirect_is_not_followed(self) -> None:
        async def elsewhere(_request: web.Request) -> web.StreamResponse:
            raise web.HTTPFound("http://127.0.0.1:1/other")

        watcher = await watched(MseSource, elsewhere)
        assert "302" in watcher.endings[0]

    async def test_stop_while_it_waits_for_bytes(self) -> None:
        begun, stopped = asyncio.Event(), asyncio.Event()

        async def stall(request: web.Request) -> web.StreamResponse:
            answer = web.StreamResponse(headers={"Content-Type": "video/webm"})
            await answer.prepare(request)
            await answer.write(clip("webm", "libvpx")[:300])
            begun.set()
            await stopped.wait()
            return answer

        async with serve({"/p": stall}) as base:
            source = MseSource(f"{base}/p", HttpAccess(base))
            source.start()
            await begun.wait()
            source.stop()
            await source.closed()
            stopped.set()
        for thread in threading.enumerate():
            if thread.name == "stream decoder":
                thread.join(5)
                assert not thread.is_alive()

    def test_the_demuxer_follows_the_content_type(self) -> None:
        assert demuxer_of('video/mp4; codecs="avc1"', b"") == "mp4"
        assert demuxer_of('VIDEO/WEBM; codecs="vp9,opus"', b"") == "matroska"
        assert demuxer_of("video/x-matroska", b"") == "matroska"

    def test_without_one_it_follows_the_first_bytes(self) -> None:
        assert demuxer_of("application/octet-stream", clip("webm", "libvpx")[:16]) == "matroska"
        assert demuxer_of("", clip("mp4", "libx264")[:16]) == "mp4"
        assert demuxer_of("", b"neither") is None


class TestAccess:
    def test_the_token_goes_to_the_server_and_to_nobody_else(self) -> None:
        access = HttpAccess("http://10.0.0.4:4545", "secret")
        assert access.headers_for("http://10.0.0.4:4545/mjpeg/a/b") == {"Authorization": "Bearer secret"}
        for url in ("http://10.0.0.5:4545/x", "http://10.0.0.4:80/x", "https://10.0.0.4:4545/x"):
            assert access.headers_for(url) == {}

    @pytest.mark.parametrize("url", ["file:///etc/passwd", "mailto:x", "http://", "http://h:99999/", "concat:a|b"])
    async def test_an_address_that_is_none_is_refused(self, url: str) -> None:
        source: HttpSource = MjpegSource(url, HttpAccess("http://127.0.0.1:1", "secret"))
        watcher = Watcher(source)
        source.start()
        await source.closed()
        assert len(watcher.endings) == 1

    async def test_a_server_that_is_not_there_is_told_in_words(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can answer there
            base = f"http://127.0.0.1:{taken.getsockname()[1]}"
            source = MjpegSource(f"{base}/x", HttpAccess(base))
            watcher = Watcher(source)
            source.start()
            await source.closed()
        assert "lost" in watcher.endings[0]


class TestPlumbing:
    async def test_from_a_thread_only_the_newest_arrives(self) -> None:
        taken: list[tuple[int, int]] = []
        arrived = asyncio.Event()

        def take(value: int, passed: int) -> None:
            taken.append((value, passed))
            arrived.set()

        item = NewestItem[int](asyncio.get_running_loop(), take)

        def work() -> None:
            for value in range(50):
                item.put(value)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        await arrived.wait()
        assert taken == [(49, 49)]
        item.put(7)
        item.close()
        await asyncio.sleep(0)
        assert len(taken) == 1

    def test_a_pipe_is_bounded_and_reads_what_was_written(self) -> None:
        pipe = BytePipe(10)
        assert pipe.write(b"abcdef")
        assert not pipe.write(b"ghijk")
        assert pipe.read(4) == b"abcd"
        assert pipe.write(b"ghijk")
        assert (pipe.read(99), pipe.read(99)) == (b"ef", b"ghijk")
        pipe.close()
        assert pipe.read(1) == b""
        assert PIPE_BYTES >= 4 * 2**20

    def test_a_waiting_reader_is_let_go_by_close(self) -> None:
        pipe = BytePipe(10)
        read: list[bytes] = []
        thread = threading.Thread(target=lambda: read.append(pipe.read(5)))
        thread.start()
        pipe.close()
        thread.join(5)
        assert read == [b""]

    def test_an_image_keeps_its_memory(self) -> None:
        image: QImage = JpegDecoder().decode(jpeg("#0000ff", (640, 480)))
        others = [JpegDecoder().decode(jpeg("#ff0000", (640, 480))) for _ in range(5)]
        assert image.pixelColor(600, 400).blue() > 250
        assert len(others) == 5


class _NoProtocol:
    """The transport side of a StreamReader that is fed by hand."""

    _reading_paused = False

    def pause_reading(self) -> None: ...

    def resume_reading(self, **_options: bool) -> None: ...
