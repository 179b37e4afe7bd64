"""`vschaos evaluate`: measures how good a run is, beside PCA and the transform alone."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from vschaos.cli.command import (
    add_match,
    add_run,
    add_texture,
    make_parser,
    positive,
    run_command,
)

DESCRIPTION = """Measures how good a run is, on sounds that it was not trained on: the error of its
reconstructions, the accuracy of conditioning and prediction of labels, the quality of its latent
space; beside baselines, which are PCA of as many components and the transform alone.
docs/evaluation.md says what each number means.

  vschaos evaluate runs/my_training
  vschaos evaluate runs/my_training --data other_sounds/ --inversions rtisi griffin_lim
  vschaos evaluate runs/my_training --files 8 --no-f0

Writes tables, JSON, pictures, and the best and worst sounds to listen to.
"""
TRACKERS = ("swift", "full", "tiny")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    return run_command(lambda: evaluate(options), options.debug)


def evaluate(options: argparse.Namespace) -> None:
    from vschaos.evaluation import evaluate, tables, write_evaluation
    from vschaos.evaluation.writing import ENTRIES
    from vschaos.files import check_only
    from vschaos.outputs import check_output_folder
    from vschaos.runs import check_own_folders, load_run

    run = load_run(options.path, options.version, options.name)
    run.play_with(options.texture, options.match)
    if options.out is None:
        check_own_folders(run.folder, ("evaluation",))
    out = options.out or run.folder / "evaluation"
    check_output_folder(out, "--out")
    check_only(out, ENTRIES)
    tracker = None if options.no_f0 else options.tracker
    result = evaluate(run, options.data, options.inversions, tracker, options.files)
    write_evaluation(result, out, run.sample_rate)
    sys.stdout.write(tables(result.facts))
    logging.info("\n%s", out)


def _parser() -> argparse.ArgumentParser:
    parser = make_parser("evaluate", DESCRIPTION)
    add_run(parser)
    parser.add_argument(
        "--data",
        type=Path,
        help="folder of any sounds, with labels or without; or of the run's own dataset, if it "
        "moved (default: the validation files of its training)",
    )
    parser.add_argument("--files", type=positive, help="maximal number of files (default: all)")
    parser.add_argument(
        "--inversions",
        nargs="+",
        metavar="WAY",
        help="how the phase is found: keep_input, rtisi (both by default), scan, griffin_lim, "
        "random",
    )
    parser.add_argument(
        "--tracker",
        choices=TRACKERS,
        default="default",
        help="pitch tracker: swift (default, if installed), full or tiny",
    )
    add_texture(parser)
    add_match(parser)
    parser.add_argument("--no-f0", action="store_true", help="leave out all measures of pitch")
    parser.add_argument("--out", type=Path, help="folder (default: evaluation/ in the run)")
    return parser
