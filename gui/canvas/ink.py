"""The colours that lie on a picture: a picture has no light theme, so they are those of a dark one."""

from __future__ import annotations

from gui.theme.tokens import Tokens, load_tokens

__all__ = ["ink_of"]


def ink_of(tokens: Tokens) -> Tokens:
    """The tokens to draw on a picture with: the theme's own when it is dark."""
    return tokens if tokens.is_dark else load_tokens("dark")
