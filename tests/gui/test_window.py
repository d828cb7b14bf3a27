"""The main window: what it shows when, its layout between runs, its themes, and that everything in it has a name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QScrollBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from gui.layout_memory import screens_key
from gui.settings.settings import Settings
from gui.settings.state import StateFile
from gui.theme.tokens import THEME_NAMES
from gui.window import MainWindow
from sync.desk import LinkState
from tests.gui.conftest import shown
from tests.gui.desk import ModelDesk, child
from tests.gui.test_rows import turn_wheel

CONTROLS = (QAbstractButton, QAbstractItemView, QAbstractSlider, QComboBox, QLineEdit, QPlainTextEdit)
PROMISED = (
    "canvas/view",
    "layers/list",
    "sessions/list",
    "inspector/opacity/slider",
    "inspector/opacity/number",
    "status/link",
    "palette/input",
)


def _class_of(thing: QObject | None) -> str:
    return "" if thing is None else str(thing.metaObject().className())


def own_controls(window: QWidget) -> list[QWidget]:
    """The controls that we made: Qt's own inner parts are named ``qt_…`` or belong to a named one."""
    found = [widget for widget in window.findChildren(QWidget) if isinstance(widget, CONTROLS)]
    inner = [
        widget
        for widget in found
        if isinstance(widget, QScrollBar | QHeaderView) or widget.objectName().startswith("qt_")
    ]
    inner += [widget for widget in found if isinstance(widget.parent(), QLineEdit | QComboBox)]
    hosts = {"QTabBar", "QMainWindowTabBar", "QAbstractItemView", "QComboBoxPrivateContainer"}
    inner += [widget for widget in found if _class_of(widget.parent()) in hosts]
    return [widget for widget in found if widget not in inner]


def test_every_control_has_a_name_for_programs_people_and_screen_readers(window: MainWindow, model: ModelDesk) -> None:
    for selection in (["in_1"], ["title"]):
        model.bridge.select(selection)
        model.settle()
    controls = own_controls(window)
    assert len(controls) > 50
    for control in controls:
        assert "/" in control.objectName(), control
        assert control.accessibleName(), control.objectName()
        assert control.toolTip(), control.objectName()
    names = [control.objectName() for control in controls]
    for name in PROMISED:
        assert window.findChild(QWidget, name) is not None, name
    forms = {name for name in names if names.count(name) > 1}
    assert all(name.startswith("inspector/") for name in forms), forms


def test_an_empty_desk_offers_three_choices(qtbot: QtBot, make_model: Callable[..., ModelDesk]) -> None:
    model = make_model(is_open=False)
    window = shown(qtbot, model.window())
    assert window.centre.currentWidget() is window.welcome
    assert window.topbar.air.text() == "OFF AIR"
    model.bridge.noticed.emit("warning", "There is no session of this name.")
    assert window.notices.isVisible(), "what is said before anything is open must be seen"
    demo, urls = QSignalSpy(window.welcome.demo_asked), QSignalSpy(window.welcome.server_asked)
    QTest.mouseClick(child(window, QAbstractButton, "welcome/demo"), Qt.MouseButton.LeftButton)
    assert demo.count() == 1
    QTest.mouseClick(child(window, QAbstractButton, "welcome/server"), Qt.MouseButton.LeftButton)
    QTest.keyClicks(window.welcome.address, "ws://10.0.4.12:4545")
    QTest.keyClick(window.welcome.address, Qt.Key.Key_Return)
    assert urls.at(0) == ["ws://10.0.4.12:4545"]
    model.desk._open.session = model.session
    model.desk.session_opened.emit(model.session)
    model.bridge.flush()
    assert window.centre.currentWidget() is window.canvas
    assert window.windowTitle() == "studio – Layerdesk"


def test_an_address_must_be_typed_first(qtbot: QtBot, make_model: Callable[..., ModelDesk]) -> None:
    window = shown(qtbot, make_model(is_open=False).window())
    urls = QSignalSpy(window.welcome.server_asked)
    QTest.mouseClick(child(window, QAbstractButton, "welcome/connect"), Qt.MouseButton.LeftButton)
    assert urls.count() == 0
    assert "Type the address" in window.welcome.state.text()


def test_an_empty_desk_says_that_it_is_connecting(qtbot: QtBot, make_model: Callable[..., ModelDesk]) -> None:
    model = make_model(is_open=False)
    window = shown(qtbot, model.window())
    for state, words in ((LinkState.CONNECTING, "Connecting"), (LinkState.SYNCING, "Reading"), (LinkState.LIVE, "")):
        model.show_link(state)
        model.bridge.flush()
        assert window.welcome.state.text().startswith(words)
        assert bool(window.welcome.state.text()) is bool(words)


def test_recent_servers_and_files_are_offered(qtbot: QtBot, make_model: Callable[..., ModelDesk]) -> None:
    window = shown(qtbot, make_model(is_open=False).window())
    window.welcome.show_recent(["ws://a:1"], ["/shows/friday.yaml"])
    window.welcome.show_recent(["ws://b:2"], ["/shows/friday.yaml"])
    urls, files = QSignalSpy(window.welcome.server_asked), QSignalSpy(window.welcome.recent_file_asked)
    QTest.mouseClick(child(window, QAbstractButton, "welcome/server/ws://b:2"), Qt.MouseButton.LeftButton)
    QTest.mouseClick(child(window, QAbstractButton, "welcome/file//shows/friday.yaml"), Qt.MouseButton.LeftButton)
    assert (urls.at(0), files.at(0)) == (["ws://b:2"], ["/shows/friday.yaml"])


def test_on_air_is_a_word_and_turns_when_the_link_is_lost(window: MainWindow, model: ModelDesk) -> None:
    assert (window.topbar.air.text(), window.topbar.air.property("role")) == ("ON AIR", "onair")
    assert window.topbar.session.text() == "studio on 10.0.4.12:4545 · mix 1280×720@30"
    model.show_link(LinkState.WAITING, attempt=1)
    model.bridge.flush()
    assert (window.topbar.air.text(), window.topbar.air.property("role")) == ("NO LINK", "late")


def test_closing_saves_the_layout_and_leaves_the_end_to_others(window: MainWindow) -> None:
    closed = QSignalSpy(window.closed)
    window.close()
    assert closed.count() == 1
    assert window.isVisible()
    assert screens_key() in window.state.state.layouts


def moved_window(model: ModelDesk, qtbot: QtBot, state: StateFile) -> MainWindow:
    window = shown(qtbot, model.window(state=state))
    window.set_docks_locked(is_locked=False)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, window.sessions_dock)
    window.details.setVisible(False)
    window.resizeDocks([window.layers_dock], [300], Qt.Orientation.Horizontal)
    QApplication.processEvents()
    return window


def places(window: MainWindow) -> list[tuple[str, bool, Qt.DockWidgetArea, int]]:
    """Name, whether it is seen, where, and how wide it is then."""
    return [
        (dock.objectName(), dock.isVisible(), window.dockWidgetArea(dock), dock.width() if dock.isVisible() else 0)
        for dock in window.docks()
    ]


def test_the_layout_comes_back_exactly(qtbot: QtBot, model: ModelDesk, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    window = moved_window(model, qtbot, StateFile(path))
    before = places(window)
    window.close()
    again = model.window(state=StateFile(path))
    qtbot.addWidget(again)
    with qtbot.waitExposed(again):
        again.show()
    QApplication.processEvents()
    assert places(again) == before
    assert again.size() == window.size()


def test_resetting_puts_every_dock_back(qtbot: QtBot, model: ModelDesk, tmp_path: Path) -> None:
    first = places(shown(qtbot, model.window()))
    window = moved_window(model, qtbot, StateFile(tmp_path / "state.json"))
    assert window.actions_table.run("docks.reset")
    QApplication.processEvents()
    assert [place[:3] for place in places(window)] == [place[:3] for place in first]


@pytest.mark.parametrize("kept", ["", "rubbish", "AAAA BBBB 900 700", "!!!! ???? 9 9", "AAAA BBBB wide high"])
def test_a_broken_layout_changes_nothing(qtbot: QtBot, model: ModelDesk, kept: str) -> None:
    first = places(shown(qtbot, model.window()))
    state = StateFile()
    state.state.layouts[screens_key()] = kept
    assert places(shown(qtbot, model.window(state=state))) == first


def test_a_layout_is_written_a_while_after_a_change(qtbot: QtBot, model: ModelDesk, tmp_path: Path) -> None:
    settings = Settings()
    settings.set("window.save_every_s", 1)
    path = tmp_path / "state.json"
    window = shown(qtbot, model.window(settings=settings, state=StateFile(path)))
    window.resize(1300, 800)
    qtbot.waitUntil(path.exists, timeout=4000)


def test_a_full_disk_is_said_and_harms_nothing(qtbot: QtBot, model: ModelDesk, tmp_path: Path) -> None:
    (tmp_path / "in_the_way").write_text("a file where a folder should be")
    window = shown(qtbot, model.window(state=StateFile(tmp_path / "in_the_way" / "state.json")))
    window.close()
    assert "layout could not be saved" in window.notices.words.text()


def test_locked_docks_stay_and_freed_ones_may_go(window: MainWindow) -> None:
    feature = QDockWidget.DockWidgetFeature
    assert all(dock.features() == feature.NoDockWidgetFeatures for dock in window.docks())
    assert window.actions_table.run("docks.lock")
    assert all(dock.features() & feature.DockWidgetMovable for dock in window.docks())
    assert window.settings.flag("window.lock_docks") is False


@pytest.mark.parametrize("name", THEME_NAMES)
def test_a_theme_counts_at_once_everywhere(window: MainWindow, model: ModelDesk, name: str) -> None:
    model.bridge.select(["in_1"])
    model.settle()
    assert window.actions_table.run(f"theme.{name}")
    assert window.settings.word("look.theme") == name
    image = window.grab().toImage()
    ratio = image.devicePixelRatio()
    place = window.layers.viewport().mapTo(window, window.layers.viewport().rect().bottomLeft())
    assert image.pixelColor(place * ratio).name() == window.tokens.bg1.lower()
    assert window.bound[f"theme.{name}"].isChecked()


def test_the_right_click_menu_speaks_of_the_layers(
    window: MainWindow, model: ModelDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    popped: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, _at: popped.append(menu))
    model.bridge.select(["in_1"])
    model.settle()
    window.canvas.menu_wanted.emit(window.mapToGlobal(window.rect().center()))
    titles = [entry.text() for entry in popped[0].actions() if not entry.isSeparator()]
    assert titles[:2] == ["Hide the selected layers", "Lock the selected layers"]
    assert {"Bring to front", "Send to back", "Delete texts and images"} <= set(titles)


def test_a_double_clicked_text_gets_the_keyboard(window: MainWindow) -> None:
    window.canvas.text_edit_wanted.emit("title")
    assert window.bridge.selection == ("title",)
    assert window.focusWidget().objectName() == "inspector/text/text"


@pytest.mark.parametrize("place", ["canvas", "layers", "inspector", "sessions", "details"])
def test_every_part_can_be_reached_by_keyboard(window: MainWindow, model: ModelDesk, place: str) -> None:
    model.bridge.select(["in_1"])
    model.settle()
    assert window.actions_table.run(f"focus.{place}")
    focused = window.focusWidget()
    assert focused is not None
    parts: dict[str, QWidget] = {
        "canvas": window.canvas,
        "layers": window.layers,
        "inspector": window.inspector,
        "sessions": window.sessions,
        "details": window.details.bar,
    }
    assert focused is parts[place] or parts[place].isAncestorOf(focused)


def test_the_session_list_opens_what_is_clicked(
    window: MainWindow, model: ModelDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(model.desk, "open_session", asked.append)
    other = type(model.session.info)("sess-2", "foyer")
    model.desk._open.take_rows((model.session.info, other))
    model.bridge.flush()
    view = window.sessions
    assert [view.session_model.index(row).data() for row in range(2)] == ["studio", "foyer"]
    QTest.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(view.session_model.index(0)).center()
    )
    assert asked == []
    QTest.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(view.session_model.index(1)).center()
    )
    assert asked == ["sess-2"]
    assert "running" in view.session_model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)


def test_many_sessions_are_searched_by_name_or_id(
    window: MainWindow, model: ModelDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(model.desk, "open_session", asked.append)
    info = model.session.info
    others = [type(info)(f"sess-{number}", f"Stage {number}") for number in range(2, 6)]
    model.desk._open.take_rows((info, *others[:3]))
    model.bridge.flush()
    search, shown_model = window.session_browser.search, window.sessions.session_model
    assert not search.isVisible()
    model.desk._open.take_rows((info, *others))
    model.bridge.flush()
    assert search.isVisible()

    def names() -> list[str]:
        return [shown_model.index(row).data() for row in range(shown_model.rowCount())]

    QTest.keyClicks(search, "STAGE")
    assert names() == ["Stage 2", "Stage 3", "Stage 4", "Stage 5"]
    search.selectAll()
    QTest.keyClicks(search, "sess-4")
    assert names() == ["Stage 4"]
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert asked == ["sess-4"]
    QTest.keyClick(search, Qt.Key.Key_Escape)
    assert len(names()) == 5
    QTest.keyClicks(search, "nothing like it")
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert (names(), asked) == ([], ["sess-4"])
    model.desk._open.take_rows((info,))
    model.bridge.flush()
    assert (search.isVisible(), names()) == (False, ["studio"])


def test_what_was_wrong_with_the_files_is_said_at_the_start(qtbot: QtBot, model: ModelDesk, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[look]\ntheme = "pink"\n[shortcuts]\n"layer.hide" = "L"\n')
    (tmp_path / "state.json").write_text("{")
    window = model.window(settings=Settings(tmp_path / "settings.toml"), state=StateFile(tmp_path / "state.json"))
    shown(qtbot, window)
    said = [window.notices.words.text(), *(sentence for _severity, sentence in window.notices._waiting)]
    assert (window.actions_table["layer.hide"].shortcut, window.actions_table["layer.lock"].shortcut) == ("L", "")
    for words in ("look.theme", "put aside", "L is yours for layer.hide now"):
        assert any(words in sentence for sentence in said), words


def cut_off(window: MainWindow) -> list[str]:
    """Controls and labels that are not wholly inside every widget around them, or narrower than they need."""
    bad: list[str] = []
    for widget in [*own_controls(window), *window.findChildren(QLabel)]:
        if not widget.isVisible() or widget.window() is not window:
            continue
        least = widget.minimumSizeHint().width() if not isinstance(widget, QAbstractItemView) else 0
        around = widget.parentWidget()
        while around is not None and widget.width() >= least:
            place = widget.rect().translated(widget.mapTo(around, QPoint(0, 0)))
            if not around.rect().adjusted(-1, -1, 1, 1).contains(place) and not scrolls(around):
                break
            around = around.parentWidget() if around is not window and not scrolls(around) else None
        if around is not None or widget.width() < least:
            bad.append(widget.objectName() or widget.accessibleName() or str(widget))
    return bad


def scrolls(widget: QWidget) -> bool:
    """Whether what is inside may be taller than it is."""
    return isinstance(widget.parentWidget(), QAbstractScrollArea)


@pytest.mark.parametrize("size", [(1600, 960), (1280, 720)])
@pytest.mark.parametrize("selection", [["in_1"], ["title"], ["in_1", "title"], []])
def test_nothing_is_cut_off(window: MainWindow, model: ModelDesk, size: tuple[int, int], selection: list[str]) -> None:
    window.resize(*size)
    model.bridge.select(selection)
    model.settle()
    for key in ("sync", "nodes", "telemetry", "yaml"):
        window.details.show_tab(key)
        QApplication.processEvents()
        assert cut_off(window) == []
    body = child(window.inspector, QWidget, "inspector")
    assert body.minimumSizeHint().width() <= window.inspector.viewport().width()


def test_what_is_cut_off_would_be_found(window: MainWindow, model: ModelDesk) -> None:
    """The negative control of the test above."""
    model.bridge.select(["in_1"])
    model.settle()
    number = child(window, QWidget, "inspector/x/number")
    number.setFixedWidth(20)
    QApplication.processEvents()
    assert "inspector/x/number" in cut_off(window)


def test_the_wheel_edits_nothing_in_passing(window: MainWindow, model: ModelDesk) -> None:
    for selection in (["in_1"], ["title"]):
        model.bridge.select(selection)
        model.settle()
    kinds = (QAbstractSlider, QAbstractSpinBox, QComboBox)
    guarded = [control for control in own_controls(window) if isinstance(control, kinds)]
    assert len(guarded) > 5
    window.canvas.setFocus()
    for control in guarded:
        assert not turn_wheel(control).isAccepted(), control.objectName()
        assert not control.hasFocus()
