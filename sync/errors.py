"""What can go wrong between a desk and a server; every leaf carries its parts and reads as a sentence."""

from __future__ import annotations

__all__ = [
    "NOT_HERE",
    "LinkLost",
    "LinkProblem",
    "LinkRefused",
    "NotOrdered",
    "RequestProblem",
    "RequestRefused",
    "RequestTimedOut",
]

NOT_HERE = "This session is not on this server."


class LinkProblem(ConnectionError):
    """The link cannot be opened or is gone."""


class LinkLost(LinkProblem):
    """There is no link at the moment."""


class LinkRefused(LinkProblem):
    """The server answered and does not let us in; trying again at once does not help."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class NotOrdered(LinkProblem):
    """The server keeps no ordered log of a session: it is a server of protocol 1."""


class RequestProblem(Exception):
    """A request got no good answer."""


class RequestRefused(RequestProblem):
    """The server answered with an error; ``message`` is its text."""

    def __init__(self, action: str, message: str) -> None:
        super().__init__(message)
        self.action, self.message = action, message


class RequestTimedOut(RequestProblem):
    """No answer within the time limit."""

    def __init__(self, action: str, limit_s: float) -> None:
        super().__init__(f"The server did not answer {action} within {limit_s:g} s.")
        self.action, self.limit_s = action, limit_s
