"""`vschaos export`: exports a trained model as a .ts for nn~ in Max and PureData."""

from __future__ import annotations

import argparse
import logging
import shlex
from collections.abc import Sequence
from pathlib import Path

from vschaos.cli.command import add_run, make_parser, run_command

DESCRIPTION = """Exports a trained model as a .ts for nn~ in Max and PureData, with its patches.

example:
  vschaos export runs/my_training -o ~/patches
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = make_parser("export", DESCRIPTION)
    add_run(parser)
    parser.add_argument(
        "-o", "--out", type=Path, help="folder to write to (default: beside the versions)"
    )
    parser.add_argument(
        "--max-delay",
        type=float,
        metavar="MS",
        help="greatest latency of forward, apart from the host's buffer: 25 makes a model quicker "
        "and rougher (default: as suits the model)",
    )
    parser.add_argument(
        "--latents",
        type=int,
        metavar="K",
        help="keep the K most important latents, and set the others to their expected values "
        "(default: all); the files are called NAME_K_latents",
    )
    parser.add_argument(
        "--compact",
        action="store_true",
        help="store weights in 16 bits: half the size, a difference of -80 dB at most",
    )
    parser.add_argument(
        "--no-patch", action="store_true", help="write the .ts alone, without patches"
    )
    options = parser.parse_args(arguments)
    return run_command(lambda: export_run(options), options.debug)


def export_run(options: argparse.Namespace) -> None:
    from vschaos import load_run
    from vschaos.export.script import export
    from vschaos.instrument.instrument import read_instrument
    from vschaos.outputs import check_output_folder
    from vschaos.runs import check_own_folders

    run = load_run(options.path, options.version, options.name)
    folder = options.out or (options.path if options.path.is_dir() else run.folder)
    if folder.suffix in (".ts", ".pd", ".maxpat") and not folder.is_dir():
        raise ValueError(
            f"-o must be a folder, as the file is called after the training, got {folder}: take "
            f"-o {shlex.quote(str(folder.parent))}"
        )
    check_output_folder(folder, "-o")
    if options.out is None:
        check_own_folders(folder, ("vschaos",))  # abstractions are written there
    path = export(
        run,
        folder,
        max_delay_ms=options.max_delay,
        has_patches=not options.no_patch,
        num_latents=options.latents,
        is_compact=options.compact,
    )
    instrument = read_instrument(path)
    logging.info("%s (%.1f MB), %d Hz", path, path.stat().st_size / 1e6, run.sample_rate)
    for method in instrument.methods:
        logging.info(
            "  %-8s %s -> %s",
            method.name,
            _channels([inlet.name for inlet in method.inlets]),
            _channels([outlet.name for outlet in method.outlets]),
        )
    logging.info("  settings: %s", ", ".join(a.name for a in instrument.settings()))
    logging.info(
        "  latency of forward: %d samples (%.0f ms), and that of the host's buffer",
        instrument.delay,
        1000 * instrument.delay / run.sample_rate,
    )
    follows = any(attribute.name == "sample_rate" for attribute in instrument.settings())
    rate = "any rate" if follows else f"{run.sample_rate} Hz"
    logging.info("play: [nn~ %s forward] in Max or PureData, at %s", path.stem, rate)
    if not options.no_patch:
        logging.info("patch: %s", path.with_suffix(".pd"))


def _channels(names: list[str]) -> str:
    """`latent 1 ... latent 8, pitch, octave`: numbered names as one."""
    groups: list[list[str]] = []
    for name in names:
        if groups and _kind(groups[-1][-1]) == _kind(name) != name:
            groups[-1].append(name)
        else:
            groups.append([name])
    return ", ".join(f"{g[0]} ... {g[-1]}" if len(g) > 1 else g[0] for g in groups)


def _kind(name: str) -> str:
    return name.rstrip("0123456789")
