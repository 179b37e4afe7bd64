"""The sounds that a run is evaluated on: its held-out files, or those of any folder."""

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
from vschaos.batch import Batch
from vschaos.evaluation.features import features_of
from vschaos.evaluation.rendered import RenderedMaterial
from vschaos.evaluation.spectra import conditioning_tasks, predicted_tasks
from vschaos.generation import DatasetLabelReader
from vschaos.generation.inputs import changed_files, dataset_settings, gain_in_training
from vschaos.generation.material import Material, spread
from vschaos.labels import Labels
from vschaos.models.base import Model
from vschaos.models.capabilities import Labelled
from vschaos.runs import Run

MAX_SECONDS = 60.0  # of a file; the middle of longer ones
SILENT = 1e-4  # peak, -80 dB: below it there is nothing to compare
NAMES_SHOWN = 10
logger = logging.getLogger(__name__)


class Excerpt(NamedTuple):
    """A sound with its labels.

    Attributes:
        name: of its file.
        audio: `[1, T]`.
        labels: of its frames, `[1, L, N]`.
        features, targets: see `Batch`.
    """

    name: str
    audio: Tensor
    labels: Labels
    features: dict[str, Tensor] = {}  # noqa: RUF012  never changed in place
    targets: dict[str, Tensor] = {}  # noqa: RUF012

    @property
    def batch(self) -> Batch:
        return Batch(*self[1:])


class EvaluationSet(NamedTuple):
    """The sounds of an evaluation.

    Attributes:
        origin: `held out`, or the folder.
        excerpts: the sounds.
        left_out: files that could not be used, and why.
    """

    origin: str
    excerpts: list[Excerpt]
    left_out: list[tuple[str, str]]


def moved(run: Run, folder: Path | None) -> Run | None:
    """The run with its dataset in a folder, if the folder holds that dataset; None if not."""
    if folder is None:
        return run
    there = with_root(run, folder)
    for side in ("held_out", "train"):
        names = [name for name in run.split[side] if (folder / name).is_file()]
        if not names or len(changed_files(there, names)) == len(names):
            return None
    return there


def with_root(run: Run, folder: Path) -> Run:
    """The run with another folder as its dataset."""
    data = run.config["data"]
    dataset = {**data.get("dataset", {}), "root": str(folder)}
    return replace(run, config={**run.config, "data": {**data, "dataset": dataset}})


def held_out_excerpts(run: Run, material: Material, count: int | None = None) -> EvaluationSet:
    """The files that the training held out, at most `count` of them, evenly over the list.

    Raises:
        FileNotFoundError: they are gone.
        ValueError: none was held out, or none can be read.
    """
    there = material.names("held_out")
    if isinstance(material, RenderedMaterial):
        named = {name: material.batches[name] for name in _some(there, count)}
        return EvaluationSet("held out", [Excerpt(n, *batch) for n, batch in named.items()], [])
    if not run.split["held_out"]:
        raise ValueError("expected files held out in training, got none: name others with --data")
    if not there:
        raise FileNotFoundError(
            f"expected the held-out files of the training in {material.root}, got none of them: "
            "give their folder, or another one, with --data"
        )
    left_out = [(name, "it is missing") for name in run.split["held_out"] if name not in there]
    excerpts = []
    for name in _some(there, count):
        clip = material.clip(name, MAX_SECONDS, "held_out")
        reason = "it cannot be read" if clip is None else _useless(clip.audio)
        if clip is None or reason:
            left_out.append((name, reason))
            continue
        known = {t: row for t, row in material.labels(clip).items() if t in run.vocabularies}
        excerpts.append(_excerpt(run, name, clip.audio, known))
    return _reported(EvaluationSet("held out", excerpts, left_out))


def excerpts_of(run: Run, folder: Path, count: int | None = None) -> EvaluationSet:
    """The sounds of any folder, with its labels if it has some.

    Raises:
        FileNotFoundError: there is no such folder, or no sound in it.
        ValueError: no sound in it can be used.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"--data: there is no folder {folder}")
    files = find_audio_files(folder)
    if not files:
        raise FileNotFoundError(f"--data: there is no audio file in {folder}")
    run = with_root(run, folder)
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
    return _reported(EvaluationSet(str(folder), excerpts, left_out))


def infer_labels(model: Model, excerpt: Excerpt) -> Labels:
    """The known labels of a sound; unknown conditioning labels as the model predicts them."""
    both = [task for task in conditioning_tasks(model) if task in predicted_tasks(model)]
    if not both or not isinstance(model, Labelled):
        return excerpt.labels
    values, known = (part.clone() for part in excerpt.labels)
    predictions = model.predict(excerpt.audio)
    for task in both:
        row = list(model.vocabularies).index(task)
        predicted = predictions[:, model.predicted_tasks.index(task)].to(values.dtype)
        values[:, row] = torch.where(known[:, row], values[:, row], predicted)
        known[:, row] = True
    return Labels(values, known)


def _excerpt(run: Run, name: str, audio: Waveform, known: dict[str, np.ndarray]) -> Excerpt:
    num_frames = len(run.model.centres(len(audio)))
    values = np.full((len(run.vocabularies), num_frames), np.nan, dtype=np.float32)
    for row, task in enumerate(run.vocabularies):
        if task in known:
            values[row] = known[task]
    rows = torch.from_numpy(values)[None]
    samples = torch.from_numpy(np.array(audio, dtype=np.float32))[None]
    labels = Labels(rows.nan_to_num(), ~rows.isnan())
    return Excerpt(name, samples, labels, features_of(run, audio, name))


def _read_middle(run: Run, file: Path) -> Waveform:
    """At most `MAX_SECONDS` from the middle of a file, without the rest of it in memory."""
    channel = dataset_settings(run).get("channel", "mix")
    wanted = round(MAX_SECONDS * run.sample_rate)
    length, peak = 0, 0.0
    for block in read_blocks(file, run.sample_rate, channel):
        length += len(block)
        peak = max(peak, float(np.abs(block).max(initial=0.0)))
    start, position = max(0, (length - wanted) // 2), 0
    middle = [np.zeros(0, np.float32)]
    for block in read_blocks(file, run.sample_rate, channel):
        first, last = start - position, start + wanted - position
        middle.append(block[max(first, 0) : max(last, 0)])
        position += len(block)
    return np.concatenate(middle) * np.float32(gain_in_training(run, peak))


def _useless(audio: Waveform) -> str:
    """The reason why a sound cannot be evaluated; nothing if it can."""
    if not len(audio):
        return "it is empty"
    return "" if np.abs(audio).max() > SILENT else "it is silent"


def _labels_of(run: Run, folder: Path) -> DatasetLabelReader:
    """The labels of another folder, without those whose classes are not the model's."""
    reader = DatasetLabelReader(run)
    for name in list(reader.tasks):
        own, foreign = run.vocabularies[name].classes, reader.tasks[name].vocabulary.classes
        if len(foreign) > len(own) or any(a != b for a, b in zip(own, foreign, strict=False)):
            logger.warning(
                "left out %s/metadata/%s: expected the model's classes %s, got %s",
                *(folder, name, ", ".join(own) or "numbers", ", ".join(foreign) or "numbers"),
            )
            del reader.tasks[name]
    return reader


def _some(names: Sequence[str], count: int | None) -> list[str]:
    return list(names) if count is None else spread(names, count)


def _reported(sounds: EvaluationSet) -> EvaluationSet:
    """Logs the files that were left out.

    Raises:
        ValueError: nothing is left.
    """
    for name, reason in sounds.left_out[:NAMES_SHOWN]:
        logger.warning("left out %s: %s", name, reason)
    if len(sounds.left_out) > NAMES_SHOWN:
        logger.warning("and %d more", len(sounds.left_out) - NAMES_SHOWN)
    if not sounds.excerpts:
        raise ValueError(
            f"expected usable sounds, got none in {len(sounds.left_out)} files: see above"
        )
    return sounds
