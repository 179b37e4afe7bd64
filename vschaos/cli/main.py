"""`vschaos SUBCOMMAND ...`: runs the module of a subcommand with the arguments after it."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from importlib import import_module

COMMANDS = {
    "train": "train a model on a folder of sounds",
    "generate": "make sounds with a trained model",
    "export": "export a trained model as a .ts for nn~, with its patches",
    "extract-pitch": "label the pitch and octave of a dataset's sounds",
    "check": "check a dataset: its sounds, its labels, and what is wrong with them",
    "evaluate": "measure how good a trained model is",
    "prior": "learn how latents move in time, so that a model plays by itself",
    "play": "play a sound through a .ts, without Max or PureData",
    "runs": "list runs, or compare some",
    "cache": "list or remove imported sounds",
    "report": "write the page of a run",
    "synth": "export and play a synthesiser voice that needs no training",
    "patches": "write the patches of a .ts again",
    "plugin": "check a synthesiser plug-in, or render its sounds as a dataset",
    "demo": "make sounds, train, generate, export and play, in a few minutes",
}


def main(arguments: Sequence[str] | None = None) -> int:
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or [""]
    if name in COMMANDS:
        return import_module(f"vschaos.cli.{name.replace('-', '_')}").main(rest)
    if name in ("-h", "--help"):
        sys.stdout.write(_usage())
        return 0
    if name == "--version":
        from vschaos import __version__

        sys.stdout.write(f"vschaos {__version__}\n")
        return 0
    sys.stderr.write(f"error: {_refusal(name)}\n" if name else _usage())
    return 2


def _usage() -> str:
    lines = [f"  {name:<15}{purpose}" for name, purpose in COMMANDS.items()]
    return "\n".join(
        [
            "usage: vschaos SUBCOMMAND ...",
            "",
            "Trains small neural instruments on a folder of sounds, and exports them for nn~.",
            "",
            *lines,
            "",
            "vschaos SUBCOMMAND --help shows its options, vschaos --version the version.\n",
        ]
    )


def _refusal(name: str) -> str:
    near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
    meant = f"did you mean vschaos {near[0]}?" if near else "vschaos --help lists them"
    return f"expected a subcommand, got {name}: {meant}"
