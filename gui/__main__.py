"""The ``layerdesk`` command: picks a subcommand, turns every failure into one line and an exit code."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from gui.exits import CommandFailed, Exit, explain_crash, say

SUBCOMMANDS = ("engine", "export", "validate", "key", "take-over", "doctor")

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs ``layerdesk`` with ``argv`` (the process's own by default); returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    name = words.pop(0) if words and words[0] in SUBCOMMANDS else "desk"
    try:
        command = importlib.import_module(f"gui.commands.{name.replace('-', '_')}")
        return int(command.run(words))
    except CommandFailed as failure:
        say(str(failure))
        return failure.code
    except KeyboardInterrupt:
        return Exit.DONE
    except Exception as error:  # noqa: BLE001  (the last door: no traceback reaches a user)
        return explain_crash(error)


if __name__ == "__main__":
    raise SystemExit(main())
