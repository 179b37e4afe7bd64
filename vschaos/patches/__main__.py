"""`python -m vschaos.patches`: writes the patches of an exported model again."""

from __future__ import annotations

import argparse
import dataclasses
import logging
import sys
from pathlib import Path

from vschaos.command import run_command

DESCRIPTION = """Writes the patches of a model beside its .ts, from the card within the .ts.

  python -m vschaos.patches my_patches/my_training.ts

A .ts that was renamed gets patches of its new name. Patches of the same name are written
over; those that were changed since are kept as NAME.backup.pd or NAME.backup.maxpat.
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m vschaos.patches",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("models", type=Path, nargs="*", metavar="model", help="a .ts file")
    parser.add_argument(
        "--abstractions", type=Path, metavar="FOLDER", help="writes those for PureData there too"
    )
    parser.add_argument("--debug", action="store_true", help="shows the trace of an error")
    options = parser.parse_args()
    if not (options.models or options.abstractions):
        parser.error("a model, or --abstractions, is expected")
    return run_command(lambda: write_all(options.models, options.abstractions), options.debug)


def write_all(models: list[Path], abstractions: Path | None) -> None:
    from vschaos.instrument.instrument import read_instrument
    from vschaos.patches.writing import write_abstractions, write_patches

    if abstractions:
        write_abstractions(abstractions)
    for model in models:
        instrument = dataclasses.replace(read_instrument(model), name=model.stem)
        for patch in write_patches(instrument, model.parent):
            logging.info("%s", patch)


if __name__ == "__main__":
    sys.exit(main())
