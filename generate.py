#!/usr/bin/env python3
"""Makes sounds with a trained model: reconstructions, latent trajectories, morphs, label sweeps."""

from __future__ import annotations

import argparse
import logging
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vschaos.command import run_command
from vschaos.generate_options import TRAJECTORIES, make_parser

if TYPE_CHECKING:
    import numpy as np

    from vschaos.generation.inputs import Input
    from vschaos.runs import Given, Run

HELD_OUT_TO_SWEEP = 3  # files, if none are given
FOLDERS = ("reconstructions", "trajectories", "morphs", "sweeps")
WALKS_APART = 100_003  # in seeds of the prior


def main() -> int:
    options = make_parser().parse_args()
    return run_command(lambda: generate(options), options.debug)


def generate(options: argparse.Namespace) -> None:
    import torch

    from vschaos import load_run
    from vschaos.folders import mark_as_made
    from vschaos.generation import parse_labels
    from vschaos.runs import check_own_folders

    torch.manual_seed(options.seed)
    run = load_run(options.path, options.version, options.name)
    labels = parse_labels(run, options.meta)
    out = options.out or run.folder / "generated"
    if options.out is None:
        check_own_folders(run.folder, ("generated", *(f"generated/{name}" for name in FOLDERS)))
    commands = {
        "reconstruct": reconstruct_files,
        "trajectories": walk,
        "morph": morph_files,
        "sweep": sweep_files,
    }
    try:
        commands[options.command](run, out, labels, options)
    finally:
        for name in FOLDERS:  # of no training's sounds, if it looks here
            mark_as_made(out / name)


def reconstruct_files(run: Run, out: Path, labels: Given, options: argparse.Namespace) -> None:
    from vschaos.audio import UnusableAudioError
    from vschaos.generation import KnownLabels, find_inputs, read_input, reconstruct
    from vschaos.progress import Progress

    files = find_inputs(run, options.files)
    known = KnownLabels(run)
    skipped = 0
    for given in Progress(files, desc="reconstructing", unit="file"):
        file, name, part = given
        try:
            audio = read_input(run, file, part)
        except UnusableAudioError as error:
            logging.warning("skipped %s: %s", file, error)
            skipped += 1
            continue
        told = {**known.told(file, audio, given.first), **labels}
        output = reconstruct(run, audio, told, options.temperature, options.inversion)
        sounds = {"input": audio, "reconstruction": output}
        _write(run, out / "reconstructions" / name, sounds, options)
    if skipped == len(files):
        raise ValueError(f"none of the {len(files)} files could be used: see above why")
    if skipped:
        logging.warning("skipped %d of %d files", skipped, len(files))


def walk(run: Run, out: Path, labels: Given, options: argparse.Namespace) -> None:
    import numpy as np

    from vschaos.progress import Progress

    _hint(run, labels)
    _check_latents(run, options.latents)
    walks = [(kind, number) for kind in options.trajectories for number in range(options.batch)]
    for kind, number in Progress(walks, desc="walking", unit="walk"):
        # each walk has a seed of its own: asking for more kinds or more walks changes none of them
        random = np.random.default_rng([options.seed, TRAJECTORIES.index(kind), number])
        latents = _latents(run, kind, number, labels, random, options)
        path = out / "trajectories" / f"{kind}_{number}"
        _decode(run, path, latents, labels, random, options)


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
        return run.wander(options.steps, seed, labels, options.temperature)[:dim]
    frame_rate = run.sample_rate / run.model.hop_length
    return trajectory(kind, dim, options.steps, frame_rate, random, options.temperature)


def _check_latents(run: Run, count: int | None) -> None:
    if count is not None and count > run.model.latent_dim:
        raise ValueError(f"--latents must be from 1 to {run.model.latent_dim}, {count} came")


def morph_files(run: Run, out: Path, labels: Given, options: argparse.Namespace) -> None:
    import numpy as np

    from vschaos.generation import find_inputs, morph

    _hint(run, labels)
    inputs = find_inputs(run, options.files)
    sounds = [_read(run, given) for given in inputs]
    latents = morph(run, sounds, labels, options.temperature)
    random = np.random.default_rng(options.seed)
    name = "_".join(given.file.stem for given in inputs)[:100]
    _decode(run, out / "morphs" / name, latents, labels, random, options)


def sweep_files(run: Run, out: Path, labels: Given, options: argparse.Namespace) -> None:
    import numpy as np

    from vschaos.generation import KnownLabels, find_inputs, sweep, without_edges

    tasks = options.task or run.model.told
    if not tasks:
        raise ValueError("the model is not told any label that could be gone through")
    known = KnownLabels(run)
    inputs = find_inputs(run, options.files)
    for given in inputs[: None if options.files else HELD_OUT_TO_SWEEP]:
        audio, name = _read(run, given), given.name
        told = known.told(given.file, audio, given.first)
        latents = run.encode(audio, {**told, **labels}, options.temperature)
        for task in tasks:
            others = {key: value for key, value in told.items() if key != task}
            sounds = sweep(run, latents, task, {**others, **labels}, options.inversion)
            folder = out / "sweeps" / f"{name}_{task}"
            for number, (value, sound) in enumerate(sounds.items()):
                path = folder / f"{number:02d}_{_file_name(value)}"
                _write_sound(run, path, without_edges(sound, run.sample_rate), options)
            marks = [
                (number * len(sound) / run.sample_rate, value)
                for number, (value, sound) in enumerate(sounds.items())
            ]
            joined = np.concatenate(
                [without_edges(sound, run.sample_rate) for sound in sounds.values()]
            )
            _write(run, folder / "all", {f"{name}: {task}": joined}, options, marks=marks)


def _hint(run: Run, labels: Given) -> None:
    left = [task for task in run.model.told if task not in labels]
    if left:
        logging.info(
            "not said: %s; --meta %s does",
            ", ".join(left),
            " ".join(f"{task} {_example(run, task)}" for task in left),
        )


def _example(run: Run, task: str) -> str:
    vocabulary = run.vocabularies[task]
    return vocabulary.classes[-1] if vocabulary.is_class else f"{vocabulary.mean:.3g}"


def _read(run: Run, given: Input) -> np.ndarray:
    from vschaos.audio import UnusableAudioError
    from vschaos.generation import read_input

    try:
        return read_input(run, given.file, given.part)
    except UnusableAudioError as error:
        raise ValueError(f"{given.file} cannot be used: {error}") from error


def _decode(
    run: Run,
    path: Path,
    latents: np.ndarray,
    labels: Given,
    random: np.random.Generator,
    options: argparse.Namespace,
) -> None:
    from vschaos.generation import without_edges

    latents = latents + options.jitter * random.standard_normal(latents.shape)
    output = without_edges(run.decode(latents, labels, options.inversion), run.sample_rate)
    _write(run, path, {path.name: output}, options, latents)


def _write(
    run: Run,
    path: Path,
    sounds: dict[str, np.ndarray],
    options: argparse.Namespace,
    latents: np.ndarray | None = None,
    marks: Sequence[tuple[float, str]] = (),
) -> None:
    """The last of the sounds as wav, all of them as a picture."""
    from vschaos.pictures import draw_sounds

    _write_sound(run, path, list(sounds.values())[-1], options)
    if not options.no_pictures:
        picture = path.with_name(f"{path.name}.png")
        draw_sounds(picture, sounds, run.sample_rate, latents, marks)


def _write_sound(run: Run, path: Path, sound: np.ndarray, options: argparse.Namespace) -> None:
    import numpy as np

    from vschaos.audio import resample, write_audio

    sample_rate = options.sr or run.sample_rate
    wav = path.with_name(f"{path.name}.wav")
    write_audio(wav, resample(sound, run.sample_rate, sample_rate), sample_rate)
    peak = np.abs(sound).max(initial=0.0)
    logging.info("%s", wav)
    if peak > 1.0:
        logging.warning(
            "  its peak is %.2f: turn it down before it is written to 16 or 24 bits", peak
        )


def _file_name(text: str) -> str:
    """What a class is called, as the name of a file."""
    return re.sub(r"[^\w#+. -]", "_", text).strip(". ")[:60] or "_"


if __name__ == "__main__":
    sys.exit(main())
