"""The running program: which place the desk works at, how long, and what it leaves behind."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from platformdirs import user_config_path, user_state_path
from PySide6.QtWidgets import QApplication, QFileDialog

from gui.actions.table import Action
from gui.connecting.connector import Connector
from gui.connecting.tokens import ServerTokens
from gui.embedded import START_LIMIT_S
from gui.exits import CommandFailed, Exit, say
from gui.garbage import GarbageCollector
from gui.options import DeskOptions
from gui.place import EmbeddedPlace, Place, RemotePlace, demo_file
from gui.qt_log import route_qt_messages
from gui.settings.settings import Settings
from gui.settings.state import StateFile
from gui.shared_loop import shared_loop
from gui.standby.placing import Standbys
from gui.station import Station
from gui.theme.apply import apply
from gui.theme.tokens import load_tokens
from sync.desk import LinkState
from sync.pipeline_file import read_pipeline_file, write_pipeline_file
from sync.pipeline_yaml import PipelineFileRefused
from sync.wire.address import AddressRefused

__all__ = ["DeskProgram", "prepare_application"]


def prepare_application(argv: Sequence[str]) -> tuple[QApplication, asyncio.AbstractEventLoop]:
    """Qt's application and the one event loop that asyncio and Qt share."""
    route_qt_messages()
    application = QApplication(list(argv))
    application.setApplicationName("layerdesk")
    application.setDesktopFileName("layerdesk")
    # The loop ends when ``run`` does, after a clean shutdown; the last window must not end it before.
    application.setQuitOnLastWindowClosed(False)
    return application, shared_loop(application)


class DeskProgram:
    """Runs one station at a time; another place closes the old one first.

    ``keeps_state`` False leaves the user's settings and memory alone.
    """

    def __init__(self, application: QApplication, options: DeskOptions, *, keeps_state: bool = True) -> None:
        self._options = options
        self.settings = Settings(user_config_path("layerdesk", False) / "settings.toml" if keeps_state else None)
        self.state = StateFile(user_state_path("layerdesk", False) / "state.json" if keeps_state else None)
        self._garbage = GarbageCollector()
        tokens = ServerTokens(self.state, options.token, options.url)
        self.connector = Connector(tokens, self._say)
        self._tokens = load_tokens(self.settings.word("look.theme"))
        apply(application, self._tokens)
        self._closing = asyncio.Event()
        self._has_heard = asyncio.Event()  # the server has answered, or it is known why it does not
        self._has_heard = asyncio.Event()  # the server has answered, or it is known why it does not
        self._switching: asyncio.Task[None] | None = None
        self.station: Station | None = None
        self.standbys: Standbys | None = None
        self._was_live = False

    async def run(self) -> int:
        """Opens the desk, waits until it is closed or its time is over; returns the exit code."""
        place = self._first_place()
        self._obey_signals()
        try:
            await self.open(place, self._options.session)
            await self._until_closed()
            return self._leave()
        finally:
            await self.close()

    async def open(self, place: Place, wanted_session: str | None = None) -> None:
        """Works at ``place`` from now on."""
        await self._close_station()
        await place.prepare()
        self.station = Station(place, wanted_session, self._tokens, self.settings, self.state, self._options.name)
        self.station.desk.link_changed.connect(self._note_link)
        self.standbys = Standbys(self.station.window, self.station.server, self.connector, self._move, self.state)
        welcome = self.station.window.welcome
        welcome.demo_asked.connect(lambda: self.switch(lambda: self._embedded(demo_file())))
        welcome.server_asked.connect(lambda url: self.switch(lambda: self._remote(url)))
        welcome.file_asked.connect(self.ask_for_file)
        welcome.recent_file_asked.connect(lambda path: self.switch(lambda: self._embedded(Path(path))))
        welcome.show_recent(self.state.state.servers, self.state.state.files)
        self.station.window.banner.token_asked.connect(self.ask_for_server)
        self.station.start(self._actions(), self._end)

    async def _move(self, url: str) -> None:
        """The open session goes on at another server."""
        if self.station is not None and self.standbys is not None:
            left = self.station.place.title
            await self.station.move(self._remote(url))
            self.standbys.moved(left)

    async def close(self) -> None:
        """Ends the station and a switch that is under way."""
        if self._switching is not None:
            self._switching.cancel()
            with suppress(asyncio.CancelledError):
                await self._switching
        await self.connector.close()
        await self._close_station()
        self._garbage.stop()

    def switch(self, make: Callable[[], Place]) -> None:
        """Goes to another place; one that cannot be is told in the window, which stays where it is."""
        try:
            place = make()
        except CommandFailed as failure:
            self._say("error", str(failure))
            return
        if self._switching is None or self._switching.done():
            self._switching = asyncio.create_task(self.open(place), name="switch place")

    def ask_for_file(self) -> None:
        """Lets the operator choose a pipeline file."""
        if self.station is None:
            return
        dialog = QFileDialog(self.station.window, "Open a pipeline", "", "Pipelines (*.yaml *.yml)")
        dialog.setObjectName("open/dialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.switch(lambda: self._embedded(Path(path))))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def ask_for_server(self) -> None:
        """Lets the operator give an address and a token."""
        if self.station is not None:
            is_remote = isinstance(self.station.place, RemotePlace)
            url = self.station.place.title if is_remote else next(iter(self.state.state.servers), "")
            self.connector.ask(self.station.window, url, lambda url: self.switch(lambda: self._remote(url)))

    def _actions(self) -> tuple[Action, ...]:
        def demo() -> None:
            self.switch(lambda: self._embedded(demo_file()))

        return (
            Action("file.open", "Open a pipeline file…", self.ask_for_file,
                   "Run a YAML pipeline on this machine’s own engine", shortcut="Ctrl+O", menu="File"),
            Action("server.connect", "Connect to a server…", self.ask_for_server,
                   "Go to a server on the network, with a token if it wants one", shortcut="Ctrl+Shift+C", menu="File"),
            Action("file.demo", "Open the demo", demo, "Four moving layers on this machine’s own engine", menu="File"),
        )  # fmt: skip

    def _first_place(self) -> Place:
        if self._options.url is not None:
            return self._remote(self._options.url)
        return self._embedded(self._options.file or demo_file())

    def _remote(self, url: str) -> Place:
        try:
            place = self.connector.place(url)
        except AddressRefused as refused:
            raise CommandFailed(Exit.USAGE, str(refused)) from refused
        self.state.recent_server(url)
        return place

    def _embedded(self, file: Path) -> Place:
        try:
            loaded = read_pipeline_file(file, is_for_engine=True)
        except OSError as error:
            raise CommandFailed(Exit.USAGE, f"cannot read {file}: {error.strerror or error}") from error
        except PipelineFileRefused as refused:
            raise CommandFailed(Exit.USAGE, str(refused)) from refused
        if file != demo_file():
            self.state.recent_file(str(file))
        return EmbeddedPlace(file, loaded, self._engine_trouble)

    def _engine_trouble(self, sentence: str) -> None:
        self._say("error", f"{sentence[0].upper()}{sentence[1:]}.")

    def _say(self, severity: str, sentence: str) -> None:
        if self.station is not None:
            self.station.window.notices.say(severity, sentence)

    def _obey_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError, ValueError):
                loop.add_signal_handler(number, self._end)

    def _note_link(self, link: object) -> None:
        del link
        if self.station is None:
            return
        now = self.station.desk.link
        if now.state is LinkState.LIVE:
            self._was_live = True
            self.connector.was_taken(self.station.place.title)
        if now.state is LinkState.LIVE or now.reason:
            self._has_heard.set()

    def _end(self) -> None:
        self._has_heard.set()
        self._closing.set()

    async def _until_closed(self) -> None:
        """The time that was asked for begins when the desk's own engine has answered; that of a server at once."""
        if self._options.url is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(START_LIMIT_S):
                    await self._has_heard.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._options.for_s):
                await self._closing.wait()

    def _leave(self) -> int:
        """Writes what was asked for; a headless desk without a link at the end says so by its exit code."""
        assert self.station is not None
        if self._options.shot is not None:
            self._shoot(self._options.shot)
        if self._options.export is not None:
            self._export(self._options.export)
        link = self.station.desk.link
        if not self._options.is_headless:
            return Exit.DONE
        if link.state is LinkState.LIVE:
            self._check_session()
            return Exit.DONE
        if link.state is LinkState.REFUSED:
            raise CommandFailed(Exit.REFUSED, link.reason)
        verb = "lost" if self._was_live else "cannot reach"
        raise CommandFailed(Exit.UNREACHABLE, f"{verb} {link.url}: {link.reason or 'it did not answer in time'}")

    def _check_session(self) -> None:
        assert self.station is not None
        wanted, desk = self._options.session, self.station.desk
        if wanted is not None and desk.session is None:
            there = ", ".join(row.name or row.id for row in desk.sessions) or "none"
            raise CommandFailed(Exit.USAGE, f"the server has no session {wanted}; it has: {there}")

    def _shoot(self, path: Path) -> None:
        assert self.station is not None
        if not self.station.window.grab().save(str(path), "PNG"):
            raise CommandFailed(Exit.USAGE, f"cannot write the picture {path}: check the folder and your rights")
        if self._options.is_headless:
            say(f"wrote {path}")

    def _export(self, path: Path) -> None:
        assert self.station is not None
        if self.station.desk.session is None:
            raise CommandFailed(Exit.UNREACHABLE, "nothing to export: no session is open")
        try:
            write_pipeline_file(path, self.station.window.exporting.export().text)
        except OSError as error:
            raise CommandFailed(Exit.USAGE, f"cannot write {path}: {error.strerror or error}") from error

    async def _close_station(self) -> None:
        if self.standbys is not None:
            self.standbys.stop()
        station, self.station, self.standbys = self.station, None, None
        if station is not None:
            await station.close()
