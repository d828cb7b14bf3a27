"""Going to a server that wants a token: refused, given one, kept in the keyring, and in no log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from gui.connecting.dialog import ConnectDialog
from gui.connecting.keyring import NO_KEYRING
from gui.options import DeskOptions
from gui.program import DeskProgram
from sync.desk import LinkState
from tests.end2end.desk import DeskInTest, run_on_loop, until
from tests.support.engine_process import EngineProcess
from tests.support.keyring_backend import MemoryKeyring

PIPELINE = Path(__file__).with_name("two_bars.yaml")
SECRET = "sesame-opens-this-0815"


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    file = tmp_path / "tokens"
    file.write_text(f"admin {SECRET} # the operator\n")
    file.chmod(0o600)
    return file


@pytest.fixture
def keyring() -> Iterator[MemoryKeyring]:
    with MemoryKeyring.in_use() as made:
        yield made


async def refused(qapp: QApplication, url: str) -> DeskInTest:
    """A desk that the server refuses."""
    desk = DeskInTest(qapp, DeskProgram(qapp, DeskOptions(), keeps_state=False))
    await desk.program.open(desk.program.connector.place(url))
    await until(lambda: desk.station.desk.link.state is LinkState.REFUSED)
    await until(desk.station.window.banner.token.isVisible, what="a token can be given where it is missed")
    return desk


async def go(desk: DeskInTest, dialog: ConnectDialog) -> None:
    """Connects; the old station is closed first, and for a moment there is none."""
    before = desk.station
    dialog.go.click()
    await until(lambda: desk.program.station not in (None, before), what="another station")


@pytest.mark.expects_log("no link .* asks for a token")
def test_a_token_is_given_kept_once_it_is_taken_and_used_again(
    qapp: QApplication, tokens: Path, keyring: MemoryKeyring, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def scenario(engine: EngineProcess) -> None:
        desk = await refused(qapp, engine.url)
        try:
            desk.station.window.banner.token.click()
            dialog = desk.widget(ConnectDialog, "connect/dialog")
            assert dialog.address.text() == engine.url
            await until(dialog.remember.isEnabled, what="the keyring was found")
            dialog.remember.setChecked(True)
            dialog.token.setText("wrong")
            await go(desk, dialog)
            await until(lambda: desk.station.desk.link.state is LinkState.REFUSED)
            assert keyring.kept == {}
            desk.program.ask_for_server()
            dialog = desk.station.window.findChildren(ConnectDialog)[-1]
            await until(dialog.remember.isEnabled)
            dialog.remember.setChecked(True)
            dialog.token.setText(SECRET)
            await go(desk, dialog)
            await until(lambda: desk.station.desk.session is not None, what="the server let the desk in")
            await until(lambda: keyring.kept == {("layerdesk", engine.url): SECRET})
            await until(lambda: desk.station.canvas.picture() is not None, what="HTTP has the token too")
            assert desk.program.state.state.kept_tokens == [engine.url]
        finally:
            await desk.program.close()
        again = DeskProgram(qapp, DeskOptions(), keeps_state=False)
        again.state.state.kept_tokens = [engine.url]
        try:
            await again.open(again.connector.place(engine.url))
            station = again.station
            assert station is not None
            await until(lambda: station.desk.session is not None, what="the keyring's token is enough")
            again.ask_for_server()
            dialog = next(iter(station.window.findChildren(ConnectDialog)))
            assert dialog.token.placeholderText() == "kept in the keyring"
            dialog.forget.click()
            await until(lambda: keyring.kept == {})
            await until(dialog.forget.isHidden)
            dialog.reject()
        finally:
            await again.close()

    with EngineProcess(PIPELINE, options=["--tokens", tokens]) as engine:
        run_on_loop(qapp, scenario(engine))
    assert SECRET not in caplog.text
    assert SECRET not in engine.errors


@pytest.mark.expects_log("no link .* asks for a token")
def test_without_a_keyring_the_box_is_disabled_and_says_why(
    qapp: QApplication, tokens: Path, keyring: MemoryKeyring
) -> None:
    keyring.priority = 0

    async def scenario(engine: EngineProcess) -> None:
        desk = await refused(qapp, engine.url)
        try:
            desk.program.ask_for_server()
            dialog = desk.widget(ConnectDialog, "connect/dialog")
            await until(lambda: dialog.why_not.text() == NO_KEYRING)
            assert (dialog.remember.isEnabled(), dialog.remember.toolTip()) == (False, NO_KEYRING)
            dialog.address.setText("nonsense")
            dialog.go.click()
            assert dialog.complaint.text().startswith("nonsense: begin with ws://")
            dialog.address.setText(engine.url)
            dialog.token.setText("two words")
            dialog.go.click()
            assert dialog.complaint.text() == "A token is one word of plain letters, digits and signs."
            dialog.token.setText(SECRET)
            await go(desk, dialog)
            await until(lambda: desk.station.desk.session is not None, what="the token works without a keyring")
            assert keyring.kept == {}
        finally:
            await desk.program.close()

    with EngineProcess(PIPELINE, options=["--tokens", tokens]) as engine:
        run_on_loop(qapp, scenario(engine))
