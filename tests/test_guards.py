"""Every guard bites: planted tests that leak or complain fail, each for its own reason, and clean ones pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[1]

REASONS = {
    "test_task": "task forgotten",
    "test_loop_timer": "timer <TimerHandle",
    "test_task_of_a_property_test": "task forgotten",
    "test_thread": "forgotten (Thread)",
    "test_log": "WARNING planted: something is wrong",
    "test_log_of_another_kind": "ERROR planted: something is wrong",
    "test_log_that_never_comes": "it never came",
    "test_window": "QWidget 'forgotten'",
    "test_qt_timer": "QTimer forgotten",
    "test_qt_timer_of_an_owner": "QTimer forgotten",
    "test_qt_message": "Qt messages with level WARNING or above emitted",
    "test_python_warning": "UserWarning",
    "test_unknown_marker_is_an_error": "'sloow' not found in `markers`",
    "test_xfail_that_passes": "XPASS(strict)",
}
CLEAN = (
    "test_clean_tasks_and_timers",
    "test_clean_thread_that_is_on_its_way_out",
    "test_clean_expected_logs",
    "test_clean_windows",
    "test_clean_stopped_timer",
    "test_clean_application",
)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the suite's own configuration says of each planted test: "" when it passed, else why not."""
    folder = tmp_path_factory.mktemp("planted")
    planted = ROOT / "tests/guards/planted_leaks.py"
    (folder / "test_planted.py").write_text(planted.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "conftest.py").write_text("from tests.conftest import *  # noqa\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={folder}"]
    command += ["-c", str(ROOT / "pyproject.toml"), "--junitxml=report.xml", "test_planted.py"]
    done = subprocess.run(
        command, cwd=folder, env=_environment(), capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    return _read(folder / "report.xml")


def _environment() -> dict[str, str]:
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("PYTEST")},
        "PYTHONPATH": str(ROOT),
        "QT_QPA_PLATFORM": "offscreen",
    }


def _read(report: Path) -> dict[str, str]:
    verdicts: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        troubles = [f"{part.get('message')}\n{part.text}" for part in case if part.tag in ("failure", "error")]
        verdicts[case.get("name", "")] = verdicts.get(case.get("name", ""), "") + "\n".join(troubles)
    return verdicts


@pytest.mark.parametrize("name", REASONS)
def test_a_planted_leak_fails_for_its_own_reason(name: str, verdicts: dict[str, str]) -> None:
    assert REASONS[name] in verdicts[name]


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_test_passes(name: str, verdicts: dict[str, str]) -> None:
    assert verdicts[name] == ""


def test_nothing_planted_is_forgotten_here(verdicts: dict[str, str]) -> None:
    assert set(verdicts) == {*REASONS, *CLEAN}
