"""`vschaos generate`: reconstructions, transfers, trajectories, morphs, sweeps, wavetables."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from vschaos.cli.command import (
    add_debug,
    add_match,
    add_run,
    add_texture,
    make_parser,
    number,
    positive,
    run_command,
    share,
)

EXAMPLES = """examples:
  vschaos generate reconstruct runs/my_training --files a.wav folder/ --out out
  vschaos generate trajectories runs/my_training --trajectories sin random -b 3 -s 512
  vschaos generate morph runs/my_training --files a.wav b.wav --out out
models played by pitch and loudness:
  vschaos generate transfer runs/my_violin --files voice.wav --transpose 12
models whose tone is one cycle, for other synthesisers:
  vschaos generate tables runs/my_bells --along brightness -n 64
models conditioned on labels, here pitch and octave:
  vschaos generate trajectories runs/my_training --meta pitch 3 octave 4
  vschaos generate sweep runs/my_training --files a.wav --task pitch --meta octave 4
"""
INVERSIONS = ("griffin_lim", "rtisi", "scan", "keep_input", "random")
TRAJECTORIES = (
    *("sin", "square", "triangle", "saw", "line"),
    *("random", "ellipse", "circle", "helix", "interpolation"),
    "prior",
)
LARGEST_TRANSPOSITION = 48  # semitones


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser_of_all().parse_args(arguments)
    return run_command(lambda: _generate(options), options.debug)


def _generate(options: argparse.Namespace) -> None:
    from vschaos.cli.generating import generate

    generate(options)


def _sample_rate(text: str) -> int:
    if not text.isdecimal() or not 1_000 <= int(text) <= 768_000:
        raise argparse.ArgumentTypeError(f"expected 1000 to 768000 Hz, got {text}")
    return int(text)


def _semitones(text: str) -> float:
    semitones = number(text)
    if not -LARGEST_TRANSPOSITION <= semitones <= LARGEST_TRANSPOSITION:
        raise argparse.ArgumentTypeError(
            f"expected {-LARGEST_TRANSPOSITION} to {LARGEST_TRANSPOSITION} semitones, got {text}"
        )
    return semitones


def parser_of_all() -> argparse.ArgumentParser:
    """The parser of `reconstruct`, `transfer`, `trajectories`, `morph`, `sweep` and `tables`."""
    parser = make_parser("generate", "Makes sounds with a trained model, and pictures of them.")
    parser.epilog = EXAMPLES
    commands = parser.add_subparsers(dest="command", required=True)
    reconstruct = commands.add_parser("reconstruct", help="sounds through the model and back")
    reconstruct.add_argument(
        "--files", nargs="+", type=Path, help="files and folders (default: the validation files)"
    )
    transfer = commands.add_parser(
        "transfer", help="other sounds through a model played by pitch and loudness"
    )
    transfer.add_argument(
        "--files", nargs="+", type=Path, required=True, help="files and folders, of any instrument"
    )
    transfer.add_argument(
        "--fit",
        type=share,
        default=1.0,
        help="moves loudness and register to the training's: 0 not at all, 1 wholly (default)",
    )
    add_match(reconstruct)
    for command in (reconstruct, transfer):
        command.add_argument(
            "--transpose",
            type=_semitones,
            default=0.0,
            metavar="SEMITONES",
            help="of models played by pitch (default 0)",
        )
    trajectories = commands.add_parser(
        "trajectories", help="trajectories through the latent space; melodies of pitched models"
    )
    trajectories.add_argument(
        "--trajectories",
        nargs="+",
        choices=TRAJECTORIES,
        default=["sin", "random", "line"],
        metavar="KIND",
        help=f"kinds: {', '.join(TRAJECTORIES)}; prior needs vschaos prior RUN",
    )
    trajectories.add_argument(
        "-b", "--batch", type=positive, default=3, help="trajectories of each kind (default 3)"
    )
    trajectories.add_argument(
        "-s", "--steps", type=positive, default=512, help="frames of a trajectory (default 512)"
    )
    trajectories.add_argument(
        "--latents",
        type=positive,
        metavar="K",
        help="move the K most important latents, the others follow (default: all)",
    )
    morph = commands.add_parser("morph", help="from one sound to the next")
    morph.add_argument("--files", nargs="+", type=Path, required=True, help="two files or more")
    sweep = commands.add_parser("sweep", help="the same sound under each value of a label")
    sweep.add_argument(
        "--files", nargs="+", type=Path, help="files and folders (default: some validation files)"
    )
    sweep.add_argument(
        "--task", nargs="+", help="labels to sweep (default: all that condition the model)"
    )
    tables = _add_tables(commands)
    for command in (reconstruct, transfer, trajectories, morph, sweep):
        add_run(command)
        command.add_argument(
            "--sr", type=_sample_rate, help="sample rate to write, Hz (default: the model's)"
        )
        command.add_argument("--seed", type=int, default=0, help="another one makes other sounds")
        command.add_argument("--inversion", choices=INVERSIONS, help="way to find the phase")
        add_texture(command)
    for command in (reconstruct, transfer, trajectories, morph, sweep, tables):
        command.add_argument(
            *("-o", "--out"), type=Path, help="where to write (default: generated/ in the run)"
        )
        command.add_argument(
            "--meta",
            nargs="+",
            default=[],
            metavar="LABEL VALUE",
            help="labels for conditioned models, as pitch 3 octave 4, or names of classes",
        )
        command.add_argument("--no-pictures", action="store_true", help="write sounds alone")
        add_debug(command)
    for command in (reconstruct, transfer, morph, sweep):
        command.add_argument(
            "--temperature",
            type=float,
            default=0.0,
            help="0: the posterior mean (default); 1: sampled from the posterior",
        )
    trajectories.add_argument(
        "--temperature",
        type=float,
        default=1.0,
        help="extent of trajectories, in standard deviations (default 1)",
    )
    for command in (trajectories, morph):
        command.add_argument(
            "--jitter",
            type=float,
            default=0.0,
            help="noise on the latents, in standard deviations (default 0)",
        )
    return parser


def _add_tables(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
) -> argparse.ArgumentParser:
    """The parser of `tables`, where `-n` is a number of cycles."""
    tables = commands.add_parser(
        "tables",
        help="wavetables for other synthesisers, of models whose tone is one cycle",
        conflict_handler="resolve",
    )
    add_run(tables)
    tables.add_argument(
        "--along", metavar="CONTROL", help="what moves (default: the first descriptor)"
    )
    tables.add_argument(
        *("-n", "--cycles"), type=positive, default=64, help="in a table, 256 at most (default 64)"
    )
    tables.add_argument(
        "--extent",
        type=number,
        default=2.0,
        help="to either side of the middle, in standard deviations (default 2)",
    )
    tables.add_argument(
        "--pitch",
        type=number,
        metavar="NOTE",
        help="MIDI note at which the model is asked (default: the lowest of its register)",
    )
    tables.set_defaults(sr=None, seed=0, inversion=None, texture=None)
    return tables
