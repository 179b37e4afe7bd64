"""`vschaos patches`: writes the patches of an exported model again."""

from __future__ import annotations

import argparse
import dataclasses
import logging
from collections.abc import Sequence
from pathlib import Path

from vschaos.cli.command import make_parser, run_command

DESCRIPTION = """Writes the patches of a model beside its .ts, from the description in the .ts.

  vschaos patches my_patches/my_training.ts

A .ts that was renamed gets patches of its new name. Patches of the same name are replaced; those
that were changed since are kept as NAME.backup.pd or NAME.backup.maxpat.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = make_parser("patches", DESCRIPTION)
    parser.add_argument("models", type=Path, nargs="*", metavar="model", help="a .ts file")
    parser.add_argument(
        "--abstractions", type=Path, metavar="FOLDER", help="write those for PureData there too"
    )
    options = parser.parse_args(arguments)
    if not (options.models or options.abstractions):
        parser.error("expected a model or --abstractions, got neither")
    return run_command(lambda: write(options), options.debug)


def write(options: argparse.Namespace) -> None:
    from vschaos.instrument.instrument import read_instrument
    from vschaos.patches.writing import write_abstractions, write_patches

    if options.abstractions:
        write_abstractions(options.abstractions)
    for model in options.models:
        instrument = dataclasses.replace(read_instrument(model), name=model.stem)
        for patch in write_patches(instrument, model.parent):
            logging.info("%s", patch)
