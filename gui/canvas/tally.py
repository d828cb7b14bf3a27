"""What the picture is: on air, previewed, or the last one before the link was lost. Colour never stands alone."""

from __future__ import annotations

from enum import Enum

from gui.theme.tokens import Tokens

__all__ = ["Tally", "tally_colours"]


class Tally(Enum):
    """The word that the border's colour stands for."""

    NONE = ""
    PROGRAMME = "PROGRAMME"
    PREVIEW = "PREVIEW"
    LAST_KNOWN = "LINK LOST · LAST KNOWN"
    MISSING = "NOT ON THIS SERVER · LAST KNOWN"


def tally_colours(tally: Tally, tokens: Tokens) -> tuple[str, str, str]:
    """Border, fill of the tag and its text."""
    match tally:
        case Tally.PROGRAMME:
            return tokens.onair, tokens.onair_fill, tokens.onair_text
        case Tally.PREVIEW:
            return tokens.preview, tokens.preview, "#06170D"
        case Tally.LAST_KNOWN | Tally.MISSING:
            return tokens.late, tokens.late, "#1A1200"
        case _:
            return tokens.line, tokens.bg3, tokens.dim
