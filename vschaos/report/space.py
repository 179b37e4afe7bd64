"""The map of a latent space: a projection of the frames of known sounds."""

from __future__ import annotations

import math
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from vschaos.generation.material import Clip, Material, spread
from vschaos.labels import Vocabulary
from vschaos.report.listening import known_labels
from vschaos.report.media import COARSE, encode_sound
from vschaos.runs import Run

CLIPS = {"train": 40, "held_out": 20}
CLIP_SECONDS = 2.5
POINTS = 6000  # at most
GRID = 4095  # highest position
SILENCE = 10 ** (-60 / 20)  # silent frames coincide


class _Frames(NamedTuple):
    """Frames of a clip.

    Attributes:
        latents: `[Z, M]`.
        seconds: in the clip, of their centres `[M]`.
        labels: by task, `[M]`, NaN where unknown.
    """

    clip: Clip
    is_held_out: bool
    latents: np.ndarray
    seconds: np.ndarray
    labels: dict[str, np.ndarray]


def draw_map(run: Run, material: Material) -> dict[str, Any] | None:
    """Frames of held-out and of training sounds on the first two principal components, with their
    sounds; None without sounds."""
    frames = [
        _encode(run, material, clip, side == "held_out")
        for side, count in CLIPS.items()
        for clip in _clips(material, side, count)
    ]
    frames = _thinned([one for one in frames if one.latents.shape[1]])
    if not frames:
        return None
    plane, shares = _project(np.concatenate([one.latents for one in frames], axis=1))
    if plane.shape[0] == 1:  # a single latent has no second axis: time takes its place
        plane = np.stack([plane[0], np.concatenate([one.seconds for one in frames])])
    low, high = plane.min(axis=1, keepdims=True), plane.max(axis=1, keepdims=True)
    x, y = (GRID * (plane - low) / np.maximum(high - low, 1e-9)).round().astype(int).tolist()
    counts = [one.latents.shape[1] for one in frames]
    return {
        "x": x,
        "y": y,
        "clip": np.repeat(np.arange(len(frames)), counts).tolist(),
        "seconds": np.concatenate([one.seconds for one in frames]).round(3).tolist(),
        "shares": shares,
        "clips": [_describe(run, one) for one in frames],
        "colourings": _colourings(run, material, frames),
    }


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


def _encode(run: Run, material: Material, clip: Clip, is_held_out: bool) -> _Frames:
    latents = np.nan_to_num(run.encode(clip.audio, known_labels(run, material, clip)))
    centres = run.model.centres(len(clip.audio)).numpy()
    reach = run.model.hop_length
    peaks = [np.abs(clip.audio[max(c - reach, 0) : c + reach]).max(initial=0.0) for c in centres]
    # frames centred before the beginning or after the end are not shown
    shown = (np.array(peaks) > SILENCE) & (centres >= 0) & (centres < len(clip.audio))
    labels = {task: row[shown] for task, row in material.labels(clip).items()}
    return _Frames(clip, is_held_out, latents[:, shown], centres[shown] / run.sample_rate, labels)


def _thinned(frames: list[_Frames]) -> list[_Frames]:
    """Every n-th frame, so that there are at most about `POINTS`."""
    step = max(1, math.ceil(sum(one.latents.shape[1] for one in frames) / POINTS))
    return [
        one._replace(
            latents=one.latents[:, ::step],
            seconds=one.seconds[::step],
            labels={task: row[::step] for task, row in one.labels.items()},
        )
        for one in frames
    ]


def _project(latents: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """`[Z, M]` -> `[2, M]` (or 1), and their shares of the variance."""
    centred = latents - latents.mean(axis=1, keepdims=True)
    axes, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    power = sizes**2 / max(float((sizes**2).sum()), 1e-12)
    return axes[:, :2].T @ centred, power[:2].round(3).tolist()


def _describe(run: Run, frames: _Frames) -> dict[str, Any]:
    clip = frames.clip
    return {
        "name": clip.name,
        "start": round(clip.start / run.sample_rate, 3),
        "is_held_out": frames.is_held_out,
        "sound": encode_sound(clip.audio, run.sample_rate, COARSE),
    }


def _colourings(run: Run, material: Material, frames: list[_Frames]) -> list[dict[str, Any]]:
    """Colourings by label, folder and side; the labels of the model first."""
    own = [task for task in run.vocabularies if task in material.tasks]
    others = [task for task in material.tasks if task not in own]
    return [
        *_labels(material, frames, own),
        *_folders(frames),
        *_labels(material, frames, others),
        _sides(frames),
    ]


def _labels(material: Material, frames: list[_Frames], tasks: list[str]) -> list[dict[str, Any]]:
    colourings = []
    for task in tasks:
        entry = material.tasks[task]
        values = [one.labels.get(task, np.full(len(one.seconds), np.nan)) for one in frames]
        row = np.concatenate(values)
        if not np.isnan(row).all():
            colourings.append(_colouring(task, entry.vocabulary, row))
    return colourings


def _colouring(name: str, vocabulary: Vocabulary, row: np.ndarray) -> dict[str, Any]:
    values = [None if np.isnan(value) else round(float(value), 4) for value in row]
    return {
        "name": name,
        "classes": list(vocabulary.classes),
        "low": vocabulary.low,
        "high": vocabulary.high,
        "values": values,
    }


def _folders(frames: list[_Frames]) -> list[dict[str, Any]]:
    names = [PurePosixPath(one.clip.name).parent.as_posix() for one in frames]
    folders = sorted(set(names))
    if len(folders) < 2:
        return []
    numbers = [folders.index(name) for name in names]
    return [_colouring("folder", Vocabulary(tuple(folders)), _per_frame(frames, numbers))]


def _sides(frames: list[_Frames]) -> dict[str, Any]:
    numbers = [int(one.is_held_out) for one in frames]
    return _colouring("side", Vocabulary(("training", "held out")), _per_frame(frames, numbers))


def _per_frame(frames: list[_Frames], numbers: list[int]) -> np.ndarray:
    return np.repeat(np.array(numbers, dtype=float), [len(one.seconds) for one in frames])
