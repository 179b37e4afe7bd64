"""`vschaos runs`: lists runs, or compares some."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from vschaos.cli.command import make_parser, run_command

DESCRIPTION = """Lists the runs in a folder, or compares some: their metrics, and the settings in
which they differ.

  vschaos runs my_path
  vschaos runs my_path/one my_path/other/version_2
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = make_parser("runs", DESCRIPTION)
    parser.add_argument(
        "paths",
        type=Path,
        nargs="+",
        metavar="path",
        help="a folder of trainings to list; or trainings or versions to compare",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for other programs")
    options = parser.parse_args(arguments)
    return run_command(lambda: show(options), options.debug)


def show(options: argparse.Namespace) -> None:
    from vschaos.runs.comparing import side_by_side, table, to_json
    from vschaos.runs.summary import find_run, find_runs

    is_one = len(options.paths) == 1
    runs = find_runs(options.paths[0]) if is_one else [find_run(path) for path in options.paths]
    if options.json:
        text = json.dumps(to_json(runs), indent=1, ensure_ascii=False, default=str)
    else:
        text = table(runs) if is_one else side_by_side(runs)
    sys.stdout.write(f"{text}\n")
