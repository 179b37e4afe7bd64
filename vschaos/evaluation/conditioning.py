"""Whether labels that a model is told are obeyed: notes by ear, others by its own heads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
import torch

from vschaos.audio.files import Waveform, resample
from vschaos.data.pitch.notes import PITCH_CLASSES, nearest_note, pitch_and_octave
from vschaos.data.pitch.tracking import SAMPLE_RATE, Tracker
from vschaos.evaluation.effects import effect_of, under_each, values_of
from vschaos.evaluation.excerpts import Excerpt, infer_labels
from vschaos.generation.material import Material
from vschaos.labels import Labels
from vschaos.models.base import Model
from vschaos.progress import Progress
from vschaos.runs import Run
from vschaos.trajectories import trajectory

VOICED_SHARE = 0.2  # of the frames, from which a sound has a pitch
INVERSION = "scan"  # quick, and pitch is not a matter of the phase
FILES = 24
SECONDS = 3.0  # of a sound
NUM_WALKS = 48
WALK_SECONDS = 2.0
WALK_DEVIATIONS = (1.0, 2.0)


class Case(NamedTuple):
    """Whether a note was played: it has a pitch, the class asked for, the octave asked for."""

    voiced: bool
    pitch: bool
    octave: bool


def is_conditioned_on_notes(model: Model) -> bool:
    """If a model is told pitch and octave, as `extract_pitch.py` and its like write them."""
    if not {"pitch", "octave"} <= set(model.conditioning_tasks):
        return False
    pitch, octave = (model.vocabularies[task].classes for task in ("pitch", "octave"))
    # an octave called otherwise than its number cannot be told from a sound
    are_numbers = all(name == str(number) for number, name in enumerate(octave))
    return len(pitch) == len(PITCH_CLASSES) and bool(octave) and are_numbers


def note_accuracy(
    run: Run, excerpts: Sequence[Excerpt], material: Material, tracker: Tracker
) -> dict[str, dict[str, float]]:
    """By kind of case the shares that came right: each sound's latents under all twelve pitch
    classes of the octaves that were learnt whole (`all`, and by folder), the sounds `itself`
    under their own labels, and random walks of one and two deviations."""
    octaves = whole_octaves(run, material)
    rows: dict[str, list[Case]] = defaultdict(list)
    for excerpt in Progress(excerpts, desc="notes", unit="file"):
        if (own := _own_case(run, excerpt, tracker)) is not None:
            rows["itself"].append(own)
        cases = _sweep(run, excerpt, octaves, tracker)
        rows["all"] += cases
        folder = PurePosixPath(excerpt.name).parent.name
        if folder:
            rows[folder] += cases
    for deviations in WALK_DEVIATIONS:
        rows[f"walks of {deviations:g}"] = _walk(run, octaves, deviations, tracker)
    return {kind: _shares(cases) for kind, cases in sorted(rows.items()) if cases}


def conditioning_accuracy(run: Run, excerpts: Sequence[Excerpt]) -> dict[str, dict[str, float]]:
    """For each label that is told: how much it changes what is decoded (dB) and, if the model
    hears it as well, in which share of the frames it hears what it was told."""
    judged = {}
    for task in run.model.conditioning_tasks:
        if len(values_of(run.model, task)) > 1:
            effect = effect_of(run.model, excerpts, task)
            judged[task] = {"effect_db": effect.level_db}
            if task in run.model.predicted_tasks and run.vocabularies[task].is_class:
                judged[task]["heard_as_told"] = _heard_as_told(run.model, excerpts, task)
    return judged


def brief(run: Run, excerpt: Excerpt) -> Excerpt:
    """The beginning of a sound: a note says all in it, and there are many to decode."""
    length = min(excerpt.audio.shape[1], round(SECONDS * run.sample_rate))
    count = len(run.model.centres(length))
    labels = Labels(*(part[:, :, :count] for part in excerpt.labels))
    return Excerpt(excerpt.name, excerpt.audio[:, :length], labels)


def whole_octaves(run: Run, material: Material) -> list[int]:
    """Those of which all twelve pitch classes were learnt, in files with one note each; all that
    the model knows if nothing tells."""
    tasks = [material.tasks.get(task) for task in ("pitch", "octave")]
    notes = set()
    for name in run.split["train"]:
        both = [task.segments.get(name) for task in tasks if task is not None]
        if len(both) == 2 and both[0] and both[1]:
            notes.add((both[0][0].value, both[1][0].value))
    octaves = sorted({octave for _, octave in notes})
    whole = [octave for octave in octaves if len({n for n in notes if n[1] == octave}) == 12]
    return [int(o) for o in whole] or list(range(len(run.vocabularies["octave"].classes)))


def _sweep(run: Run, excerpt: Excerpt, octaves: Iterable[int], tracker: Tracker) -> list[Case]:
    model, tasks = run.model, list(run.vocabularies)
    asked = [(pitch, octave) for octave in octaves for pitch in range(12)]
    latents = model.encode(excerpt.audio, infer_labels(model, excerpt))
    values = torch.zeros(len(asked), len(tasks), latents.shape[2])
    known = torch.zeros_like(values, dtype=torch.bool)
    for task, column in (("pitch", 0), ("octave", 1)):
        row = tasks.index(task)
        values[:, row] = torch.tensor([pair[column] for pair in asked]).float()[:, None]
        known[:, row] = True
    decoded = model.decode(latents.expand(len(asked), -1, -1), Labels(values, known), _way(model))
    return [
        _obeyed(tracker, run, output, *pair)
        for pair, output in zip(asked, decoded.numpy(), strict=True)
    ]


def _walk(run: Run, octaves: list[int], deviations: float, tracker: Tracker) -> list[Case]:
    random = np.random.default_rng(0)
    frame_rate = run.sample_rate / run.model.hop_length
    num_frames = int(WALK_SECONDS * frame_rate)
    cases = []
    for _ in Progress(range(NUM_WALKS), desc="walks", unit="walk"):
        pitch, octave = int(random.integers(12)), int(random.choice(octaves))
        frames = trajectory(
            "random", run.model.latent_dim, num_frames, frame_rate, random, deviations
        )
        told = {"pitch": float(pitch), "octave": float(octave)}
        decoded = run.decode(frames, told, _way(run.model))
        cases.append(_obeyed(tracker, run, decoded, pitch, octave))
    return cases


def _own_case(run: Run, excerpt: Excerpt, tracker: Tracker) -> Case | None:
    """Of the sound as it is, under its own labels; None if they are not known."""
    rows = [list(run.vocabularies).index(task) for task in ("pitch", "octave")]
    known = excerpt.labels.known[0, rows].all(dim=0).nonzero()
    if not len(known):
        return None
    pitch, octave = excerpt.labels.values[0, rows, known[0, 0]].tolist()
    return _obeyed(tracker, run, excerpt.audio[0].numpy(), int(pitch), int(octave))


def _obeyed(tracker: Tracker, run: Run, sound: Waveform, pitch: int, octave: int) -> Case:
    heard_hz, confidence = tracker(resample(sound, run.sample_rate, SAMPLE_RATE))
    voiced = confidence >= tracker.threshold
    if voiced.mean() < VOICED_SHARE:
        return Case(False, False, False)
    heard_pitch, heard_octave = pitch_and_octave(nearest_note(np.median(heard_hz[voiced])))
    return Case(True, bool(heard_pitch == pitch), bool(heard_octave == octave))


def _shares(cases: list[Case]) -> dict[str, float]:
    """Of the cases that are voiced, and of those the ones with the right class and octave."""
    voiced, pitch, octave = np.array(cases, dtype=float).T
    heard = voiced > 0
    return {
        "cases": len(cases),
        "voiced": float(voiced.mean()),
        "pitch": float(pitch[heard].mean()) if heard.any() else 0.0,
        "octave": float(octave[heard].mean()) if heard.any() else 0.0,
    }


def _heard_as_told(model: Model, excerpts: Sequence[Excerpt], task: str) -> float:
    """Share of the frames, decoded under each class of a label, that the model hears as it."""
    values, head = list(values_of(model, task).values()), model.predicted_tasks.index(task)
    asked = torch.tensor(values)[:, None]
    shares = []
    for excerpt in excerpts:
        latents = model.encode(excerpt.audio, infer_labels(model, excerpt))
        labels = under_each(model, excerpt.labels, task, values)
        sounds = model.decode(latents.expand(len(values), -1, -1), labels, _way(model))
        shares.append(float((model.predict(sounds)[:, head].round() == asked).float().mean()))
    return float(np.mean(shares))


def _way(model: Model) -> str:
    return INVERSION if INVERSION in model.inversions else model.inversions[0]
