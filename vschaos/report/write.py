"""Writes the report of a run, on command and at the end of a training."""

from __future__ import annotations

import logging
import shlex
from pathlib import Path

from vschaos.outputs import check_output_file, output_file
from vschaos.report.gather import gather
from vschaos.report.page import render
from vschaos.runs import load_run

logger = logging.getLogger(__name__)


def write_report(
    path: Path, version: int | None = None, checkpoint: str = "last", out: Path | None = None
) -> Path:
    """Writes the report of a run and returns its path.

    Args:
        path: folder of a training or of a version, or a checkpoint.
        version: N of `version_N`; the newest by default.
        checkpoint: name in `checkpoints/`.
        out: the file to write; `report.html` in the version's folder by default.

    Raises:
        FileNotFoundError, ValueError: there is no such run, it cannot be read, or the page cannot
            be written.
    """
    run = load_run(path, version, checkpoint)
    file = out or run.folder / "report.html"
    check_output_file(file, "--out")
    with output_file(file) as partial:
        partial.write_text(render(gather(run)), encoding="utf-8")
    return file


def write_report_safely(folder: Path) -> None:
    """Writes the report at the end of a training, which it must not break: an error is logged in
    one sentence, and Ctrl-C skips the report."""
    if not (folder / "checkpoints" / "last.ckpt").is_file():
        return
    again = f"vschaos report {shlex.quote(str(folder))}"
    logger.info("writing the report (Ctrl-C skips it)")
    try:
        logger.info("report: %s", write_report(folder))
    except KeyboardInterrupt:
        logger.warning("the report was skipped: %s writes it", again)
    except Exception as error:  # whatever it is, the run is complete
        reason = f"{type(error).__name__}: {error}".rstrip(".")
        logger.warning(
            "the report could not be written (%s): %s --debug shows the trace", reason, again
        )
