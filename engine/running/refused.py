"""Why a request was not carried out: one sentence for the client and the HTTP status that goes with it."""

from __future__ import annotations

__all__ = ["Refused"]


class Refused(Exception):
    """A request ends here; the text goes to the client as it is, ``status`` is used over HTTP only."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
