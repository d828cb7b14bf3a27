"""Set-up installs what is missing where it may, once, and else says in one line what to type."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from resources.setup import __main__ as program
from resources.setup import debian, python_environment, system_libraries
from resources.setup.progress import SetupFailed, tail

Programs = Callable[..., Path]


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Makes a PATH of nothing but small shell scripts; each notes how it was called in the returned file."""
    folder, calls = tmp_path / "bin", tmp_path / "calls"
    folder.mkdir()
    calls.touch()
    monkeypatch.setenv("PATH", str(folder))

    def install(**scripts: str) -> Path:
        for name, body in scripts.items():
            path = folder / name.replace("_", "-")
            path.write_text(f'#!/bin/sh\necho "{path.name} $*" >> {calls}\n{body}\n', encoding="utf-8")
            path.chmod(0o755)
        return calls

    return install


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


@pytest.fixture
def as_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


def test_root_installs_quietly(programs: Programs, as_root: None, capsys: pytest.CaptureFixture[str]) -> None:
    calls = programs(apt_get="echo Reading package lists...")
    assert debian.install(["libegl1", "xvfb"], "system libraries") is None
    assert calls.read_text().splitlines() == ["apt-get install -y -qq --no-install-recommends libegl1 xvfb"]
    assert capsys.readouterr().err == "layerdesk: installing system libraries: libegl1 xvfb\n"


def test_an_empty_package_list_is_updated_first(programs: Programs, as_root: None, tmp_path: Path) -> None:
    calls = programs(apt_get=f'[ "$1" = update ] && : > {tmp_path}/updated; [ -e {tmp_path}/updated ]')
    assert debian.install(["libegl1"], "system libraries") is None
    assert [line.split()[1] for line in calls.read_text().splitlines()] == ["install", "update", "install"]


def test_sudo_without_a_password_is_used(programs: Programs, as_user: None) -> None:
    calls = programs(apt_get="", sudo="")
    assert debian.install(["libegl1"], "system libraries") is None
    assert calls.read_text().splitlines()[-1].startswith("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install")


@pytest.mark.parametrize("scripts", [{"apt_get": ""}, {"apt_get": "", "sudo": "exit 1"}], ids=["no sudo", "password"])
def test_who_may_not_install_gets_the_command(scripts: dict[str, str], programs: Programs, as_user: None) -> None:
    calls = programs(**scripts)
    trouble = debian.install(["libegl1"], "system libraries")
    assert trouble is not None
    assert trouble.endswith("type: sudo apt-get update && sudo apt-get install -y --no-install-recommends libegl1")
    assert "apt-get" not in calls.read_text()


def test_a_failing_apt_get_is_quoted(programs: Programs, as_root: None) -> None:
    programs(apt_get="echo 'E: Unable to locate package libegl1'; echo bye; exit 100")
    trouble = debian.install(["libegl1"], "system libraries")
    assert trouble is not None
    assert "E: Unable to locate package libegl1" in trouble


def test_another_system_is_told_what_is_missing(programs: Programs, as_root: None) -> None:
    programs()
    assert debian.install(["libegl1"], "system libraries") == (
        "system libraries missing; install what your system calls libegl1"
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    shutil.copy(program.ROOT / "pyproject.toml", root)
    return root


def environment_of(root: Path, pip: str) -> Path:
    """A ``.venv`` whose interpreter is a script; ``pip`` is its body."""
    folder = root / ".venv/bin"
    folder.mkdir(parents=True)
    (folder / "layerdesk").touch()
    (folder / "python").write_text(f'#!/bin/sh\necho "$*" >> {root}/calls\n{pip}\n', encoding="utf-8")
    (folder / "python").chmod(0o755)
    return root / ".venv"


def change(root: Path, old: str, new: str) -> None:
    path = root / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_packages_are_installed_once_for_each_change_of_what_is_asked_for(project: Path) -> None:
    environment = environment_of(project, "exit 0")

    def installs() -> int:
        python_environment.install_packages(project, environment)
        return len((project / "calls").read_text().splitlines())

    assert [installs(), installs()] == [1, 1]
    change(project, "line-length = 120", "line-length = 121")
    assert installs() == 1, "settings of a tool are no reason to install"
    change(project, "qasync>=0.28", "qasync>=0.28.1")
    assert [installs(), installs()] == [2, 2]
    assert "--editable" in (project / "calls").read_text()


def test_an_extra_is_installed_beside_the_tools_and_not_in_their_place(project: Path) -> None:
    environment = environment_of(project, "exit 0")
    for extra in ("dev", "rivals", "dev", "rivals"):
        python_environment.install_packages(project, environment, extra)
    assert [line.rpartition("[")[2] for line in (project / "calls").read_text().splitlines()] == ["dev]", "rivals]"]


def test_benchmarks_go_on_without_what_they_compare_with(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise SetupFailed("no network")

    monkeypatch.setattr(python_environment, "install_packages", refuse)
    program._install_rivals(Path("/nowhere"))
    assert capsys.readouterr().err == "layerdesk: going on without the libraries to compare with: no network\n"


def test_a_failed_installation_says_why_and_is_tried_again(project: Path) -> None:
    environment = environment_of(project, "echo 'ERROR: No matching distribution found for av'; exit 1")
    for _ in range(2):
        with pytest.raises(SetupFailed, match="No matching distribution found for av"):
            python_environment.install_packages(project, environment)
    assert len((project / "calls").read_text().splitlines()) == 2


def test_a_working_environment_stays_and_a_broken_one_is_made_again(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[str] = []
    monkeypatch.setattr(python_environment, "_run", lambda command: made.append(command[-1]))
    environment = environment_of(project, "exit 0")
    assert python_environment.make_environment(project) == environment
    assert made == []
    (environment / "bin/python").write_text("#!/nowhere/python\n", encoding="utf-8")
    python_environment.make_environment(project)
    assert made == [str(environment)]
    assert "making .venv" in capsys.readouterr().err


def test_without_ensurepip_and_rights_one_command_names_everything(
    project: Path, programs: Programs, as_user: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs(apt_get="")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SetupFailed) as failure:
        python_environment.make_environment(project, ["libegl1", "xvfb"])
    assert str(failure.value).endswith("-venv libegl1 xvfb")


def test_an_old_python_hands_over_to_a_newer_one(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(**{"python3.12": ""})
    started: list[list[str]] = []
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(os, "execv", lambda path, argv: started.append([Path(path).name, *argv[1:]]))
    program._use_a_new_python(["run"])
    assert started == [["python3.12", "-m", "resources.setup", "run"]]


def test_an_old_python_alone_is_one_clear_line(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    programs()
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    assert program.main(["run"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("layerdesk: Python 3.11 or newer is needed")
    assert err.count("\n") == 1


def test_what_the_suite_starts_is_looked_for_and_installed(programs: Programs) -> None:
    programs(Xvfb="")
    missing = system_libraries.missing_programs()
    assert missing == ["xauth", "ffprobe"]
    assert system_libraries.packages_of(missing) == ["ffmpeg", "xauth"]


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What the loader misses; tests change it."""
    names: dict[str, list[str]] = {"drawing": [], "window": [], "programs": []}
    monkeypatch.setattr(system_libraries, "qt_folder", lambda _: Path("/nowhere"))
    monkeypatch.setattr(system_libraries, "missing_for_drawing", lambda _: names["drawing"])
    monkeypatch.setattr(system_libraries, "missing_for_window", lambda _: names["window"])
    monkeypatch.setattr(system_libraries, "missing_programs", lambda: names["programs"])
    return names


@pytest.mark.parametrize(
    ("what", "for_tests", "goes_on"),
    [
        ("drawing", False, False),
        ("drawing", True, False),
        ("window", False, True),
        ("window", True, False),
        ("programs", False, True),
        ("programs", True, False),
    ],
)
def test_only_a_missing_window_is_no_reason_to_stop(
    what: str, for_tests: bool, goes_on: bool, missing: dict[str, list[str]], programs: Programs, as_user: None
) -> None:
    programs(apt_get="")
    missing[what] = ["Xvfb"]
    if goes_on:
        program._install_libraries(Path("/nowhere"), for_tests)
    else:
        with pytest.raises(SetupFailed, match=r"install .* xvfb$"):
            program._install_libraries(Path("/nowhere"), for_tests)


def test_the_line_that_says_what_went_wrong_is_found() -> None:
    assert tail("Collecting av\nERROR: no network\n\nsee the log\n") == "ERROR: no network"
    assert tail("first\nlast\n\n") == "last"
    assert tail("") == "it said nothing"


def test_sources_are_compiled_also_where_python_would_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    for name in python_environment.SOURCES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "module.py").write_text("VALUE = 1\n", encoding="utf-8")
    (tmp_path / "gui" / "broken.py").write_text("def\n", encoding="utf-8")
    python_environment.compile_sources(tmp_path, Path(sys.prefix))
    for name in python_environment.SOURCES:
        assert Path(cache_from_source(str(tmp_path / name / "module.py"))).is_file()
