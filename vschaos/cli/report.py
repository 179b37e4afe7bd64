"""`python -m vschaos.report`: the page of a run, written at any time."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from vschaos.command import run_command

DESCRIPTION = """Writes the page of a run: its sounds, its latent space, its curves, its settings.
One file without anything beside it, for any browser.

  python -m vschaos.report runs/my_training
  python -m vschaos.report runs/my_training -n best --out my_training.html
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m vschaos.report",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "path", type=Path, help="folder of a training, of a version, or a checkpoint"
    )
    parser.add_argument("-v", "--version", type=int, help="N of version_N (default: the newest)")
    parser.add_argument(
        "-n", "--name", default="last", help="checkpoint: last (default), best, ..."
    )
    parser.add_argument("--out", type=Path, help="file to write (default: report.html in the run)")
    parser.add_argument("--debug", action="store_true", help="shows the trace of an error")
    options = parser.parse_args()
    return run_command(lambda: report(options), options.debug)


def report(options: argparse.Namespace) -> None:
    from vschaos.report import write_report

    file = write_report(options.path, options.version, options.name, options.out)
    logging.info("%s (%.1f MB)", file, file.stat().st_size / 1e6)


if __name__ == "__main__":
    sys.exit(main())
