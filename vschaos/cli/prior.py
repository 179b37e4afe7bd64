"""`python -m vschaos.prior`: learns what the sounds of a run go through in time."""

from __future__ import annotations

import argparse
import logging
import shlex
import sys
from pathlib import Path

from vschaos.command import run_command

DESCRIPTION = """Learns what the sounds of a run go through in time, so that its model can play by
itself: script.py gives it a method `generate` then.

  python -m vschaos.prior my_path/my_training

It takes minutes, and can be stopped with Ctrl-C: the best so far is kept. The model stays as it is.
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m vschaos.prior",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("path", type=Path, help="folder of a training, or a checkpoint")
    parser.add_argument("-v", "--version", type=int, help="N of version_N (default: the newest)")
    parser.add_argument("-n", "--name", default="last", help="checkpoint: last (default), best")
    parser.add_argument("--steps", type=int, default=2000, help="of learning (default 2000)")
    parser.add_argument("--seed", type=int, default=0, help="another one gives another prior")
    parser.add_argument("--debug", action="store_true", help="shows the trace of an error")
    options = parser.parse_args()
    if options.steps < 1:
        parser.error(f"--steps must be 1 at least, {options.steps} came")
    return run_command(lambda: learn(options), options.debug)


def learn(options: argparse.Namespace) -> None:
    from vschaos.outputs import check_writable
    from vschaos.prior.learning import Lesson, learn_prior
    from vschaos.runs import check_own_folders, load_run

    run = load_run(options.path, options.version, options.name, has_prior=False)
    check_own_folders(run.folder, (".", "priors"))
    check_writable(run.folder / "priors", "make the run's folder writable, its prior is kept there")
    nats = learn_prior(run, Lesson(steps=options.steps, seed=options.seed))
    folder = shlex.quote(str(run.folder))
    logging.info(
        "held-out sounds surprise it by %.2f nats a frame\nlisten: python3 generate.py "
        "trajectories %s --trajectories prior\nexport: python3 script.py %s",
        nats,
        folder,
        folder,
    )


if __name__ == "__main__":
    sys.exit(main())
