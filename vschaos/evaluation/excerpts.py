"""The sounds that a run is evaluated on: its held-out files, or those of any folder."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vschaos.audio.files import UnusableAudioError, Waveform, find_audio_files, probe
from vschaos.batch import Batch
from vschaos.data.features.feature import compute
from vschaos.evaluation.rendered import RenderedMaterial
from vschaos.evaluation.spectra import conditioning_tasks, predicted_tasks
from vschaos.generation import DatasetLabelReader, InputSound
from vschaos.generation.inputs import Input, changed_files
from vschaos.generation.material import Clip, Material, spread
from vschaos.labels import Labels
from vschaos.models.base import Model
from vschaos.models.capabilities import Labelled
from vschaos.runs import Run
from vschaos.targets import build

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
        band: share of the model's frequencies that its file can hold, by the rate of the file.
    """

    name: str
    audio: Tensor
    labels: Labels
    features: dict[str, Tensor] = {}  # noqa: RUF012  never changed in place
    targets: dict[str, Tensor] = {}  # noqa: RUF012
    band: float = 1.0

    @classmethod
    def of(cls, name: str, batch: Batch) -> Excerpt:
        """A batch of one sound."""
        return cls(name, batch.audio, batch.labels, batch.features, batch.targets, batch.band)

    @property
    def batch(self) -> Batch:
        return Batch(self.audio, self.labels, self.features, self.targets, band=self.band)

    def cut(self, model: Model, seconds: float, first: int = 0) -> Excerpt:
        """At most `seconds` from frame `first` on, with their labels and features."""
        total, hop = self.audio.shape[1], model.hop_length
        length = min(round(seconds * model.sample_rate), total - first * hop)
        count = len(model.centres(length))

        def frames(values: Tensor) -> Tensor:
            """`[1, C, M]`, `M = ceil(total / step)`, where `step` is the hop of a feature."""
            size = values.shape[2]
            step = hop if -(-total // hop) == size else -(-total // size)
            start = first * hop // step
            return values[:, :, start : start + -(-length // step)]

        return self._replace(
            audio=self.audio[:, first * hop : first * hop + length],
            labels=Labels(*(part[:, :, first : first + count] for part in self.labels)),
            features={name: frames(values) for name, values in self.features.items()},
        )

    def loudest(self, model: Model, seconds: float) -> Excerpt:
        """The `seconds` with the most energy, from the beginning of a frame."""
        length = round(seconds * model.sample_rate)
        if self.audio.shape[1] <= length:
            return self
        energy = self.audio[0].double().square().cumsum(0)
        starts = torch.arange(0, self.audio.shape[1] - length, model.hop_length)
        first = int((energy[starts + length - 1] - energy[starts]).argmax())
        return self.cut(model, seconds, first)


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
    there = _with_root(run, folder)
    for side in ("held_out", "train"):
        names = [name for name in run.split[side] if (folder / name).is_file()]
        if not names or len(changed_files(there, names)) == len(names):
            return None
    return there


def _with_root(run: Run, folder: Path) -> Run:
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
        if not there:
            raise FileNotFoundError(
                "the sounds of the training were expected where they were, got none of them "
                "(data.dataset.root)"
            )
        named = {name: material.batches[name] for name in _some(there, count)}
        return EvaluationSet("held out", [Excerpt.of(n, batch) for n, batch in named.items()], [])
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
        excerpts.append(excerpt_of(run, material, clip))
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
    run = _with_root(run, folder)
    names = [file.relative_to(folder).as_posix() for file in files]
    labels = _labels_of(run, folder)
    excerpts, left_out = [], []
    for name in _some(names, count):
        try:
            audio = _read_middle(run, folder / name)
        except UnusableAudioError as error:
            left_out.append((name, str(error)))
            continue
        if reason := _useless(audio):
            left_out.append((name, reason))
        else:
            rate = probe(folder / name).sample_rate
            excerpts.append(_excerpt(run, name, audio, labels.of(folder / name, audio), rate))
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


def excerpt_of(run: Run, material: Material, clip: Clip) -> Excerpt:
    """A clip of the run's own sounds, with its labels, features and targets."""
    if isinstance(material, RenderedMaterial):
        return Excerpt.of(clip.name, material.batches[clip.name])
    rate = material.file_rate(clip.name)
    return _excerpt(run, clip.name, clip.audio, material.labels(clip), rate)


def _excerpt(
    run: Run, name: str, audio: Waveform, known: Mapping[str, np.ndarray], file_rate: int
) -> Excerpt:
    unknown = np.full(len(run.model.centres(len(audio))), np.nan, dtype=np.float32)
    rows = [known.get(task, unknown) for task in run.vocabularies]
    values = torch.from_numpy(np.array(rows, np.float32).reshape(1, len(rows), len(unknown)))
    samples = torch.from_numpy(np.array(audio, dtype=np.float32))[None]
    labels = Labels(values.nan_to_num(), ~values.isnan())
    band = min(file_rate / run.sample_rate, 1.0)
    return Excerpt(name, samples, labels, _features(run, audio, name), band=band)


def _features(run: Run, audio: Waveform, name: str) -> dict[str, Tensor]:
    """The features that a run was trained with, of a sound `[T]`: `[1, C, M]` by name."""
    features = {}
    for key, entry in (run.config["data"].get("features") or {}).items():
        make = build({**entry, "_partial_": True})
        given = {"sample_rate": run.sample_rate, "hop_length": run.model.hop_length}
        values = compute(make(**(given | make.keywords)), audio, name)
        features[key] = torch.from_numpy(values)[None]
    return features


def _read_middle(run: Run, file: Path) -> Waveform:
    """At most `MAX_SECONDS` from the middle of a file, without the rest of it in memory."""
    wanted = round(MAX_SECONDS * run.sample_rate)
    sound = InputSound(run, Input(file, file.name))
    if len(sound) > wanted:
        start = (len(sound) - wanted) // 2
        sound = InputSound(run, Input(file, file.name, (start, start + wanted)))
    return np.concatenate(list(sound))


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
