#!/usr/bin/env python3
"""Exports a trained model as a .ts for nn~ in Max and PureData."""

from __future__ import annotations

import argparse
import logging
import shlex
import sys
from pathlib import Path

from vschaos.command import run_command


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Exports a trained model as a .ts for nn~ in Max and PureData.",
        epilog="example: python3 script.py runs/my_training -o ~/patches",
    )
    parser.add_argument(
        "path", type=Path, help="folder of a training, of a version, or a checkpoint"
    )
    parser.add_argument(
        "-o", "--out", type=Path, help="where to write (default: beside the versions)"
    )
    parser.add_argument("-v", "--version", type=int, help="N of version_N (default: the newest)")
    parser.add_argument(
        "-n", "--name", default="last", help="checkpoint: last (default), best, ..."
    )
    parser.add_argument(
        "--max-delay",
        type=float,
        metavar="MS",
        help="by which forward may lag at most, the host's buffer apart: 25 makes a model quicker "
        "and rougher (default: as suits the model)",
    )
    parser.add_argument(
        "--latents",
        type=int,
        metavar="K",
        help="keeps the K most important latents and fills the others in as they mostly are where "
        "those are so (default: all); the files are called NAME_K_latents",
    )
    parser.add_argument(
        "--no-patch", action="store_true", help="writes the .ts and its card, and no patches"
    )
    parser.add_argument("--debug", action="store_true", help="shows the trace of an error")
    options = parser.parse_args()
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
            f"-o expects a folder, got {folder}: the file is called after the training, so take "
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
        "  delay of forward: %d samples (%.0f ms), and that of the host's buffer",
        instrument.delay,
        1000 * instrument.delay / run.sample_rate,
    )
    logging.info("play: [nn~ %s forward] in Max or PureData, at %d Hz", path.stem, run.sample_rate)
    if not options.no_patch:
        logging.info("patch: %s", path.with_suffix(".pd"))


def _channels(names: list[str]) -> str:
    """`latent 1 ... latent 8, pitch, octave`: those that are counted as one."""
    groups: list[list[str]] = []
    for name in names:
        if groups and _kind(groups[-1][-1]) == _kind(name) != name:
            groups[-1].append(name)
        else:
            groups.append([name])
    return ", ".join(f"{g[0]} ... {g[-1]}" if len(g) > 1 else g[0] for g in groups)


def _kind(name: str) -> str:
    return name.rstrip("0123456789")


if __name__ == "__main__":
    sys.exit(main())
