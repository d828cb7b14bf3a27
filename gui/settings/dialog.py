"""The settings dialog, generated from the table; every change counts at once."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from gui.settings.settings import Settings
from gui.settings.table import SETTINGS, Setting, SettingRefused, Value
from gui.theme.tokens import Tokens
from gui.wheel_guard import guard_wheel

__all__ = ["SettingsDialog"]

_GROUPS = {"look": "Look", "window": "Window", "link": "Link", "log": "Logs"}


class SettingsDialog(QDialog):
    """Not modal. Signals: ``failed`` with a sentence when the file could not be written or a value was refused."""

    failed = Signal(str)

    def __init__(self, settings: Settings, tokens: Tokens, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("settings/dialog")
        self.setWindowTitle("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._settings = settings
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(tokens.gap)
        form = QFormLayout()
        form.setHorizontalSpacing(3 * tokens.gap)
        form.setVerticalSpacing(tokens.gap)
        for group, members in groupby(SETTINGS, key=lambda setting: setting.group):
            head = QLabel(_GROUPS.get(group, group).upper())
            head.setProperty("role", "head")
            head.setContentsMargins(0, tokens.gap, 0, 0)
            form.addRow(head)
            for setting in members:
                form.addRow(setting.title, self._editor(setting))
        layout.addLayout(form)
        layout.addSpacing(tokens.gap)
        note = QLabel("Changes count at once; those of the link from the next connection on.")
        note.setProperty("role", "small")
        layout.addWidget(note)
        close = QPushButton("Close")
        close.setObjectName("settings/close")
        close.setAccessibleName("Close the settings")
        close.setToolTip("Close the settings")
        close.clicked.connect(self.accept)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        self.setMinimumWidth(440)

    def _editor(self, setting: Setting) -> QWidget:
        value = self._settings[setting.key]
        if setting.choices:
            editor: QWidget = self._choice(setting, str(value))
        elif isinstance(value, bool):
            editor = self._switch(setting, is_on=value)
        elif isinstance(value, int):
            editor = self._number(setting, value)
        else:
            editor = self._text(setting, str(value))
        editor.setObjectName(f"settings/{setting.key}")
        editor.setAccessibleName(setting.title)
        editor.setToolTip(setting.tip)
        return editor

    def _choice(self, setting: Setting, value: str) -> QComboBox:
        box = QComboBox()
        for choice, title in setting.choices:
            box.addItem(title, choice)
        box.setCurrentIndex([choice for choice, _title in setting.choices].index(value))
        guard_wheel(box)
        box.activated.connect(lambda _index: self._set(setting, box.currentData()))
        return box

    def _switch(self, setting: Setting, *, is_on: bool) -> QCheckBox:
        box = QCheckBox()
        box.setChecked(is_on)
        box.clicked.connect(lambda is_checked: self._set(setting, is_checked))
        return box

    def _number(self, setting: Setting, value: int) -> QSpinBox:
        box = QSpinBox()
        box.setRange(int(setting.minimum or 0), int(setting.maximum or 1_000_000))
        box.setSuffix(f" {setting.unit}" if setting.unit else "")
        box.setValue(value)
        box.setKeyboardTracking(False)
        guard_wheel(box)
        box.valueChanged.connect(lambda number: self._set(setting, number))
        return box

    def _text(self, setting: Setting, value: str) -> QLineEdit:
        line = QLineEdit(value)
        line.editingFinished.connect(lambda: self._set(setting, line.text()))
        return line

    def _set(self, setting: Setting, value: Value) -> None:
        try:
            self._settings.set(setting.key, value)
        except SettingRefused as refused:
            self.failed.emit(f"{refused}.")
        except OSError as error:
            self.failed.emit(f"The setting counts now but could not be saved: {error.strerror or error}.")
