"""A step that may fail: the one place where a defect of a node is caught, logged and turned into a reason."""

from __future__ import annotations

import logging
from collections.abc import Callable

from engine.node import NodeFailed
from engine.places import FileRefused
from sync.wire.compositor import ConfigRefused

_log = logging.getLogger(__name__)

__all__ = ["failure_of"]


def failure_of(step: Callable[[], None], what: str) -> str | None:
    """Runs ``step``; the reason when it failed. Anything but a refusal is logged whole as a defect of ``what``."""
    try:
        step()
    except (NodeFailed, ConfigRefused, FileRefused) as failure:
        return str(failure)
    except Exception as defect:  # noqa: BLE001  (a defect of one node must not end its session)
        _log.exception("%s failed by a defect", what)
        return f"internal error: {type(defect).__name__}"
    return None
