"""A row with a font: the files that the server has as a list, any other name typed; a missing file is marked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, Final

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QLabel, QWidget

from gui.icons import set_sign
from gui.inspector.rows.line_edit import LineEdit
from gui.inspector.rows.row import MIXED, SETTLE_MS, Row
from gui.theme.tokens import Tokens
from gui.wheel_guard import guard_wheel
from sync.fields import Field

VALUE_ROLE: Final = int(Qt.ItemDataRole.UserRole)
SIGN: Final = 14
LIST_WIDTH: Final = 260
DEFAULT: Final = "server's default"
UPLOAD: Final = "Upload a font…"
_UPLOAD: Final = object()

__all__ = ["FontFile", "FontOffer", "FontRow"]


class FontFile(msgspec.Struct, frozen=True):
    """A font file of the server: the ``path`` that params name it by, and what people call it."""

    path: str
    title: str


class FontOffer(msgspec.Struct, frozen=True):
    """What the server offers. ``fonts`` None: not known (``note`` says why), and nothing is called missing."""

    fonts: tuple[FontFile, ...] | None = None
    note: str = ""
    why_no_upload: str | None = None

    def has(self, name: str) -> bool:
        """Whether a text that names this font gets it: by path, or by the file's bare name."""
        return any(name in (font.path, PurePosixPath(font.path).name) for font in self.fonts or ())


class FontRow(Row):
    """Label, list and sign. Signals: ``list_wanted`` when the list is about to be seen, ``upload_asked``."""

    list_wanted = Signal()
    upload_asked = Signal()

    def __init__(self, field: Field, tokens: Tokens, settle_ms: int = SETTLE_MS) -> None:
        self._offer = FontOffer()
        super().__init__(field, tokens, settle_ms)
        self._value: Any = None
        self.list = _List()
        self.list.setObjectName(f"{self.name}/list")
        self.text = LineEdit()
        self.text.setObjectName(f"{self.name}/text")
        self.list.setLineEdit(self.text)
        # The stubs do not know that None takes it away.
        self.list.setCompleter(None)  # type: ignore[arg-type]
        self.list.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.list.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        guard_wheel(self.list)
        self.sign = QLabel()
        self.sign.setObjectName(f"{self.name}/missing")
        set_sign(self.sign, "warning", "late", SIGN, tokens)
        self.sign.hide()
        # ``activated`` is the hand's; Enter in the line speaks through ``returnPressed``.
        self.list.activated.connect(self._choose)
        self.list.about_to_open.connect(self.list_wanted.emit)
        self.text.textEdited.connect(self.begin_typing)
        self.text.returnPressed.connect(self._take)
        self.text.left.connect(self._take)
        self.text.escaped.connect(self._give_up)
        self.arrange((self.list, 1))
        if (line := self.widget.layout()) is not None:
            line.replaceWidget(self.mark, self.sign)
            line.addWidget(self.mark)
        self.text.setAccessibleName(field.title)
        self._fill()

    def offer(self, offer: FontOffer) -> None:
        """The list that can be chosen from, as it is now; what is being typed stays."""
        if offer == self._offer:
            return
        self._offer = offer
        if not self.text.isModified():
            with self.list.reopened():
                self._fill()

    def display(self, value: Any) -> None:
        self._value = value
        if not self.text.isModified():
            self._fill()

    def editors(self) -> tuple[QWidget, ...]:
        return (self.list,)

    def tip(self) -> str:
        choosing = f"{self.field.title}: choose a file that the server has, or type a path and press Enter"
        return f"{choosing}\n{self._offer.note}" if self._offer.note else choosing

    def _fill(self) -> None:
        """The server's default, the fonts, the shown one where it is missing, the upload."""
        value = self._value
        is_missing = isinstance(value, str) and self._offer.fonts is not None and not self._offer.has(value)
        self.list.clear()
        self.list.addItem("Server's default", None)
        for font in self._offer.fonts or ():
            self._add(font.title, font.path, font.path)
        if is_missing:
            self._add(f"{PurePosixPath(value).name} (not on this server)", value, self._missing())
        self.list.insertSeparator(self.list.count())
        self._add(UPLOAD, _UPLOAD, self._offer.why_no_upload or "Send a font file to the server and use it here")
        self.list.set_usable(self.list.count() - 1, self._offer.why_no_upload is None)
        if self.list.isEnabled():
            self.list.setToolTip(self.tip())
        self.sign.setVisible(is_missing)
        self.sign.setToolTip(self._missing() if is_missing else "")
        self._write()

    def _add(self, title: str, value: Any, tip: str) -> None:
        self.list.addItem(title, value)
        self.list.setItemData(self.list.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)

    def _missing(self) -> str:
        return f"This server has no font file {self._value}: the text is drawn in its default."

    def _write(self) -> None:
        """The line says what is shown; nothing is typed any more."""
        self.list.setCurrentIndex(self.list.findData(self._value) if self._value is not MIXED else -1)
        self.text.setPlaceholderText("mixed" if self._value is MIXED else DEFAULT)
        self.text.setText(self._spoken())
        self.text.end(False)  # of a long path the file's name is seen
        self.text.setModified(False)

    def _spoken(self) -> str:
        if not isinstance(self._value, str):
            return ""
        return next((font.title for font in self._offer.fonts or () if font.path == self._value), self._value)

    def _choose(self, number: int) -> None:
        value = self.list.itemData(number, VALUE_ROLE)
        self.text.setModified(False)
        if value is _UPLOAD:
            self._give_up()
            self.upload_asked.emit()
        else:
            self._commit(value)

    def _take(self) -> None:
        if not self.text.isModified():
            return
        typed = self.text.text().strip()
        named = next((font.path for font in self._offer.fonts or () if font.title == typed), typed)
        self.text.setModified(False)
        self._commit(named or None)

    def _give_up(self) -> None:
        self._write()
        self.cancel()

    def _commit(self, value: str | None) -> None:
        if value == self._value:
            self._write()
            self.release()
            return
        self.display(value)
        self.change(value)
        self.release()


class _List(QComboBox):
    """Signals: ``about_to_open``."""

    about_to_open = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setEditable(True)
        self.view().setMinimumWidth(LIST_WIDTH)

    def showPopup(self) -> None:
        self.about_to_open.emit()
        super().showPopup()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # The arrows would go through the entries one by one, and the last one asks for a file.
        if event.key() in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            self.showPopup()
        else:
            super().keyPressEvent(event)

    @contextmanager
    def reopened(self) -> Iterator[None]:
        """An open list is closed while its entries change, and opened again."""
        was_open = self.view().isVisible()
        if was_open:
            self.hidePopup()
        yield
        if was_open:
            super().showPopup()

    def set_usable(self, row: int, is_usable: bool) -> None:
        """Greys an entry out."""
        model = self.model()
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable if is_usable else Qt.ItemFlag.NoItemFlags
        model.setData(model.index(row, 0), int(flags.value), int(Qt.ItemDataRole.UserRole) - 1)
