"""Conditioning accuracy: notes by a pitch tracker, other labels by the model's own predictors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vschaos.audio.files import Waveform, resample
from vschaos.data.pitch.notes import PITCH_CLASSES, nearest_note, pitch_and_octave
from vschaos.data.pitch.tracking import SAMPLE_RATE, Tracker
from vschaos.evaluation.effects import effect_of, under_each, values_of
from vschaos.evaluation.excerpts import Excerpt, infer_labels
from vschaos.evaluation.spectra import conditioning_tasks, predicted_tasks
from vschaos.generation.material import Material
from vschaos.labels import Labels
from vschaos.models.base import Model
from vschaos.models.capabilities import Autoencoder, Labelled, LatentStatistics, Spectral
from vschaos.progress import Progress
from vschaos.runs import Run
from vschaos.trajectories import trajectory

VOICED_SHARE = 0.2  # of the frames, from which a sound has a pitch
INVERSION = "scan"  # fast, and pitch does not depend on the phase
FILES = 24
SECONDS = 3.0  # of a sound: enough for a note, and many of them are decoded
NUM_WALKS = 48
WALK_SECONDS = 2.0
WALK_DEVIATIONS = (1.0, 2.0)


class Case(NamedTuple):
    """A decoded note: whether it is voiced, and has the pitch class and octave of its labels."""

    voiced: bool
    pitch: bool
    octave: bool


def is_conditioned_on_notes(model: Model) -> bool:
    """Whether a model is conditioned on pitch and octave as `extract_pitch.py` writes them."""
    if not {"pitch", "octave"} <= set(conditioning_tasks(model)):
        return False
    pitch, octave = (model.vocabularies[task].classes for task in ("pitch", "octave"))
    # an octave with another name than its number cannot be compared with a fundamental
    are_numbers = all(name == str(number) for number, name in enumerate(octave))
    return len(pitch) == len(PITCH_CLASSES) and bool(octave) and are_numbers


def note_accuracy(
    run: Run,
    model: Autoencoder,
    excerpts: Sequence[Excerpt],
    material: Material,
    tracker: Tracker,
) -> dict[str, dict[str, float]]:
    """Shares of correct notes by kind of case: latents of each sound under all twelve pitch classes
    of the complete training octaves (`all`, and by folder), the sounds `itself` under their own
    labels, and random walks of one and two standard deviations."""
    octaves = whole_octaves(run, material)
    rows: dict[str, list[Case]] = defaultdict(list)
    for excerpt in Progress(excerpts, desc="notes", unit="file"):
        if (own := _own_case(run, excerpt, tracker)) is not None:
            rows["itself"].append(own)
        cases = _sweep(model, excerpt, octaves, tracker)
        rows["all"] += cases
        folder = PurePosixPath(excerpt.name).parent.name
        if folder:
            rows[folder] += cases
    if isinstance(model, LatentStatistics):  # whose latents have unit variance
        for deviations in WALK_DEVIATIONS:
            rows[f"walks of {deviations:g}"] = _walk(run, model, octaves, deviations, tracker)
    return {kind: _shares(cases) for kind, cases in sorted(rows.items()) if cases}


def conditioning_accuracy(
    model: Autoencoder, excerpts: Sequence[Excerpt]
) -> dict[str, dict[str, float]]:
    """For each conditioning label `effect_db`, its effect on decoded levels, and `accuracy`, if the
    model predicts it too: the share of frames predicted as they were conditioned."""
    results = {}
    for task in conditioning_tasks(model):
        if len(values_of(model, task)) > 1:
            results[task] = {"effect_db": effect_of(model, excerpts, task).level_db}
            if task in predicted_tasks(model) and model.vocabularies[task].is_class:
                results[task]["accuracy"] = _predicted_as_conditioned(model, excerpts, task)
    return results


def whole_octaves(run: Run, material: Material) -> list[int]:
    """The octaves of which all twelve pitch classes occur in training files with one note each; all
    octaves of the model if there are none."""
    tasks = [material.tasks.get(task) for task in ("pitch", "octave")]
    notes = set()
    for name in run.split["train"]:
        both = [task.segments.get(name) for task in tasks if task is not None]
        if len(both) == 2 and both[0] and both[1]:
            notes.add((both[0][0].value, both[1][0].value))
    octaves = sorted({octave for _, octave in notes})
    whole = [octave for octave in octaves if len({n for n in notes if n[1] == octave}) == 12]
    return [int(o) for o in whole] or list(range(len(run.vocabularies["octave"].classes)))


def _sweep(
    model: Autoencoder, excerpt: Excerpt, octaves: Iterable[int], tracker: Tracker
) -> list[Case]:
    notes = [(pitch, octave) for octave in octaves for pitch in range(12)]
    latents = model.encode(excerpt.audio, infer_labels(model, excerpt))
    labels = _note_labels(model, notes, latents.shape[2])
    sounds = _decode(model, latents.expand(len(notes), -1, -1), labels)
    return [
        _case(tracker, model.sample_rate, sound, *note)
        for note, sound in zip(notes, sounds.numpy(), strict=True)
    ]


def _walk(
    run: Run, model: Autoencoder, octaves: list[int], deviations: float, tracker: Tracker
) -> list[Case]:
    random = np.random.default_rng(0)
    frame_rate = run.sample_rate / model.hop_length
    num_frames = int(WALK_SECONDS * frame_rate)
    cases = []
    for _ in Progress(range(NUM_WALKS), desc="walks", unit="walk"):
        note = int(random.integers(12)), int(random.choice(octaves))
        frames = trajectory("random", model.latent_dim, num_frames, frame_rate, random, deviations)
        labels = _note_labels(model, [note], num_frames)
        sound = _decode(model, torch.from_numpy(frames)[None], labels)
        cases.append(_case(tracker, run.sample_rate, sound[0].numpy(), *note))
    return cases


def _note_labels(model: Model, notes: Sequence[tuple[int, int]], num_frames: int) -> Labels:
    """Pitch and octave of each note, `[notes, L, num_frames]`; other labels are unknown."""
    values = torch.zeros(len(notes), len(model.vocabularies), num_frames)
    known = torch.zeros_like(values, dtype=torch.bool)
    rows = [list(model.vocabularies).index(task) for task in ("pitch", "octave")]
    values[:, rows] = torch.tensor(notes).float()[:, :, None]
    known[:, rows] = True
    return Labels(values, known)


def _own_case(run: Run, excerpt: Excerpt, tracker: Tracker) -> Case | None:
    """The sound itself, under its own labels; None if they are unknown."""
    rows = [list(run.vocabularies).index(task) for task in ("pitch", "octave")]
    known = excerpt.labels.known[0, rows].all(dim=0).nonzero()
    if not len(known):
        return None
    pitch, octave = excerpt.labels.values[0, rows, known[0, 0]].tolist()
    return _case(tracker, run.sample_rate, excerpt.audio[0].numpy(), int(pitch), int(octave))


def _case(tracker: Tracker, sample_rate: int, sound: Waveform, pitch: int, octave: int) -> Case:
    tracked_hz, confidence = tracker(resample(sound, sample_rate, SAMPLE_RATE))
    voiced = confidence >= tracker.threshold
    if voiced.mean() < VOICED_SHARE:
        return Case(False, False, False)
    tracked_pitch, tracked_octave = pitch_and_octave(nearest_note(np.median(tracked_hz[voiced])))
    return Case(True, bool(tracked_pitch == pitch), bool(tracked_octave == octave))


def _shares(cases: list[Case]) -> dict[str, float]:
    """The share of voiced cases, and among those the shares of right pitch classes and octaves."""
    voiced = np.array([case for case in cases if case.voiced]).reshape(-1, len(Case._fields))
    _, pitch, octave = voiced.mean(axis=0).tolist() if len(voiced) else (0.0, 0.0, 0.0)
    share = len(voiced) / len(cases)
    return {"cases": len(cases), "voiced": share, "pitch": pitch, "octave": octave}


def _predicted_as_conditioned(model: Autoencoder, excerpts: Sequence[Excerpt], task: str) -> float:
    """Share of the frames decoded under each class of a label that are predicted as it."""
    assert isinstance(model, Labelled)
    values, head = list(values_of(model, task).values()), model.predicted_tasks.index(task)
    classes = torch.tensor(values)[:, None]
    shares = []
    for excerpt in excerpts:
        latents = model.encode(excerpt.audio, infer_labels(model, excerpt))
        labels = under_each(model, excerpt.labels, task, values)
        sounds = _decode(model, latents.expand(len(values), -1, -1), labels)
        shares.append(float((model.predict(sounds)[:, head].round() == classes).float().mean()))
    return float(np.mean(shares))


def _decode(model: Autoencoder, latents: Tensor, labels: Labels) -> Tensor:
    """`[B, Z, N]` -> `[B, T]`, by a fast inversion if the model has any."""
    if isinstance(model, Spectral):
        fast = INVERSION if INVERSION in model.inversions else model.inversions[0]
        return model.decode(latents, labels, fast)
    return model.decode(latents, labels)
