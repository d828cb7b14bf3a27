"""An HTTP request that came to nothing, as a sentence for the operator (PROTOCOL.md §18)."""

from __future__ import annotations

from typing import Final

MAX_WORDS: Final = 240

__all__ = ["RestFailed", "one_line", "refusal"]

_LEADS: Final = {
    401: "The server wants a valid token",
    403: "The server does not allow it",
    404: "The server does not have it",
    405: "This server does not offer that",
    409: "The server has it already",
    413: "It is too large for the server",
    429: "The server takes no more at the moment",
    501: "This server does not offer that",
    507: "The server has no room for it",
}


class RestFailed(Exception):
    """The text is a whole sentence; ``status`` is the server's answer, None when there was none that counts."""

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


def refusal(status: int, body: bytes, content_type: str = "") -> RestFailed:
    """The failure behind an answer that is not 2xx; the server's own words are kept, on one line, within bounds."""
    words = "" if "html" in content_type else one_line(body.decode("utf-8", "replace"))
    return RestFailed(f"{_lead(status)}{f': {words}' if words else ''}".rstrip(".") + ".", status)


def one_line(text: str, limit: int = MAX_WORDS) -> str:
    """Foreign text as one line of visible characters, cut at ``limit``."""
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 8 * limit]).split())
    return words if len(words) <= limit else f"{words[: limit - 1].rstrip()}…"


def _lead(status: int) -> str:
    if status in _LEADS:
        return _LEADS[status]
    if 300 <= status < 400:
        return f"The server sends the desk elsewhere (HTTP {status}), which is not followed"
    return f"The server failed (HTTP {status})" if status >= 500 else "The server refuses"
