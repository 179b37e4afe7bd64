"""vschaos: small spectral VAEs, trained on a folder of sounds and played live in nn~."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vschaos.runs import Run

__version__ = "0.1.0"
__all__ = ["__version__", "load_run"]


def load_run(path: str | Path, version: int | None = None, checkpoint: str = "last") -> Run:
    """Opens a trained run; see `vschaos.runs.load_run`."""
    from vschaos.runs import load_run as load  # torch is not imported before it is needed

    return load(path, version, checkpoint)
