"""The map of a latent space: a projection of the frames of known sounds; of a model whose timbre is
described by name, the first two descriptors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from vschaos.generation.material import Clip, Material, spread
from vschaos.labels import Vocabulary
from vschaos.latents import principal_plane
from vschaos.models.capabilities import SingleCycle
from vschaos.report.media import COARSE, encode_sound
from vschaos.runs import Run
from vschaos.runs.standard import standardize

CLIPS = {"train": 40, "held_out": 20}
CLIP_SECONDS = 2.5
POINTS = 6000  # at most
GRID = 4095  # highest position
DEVIATIONS = 3.0  # standard deviations of a descriptor, to either end of the colours
SILENCE = 10 ** (-60 / 20)  # silent frames coincide


class _Frames(NamedTuple):
    """Frames of one or more clips.

    Attributes:
        latents: `[Z, M]`.
        seconds: in their clip, of their centres `[M]`.
        labels: by task, `[M]`, NaN where unknown.
    """

    latents: np.ndarray
    seconds: np.ndarray
    labels: dict[str, np.ndarray]


def draw_map(run: Run, material: Material) -> dict[str, Any] | None:
    """Frames of held-out and of training sounds on the first two principal components, or by the
    first two descriptors (`axes`), with their sounds; None without sounds."""
    clips, sides, parts = [], [], []
    for side, count in CLIPS.items():
        for clip in _clips(material, side, count):
            frames = _encode(run, material, clip)
            if len(frames.seconds):
                clips.append(clip)
                sides.append(side)
                parts.append(frames)
    if not clips:
        return None
    step = max(1, math.ceil(sum(len(part.seconds) for part in parts) / POINTS))
    numbers = np.repeat(np.arange(len(clips)), [len(part.seconds) for part in parts])[::step]
    frames = _joined(parts, list(material.tasks), step)
    descriptors = _descriptors(run)
    shares: list[float] = []  # of the variance, where the axes are principal components
    if descriptors:
        plane = frames.latents[[*descriptors.values()][:2]]
    else:
        plane, shares = principal_plane(frames.latents)
    if plane.shape[0] == 1:  # a single latent has no second axis: time takes its place
        plane = np.stack([plane[0], frames.seconds])
    low, high = plane.min(axis=1, keepdims=True), plane.max(axis=1, keepdims=True)
    x, y = (GRID * (plane - low) / np.maximum(high - low, 1e-9)).round().astype(int).tolist()
    return {
        "x": x,
        "y": y,
        "clip": numbers.tolist(),
        "seconds": frames.seconds.round(3).tolist(),
        "shares": shares,
        "axes": [*descriptors][:2],
        "clips": [
            {
                "name": clip.name,
                "start": round(clip.start / run.sample_rate, 3),
                "is_held_out": side == "held_out",
                "sound": encode_sound(clip.audio, run.sample_rate, COARSE),
            }
            for clip, side in zip(clips, sides, strict=True)
        ],
        "colourings": [
            *(_by_deviation(name, frames.latents[k]) for name, k in [*descriptors.items()][2:]),
            *_colourings(run, material, frames, clips, sides, numbers),
        ],
    }


def _descriptors(run: Run) -> dict[str, int]:
    """Rows of the frames by name; none if the model has no descriptors."""
    if not isinstance(run.model, SingleCycle):
        return {}
    names = [control.name for control in run.model.frame_controls()]
    return {name: names.index(name) for name in run.model.descriptors}


def _by_deviation(name: str, row: np.ndarray) -> dict[str, Any]:
    return _colouring(name, Vocabulary(low=-DEVIATIONS, high=DEVIATIONS), row)


def _clips(material: Material, side: str, count: int) -> list[Clip]:
    """Clips spread over the files of a side, several of each if there are few."""
    names = spread(material.names(side), count)
    clips: list[Clip | None] = []
    for name in names:
        fitting = int(material.seconds_of(name, side) / CLIP_SECONDS)
        number = max(1, min(fitting, count // len(names)))
        places = (np.arange(number) + 0.5) / number
        clips += [material.clip(name, CLIP_SECONDS, side, float(place)) for place in places]
    return [clip for clip in clips if clip is not None]


def _encode(run: Run, material: Material, clip: Clip) -> _Frames:
    encoded = np.nan_to_num(run.encode(clip.audio, material.conditioning(clip)))
    latents = standardize(run.autoencoder, encoded)
    centres = run.model.centres(len(clip.audio)).numpy()
    reach = run.model.hop_length
    peaks = [np.abs(clip.audio[max(c - reach, 0) : c + reach]).max(initial=0.0) for c in centres]
    # frames centred before the beginning or after the end are not shown
    shown = (np.array(peaks) > SILENCE) & (centres >= 0) & (centres < len(clip.audio))
    if described := [*_descriptors(run).values()]:
        shown &= latents[described].any(axis=0)  # all are 0 where nothing has a pitch
    labels = {task: row[shown] for task, row in material.labels(clip).items()}
    return _Frames(latents[:, shown], centres[shown] / run.sample_rate, labels)


def _joined(parts: Sequence[_Frames], tasks: Sequence[str], step: int) -> _Frames:
    """Every `step`-th frame of all parts."""
    labels = {
        task: [part.labels.get(task, np.full(len(part.seconds), np.nan)) for part in parts]
        for task in tasks
    }
    return _Frames(
        np.concatenate([part.latents for part in parts], axis=1)[:, ::step],
        np.concatenate([part.seconds for part in parts])[::step],
        {task: np.concatenate(rows)[::step] for task, rows in labels.items()},
    )


def _colourings(
    run: Run,
    material: Material,
    frames: _Frames,
    clips: Sequence[Clip],
    sides: Sequence[str],
    numbers: np.ndarray,
) -> Iterator[dict[str, Any]]:
    """Colourings by label, folder and side; the labels of the model first.

    Args:
        numbers: of the clip of each frame `[M]`.
    """
    by_label = {
        task: _colouring(task, material.tasks[task].vocabulary, row)
        for task, row in frames.labels.items()
        if not np.isnan(row).all()
    }
    yield from (by_label.pop(task) for task in run.vocabularies if task in by_label)
    names = [PurePosixPath(clip.name).parent.as_posix() for clip in clips]
    folders = sorted(set(names))
    if len(folders) > 1:
        row = np.array([folders.index(name) for name in names])[numbers]
        yield _colouring("folder", Vocabulary(tuple(folders)), row)
    yield from by_label.values()
    row = np.array([side == "held_out" for side in sides])[numbers]
    yield _colouring("side", Vocabulary(("training", "held out")), row)


def _colouring(name: str, vocabulary: Vocabulary, row: np.ndarray) -> dict[str, Any]:
    values = [None if np.isnan(value) else round(float(value), 4) for value in row]
    return {
        "name": name,
        "classes": list(vocabulary.classes),
        "low": vocabulary.low,
        "high": vocabulary.high,
        "values": values,
    }
