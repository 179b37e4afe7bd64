"""What walks of this room share: the project's commands, as a user would type them."""

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
        FileNotFoundError: the package was installed without the command lines beside it.
    """
    if not (REPOSITORY / "train_model.py").is_file():
        raise FileNotFoundError(f"the command lines of the repository are not in {REPOSITORY}")


def run(*arguments: str) -> None:
    """Runs a script of the repository, or with `-m` a module, and waits for its end.

    Raises:
        ValueError: it failed.
    """
    logging.info("$ python3 %s", shlex.join(arguments))
    script, *rest = arguments
    command = [script, *rest] if script == "-m" else [str(REPOSITORY / script), *rest]
    finished = subprocess.run([sys.executable, *command], check=False)
    if finished.returncode:
        raise ValueError(f"it ended here: {script} gave exit code {finished.returncode}")


def newest_version(training: Path) -> Path:
    """The run that was begun last in the folder of a training."""
    return max(training.glob("version_*"), key=lambda path: path.stat().st_mtime)


def tell(text: str) -> None:
    logging.info("\n%s", text)
