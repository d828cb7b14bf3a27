"""``layerdesk doctor``: this machine in lines of ok, warn and fail, and what to type where something is missing."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from gui.connecting.keyring import find_keyring
from gui.display import missing_display, missing_window_libraries
from gui.exits import CommandFailed, Exit, say
from resources import ROOT
from resources.setup import system_libraries

if TYPE_CHECKING:
    from av import VideoCodecContext

PROBE_LIMIT_S = 30.0
# Three slots of a 4K picture.
RING_BYTES = 3 * 3840 * 2160 * 4
CODECS = (("h264", "libx264"), ("vp9", "libvpx-vp9"), ("mjpeg", "mjpeg"))
USAGE = "usage: layerdesk doctor\n\nSays what this machine has and lacks; exits 0 when Layerdesk can run here.\n"
QT_PROBE = """
import json, sys
from PySide6.QtGui import QGuiApplication
app = QGuiApplication(sys.argv[:1])
screen = app.primaryScreen()
size = screen.size()
print(json.dumps([app.platformName(), size.width(), size.height(), screen.devicePixelRatio()]))
"""

__all__ = ["Finding", "Verdict", "examine", "run"]


class Verdict(StrEnum):
    """How bad a finding is; ``fail`` means that the desk or the engine cannot run."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(msgspec.Struct, frozen=True):
    """One line of the report."""

    verdict: Verdict
    subject: str
    sentence: str


def run(argv: Sequence[str]) -> int:
    """Prints the report; 0 when Layerdesk can run here."""
    if argv and argv[0] in ("-h", "--help"):
        sys.stdout.write(USAGE)
        return Exit.DONE
    if argv:
        raise CommandFailed(Exit.USAGE, "doctor takes no arguments; see layerdesk doctor --help")
    is_usable = True
    for finding in examine():
        sys.stdout.write(f"{finding.verdict:<4}  {finding.subject:<18}  {finding.sentence}\n")
        is_usable = is_usable and finding.verdict is not Verdict.FAIL
    if is_usable:
        return Exit.DONE
    say("this machine cannot run Layerdesk yet; the lines marked fail say what to do")
    return Exit.INTERNAL


def examine() -> Iterator[Finding]:
    """Every finding in the order of the report; an examination that breaks is a finding too."""
    for subject, look in EXAMINATIONS:
        try:
            verdict, sentence = look()
        except Exception as error:  # noqa: BLE001  (a broken library may raise anything, and that is what is looked for)
            verdict, sentence = Verdict.FAIL, f"{type(error).__name__}: {' '.join(str(error).split())}"
        yield Finding(verdict, subject, sentence)


def _version() -> tuple[Verdict, str]:
    try:
        return Verdict.OK, importlib.metadata.version("layerdesk")
    except importlib.metadata.PackageNotFoundError:
        return Verdict.WARN, "runs from its folder without being installed; type: make run"


def _python() -> tuple[Verdict, str]:
    return Verdict.OK, f"{platform.python_version()} on {platform.system()} {platform.release()} {platform.machine()}"


def _qt() -> tuple[Verdict, str]:
    number = importlib.metadata.version("PySide6-Essentials")
    is_pinned = (6, 11, 3) <= tuple(int(part) for part in number.split(".")[:3]) < (6, 12, 0)
    if is_pinned:
        return Verdict.OK, f"PySide6 {number}"
    return Verdict.FAIL, f"PySide6 {number} is not 6.11.3 or a later 6.11; type: make clean run"


def _drawing_libraries() -> tuple[Verdict, str]:
    spec = importlib.util.find_spec("PySide6")
    if spec is None or spec.origin is None:
        return Verdict.FAIL, "PySide6 is not installed; type: make run"
    return _libraries(system_libraries.missing_for_drawing(Path(spec.origin).parent), Verdict.FAIL)


def _window_libraries() -> tuple[Verdict, str]:
    return _libraries(missing_window_libraries(), Verdict.WARN)


def _libraries(missing: list[str], if_missing: Verdict) -> tuple[Verdict, str]:
    if not missing:
        return Verdict.OK, "all there"
    return if_missing, f"type: {system_libraries.apt_command(system_libraries.packages_of(missing))}"


def _display() -> tuple[Verdict, str]:
    why = missing_display()
    if why is not None:
        return Verdict.WARN, f"{why}; the desk runs headless"
    names = ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY")
    return Verdict.OK, next(
        (f"{name}={os.environ[name]}" for name in names if os.environ.get(name)), "the system's own"
    )


def _qt_platform() -> tuple[Verdict, str]:
    """Asks a child process: Qt aborts the one that it cannot open a display for."""
    forced = {} if missing_display() is None else {"QT_QPA_PLATFORM": "offscreen"}
    asked = subprocess.run(
        [sys.executable, "-c", QT_PROBE],
        env={**os.environ, **forced},
        capture_output=True,
        text=True,
        timeout=PROBE_LIMIT_S,
        check=False,
    )
    if asked.returncode != 0:
        words = asked.stderr.strip().splitlines() or [f"exit status {asked.returncode}"]
        return Verdict.FAIL, f"Qt cannot start: {words[0]}"
    name, width, height, ratio = json.loads(asked.stdout.splitlines()[-1])
    return Verdict.OK, f"{name}, screen {width}x{height} at {ratio:.0%}"


def _codecs() -> tuple[Verdict, str]:
    lacking = [name for name, encoder in CODECS if not _survives(name, encoder)]
    if lacking:
        return Verdict.FAIL, f"PyAV does not bring back a picture through {', '.join(lacking)}; type: make clean run"
    return (
        Verdict.OK,
        f"{', '.join(name for name, _ in CODECS)} encode and decode (PyAV {importlib.metadata.version('av')})",
    )


def _survives(name: str, encoder: str) -> bool:
    """Whether a picture comes back out of a codec."""
    from fractions import Fraction

    import av

    try:
        coder = _video_context(encoder, "w")
        coder.width, coder.height, coder.time_base = 64, 64, Fraction(1, 30)
        coder.pix_fmt = "yuvj420p" if name == "mjpeg" else "yuv420p"
        frame = av.VideoFrame(64, 64, coder.pix_fmt)
        frame.pts = 0
        packets = [*coder.encode(frame), *coder.encode(None)]
        decoder = _video_context(name, "r")
        pictures = [picture for packet in [*packets, None] for picture in decoder.decode(packet)]
    except (TypeError, ValueError, OSError):  # the last two are what errors of FFmpeg derive from
        return False
    return [(picture.width, picture.height) for picture in pictures] == [(64, 64)]


def _video_context(name: str, mode: Literal["r", "w"]) -> VideoCodecContext:
    import av

    context = av.CodecContext.create(name, mode)
    if not isinstance(context, av.VideoCodecContext):
        raise TypeError(f"{name} is no video codec")
    return context


def _shared_memory() -> tuple[Verdict, str]:
    root = Path("/dev/shm")
    if not root.is_dir():
        return Verdict.WARN, f"no {root}; frames for a local desk go through {tempfile.gettempdir()}"
    with tempfile.TemporaryFile(dir=root):
        room = os.statvfs(root)
    free = room.f_bavail * room.f_frsize
    if free < RING_BYTES:
        return Verdict.WARN, f"{root} has {free >> 20} MB free, a large canvas needs {RING_BYTES >> 20} MB"
    return Verdict.OK, f"{root}, {free >> 20} MB free"


def _samples() -> tuple[Verdict, str]:
    names = sorted(path.stem for path in (ROOT / "samples").glob("*.yaml"))
    if "studio" not in names:
        return Verdict.FAIL, "the demo pipeline is missing; install Layerdesk again"
    return Verdict.OK, ", ".join(names)


def _keyring() -> tuple[Verdict, str]:
    found = asyncio.run(find_keyring())
    return Verdict.OK, f"not used: {found}" if isinstance(found, str) else "tokens of servers can be kept there"


EXAMINATIONS: tuple[tuple[str, Callable[[], tuple[Verdict, str]]], ...] = (
    ("layerdesk", _version),
    ("python", _python),
    ("qt", _qt),
    ("drawing libraries", _drawing_libraries),
    ("window libraries", _window_libraries),
    ("display", _display),
    ("qt platform", _qt_platform),
    ("codecs", _codecs),
    ("shared memory", _shared_memory),
    ("samples", _samples),
    ("keyring", _keyring),
)
