"""What can be typed after `generate.py`; saying it needs neither torch nor any other library."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLES = """examples:
  python3 generate.py reconstruct runs/my_training --files a.wav folder/ --out out
  python3 generate.py trajectories runs/my_training --trajectories sin random -b 3 -s 512
  python3 generate.py morph runs/my_training --files a.wav b.wav --out out
models that are told labels, here pitch and octave:
  python3 generate.py trajectories runs/my_training --meta pitch 3 octave 4
  python3 generate.py sweep runs/my_training --files a.wav --task pitch --meta octave 4
"""
INVERSIONS = ("griffin_lim", "rtisi", "scan", "keep_input", "random")
TRAJECTORIES = (
    *("sin", "square", "triangle", "saw", "line"),
    *("random", "ellipse", "circle", "helix", "interpolation"),
    "prior",
)


def _sample_rate(text: str) -> int:
    if not text.isdecimal() or not 1_000 <= int(text) <= 768_000:
        raise argparse.ArgumentTypeError(f"1000 to 768000 Hz expected, {text} came")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a number from 1 on expected, {text} came")
    return int(text)


def make_parser() -> argparse.ArgumentParser:
    """Of all commands: `reconstruct`, `trajectories`, `morph` and `sweep`."""
    parser = argparse.ArgumentParser(
        description="Makes sounds with a trained model, and pictures of them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    reconstruct = commands.add_parser("reconstruct", help="sounds through the model and back")
    reconstruct.add_argument(
        "--files", nargs="+", type=Path, help="files and folders (default: held-out)"
    )
    walks = commands.add_parser("trajectories", help="walks through the latent space")
    walks.add_argument(
        "--trajectories",
        nargs="+",
        choices=TRAJECTORIES,
        default=["sin", "random", "line"],
        metavar="KIND",
        help=f"kinds of walks: {', '.join(TRAJECTORIES)}; prior needs python3 -m vschaos.prior RUN",
    )
    walks.add_argument(
        "-b", "--batch", type=_count, default=3, help="walks of each kind (default 3)"
    )
    walks.add_argument(
        "-s", "--steps", type=_count, default=512, help="frames of a walk (default 512)"
    )
    walks.add_argument(
        "--latents",
        type=_count,
        metavar="K",
        help="walks the K most important latents, the others follow (default: all)",
    )
    morphs = commands.add_parser("morph", help="from one sound to the next")
    morphs.add_argument("--files", nargs="+", type=Path, required=True, help="two files or more")
    sweeps = commands.add_parser("sweep", help="the same sound under each value of a label")
    sweeps.add_argument(
        "--files", nargs="+", type=Path, help="files and folders (default: some held-out)"
    )
    sweeps.add_argument(
        "--task", nargs="+", help="labels to go through (default: all that the model is told)"
    )
    for command in (reconstruct, walks, morphs, sweeps):
        command.add_argument("path", type=Path, help="folder of a training, or a checkpoint")
        command.add_argument(
            "--out", type=Path, help="where to write (default: generated/ in the run)"
        )
        command.add_argument(
            "--sr", type=_sample_rate, help="sample rate to write, Hz (default: the model's)"
        )
        command.add_argument("--seed", type=int, default=0, help="another one draws other sounds")
        command.add_argument(
            "--meta",
            nargs="+",
            default=[],
            metavar="LABEL VALUE",
            help="labels for models that are told some, as pitch 3 octave 4, or names of classes",
        )
        command.add_argument("--inversion", choices=INVERSIONS, help="how the phase is found")
        command.add_argument(
            "-v", "--version", type=int, help="N of version_N (default: the newest)"
        )
        command.add_argument(
            "-n", "--name", default="last", help="checkpoint: last (default), best"
        )
        command.add_argument("--no-pictures", action="store_true", help="writes sounds alone")
        command.add_argument("--debug", action="store_true", help="shows the trace of an error")
    for command in (reconstruct, morphs, sweeps):
        command.add_argument(
            "--temperature",
            type=float,
            default=0.0,
            help="0: the likeliest latents (default); 1: drawn as uncertain as learnt",
        )
    walks.add_argument(
        "--temperature", type=float, default=1.0, help="how far walks go, in deviations (default 1)"
    )
    for command in (walks, morphs):
        command.add_argument(
            "--jitter",
            type=float,
            default=0.0,
            help="noise on the latents, in deviations (default 0)",
        )
    return parser
