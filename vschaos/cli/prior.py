"""`vschaos prior`: learns a temporal prior of a run's latents."""

from __future__ import annotations

import argparse
import logging
import shlex
from collections.abc import Sequence

from vschaos.cli.command import add_run, make_parser, positive, run_command

DESCRIPTION = """Learns how the latents of a run's sounds move in time, so that its model can play
by itself. The export of a model with ordered latents has a method `generate` then.

  vschaos prior my_path/my_training

It takes minutes. Ctrl-C stops it and saves the best so far. The model does not change.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = make_parser("prior", DESCRIPTION)
    add_run(parser)
    parser.add_argument("--steps", type=positive, default=2000, help="of training (default 2000)")
    parser.add_argument("--seed", type=int, default=0, help="another one gives another prior")
    options = parser.parse_args(arguments)
    return run_command(lambda: learn(options), options.debug)


def learn(options: argparse.Namespace) -> None:
    from vschaos.models.capabilities import LatentStatistics
    from vschaos.outputs import check_writable
    from vschaos.prior.learning import Lesson, learn_prior
    from vschaos.runs import check_own_folders, load_run

    run = load_run(options.path, options.version, options.name, has_prior=False)
    check_own_folders(run.folder, (".", "priors"))
    check_writable(
        run.folder / "priors", "make the run's folder writable, its prior is saved there"
    )
    nats = learn_prior(run, Lesson(steps=options.steps, seed=options.seed))
    folder = shlex.quote(str(run.folder))
    logging.info(
        "validation sounds: negative log-likelihood %.2f nats a frame\n"
        "listen: vschaos generate trajectories %s --trajectories prior",
        *(nats, folder),
    )
    if isinstance(run.model, LatentStatistics):
        logging.info("export: vschaos export %s", folder)
