"""`python -m vschaos.evaluate`: how good a run is, beside PCA and beside the transform alone."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from vschaos.command import run_command

DESCRIPTION = """Measures how good a run is, on sounds that it has not learnt from: how near its
sounds come to them, whether labels are obeyed and heard, how well its latent space can be played;
and beside it PCA of as many numbers, and the transform alone. docs/evaluation.md says what each
number means.

  python -m vschaos.evaluate runs/my_training
  python -m vschaos.evaluate runs/my_training --data other_sounds/ --inversions rtisi griffin_lim
  python -m vschaos.evaluate runs/my_training --files 8 --no-f0

Writes tables, JSON, pictures, and the best and worst sounds to listen to.
"""
TRACKERS = ("swift", "full", "tiny")


def main() -> int:
    options = _parser().parse_args()
    return run_command(lambda: evaluate(options), options.debug)


def evaluate(options: argparse.Namespace) -> None:
    from vschaos.evaluation import evaluate, tables, write_evaluation
    from vschaos.evaluation.writing import ENTRIES
    from vschaos.files import check_only
    from vschaos.outputs import check_output_folder
    from vschaos.runs import check_own_folders, load_run

    run = load_run(options.path, options.version, options.name)
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


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a number from 1 on expected, {text} came")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m vschaos.evaluate",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "path", type=Path, help="folder of a training, of a version, or a checkpoint"
    )
    parser.add_argument(
        "--data",
        type=Path,
        help="folder of any sounds, with labels or without; or of the run's own dataset, if it "
        "moved (default: the files held out in training)",
    )
    parser.add_argument("--files", type=_count, help="at most so many of them (default: all)")
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
        help="hears the pitch: swift (default, if installed), full or tiny",
    )
    parser.add_argument("--no-f0", action="store_true", help="leaves out all measures of pitch")
    parser.add_argument("-v", "--version", type=int, help="N of version_N (default: the newest)")
    parser.add_argument(
        "-n", "--name", default="last", help="checkpoint: last (default), best, ..."
    )
    parser.add_argument("--out", type=Path, help="folder (default: evaluation/ in the run)")
    parser.add_argument("--debug", action="store_true", help="shows the trace of an error")
    return parser


if __name__ == "__main__":
    sys.exit(main())
