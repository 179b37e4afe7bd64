"""The work of `vschaos generate match`: presets of a synthesiser for any sounds."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from vschaos.cli.command import FATAL, sentence
from vschaos.cli.presets import synthesiser_named
from vschaos.data.cache.store import default_cache
from vschaos.generation.inputs import Input, inputs_in
from vschaos.instrument.synthesiser import Differentiable, Synthesiser
from vschaos.matching import (
    Effort,
    Library,
    Match,
    MatchWriter,
    Neighbours,
    Network,
    Proposer,
    match,
    open_library,
    read_targets,
)
from vschaos.matching.library import NUM_PROBED
from vschaos.outputs import check_output_folder, identities
from vschaos.progress import Progress
from vschaos.runs import check_own_folders, load_run


class Means(NamedTuple):
    """What sounds are matched with.

    Attributes:
        synthesiser: whose settings are found.
        network: what hears them in a sound; None for a search alone.
        folder: to write to by default.
    """

    synthesiser: Synthesiser
    network: Network | None
    folder: Path


def match_files(options: argparse.Namespace) -> None:
    """Matches the sounds of `options.files`, each for itself.

    Raises:
        ValueError, FileNotFoundError: nothing can be matched, or some files could not be.
        KeyboardInterrupt: what was found until then is written.
    """
    inputs = inputs_in(options.files)
    means = _means(options)
    out = options.out or means.folder
    check_output_folder(out, "--out")
    synthesiser = means.synthesiser
    effort = Effort(
        hypotheses=options.hypotheses,
        evaluations=options.evaluations,
        kind=options.search,
        refine=options.refine,
        has_baselines=not options.no_baselines,
        seed=options.seed,
    )
    if effort.refine and not isinstance(synthesiser, Differentiable):
        logging.info("no gradients go through %s: --refine is left out", synthesiser.name)
    known = identities(given.file for given in inputs)
    writer = MatchWriter(out, synthesiser, effort, not options.no_pictures, known)
    try:
        library = _library(options, means)
        proposer = means.network or Neighbours(library) if library else means.network
        assert proposer is not None
        failed = _match_each(inputs, options, writer, proposer, library)
    finally:
        synthesiser.close()
    if failed and len(failed) == len(inputs):
        raise ValueError(f"none of the {len(inputs)} files could be used: see above why")
    if failed:
        raise ValueError(
            f"skipped {len(failed)} of {len(inputs)} files, see above why: {', '.join(failed)}"
        )


def _means(options: argparse.Namespace) -> Means:
    """A run, or a synthesiser by its name.

    Raises:
        ValueError, FileNotFoundError: it is neither, or the model finds no settings.
    """
    path: Path = options.path
    if not path.is_dir() and path.suffix != ".ckpt":
        return Means(synthesiser_named(str(path)), None, Path("generated"))
    run = load_run(path, options.version, options.name)
    network = Network(run.matching, options.seed)
    if options.out is None:
        check_own_folders(run.folder, ("generated", "generated/matches"))
    return Means(run.matching.synthesiser(), network, run.folder / "generated")


def _library(options: argparse.Namespace, means: Means) -> Library | None:
    """Draws of the synthesiser, where they are needed."""
    if means.network is not None and options.no_baselines:
        return None
    with Progress(desc="draws", unit="sound", total=options.draws + NUM_PROBED) as bar:
        return open_library(means.synthesiser, options.draws, 0, default_cache(), bar.update)


def _match_each(
    inputs: Sequence[Input],
    options: argparse.Namespace,
    writer: MatchWriter,
    proposer: Proposer,
    library: Library | None,
) -> list[str]:
    """Matches files whether others fail or not; the names of those that did."""
    failed: list[str] = []
    try:
        for number, given in enumerate(inputs, start=1):
            try:
                _match_file(given, f"{number}/{len(inputs)}", options, writer, proposer, library)
            except (ValueError, OSError, MemoryError) as error:
                if isinstance(error, OSError) and error.errno in FATAL:
                    raise
                logging.warning("skipped %s: %s", given.file, sentence(error))
                failed.append(str(given.file))
    except KeyboardInterrupt as stop:
        page = writer.finish()
        kept = f"{len(writer.written)} sounds are matched" + (f": {page}" if page else "")
        raise KeyboardInterrupt(f"stopped: {kept}") from stop
    page = writer.finish()
    if page is not None:
        logging.info("page: %s", page)
    return failed


def _match_file(
    given: Input,
    place: str,
    options: argparse.Namespace,
    writer: MatchWriter,
    proposer: Proposer,
    library: Library | None,
) -> None:
    synthesiser, effort = writer.synthesiser, writer.effort
    targets, end = read_targets(
        given.file,
        given.name,
        synthesiser.sample_rate,
        options.seconds,
        options.pieces,
        options.pitch,
    )
    if end < float("inf"):
        logging.info(
            "%s: what comes after %.2f s is left out (--pieces %d)",
            *(given.file, end, options.pieces),
        )
    for target in targets:
        total = 0 if target.is_silent else effort.steps(synthesiser)
        with Progress(desc=f"{place} {target.name}", unit="setting", total=total) as bar:
            found = match(target, synthesiser, proposer, effort, library, bar.update)
        preset = writer.write(found)
        logging.info("%s", _line(found, preset))
        if found.is_stopped:
            raise KeyboardInterrupt


def _line(found: Match, preset: Path | None) -> str:
    """What came of a sound."""
    remarks = "".join(f", {remark}" for remark in found.remarks)
    best = found.best
    if best is None:
        return f"{found.target.name}{remarks}: no preset"
    scores = {one.method: one.scores.log_spectral for one in found.found}
    beside = ", ".join(
        f"{method} {lsd:.1f}" for method, lsd in scores.items() if method != best.method
    )
    return (
        f"{preset}: note {found.target.pitch:.2f}{remarks}; LSD {best.scores.log_spectral:.1f} dB "
        f"by {best.method}" + (f" ({beside})" if beside else "")
    )
