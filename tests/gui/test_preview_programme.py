"""gui/preview/programme.py and advert.py: finding a way to the picture, and another when it ends."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from gui.preview.access import HttpAccess, PictureLost
from gui.preview.advert import fetch_streams, is_local, sources_for
from gui.preview.place import MSE_KIND, PicturePlace, mse_paths
from gui.preview.programme import ProgrammePicture
from sync.wire.compositor import KIND as COMPOSITOR
from sync.wire.frame_ring import FrameStream, RingAdvert
from sync.wire.pipeline import Connection
from tests.gui.picture_server import Route, Watcher, body_of, clip, jpeg, multipart, serve

MULTIPART = "multipart/x-mixed-replace; boundary=frame"
FRAMES = "/api/v1/sessions/{session}/frames"


def advert(**changes: Any) -> Route:
    """The route of frame adverts of a server that has one programme."""

    async def route(request: web.Request) -> web.StreamResponse:
        stream = {"node_id": "mix", "width": 64, "height": 36, "fps": 30, "mjpeg": f"http://{request.host}/mjpeg"}
        return web.json_response([stream | changes])

    return route


def place(base: str, *mse: str) -> PicturePlace:
    return PicturePlace(HttpAccess(base), "s1", "mix", mse)


class Finding:
    """A ProgrammePicture with what it told; left in a clean state."""

    def __init__(self) -> None:
        self.picture = ProgrammePicture(retry_s=(0.0,))
        self.seen = Watcher(self.picture)
        self.cleared: list[bool] = []
        self.picture.cleared.connect(lambda: self.cleared.append(True))

    async def __aenter__(self) -> Finding:
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.picture.stop()
        await self.picture.closed()


async def test_mjpeg_is_watched_where_a_server_advertises_it() -> None:
    routes = {FRAMES: advert(), "/mjpeg": body_of(multipart(jpeg("#ff0000")), MULTIPART, stays_open=True)}
    async with serve(routes) as base, Finding() as finding:
        finding.picture.watch(place(base))
        await finding.seen.until(lambda: finding.seen.images)
        assert finding.picture.title == "MJPEG"
        assert finding.picture.statistics().received == 1
        assert finding.seen.sentences[-1] == ""


async def test_a_picture_that_ends_comes_back_by_itself() -> None:
    routes = {FRAMES: advert(), "/mjpeg": body_of(multipart(jpeg("#ff0000")), MULTIPART)}
    async with serve(routes) as base, Finding() as finding:
        finding.picture.watch(place(base))
        await finding.seen.until(lambda: len(finding.seen.images) >= 3)
    assert any("trying again" in sentence for sentence in finding.seen.sentences)
    assert finding.cleared == [True]


async def test_a_ring_that_cannot_be_read_gives_way_to_mjpeg(tmp_path: Path) -> None:
    ring = {"segment": str(tmp_path / "gone"), "wake_socket": str(tmp_path / "wake")}
    jpegs = body_of(multipart(jpeg("#ff0000")), MULTIPART, stays_open=True)
    async with serve({FRAMES: advert(ring=ring), "/mjpeg": jpegs}) as base, Finding() as finding:
        finding.picture.watch(place(base))
        await finding.seen.until(lambda: finding.seen.images)
        assert finding.picture.title == "MJPEG"


async def test_a_streamkit_server_is_watched_through_its_mse_node() -> None:
    content = clip("webm", "libvpx")
    async with serve({"/mse/s1/show": body_of([content], "video/webm", stays_open=True)}) as base, Finding() as finding:
        finding.picture.watch(place(base, "/show"))
        await finding.seen.until(lambda: finding.seen.images)
        assert finding.picture.title == "MSE stream"


async def test_an_mse_stream_that_is_not_there_yet_is_tried_again() -> None:
    content, asked = clip("webm", "libvpx"), []

    async def not_yet(request: web.Request) -> web.StreamResponse:
        asked.append(True)
        if len(asked) < 4:
            return web.Response(status=404)
        return await body_of([content], "video/webm", stays_open=True)(request)

    async with serve({"/mse/s1/show": not_yet}) as base, Finding() as finding:
        finding.picture.watch(place(base, "/show"))
        await finding.seen.until(lambda: finding.seen.images)
    assert "The picture is not there yet; trying again." in finding.seen.sentences
    assert finding.seen.sentences[-1] == ""


async def test_a_server_without_a_picture_is_explained() -> None:
    async with serve({}) as base, Finding() as finding:
        finding.picture.watch(place(base))
        await finding.seen.until(lambda: finding.seen.sentences[1:])
    assert "offers no picture of mix" in finding.seen.sentences[-1]
    assert "transport::http::mse" in finding.seen.sentences[-1]


async def test_a_compositor_that_shows_nothing_yet_is_explained() -> None:
    async with serve({FRAMES: advert(), "/mjpeg": body_of([b"--frame\r\n"], MULTIPART, stays_open=True)}) as base:
        picture = ProgrammePicture(patience_s=0.0)
        seen = Watcher(picture)
        picture.watch(place(base))
        await seen.until(lambda: any("when an input delivers" in sentence for sentence in seen.sentences))
        assert "Looking for the picture of mix…" in seen.sentences
        picture.stop()
        await picture.closed()


async def test_a_picture_that_ran_well_is_looked_for_before_anybody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gui.preview.programme.STEADY_S", -1.0)
    routes = {FRAMES: advert(), "/mjpeg": body_of(multipart(jpeg("#ff0000")), MULTIPART)}
    async with serve(routes) as base, Finding() as finding:
        finding.picture.watch(place(base))
        await finding.seen.until(lambda: len(finding.seen.images) >= 3)
    assert set(finding.seen.sentences) == {""}


async def test_another_place_ends_the_first_and_clears_its_picture() -> None:
    routes = {FRAMES: advert(), "/mjpeg": body_of(multipart(jpeg("#ff0000")), MULTIPART, stays_open=True)}
    async with serve(routes) as base, Finding() as finding:
        finding.picture.watch(place(base))
        await finding.seen.until(lambda: finding.seen.images)
        finding.picture.watch(PicturePlace(HttpAccess(base), "s2", "mix"))
        assert len(finding.cleared) == 2
        finding.picture.watch(None)
        assert finding.picture.place is None
        assert len(finding.cleared) == 3


async def test_a_path_that_turns_out_to_be_anothers_takes_its_picture_along() -> None:
    content = clip("webm", "libvpx")
    async with serve({"/mse/s1/show": body_of([content], "video/webm", stays_open=True)}) as base, Finding() as finding:
        finding.picture.watch(place(base, "/show"))
        await finding.seen.until(lambda: finding.seen.images)
        finding.picture.watch(place(base))
        assert len(finding.cleared) == 2


async def test_the_same_place_again_does_not_interrupt_the_picture() -> None:
    served: list[bool] = []
    jpegs = body_of(multipart(jpeg("#ff0000")), MULTIPART, stays_open=True)

    async def count(request: web.Request) -> web.StreamResponse:
        served.append(True)
        return await jpegs(request)

    async with serve({FRAMES: advert(), "/mjpeg": count}) as base, Finding() as finding:
        finding.picture.watch(place(base))
        await finding.seen.until(lambda: finding.seen.images)
        finding.picture.watch(place(base))
        await asyncio.sleep(0)
        assert len(served) == 1
        assert len(finding.cleared) == 1


async def test_the_same_place_again_shortens_the_wait() -> None:
    answers: list[bool] = []

    async def none(_request: web.Request) -> web.StreamResponse:
        answers.append(True)
        return web.json_response([])

    async with serve({FRAMES: none}) as base:
        picture = ProgrammePicture(retry_s=(3600.0,))
        seen = Watcher(picture)
        picture.watch(place(base))
        await seen.until(lambda: len(seen.sentences) >= 2)
        picture.watch(place(base))
        await seen.until(lambda: len(seen.sentences) >= 3)
        assert len(answers) == 2
        picture.stop()
        await picture.closed()


class TestAdvert:
    @pytest.mark.parametrize("body", ["", "{}", "[1]", '[{"node_id":"mix"}]', "null", "[" * 9000])
    async def test_a_broken_list_is_no_picture(self, body: str) -> None:
        async def route(_request: web.Request) -> web.StreamResponse:
            return web.Response(text=body, content_type="application/json")

        async with serve({FRAMES: route}) as base:
            assert await fetch_streams(place(base)) == ()

    async def test_an_endless_list_is_given_up(self) -> None:
        async def route(_request: web.Request) -> web.StreamResponse:
            return web.Response(body=b"[" + b" " * 400_000 + b"]", content_type="application/json")

        async with serve({FRAMES: route}) as base:
            with pytest.raises(PictureLost, match="too long"):
                await fetch_streams(place(base))

    async def test_no_permission_is_told_in_words(self) -> None:
        async def route(_request: web.Request) -> web.StreamResponse:
            return web.Response(status=403)

        async with serve({FRAMES: route}) as base:
            with pytest.raises(PictureLost, match="not let you"):
                await fetch_streams(place(base))

    def test_the_order_is_ring_mjpeg_mse_and_a_ring_only_of_this_machine(self) -> None:
        stream = FrameStream("mix", 64, 36, 30, "/mjpeg/s1/mix", RingAdvert("/x/frames", "/x/wake"))
        local = sources_for(place("http://127.0.0.1:4545", "/show"), [stream])
        assert [source.title for source in local] == ["shared memory", "MJPEG", "MSE stream"]
        remote = sources_for(place("http://10.0.0.4:4545", "/show"), [stream])
        assert [source.title for source in remote] == ["MJPEG", "MSE stream"]

    def test_the_picture_of_another_compositor_is_not_taken(self) -> None:
        assert sources_for(place("http://127.0.0.1:1"), [FrameStream("other", 64, 36, 30, "/m")]) == []

    def test_ids_and_paths_are_quoted(self) -> None:
        wanted = PicturePlace(HttpAccess("http://h:1"), "a/b", "mix", ("/sh ow",))
        source = sources_for(wanted, [])[0]
        assert source._url == "http://h:1/mse/a%2Fb/sh%20ow"  # type: ignore[attr-defined]  # an HTTP source

    def test_mse_nodes_behind_the_compositor_come_before_loose_ones(self) -> None:
        kinds = {"other": MSE_KIND, "mix": COMPOSITOR, "out": MSE_KIND, "enc": "video::vp9::encoder"}
        rows = [Connection("mix", "out", "enc", "in"), Connection("enc", "out", "out", "in")]
        params: dict[str, object] = {"other": "/other", "out": "show"}
        assert mse_paths(kinds, params, rows, "mix") == ("/show", "/other")

    def test_what_streams_another_compositor_is_never_offered(self) -> None:
        kinds = {"mix": COMPOSITOR, "other": COMPOSITOR, "out": MSE_KIND, "loose": MSE_KIND}
        rows = [Connection("other", "out", "out", "in")]
        params: dict[str, object] = {"out": "/other", "loose": "/loose"}
        assert mse_paths(kinds, params, rows, "mix") == ()
        assert mse_paths(kinds, params, rows, "other") == ("/other",)

    def test_behind_a_second_compositor_the_picture_is_the_second_ones(self) -> None:
        kinds = {"mix": COMPOSITOR, "programme": COMPOSITOR, "own": MSE_KIND, "out": MSE_KIND}
        rows = [
            Connection("mix", "out", "programme", "in_0"),
            Connection("programme", "out", "out", "in"),
            Connection("mix", "out", "own", "in"),
        ]
        params: dict[str, object] = {"own": "/mix", "out": "/programme"}
        assert mse_paths(kinds, params, rows, "mix") == ("/mix",)
        assert mse_paths(kinds, params, rows, "programme") == ("/programme",)

    def test_a_node_that_something_else_feeds_is_not_the_compositors_picture(self) -> None:
        kinds = {"mix": COMPOSITOR, "cam": "video::colorbars", "out": MSE_KIND}
        assert mse_paths(kinds, {"out": "/cam"}, [Connection("cam", "out", "out", "in")], "mix") == ()

    def test_a_path_that_climbs_is_left_out(self) -> None:
        kinds = {"out": MSE_KIND}
        assert mse_paths(kinds, {"out": "/../secret"}, [], "mix") == ()
        assert mse_paths(kinds, {"out": 5}, [], "mix") == ()

    def test_which_servers_are_on_this_machine(self) -> None:
        assert all(is_local(f"http://{host}:1") for host in ("127.0.0.1", "localhost", "[::1]"))
        assert not is_local("http://127.0.0.1.example.org:1")
