"""Files that ship with the project, opened by name."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent
SAMPLES = ROOT / "samples"

__all__ = ["ROOT", "SAMPLES", "resource_path"]


def resource_path(name: str) -> Path:
    """The path of a shipped file such as ``samples/studio.yaml``; raises FileNotFoundError."""
    path = ROOT / name
    if not path.is_file():
        raise FileNotFoundError(f"no resource called {name}")
    return path
