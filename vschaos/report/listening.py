"""Sounds made with a run, to listen to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from vschaos.audio.files import Waveform
from vschaos.batch import Batch
from vschaos.generation import reconstruct, trajectory, without_edges
from vschaos.generation.material import Clip, Material, spread
from vschaos.labels import Vocabulary, sweep_values
from vschaos.report.media import draw_spectrograms, encode_sound
from vschaos.runs import Given, Run

RECONSTRUCTIONS, RECONSTRUCTED_SECONDS = 6, 4.0
POINTS, POINT_SECONDS = 8, 0.6  # of the prior
WALKS, WALK_SECONDS = ("sin", "line", "random", "interpolation"), 4.0
GENERATED_SECONDS = 10.0  # some phrases
SWEPT_VALUES, SWEPT_SECONDS = 12, 0.7
Player = dict[str, Any]


def listen(run: Run, material: Material) -> dict[str, list[Any]]:
    """What a page plays: `pairs` of inputs and reconstructions, `prior`, `walks` and `sweeps`."""
    clips = _pick(material)
    told, stated = _some_labels(run, material, clips)
    return {
        "pairs": [_pair(run, material, clip) for clip in clips],
        "prior": [_prior(run, told, stated)],
        "walks": [
            *_generated(run, told, stated),
            *(_walk(run, kind, told, stated) for kind in WALKS),
        ],
        "sweeps": _sweeps(run, material, clips, told),
    }


def _pick(material: Material) -> list[Clip]:
    """Held-out sounds; where there are none, sounds that were learnt."""
    side = material.side_to_show
    picked = spread(material.names(side), RECONSTRUCTIONS)
    clips = [material.clip(name, RECONSTRUCTED_SECONDS, side, place=0.0) for name in picked]
    shortest = material.run.model.hop_length
    return [clip for clip in clips if clip is not None and len(clip.audio) >= shortest]


def _pair(run: Run, material: Material, clip: Clip) -> dict[str, Any]:
    told = material.conditioning(clip)
    made = reconstruct(run, clip.audio, told)
    pictures = draw_spectrograms([clip.audio, made], run.sample_rate)
    titles = ("input", "reconstruction")
    players = [
        _player(run, sound, title, picture)
        for sound, title, picture in zip((clip.audio, made), titles, pictures, strict=True)
    ]
    return {"name": clip.name, "players": players, "distances": _distances(run, clip, told)}


def _distances(run: Run, clip: Clip, told: Given) -> dict[str, float]:
    """What the model itself says of a reconstruction; what it hears is judged elsewhere."""
    with torch.inference_mode():
        labels = run.labels(len(run.model.centres(len(clip.audio))), told)
        judged = run.model.metrics(Batch(torch.from_numpy(clip.audio)[None], labels))
    of_labels = tuple(f"{task}_" for task in run.model.predicted_tasks)
    return {
        name: round(float(value), 2)
        for name, value in judged.items()
        if not name.startswith(of_labels) and torch.isfinite(value).all()
    }


def _prior(run: Run, told: Given, stated: str) -> Player:
    """Points drawn from the prior, each held: what the sliders reach."""
    random = np.random.default_rng(0)
    frames = round(POINT_SECONDS * run.sample_rate / run.model.hop_length)
    points = random.standard_normal((run.model.latent_dim, POINTS)).astype(np.float32)
    sounds = [
        _decode(run, np.repeat(point[:, None], frames + _edge(run), axis=1), told)
        for point in points.T
    ]
    title = f"{POINTS} points of the prior, each held{stated}"
    return _joined(run, sounds, [str(number + 1) for number in range(POINTS)], title)


def _generated(run: Run, told: Given, stated: str) -> list[Player]:
    """What a learnt prior plays by itself, if there is one."""
    if run.prior is None:
        return []
    frames = round(GENERATED_SECONDS * run.sample_rate / run.model.hop_length) + _edge(run)
    sound = _decode(run, run.sample_prior(frames, labels=told), told)
    (picture,) = draw_spectrograms([sound], run.sample_rate)
    return [_player(run, sound, f"as the prior goes on by itself{stated}", picture)]


def _walk(run: Run, kind: str, told: Given, stated: str) -> Player:
    frame_rate = run.sample_rate / run.model.hop_length
    frames = round(WALK_SECONDS * frame_rate) + _edge(run)
    random = np.random.default_rng(WALKS.index(kind))
    latents = trajectory(kind, run.model.latent_dim, frames, frame_rate, random)
    sound = _decode(run, latents, told)
    (picture,) = draw_spectrograms([sound], run.sample_rate)
    return _player(run, sound, f"{kind}{stated}", picture)


def _sweeps(
    run: Run, material: Material, clips: list[Clip], told: Mapping[str, float]
) -> list[Player]:
    """One sound under the values of each label that the model is told."""
    if not clips:
        return []
    clip = clips[len(clips) // 2]
    audio = clip.audio[: round(SWEPT_SECONDS * run.sample_rate)]
    latents = run.encode(audio, material.conditioning(clip._replace(audio=audio)))
    players = []
    for task in run.model.conditioning_tasks:
        values = _values(run.vocabularies[task], material, task)
        sounds = [_decode(run, latents, {**told, task: value}) for value in values.values()]
        players.append(_joined(run, sounds, list(values), f"{clip.name} under each {task}"))
    return players


def _values(vocabulary: Vocabulary, material: Material, task: str) -> dict[str, float]:
    """Some values of a label, those that the dataset has if it is there."""
    values = sweep_values(vocabulary)
    if vocabulary.is_class and task in material.tasks:
        tracks = material.tasks[task].segments.values()
        there = {segment.value for track in tracks for segment in track}
        values = {name: value for name, value in values.items() if value in there} or values
    return {name: values[name] for name in spread(list(values), SWEPT_VALUES)}


def _some_labels(run: Run, material: Material, clips: list[Clip]) -> tuple[dict[str, float], str]:
    """A value of each label that the model is told, as some sound has them together, and how a
    title says so."""
    best: dict[str, float] = {}
    for clip in clips:
        rows = material.conditioning(clip).items()
        known = {
            task: float(np.nanmedian(row)) for task, row in rows if isinstance(row, np.ndarray)
        }
        if len(known) > len(best):
            best = known
    for task, value in best.items():
        if run.vocabularies[task].is_class:
            best[task] = float(int(value))  # between two classes lies none
    said = ", ".join(f"{task} {_called(run.vocabularies[task], v)}" for task, v in best.items())
    return best, f", {said}" if said else ""


def _called(vocabulary: Vocabulary, value: float) -> str:
    return vocabulary.classes[int(value)] if vocabulary.is_class else f"{value:.3g}"


def _decode(run: Run, latents: np.ndarray, told: Given) -> Waveform:
    return without_edges(run.decode(latents, told), run.sample_rate)


def _edge(run: Run) -> int:
    """Frames that a decoded sound is shorter by than the number of its frames."""
    return max(len(run.model.centres(run.model.excerpt_length)), 1)


def _joined(run: Run, sounds: list[Waveform], names: list[str], title: str) -> Player:
    sound = np.concatenate(sounds)
    (picture,) = draw_spectrograms([sound], run.sample_rate)
    starts = np.cumsum([0, *(len(one) for one in sounds[:-1])]) / run.sample_rate
    marks = [[round(float(start), 3), name] for start, name in zip(starts, names, strict=True)]
    return _player(run, sound, title, picture) | {"marks": marks}


def _player(run: Run, sound: Waveform, title: str, picture: str) -> Player:
    return {
        "title": title,
        "seconds": round(len(sound) / run.sample_rate, 3),
        "sound": encode_sound(sound, run.sample_rate),
        "picture": picture,
        "marks": [],
    }
