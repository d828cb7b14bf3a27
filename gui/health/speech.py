"""The link and the numbers of the desk in the operator's words. Pure."""

from __future__ import annotations

from typing import Final

from sync.desk import Link, LinkState

__all__ = ["banner_text", "counted", "link_tone", "link_word"]

_WORDS: Final = {
    LinkState.IDLE: "Not connected",
    LinkState.CONNECTING: "Connecting…",
    LinkState.SYNCING: "Reading the session…",
    LinkState.LIVE: "Linked",
    LinkState.WAITING: "Link lost",
    LinkState.REFUSED: "Refused",
    LinkState.CLOSED: "Closed",
}
_TONES: Final = {LinkState.LIVE: "good", LinkState.REFUSED: "bad", LinkState.WAITING: "late"}


def link_word(link: Link) -> str:
    """The state in one or two words."""
    return _WORDS[link.state]


def link_tone(link: Link) -> str:
    """How it is said: good, late, bad or plain."""
    return _TONES.get(link.state, "")


def counted(number: int, noun: str) -> str:
    """``1 change``, ``2 changes``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def banner_text(link: Link, now: float, unsent: int, missing: str = "") -> str:
    """What the banner says about a link that is not up, or a session that is not there; empty when all is well.

    ``now`` is in the link's time base; ``unsent`` how many values of ours the server has not confirmed; ``missing`` why
    the server does not give out the open session.
    """
    resent = f" {counted(unsent, 'change')} of yours will be sent again." if unsent else ""
    reason = f": {link.reason.rstrip('.')}" if link.reason else ""
    if link.state is LinkState.REFUSED:
        return f"The server refused{reason}."
    if link.state is LinkState.WAITING:
        wait = max(0.0, (link.retry_at or now) - now)
        when = f"next try in {wait:.0f} s" if wait >= 0.5 else "trying now"
        joint = " –" if reason.endswith("?") else ";"
        return f"No link to {link.url}{reason}{joint} {when} (attempt {link.attempt + 1}).{resent}"
    if link.state in {LinkState.CONNECTING, LinkState.SYNCING} and link.attempt > 0:
        return f"{_WORDS[link.state]} {link.url} (attempt {link.attempt}).{resent}"
    if link.state is LinkState.LIVE and missing:
        waiting = f" {counted(unsent, 'change')} of yours will be sent when it is back." if unsent else ""
        return f"{missing} What you see is how it was.{waiting}"
    return ""
