#!/usr/bin/env python3
"""Makes sounds with a trained model: reconstructions, latent trajectories, morphs, label sweeps."""

from __future__ import annotations

import argparse
import errno
import logging
import re
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vschaos.command import run_command, sentence
from vschaos.generate_options import TRAJECTORIES, make_parser

if TYPE_CHECKING:
    import numpy as np

    from vschaos.generation import InputSound, SoundWriter
    from vschaos.generation.inputs import Input
    from vschaos.pictures import Spectrogram
    from vschaos.runs import Given, Run

HELD_OUT_TO_SWEEP = 3  # files, if none are given
FOLDERS = ("reconstructions", "trajectories", "morphs", "sweeps")
WALKS_APART = 100_003  # in seeds of the prior
FOR_ALL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # of a disk: no other file can be written


def main() -> int:
    options = make_parser().parse_args()
    return run_command(lambda: generate(options), options.debug)


def generate(options: argparse.Namespace) -> None:
    import torch

    from vschaos import load_run
    from vschaos.folders import mark_as_made
    from vschaos.generation import SoundWriter, parse_labels
    from vschaos.outputs import check_output_folder, identities
    from vschaos.runs import check_own_folders

    torch.manual_seed(options.seed)
    run = load_run(options.path, options.version, options.name)
    labels = parse_labels(run, options.meta)
    out = options.out or run.folder / "generated"
    if options.out is None:
        check_own_folders(run.folder, ("generated", *(f"generated/{name}" for name in FOLDERS)))
    check_output_folder(out, "--out")
    inputs = _inputs(run, options)
    known = identities(entry.file for entry in inputs)
    to_rate = options.sr or run.sample_rate
    writer = SoundWriter(run.sample_rate, to_rate, not options.no_pictures, known)
    commands = {
        "reconstruct": reconstruct_files,
        "trajectories": walk,
        "morph": morph_files,
        "sweep": sweep_files,
    }
    try:
        commands[options.command](Job(run, out, labels, options, inputs, writer))
    finally:
        for name in FOLDERS:  # of no training's sounds, if it looks here
            mark_as_made(out / name)


@dataclass(frozen=True)
class Job:
    """What was asked for: of which run, where to, under which labels, and from which sounds."""

    run: Run
    out: Path
    labels: Given
    options: argparse.Namespace
    inputs: list[Input]
    writer: SoundWriter


def _inputs(run: Run, options: argparse.Namespace) -> list[Input]:
    if options.command == "trajectories":
        return []
    from vschaos.generation import find_inputs

    inputs = find_inputs(run, options.files)
    takes_some = options.command == "sweep" and not options.files
    return inputs[:HELD_OUT_TO_SWEEP] if takes_some else inputs


def reconstruct_files(job: Job) -> None:
    from vschaos.generation import DatasetLabelReader, InputSound, reconstruct_segments

    known = DatasetLabelReader(job.run)

    def reconstruct(given: Input) -> None:
        sound = InputSound(job.run, given)
        told = {**known.conditioning(given.file, sound, given.first), **job.labels}
        heard, made = job.writer.spectrogram(), job.writer.spectrogram()
        output = reconstruct_segments(
            job.run, _seen(sound, heard), told, job.options.temperature, job.options.inversion
        )
        path = job.out / "reconstructions" / given.name
        job.writer.write(path, output, made)
        job.writer.draw(path, {"input": heard, "reconstruction": made})

    _for_each(job.inputs, "reconstructing", reconstruct)


def _seen(blocks: Iterable[np.ndarray], spectrogram: Spectrogram | None) -> Iterator[np.ndarray]:
    for block in blocks:
        if spectrogram is not None:
            spectrogram.add(block)
        yield block


def _for_each(inputs: list[Input], doing: str, work: Callable[[Input], None]) -> None:
    """Does it for each file, whatever comes of the others; fails in the end if one failed."""
    from vschaos.progress import Progress

    failed: list[str] = []
    for given in Progress(inputs, desc=doing, unit="file"):
        try:
            work(given)
        except (ValueError, OSError, MemoryError) as error:
            if isinstance(error, OSError) and error.errno in FOR_ALL:
                raise
            logging.warning("skipped %s: %s", given.file, sentence(error))
            failed.append(str(given.file))
    if failed and len(failed) == len(inputs):
        raise ValueError(f"none of the {len(inputs)} files could be used: see above why")
    if failed:
        raise ValueError(
            f"skipped {len(failed)} of {len(inputs)} files, see above why: {', '.join(failed)}"
        )


def walk(job: Job) -> None:
    import numpy as np

    from vschaos.progress import Progress

    options = job.options
    _hint(job.run, job.labels)
    _check_latents(job.run, options.latents)
    walks = [(kind, number) for kind in options.trajectories for number in range(options.batch)]
    for kind, number in Progress(walks, desc="walking", unit="walk"):
        # each walk has a seed of its own: asking for more kinds or more walks changes none of them
        random = np.random.default_rng([options.seed, TRAJECTORIES.index(kind), number])
        latents = _latents(job.run, kind, number, job.labels, random, options)
        _decode(job, job.out / "trajectories" / f"{kind}_{number}", latents, random)


def _latents(
    run: Run,
    kind: str,
    number: int,
    labels: Given,
    random: np.random.Generator,
    options: argparse.Namespace,
) -> np.ndarray:
    """`[Z, N]` of a walk, or the first of them with `--latents`."""
    from vschaos.generation import trajectory

    dim = options.latents or run.model.latent_dim
    if kind == "prior":  # the first walk is what a .ts plays by that seed
        seed = options.seed + WALKS_APART * number
        return run.sample_prior(options.steps, seed, labels, options.temperature)[:dim]
    frame_rate = run.sample_rate / run.model.hop_length
    return trajectory(kind, dim, options.steps, frame_rate, random, options.temperature)


def _check_latents(run: Run, count: int | None) -> None:
    if count is not None and count > run.model.latent_dim:
        raise ValueError(f"--latents must be from 1 to {run.model.latent_dim}, {count} came")


def morph_files(job: Job) -> None:
    import numpy as np

    from vschaos.generation import morph

    _hint(job.run, job.labels)
    sounds = [_open(job.run, given) for given in job.inputs]
    latents = morph(job.run, sounds, job.labels, job.options.temperature)
    random = np.random.default_rng(job.options.seed)
    name = "_".join(given.file.stem for given in job.inputs)
    _decode(job, job.out / "morphs" / name, latents, random)


def sweep_files(job: Job) -> None:
    from vschaos.generation import (
        DatasetLabelReader,
        InputSound,
        encode_segments,
        swept_labels,
        unique_names,
    )

    run, options = job.run, job.options
    tasks = options.task or run.model.conditioning_tasks
    if not tasks:
        raise ValueError("the model is not told any label that could be gone through")
    for task in tasks:
        swept_labels(run, task)  # refuses one that the model does not know before any work
    known = DatasetLabelReader(run)
    swept = [(given.name, task) for given in job.inputs for task in tasks]
    names = unique_names([f"{name}_{task}" for name, task in swept])
    folders = dict(zip(swept, names, strict=True))

    def sweep(given: Input) -> None:
        sound, name = InputSound(run, given), given.name
        told = known.conditioning(given.file, sound, given.first)
        latents = encode_segments(run, sound, {**told, **job.labels}, options.temperature)
        for task in tasks:
            others = {key: value for key, value in told.items() if key != task}
            labels = swept_labels(run, task, {**others, **job.labels})
            folder = job.out / "sweeps" / folders[name, task]
            _sweep(job, folder, f"{name}: {task}", latents, labels)

    _for_each(job.inputs, "sweeping", sweep)


def _sweep(
    job: Job, folder: Path, title: str, latents: np.ndarray, labels: Mapping[str, Given]
) -> None:
    """A sound for each value of a label, and all of them one after the other with a picture."""
    from vschaos.files import short_name
    from vschaos.generation import blocks_without_edges, decode_segments

    folder = folder.with_name(short_name(folder.name))
    files, marks, begins = [], [], 0.0
    for number, (value, given) in enumerate(labels.items()):
        decoded = decode_segments(job.run, latents, given, job.options.inversion)
        blocks = blocks_without_edges(decoded, job.run.sample_rate)
        file, seconds = job.writer.write(folder / f"{number:02d}_{_file_name(value)}", blocks)
        files.append(file)
        marks.append((begins, value))
        begins += seconds
    joined = job.writer.spectrogram()
    job.writer.join(folder / "all", files, joined)
    job.writer.draw(folder / "all", {title: joined}, marks=marks)


def _hint(run: Run, labels: Given) -> None:
    left = [task for task in run.model.conditioning_tasks if task not in labels]
    if left:
        logging.info(
            "not said: %s; --meta %s does",
            ", ".join(left),
            " ".join(shlex.join([task, _example(run, task)]) for task in left),
        )


def _example(run: Run, task: str) -> str:
    vocabulary = run.vocabularies[task]
    return vocabulary.classes[-1] if vocabulary.is_class else f"{vocabulary.mean:.3g}"


def _open(run: Run, given: Input) -> InputSound:
    from vschaos.audio.files import UnusableAudioError
    from vschaos.generation import InputSound

    try:
        return InputSound(run, given)
    except UnusableAudioError as error:
        raise ValueError(f"{given.file} cannot be used: {error}") from error


def _decode(job: Job, path: Path, latents: np.ndarray, random: np.random.Generator) -> None:
    from vschaos.generation import blocks_without_edges, decode_segments

    latents = latents + job.options.jitter * random.standard_normal(latents.shape)
    decoded = decode_segments(job.run, latents, job.labels, job.options.inversion)
    spectrogram = job.writer.spectrogram()
    job.writer.write(path, blocks_without_edges(decoded, job.run.sample_rate), spectrogram)
    job.writer.draw(path, {path.name: spectrogram}, latents)


def _file_name(text: str) -> str:
    """What a class is called, as the name of a file."""
    return re.sub(r"[^\w#+. -]", "_", text).strip(". ")[:60] or "_"


if __name__ == "__main__":
    sys.exit(main())
