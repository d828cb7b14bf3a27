"""The README says nothing that is not there: files, tests, commands and the screenshot exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gui.__main__ import SUBCOMMANDS

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text("utf-8")


def _tests_named() -> list[str]:
    return sorted(set(re.findall(r"`(tests/[\w/.]+(?:::\w+)?)`", TEXT)))


@pytest.mark.parametrize("named", _tests_named())
def test_a_named_test_exists(named: str) -> None:
    path, _, function = named.partition("::")
    assert (ROOT / path).exists(), named
    if function:
        assert re.search(rf"^ *(async )?def {function}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE), named


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", TEXT))
def test_a_linked_file_exists(link: str) -> None:
    assert (ROOT / link).is_file()


@pytest.mark.parametrize(
    "module", sorted(set(re.findall(r"(?<![/\w])((?:gui|sync|engine)/[a-z_]+(?:/[a-z_]+)?)\b", TEXT)))
)
def test_a_module_on_the_way_of_a_value_exists(module: str) -> None:
    assert (ROOT / f"{module}.py").is_file() or (ROOT / module).is_dir(), module


def test_commands_and_targets_exist() -> None:
    targets = set(re.findall(r"^make (\w+)", TEXT, re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert targets
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []
    words = {line.split()[1] for line in re.findall(r"^layerdesk .*", TEXT, re.MULTILINE)}
    commands = {word for word in words if re.fullmatch(r"[a-z]+", word)}
    assert commands <= set(SUBCOMMANDS)


def test_the_screenshot_is_of_a_size_to_be_read() -> None:
    data = (ROOT / "resources/screenshots/desk.png").read_bytes()
    assert int.from_bytes(data[16:20], "big") >= 1200
