"""The import contracts and lint rules of pyproject.toml hold, and each reports a planted violation."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("gui", "sync", "engine", "resources")


@dataclass(frozen=True)
class Plant:
    """One line added to one module, and the arrow that the report must show."""

    module: str
    line: str
    arrow: str


PLANTS = (
    Plant("sync/gate.py", "import PySide6.QtCore", "sync.gate -> PySide6"),
    Plant("sync/wire/stamp.py", "import qasync", "sync.wire.stamp -> qasync"),
    Plant("resources/__init__.py", "import PySide6.QtGui", "resources -> PySide6"),
    Plant("engine/pictures/layout.py", "import PySide6.QtGui", "engine.pictures.layout -> PySide6"),
    Plant("engine/running/model.py", "import qasync", "engine.running.model -> qasync"),
    Plant("engine/node.py", "import sync.store", "engine.node -> sync.store"),
    Plant(
        "engine/pictures/view_data.py", "from sync.unlisted import VALUE", "engine.pictures.view_data -> sync.unlisted"
    ),
    Plant("gui/bridge.py", "import engine.pictures.layout", "gui.bridge -> engine.pictures.layout"),
    Plant("sync/scene.py", "import gui.bridge", "sync.scene -> gui.bridge"),
    Plant("sync/signals.py", "import engine.node", "sync.signals -> engine.node"),
    Plant("sync/paths.py", "import sync.gesture", "sync.paths -> sync.gesture"),
    Plant("sync/gesture.py", "import sync.history", "sync.gesture -> sync.history"),
    Plant("sync/log/op.py", "import sync.errors", "sync.log.op -> sync.errors"),
    Plant("sync/wire/codec.py", "import sync.log.op", "sync.wire.codec -> sync.log.op"),
    Plant("resources/setup/progress.py", "import sync.paths", "resources.setup.progress -> sync.paths"),
)


def copy_packages(folder: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "*.ttf", "*.otf", "*.mp4")
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint_imports(folder: Path) -> tuple[int, str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the contracts say of a copy of the packages with every violation planted."""
    folder = copy_packages(tmp_path_factory.mktemp("planted"))
    (folder / "sync/unlisted.py").write_text('"""A module in no layer."""\n\nVALUE = 1\n', encoding="utf-8")
    for plant in PLANTS:
        with (folder / plant.module).open("a", encoding="utf-8") as file:
            file.write(f"\n{plant.line}\n")
    status, text = lint_imports(folder)
    assert status == 1, text
    return text


def test_the_packages_as_they_are_keep_every_contract() -> None:
    status, text = lint_imports(ROOT)
    assert status == 0, text


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.arrow)
def test_a_planted_import_is_reported(plant: Plant, report: str) -> None:
    assert plant.arrow in report


def test_a_module_in_no_layer_is_reported(report: str) -> None:
    assert "sync.unlisted" in report.partition("inside sync every module has its layer\n----")[2]


def test_every_contract_is_broken_by_some_plant(report: str) -> None:
    assert " KEPT" not in report


def ruff(source: str, name: str) -> str:
    command = [
        str(Path(sys.executable).parent / "ruff"),
        "check",
        "--quiet",
        "--no-cache",
        "--stdin-filename",
        name,
        "-",
    ]
    return subprocess.run(command, cwd=ROOT, input=source, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize(
    "name", ["engine/pictures/layout.py", "engine/nodes/planted.py", "sync/planted.py", "resources/planted.py"]
)
def test_widgets_are_banned_outside_the_desk(name: str) -> None:
    assert "TID251" in ruff("from PySide6.QtWidgets import QWidget\n\nWidget = QWidget\n", name)


def test_widgets_are_what_the_desk_is_made_of() -> None:
    assert "TID251" not in ruff("from PySide6.QtWidgets import QWidget\n\nWidget = QWidget\n", "gui/planted.py")


@pytest.mark.parametrize(
    ("package", "banned"),
    [("sync", "PySide6"), ("engine", "PySide6.QtWidgets"), ("engine", "qasync"), ("resources", "PySide6")],
)
def test_importing_all_of_a_package_does_not_load_what_it_may_not_use(package: str, banned: str) -> None:
    source = (
        "import importlib, pkgutil, sys\n"
        f"import {package}\n"
        f"for module in pkgutil.walk_packages({package}.__path__, '{package}.'):\n"
        "    module.name.endswith('__main__') or importlib.import_module(module.name)\n"
        f"sys.exit('{banned}' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
