"""Paints and encodes the clips of the sample pipelines: ``python -m tests.clips.make_clips``."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import av
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from PySide6.QtGui import QGuiApplication, QImage

from resources import ROOT
from tests.clips.scenes import Painting, paint_guest, paint_presenter

FPS = 30

__all__ = ["CLIPS", "FPS", "Clip", "encode"]


@dataclass(frozen=True)
class Clip:
    """One shipped file: what it shows, for how long, and how large it may be."""

    name: str
    painting: Painting
    seconds: int
    max_bytes: int
    crf: int

    @property
    def path(self) -> Path:
        """Where the file ships."""
        return ROOT / "samples/media" / self.name


CLIPS = (
    Clip("presenter.mp4", paint_presenter, 10, 2_000_000, 21),
    Clip("guest.mp4", paint_guest, 8, 1_000_000, 21),
)


def encode(clip: Clip, path: Path) -> None:
    """Writes the clip as H.264 in MP4; key frames twice a second, so that looping and seeking are cheap."""
    first = clip.painting(0.0)
    frames = clip.seconds * FPS
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = first.width(), first.height(), "yuv420p"
        stream.options = {"crf": str(clip.crf), "preset": "slow", "g": str(FPS * 2), "bf": "2"}
        _mark_as_bt709(stream.codec_context)
        for index in range(frames):
            container.mux(stream.encode(_frame(clip.painting(index / frames))))
        container.mux(stream.encode(None))


def _mark_as_bt709(context: av.VideoCodecContext) -> None:
    # Without the mark a player guesses, and its colours are off.
    context.colorspace = Colorspace.ITU709
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709
    context.color_range = ColorRange.MPEG


def _frame(image: QImage) -> av.VideoFrame:
    frame = av.VideoFrame(image.width(), image.height(), "bgra")
    frame.planes[0].update(bytes(image.constBits()))
    return frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)


def main() -> int:
    """Makes every clip again."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QGuiApplication(sys.argv)
    for clip in CLIPS:
        encode(clip, clip.path)
        sys.stdout.write(f"{clip.path.name}: {clip.path.stat().st_size} bytes\n")
    del application
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
