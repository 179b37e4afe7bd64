"""The work of `vschaos generate`: sounds of a run, written to files with their pictures."""

from __future__ import annotations

import argparse
import logging
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from vschaos.audio.files import UnusableAudioError
from vschaos.cli.command import FATAL, sentence
from vschaos.cli.generate import TRAJECTORIES
from vschaos.files import short_name
from vschaos.folders import mark_as_made
from vschaos.generation import (
    DatasetLabelReader,
    InputSound,
    SoundWriter,
    blocks_without_edges,
    decode_segments,
    encode_segments,
    find_inputs,
    morph,
    parse_labels,
    reconstruct_segments,
    swept_labels,
    table_along,
    transfer,
    unique_names,
    write_cycles,
    write_table,
)
from vschaos.generation.inputs import Input
from vschaos.models.capabilities import Pitched
from vschaos.outputs import check_output_folder, identities
from vschaos.progress import Progress
from vschaos.runs import Given, Run, check_own_folders, load_run

if TYPE_CHECKING:
    from vschaos.pictures import Spectrogram

FILES_TO_SWEEP = 3  # if none are given
FOLDERS = ("reconstructions", "transfers", "trajectories", "morphs", "sweeps", "tables")


@dataclass(frozen=True)
class Job:
    """One call of the command: run, output folder, labels, options and input sounds."""

    run: Run
    out: Path
    labels: Given
    options: argparse.Namespace
    inputs: list[Input]
    writer: SoundWriter


def generate(options: argparse.Namespace) -> None:
    """Makes what `options` ask for.

    Raises:
        ValueError: the model cannot do it, or a file cannot be used.
    """
    torch.manual_seed(options.seed)
    run = load_run(options.path, options.version, options.name)
    _ = run.autoencoder  # refuses models that are none, as `spectral` does
    run.spectral(options.inversion)
    run.play_with(options.texture, getattr(options, "match", None))
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
        "transfer": transfer_files,
        "trajectories": make_trajectories,
        "morph": morph_files,
        "sweep": sweep_files,
        "tables": make_tables,
    }
    try:
        commands[options.command](Job(run, out, labels, options, inputs, writer))
    finally:
        for name in FOLDERS:  # so that no training takes them for its sounds
            mark_as_made(out / name)


def _inputs(run: Run, options: argparse.Namespace) -> list[Input]:
    if options.command in ("trajectories", "tables"):
        return []
    inputs = find_inputs(run, options.files)
    takes_some = options.command == "sweep" and not options.files
    return inputs[:FILES_TO_SWEEP] if takes_some else inputs


def reconstruct_files(job: Job) -> None:
    if job.options.transpose or isinstance(job.run.model, Pitched):
        _resynthesise_files(job, "reconstructions", "reconstruction", fit=0.0)
        return
    known = DatasetLabelReader(job.run)

    def reconstruct(given: Input) -> None:
        sound = InputSound(job.run, given)
        labels = {**known.conditioning(given.file, sound, given.first), **job.labels}
        original, made = job.writer.spectrogram(), job.writer.spectrogram()
        output = reconstruct_segments(
            job.run,
            _passing(sound, original),
            labels,
            job.options.temperature,
            job.options.inversion,
        )
        path = job.out / "reconstructions" / given.name
        job.writer.write(path, output, made)
        job.writer.draw(path, {"input": original, "reconstruction": made})

    _for_each(job.inputs, "reconstructing", reconstruct)


def transfer_files(job: Job) -> None:
    _resynthesise_files(job, "transfers", "transfer", fit=job.options.fit)


def _resynthesise_files(job: Job, folder: str, title: str, fit: float) -> None:
    """Plays sounds through a pitched model.

    Raises:
        ValueError: the model is not played by pitch and loudness.
    """
    _ = job.run.pitched
    known = DatasetLabelReader(job.run)

    def resynthesise(given: Input) -> None:
        options, sound = job.options, InputSound(job.run, given)
        labels = {**known.conditioning(given.file, sound, given.first), **job.labels}
        original, made = job.writer.spectrogram(), job.writer.spectrogram()
        heard = _passing(sound, original)
        how = (fit, options.transpose, options.temperature, options.inversion)
        frames, blocks = transfer(job.run, heard, labels, *how)
        path = job.out / folder / given.name
        job.writer.write(path, blocks, made)
        job.writer.draw(path, {"input": original, title: made}, played=frames[:3])

    _for_each(job.inputs, folder, resynthesise)


def _played(run: Run, frames: np.ndarray) -> np.ndarray | None:
    """Pitch, confidence and loudness, of a model that is played by them."""
    return frames[:3] if isinstance(run.model, Pitched) else None


def _passing(blocks: Iterable[np.ndarray], spectrogram: Spectrogram | None) -> Iterator[np.ndarray]:
    for block in blocks:
        if spectrogram is not None:
            spectrogram.add(block)
        yield block


def _for_each(inputs: list[Input], activity: str, work: Callable[[Input], None]) -> None:
    """Works on each file, whether others fail or not; raises in the end if one failed."""
    failed: list[str] = []
    for given in Progress(inputs, desc=activity, unit="file"):
        try:
            work(given)
        except (ValueError, OSError, MemoryError) as error:
            if isinstance(error, OSError) and error.errno in FATAL:
                raise
            logging.warning("skipped %s: %s", given.file, sentence(error))
            failed.append(str(given.file))
    if failed and len(failed) == len(inputs):
        raise ValueError(f"none of the {len(inputs)} files could be used: see above why")
    if failed:
        raise ValueError(
            f"skipped {len(failed)} of {len(inputs)} files, see above why: {', '.join(failed)}"
        )


def make_trajectories(job: Job) -> None:
    options = job.options
    _hint(job.run, job.labels)
    dim = job.run.autoencoder.latent_dim
    if options.latents is not None and options.latents > dim:
        raise ValueError(f"--latents must be from 1 to {dim}, got {options.latents}")
    bar = Progress(
        desc="trajectories", unit="trajectory", total=len(options.trajectories) * options.batch
    )
    with bar:
        for kind in options.trajectories:
            shape = (kind, options.steps, options.batch, options.seed, options.temperature)
            drawn = job.run.trajectories(*shape, job.labels, options.latents)
            for number, latents in enumerate(drawn):
                # of the jitter, which does not depend on how many are asked for
                random = np.random.default_rng([options.seed, TRAJECTORIES.index(kind), number])
                _decode(job, job.out / "trajectories" / f"{kind}_{number}", latents, random)
                bar.update()


def morph_files(job: Job) -> None:
    _hint(job.run, job.labels)
    sounds = [_open(job.run, given) for given in job.inputs]
    latents = morph(job.run, sounds, job.labels, job.options.temperature)
    name = "_".join(given.file.stem for given in job.inputs)
    _decode(job, job.out / "morphs" / name, latents, np.random.default_rng(job.options.seed))


def sweep_files(job: Job) -> None:
    run, options = job.run, job.options
    tasks = options.task or run.conditioning_tasks
    if not tasks:
        raise ValueError("sweep expects a model that is conditioned on labels, got one that is not")
    for task in tasks:
        run.check_conditioning(task)
    known = DatasetLabelReader(run)
    swept = [(given.name, task) for given in job.inputs for task in tasks]
    names = unique_names([f"{name}_{task}" for name, task in swept])
    folders = dict(zip(swept, names, strict=True))

    def sweep(given: Input) -> None:
        sound, name = InputSound(run, given), given.name
        of_dataset = known.conditioning(given.file, sound, given.first)
        latents = encode_segments(run, sound, {**of_dataset, **job.labels}, options.temperature)
        for task in tasks:
            others = {key: value for key, value in of_dataset.items() if key != task}
            labels = swept_labels(run, task, {**others, **job.labels})
            folder = job.out / "sweeps" / folders[name, task]
            _sweep(job, folder, f"{name}: {task}", latents, labels)

    _for_each(job.inputs, "sweeping", sweep)


def _sweep(
    job: Job, folder: Path, title: str, latents: np.ndarray, labels: Mapping[str, Given]
) -> None:
    """Writes a sound for each value of a label, and all of them joined, with a picture."""
    folder = folder.with_name(short_name(folder.name))
    files, marks, start = [], [], 0.0
    for number, (value, given) in enumerate(labels.items()):
        decoded = decode_segments(job.run, latents, given, job.options.inversion)
        blocks = blocks_without_edges(decoded, job.run.sample_rate)
        file, seconds = job.writer.write(folder / f"{number:02d}_{_file_name(value)}", blocks)
        files.append(file)
        marks.append((start, value))
        start += seconds
    joined = job.writer.spectrogram()
    job.writer.join(folder / "all", files, joined)
    job.writer.draw(folder / "all", {title: joined}, marks=marks)


def make_tables(job: Job) -> None:
    """Writes a table, its cycles one by one, and its picture."""
    options, run = job.options, job.run
    along = options.along or run.single_cycle.descriptors[0]
    _hint(run, job.labels)
    table = table_along(run, along, options.cycles, options.extent, options.pitch, job.labels)
    place = job.out / "tables" / f"{along}_{len(table)}"
    wav = place.with_name(f"{place.name}.wav")
    write_table(wav, table)
    logging.info("%s", wav)
    write_cycles(place, table)
    logging.info("%s", place)
    if not options.no_pictures:
        from vschaos.pictures import draw_waterfall  # matplotlib is slow to load

        draw_waterfall(place.with_name(f"{place.name}.png"), table, f"{run.name}: {along}")


def _hint(run: Run, labels: Given) -> None:
    left = [task for task in run.conditioning_tasks if task not in labels]
    if left:
        logging.info(
            "labels that are not given: %s (--meta %s gives them)",
            ", ".join(left),
            " ".join(shlex.join([task, _example(run, task)]) for task in left),
        )


def _example(run: Run, task: str) -> str:
    vocabulary = run.vocabularies[task]
    return vocabulary.classes[-1] if vocabulary.is_class else f"{vocabulary.mean:.3g}"


def _open(run: Run, given: Input) -> InputSound:
    try:
        return InputSound(run, given)
    except UnusableAudioError as error:
        raise ValueError(f"{given.file} cannot be used: {error}") from error


def _decode(job: Job, path: Path, latents: np.ndarray, random: np.random.Generator) -> None:
    controls = job.run.autoencoder.frame_controls()[: len(latents)]
    is_latent = np.array([[control.unit == "sigma"] for control in controls])
    noise = random.standard_normal(latents.shape)
    latents = latents + job.options.jitter * is_latent * noise
    decoded = decode_segments(job.run, latents, job.labels, job.options.inversion)
    spectrogram = job.writer.spectrogram()
    job.writer.write(path, blocks_without_edges(decoded, job.run.sample_rate), spectrogram)
    own = latents[is_latent[:, 0]]
    shown = own if len(own) else None
    job.writer.draw(path, {path.name: spectrogram}, shown, played=_played(job.run, latents))


def _file_name(text: str) -> str:
    """The name of a class as the name of a file."""
    return re.sub(r"[^\w#+. -]", "_", text).strip(". ")[:60] or "_"
