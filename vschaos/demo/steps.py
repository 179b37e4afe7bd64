"""Runs the subcommands of `vschaos` as a user would type them."""

from __future__ import annotations

import logging
import shlex
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def check_repository() -> None:
    """
    Raises:
        FileNotFoundError: the package was installed without its repository.
    """
    if not (REPOSITORY / "patches").is_dir():
        raise FileNotFoundError(f"expected the folder patches of the repository in {REPOSITORY}")


def run(*arguments: str) -> None:
    """Runs a subcommand of `vschaos` in a process of its own, and waits for its end.

    Raises:
        ValueError: it failed.
    """
    logging.info("$ vschaos %s", shlex.join(arguments))
    finished = subprocess.run([sys.executable, "-m", "vschaos", *arguments], check=False)
    if finished.returncode:
        raise ValueError(f"vschaos {arguments[0]} failed with exit code {finished.returncode}")


def newest_version(training: Path) -> Path:
    """The run that was begun last in the folder of a training."""
    return max(training.glob("version_*"), key=lambda path: path.stat().st_mtime)


def tell(text: str) -> None:
    logging.info("\n%s", text)
