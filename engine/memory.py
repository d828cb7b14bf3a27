"""Keeps the process as small as its pictures: the C library holds on to freed memory, a share for every thread."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

__all__ = ["give_back", "share_arenas"]

_ARENAS = 2
_M_ARENA_MAX = -8  # malloc.h of the GNU C library


def share_arenas() -> None:
    """All threads allocate from two arenas, not up to eight a core; before the first thread starts.

    Decoders come and go with a thread each, and what one leaves behind in its arena no other can use.
    """
    if (library := _c_library()) is not None:
        library.mallopt(_M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Returns freed memory to the system; takes some milliseconds, so for a thread that has nothing else to do."""
    if (library := _c_library()) is not None:
        library.malloc_trim(0)


@cache
def _c_library() -> ctypes.CDLL | None:
    """The GNU C library; None where there is another one, which has neither function."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None
