"""`vschaos report`: writes the page of a run, at any time."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from vschaos.cli.command import add_run, make_parser, run_command

DESCRIPTION = """Writes the page of a run: its sounds, its latent space, its curves, its settings.
It is one file, for any browser, and needs no other.

  vschaos report runs/my_training
  vschaos report runs/my_training -n best --out my_training.html
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = make_parser("report", DESCRIPTION)
    add_run(parser)
    parser.add_argument("--out", type=Path, help="file to write (default: report.html in the run)")
    options = parser.parse_args(arguments)
    return run_command(lambda: write(options), options.debug)


def write(options: argparse.Namespace) -> None:
    from vschaos.report import write_report

    file = write_report(options.path, options.version, options.name, options.out)
    logging.info("%s (%.1f MB)", file, file.stat().st_size / 1e6)
