"""``layerdesk doctor`` tells what is there from what is missing, and says what to type."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gui.__main__ import main
from gui.commands import doctor
from gui.commands.doctor import Verdict
from gui.connecting.keyring import NO_PACKAGE
from gui.exits import Exit
from resources.setup import system_libraries
from tests.support.keyring_backend import MemoryKeyring


def found(subject: str) -> doctor.Finding:
    return next(finding for finding in doctor.examine() if finding.subject == subject)


def test_this_machine_is_usable(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == Exit.DONE
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(doctor.EXAMINATIONS)
    assert {line.split()[0] for line in lines} <= {"ok", "warn"}


def test_a_missing_library_fails_with_the_command_to_type(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system_libraries, "missing_for_drawing", lambda _: ["libEGL.so.1", "libglib-2.0.so.0"])
    assert main(["doctor"]) == Exit.INTERNAL
    out, err = capsys.readouterr()
    line = next(line for line in out.splitlines() if "drawing libraries" in line)
    assert line.startswith("fail")
    assert line.endswith("apt-get install -y --no-install-recommends libegl1 libglib2.0-0")
    assert err.count("\n") == 1


def test_a_missing_window_library_is_only_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gui.display.missing_for_window", lambda _: ["libxcb-cursor.so.0"])
    finding = found("window libraries")
    assert finding.verdict is Verdict.WARN
    assert "libxcb-cursor0" in finding.sentence


@pytest.mark.parametrize(
    ("number", "verdict"),
    [("6.11.3", "ok"), ("6.11.4", "ok"), ("6.12.0", "fail"), ("6.11.1", "fail"), ("6.8.3", "fail")],
)
def test_only_the_pinned_qt_is_good(number: str, verdict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _: number)
    assert found("qt").verdict == verdict


def test_a_platform_that_qt_cannot_open_is_reported_by_a_process_that_survives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "nonesuch")
    finding = found("qt platform")
    assert finding.verdict is Verdict.FAIL
    assert "nonesuch" in finding.sentence


def test_no_display_means_headless(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert found("display").verdict is Verdict.WARN
    assert found("qt platform").sentence.startswith("offscreen")


def test_a_real_display_is_used(monkeypatch: pytest.MonkeyPatch, virtual_screen: str) -> None:
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", virtual_screen)
    assert found("display") == doctor.Finding(Verdict.OK, "display", f"DISPLAY={virtual_screen}")
    assert found("qt platform").sentence.startswith("xcb, screen 1920x1080")


def test_a_display_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":7654")
    assert found("display").verdict is Verdict.WARN
    assert found("qt platform").sentence.startswith("offscreen")


def test_a_codec_that_pyav_lacks_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CODECS", (("h264", "no_such_encoder"), ("aac", "aac"), ("mjpeg", "mjpeg")))
    finding = found("codecs")
    assert finding.verdict is Verdict.FAIL
    assert "h264, aac;" in finding.sentence


def test_an_examination_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> tuple[Verdict, str]:
        raise OSError("disk on fire")

    monkeypatch.setattr(doctor, "EXAMINATIONS", (("disk", broken),))
    assert [tuple(getattr(f, name) for name in f.__struct_fields__) for f in doctor.examine()] == [
        (Verdict.FAIL, "disk", "OSError: disk on fire")
    ]


def test_arguments_are_refused_and_help_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--fast"]) == Exit.USAGE
    assert main(["doctor", "--help"]) == Exit.DONE
    out, err = capsys.readouterr()
    assert "usage: layerdesk doctor" in out
    assert err.count("\n") == 1


@pytest.fixture
def fake_ldd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts an ``ldd`` first in PATH that answers with a given text; returns a PySide6 folder to ask about."""

    def install(answer: str) -> Path:
        program = tmp_path / "bin/ldd"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n", encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
        plugin = tmp_path / "PySide6" / system_libraries.WINDOW
        plugin.parent.mkdir(parents=True)
        plugin.touch()
        return tmp_path / "PySide6"

    return install


def test_the_loader_is_asked_and_its_sonames_become_packages(fake_ldd: Callable[[str], Path]) -> None:
    qt = fake_ldd("\tlibc.so.6 => /lib/libc.so.6 (0x1)\n\tlibxcb-cursor.so.0 => not found\n\tlibnew.so.9 => not found")
    missing = system_libraries.missing_for_window(qt)
    assert missing == ["libnew.so.9", "libxcb-cursor.so.0"]
    assert system_libraries.packages_of(missing) == ["libnew.so.9", "libxcb-cursor0"]


def test_nothing_is_missing_when_the_loader_finds_all(fake_ldd: Callable[[str], Path]) -> None:
    assert system_libraries.missing_for_window(fake_ldd("\tlibc.so.6 => /lib/libc.so.6 (0x1)")) == []


def test_the_keyring_is_told_of_and_a_missing_one_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    with MemoryKeyring.in_use():
        assert found("keyring") == doctor.Finding(Verdict.OK, "keyring", "tokens of servers can be kept there")
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert found("keyring") == doctor.Finding(Verdict.OK, "keyring", f"not used: {NO_PACKAGE}")
