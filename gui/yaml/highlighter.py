"""Colours for YAML and for a diff; a text that is longer than a screen wants stays fast, one line at a time."""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from gui.theme.tokens import Tokens

__all__ = ["DiffHighlighter", "YamlHighlighter"]

MAX_LINE: Final = 2000
_KEY = re.compile(r"^(\s*(?:- )*)([^\s#'\"\[\]{},][^:#]*?)(:)(?=\s|$)")
_COMMENT = re.compile(r"(?:^|\s)(#.*)$")
_NUMBER = re.compile(r"(?<=[\s\[,])-?\d+(?:\.\d+)?(?=[\s,\]}]|$)")
_WORD = re.compile(r"(?<=[\s\[,])(?:true|false|null)(?=[\s,\]}]|$)")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")


def _format(colour: str) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(QColor(colour))
    return made


class YamlHighlighter(QSyntaxHighlighter):
    """Keys, texts, numbers, words and comments of YAML."""

    def __init__(self, document: QTextDocument, tokens: Tokens) -> None:
        super().__init__(document)
        self._key = _format(tokens.accent)
        self._values = (
            (_NUMBER, _format(tokens.kind_image)),
            (_WORD, _format(tokens.kind_text)),
            (_QUOTED, _format(tokens.late)),
        )
        self._comment = _format(tokens.faint)

    def highlightBlock(self, text: str) -> None:
        if len(text) > MAX_LINE:
            return
        for pattern, look in self._values:
            for found in pattern.finditer(text):
                self.setFormat(found.start(), found.end() - found.start(), look)
        if (key := _KEY.match(text)) is not None:
            self.setFormat(key.start(2), key.end(2) - key.start(2), self._key)
        comment = _COMMENT.search(text)
        if comment is not None and not any(quoted.end() > comment.start(1) for quoted in _QUOTED.finditer(text)):
            self.setFormat(comment.start(1), len(text) - comment.start(1), self._comment)


class DiffHighlighter(QSyntaxHighlighter):
    """Added, removed and place lines of a unified diff; the signs at their beginning say the same without colour."""

    def __init__(self, document: QTextDocument, tokens: Tokens) -> None:
        super().__init__(document)
        self._looks = {
            "+": _format(tokens.preview),
            "-": _format(tokens.error),
            "@": _format(tokens.accent),
        }

    def highlightBlock(self, text: str) -> None:
        look = self._looks.get(text[:1])
        if look is not None:
            self.setFormat(0, len(text), look)
