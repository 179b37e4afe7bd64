"""The sounds that a run is judged by: those it has held out, or any others."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vschaos.audio.files import UnusableAudioError, Waveform, find_audio_files, read_blocks
from vschaos.data.full_scale import gain_for
from vschaos.generation import DatasetLabelReader
from vschaos.generation.inputs import beyond_full_scale, changed_files
from vschaos.generation.material import Material, spread
from vschaos.labels import Labels
from vschaos.models.base import Model
from vschaos.runs import Run

MAX_SECONDS = 60.0  # of a file; longer ones are judged by their middle
SILENT = 1e-4  # -80 dB, a peak below which there is nothing to compare
HEARD_DB = -60.0  # below the loudest frame of a sound, its frames that count
NAMES_SHOWN = 10
logger = logging.getLogger(__name__)


class Excerpt(NamedTuple):
    """A sound, and what is known of it.

    Attributes:
        name: of its file.
        audio: `[1, T]`.
        labels: of its frames, `[1, L, N]`.
    """

    name: str
    audio: Tensor
    labels: Labels


class EvaluationSet(NamedTuple):
    """What a run is judged by.

    Attributes:
        origin: `held out`, or the folder.
        excerpts: the sounds.
        left_out: files that could not be used, and why.
    """

    origin: str
    excerpts: list[Excerpt]
    left_out: list[tuple[str, str]]


def moved(run: Run, folder: Path | None) -> Run | None:
    """The run with its dataset in a folder, if that is where it lies now; None if it is not."""
    if folder is None:
        return run
    held_out, learnt = run.split["held_out"], run.split["train"]
    there = with_root(run, folder)
    for side in (held_out, learnt):
        names = [name for name in side if (folder / name).is_file()]
        if not names or len(changed_files(there, names)) == len(names):
            return None
    return there


def with_root(run: Run, folder: Path) -> Run:
    """The run with its dataset in a folder."""
    data = run.config["data"]
    dataset = {**data["dataset"], "root": str(folder)}
    return replace(run, config={**run.config, "data": {**data, "dataset": dataset}})


def held_out_excerpts(run: Run, material: Material, count: int | None = None) -> EvaluationSet:
    """Those that the training held out, at most `count` of them, evenly over the list.

    Raises:
        ValueError: none was held out, or none can be read.
    """
    if not run.split["held_out"]:
        raise ValueError("no file was held out in training: name others with --data")
    there = material.names("held_out")
    if not there:
        raise FileNotFoundError(
            f"the sounds held out in training are not there any more ({material.root}): say where "
            "with --data, or name others"
        )
    left_out = [(name, "it is not there") for name in run.split["held_out"] if name not in there]
    excerpts = []
    for name in _some(there, count):
        clip = material.clip(name, MAX_SECONDS, "held_out")
        reason = "it cannot be read" if clip is None else _useless(clip.audio)
        if clip is None or reason:
            left_out.append((name, reason))
            continue
        known = {t: row for t, row in material.labels(clip).items() if t in run.vocabularies}
        excerpts.append(_excerpt(run, name, clip.audio, known))
    return _told(EvaluationSet("held out", excerpts, left_out))


def excerpts_of(run: Run, folder: Path, count: int | None = None) -> EvaluationSet:
    """Any sounds of a folder, with its labels if it has some.

    Raises:
        FileNotFoundError: there is no such folder, or no sound in it.
        ValueError: no sound in it can be used.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"--data: there is no folder {folder}")
    files = find_audio_files(folder)
    if not files:
        raise FileNotFoundError(f"--data: there is no audio file in {folder}")
    names = [file.relative_to(folder).as_posix() for file in files]
    labels = _labels_of(run, folder)
    excerpts, left_out = [], []
    for name in _some(names, count):
        try:
            audio = _read_middle(run, folder / name)
            reason = _useless(audio)
        except UnusableAudioError as error:
            audio, reason = np.zeros(0, np.float32), str(error)
        if reason:
            left_out.append((name, reason))
            continue
        excerpts.append(_excerpt(run, name, audio, labels.of(folder / name, audio)))
    return _told(EvaluationSet(str(folder), excerpts, left_out))


def infer_labels(model: Model, excerpt: Excerpt) -> Labels:
    """What is known of a sound, and what the model hears itself of the labels that it is told."""
    values, known = (part.clone() for part in excerpt.labels)
    both = [task for task in model.conditioning_tasks if task in model.predicted_tasks]
    heard = model.predict(excerpt.audio) if both else values
    for task in both:
        row = list(model.vocabularies).index(task)
        own = heard[:, model.predicted_tasks.index(task)].to(values.dtype)
        values[:, row] = torch.where(known[:, row], values[:, row], own)
        known[:, row] = True
    return Labels(values, known)


def is_audible(magnitudes: Tensor) -> Tensor:
    """Which frames of `[B, F, N]` are loud enough to count, `[B, N]`; all of them in silence."""
    level = magnitudes.norm(dim=1)
    return level >= level.amax(dim=1, keepdim=True) * 10 ** (HEARD_DB / 20)


def beside_labels(values: Tensor, excerpt: Excerpt) -> Tensor:
    """Values `[..., M]` of a transform's frames -> those nearest to the N frames of the labels: a
    family may have more or fewer of them."""
    places = torch.linspace(0, values.shape[-1] - 1, excerpt.labels.known.shape[2]).round().long()
    return values[..., places.to(values.device)]


def _excerpt(run: Run, name: str, audio: Waveform, known: dict[str, np.ndarray]) -> Excerpt:
    num_frames = len(run.model.centres(len(audio)))
    values = np.full((len(run.vocabularies), num_frames), np.nan, dtype=np.float32)
    for row, task in enumerate(run.vocabularies):
        if task in known:
            values[row] = known[task]
    rows = torch.from_numpy(values)[None]
    samples = torch.from_numpy(np.array(audio, dtype=np.float32))[None]
    return Excerpt(name, samples, Labels(rows.nan_to_num(), ~rows.isnan()))


def _read_middle(run: Run, file: Path) -> Waveform:
    """At most `MAX_SECONDS` from the middle of a file; of a long one no more is kept in memory."""
    channel = run.config["data"]["dataset"]["channel"]
    wanted = round(MAX_SECONDS * run.sample_rate)
    length, peak = 0, 0.0
    for block in read_blocks(file, run.sample_rate, channel):
        length += len(block)
        peak = max(peak, float(np.abs(block).max(initial=0.0)))
    start, position = max(0, (length - wanted) // 2), 0
    kept = [np.zeros(0, np.float32)]
    for block in read_blocks(file, run.sample_rate, channel):
        first, last = start - position, start + wanted - position
        kept.append(block[max(first, 0) : max(last, 0)])
        position += len(block)
    return np.concatenate(kept) * np.float32(gain_for(peak, beyond_full_scale(run)))


def _useless(audio: Waveform) -> str:
    """Why a sound cannot be compared with anything; nothing if it can."""
    if not len(audio):
        return "it is empty"
    return "" if np.abs(audio).max() > SILENT else "it is silent"


def _labels_of(run: Run, folder: Path) -> DatasetLabelReader:
    """The labels of a foreign folder, but for those whose classes are not the model's."""
    known = DatasetLabelReader(with_root(run, folder))
    for name in list(known.tasks):
        own, foreign = run.vocabularies[name].classes, known.tasks[name].vocabulary.classes
        if len(foreign) > len(own) or any(a != b for a, b in zip(own, foreign, strict=False)):
            logger.warning(
                "%s/metadata/%s is left out: the model's classes are %s, those there are %s",
                *(folder, name, ", ".join(own) or "numbers", ", ".join(foreign) or "numbers"),
            )
            del known.tasks[name]
    return known


def _some(names: Sequence[str], count: int | None) -> list[str]:
    return list(names) if count is None else spread(names, count)


def _told(judged: EvaluationSet) -> EvaluationSet:
    """Tells of files that were left out.

    Raises:
        ValueError: nothing is left.
    """
    for name, reason in judged.left_out[:NAMES_SHOWN]:
        logger.warning("left out %s: %s", name, reason)
    if len(judged.left_out) > NAMES_SHOWN:
        logger.warning("and %d more", len(judged.left_out) - NAMES_SHOWN)
    if not judged.excerpts:
        raise ValueError(f"none of the {len(judged.left_out)} files can be used: see above why")
    return judged
