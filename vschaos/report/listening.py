"""Sounds made with a run, and the metrics of its sounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from vschaos.audio.files import Waveform
from vschaos.evaluation.effects import values_of
from vschaos.evaluation.excerpts import excerpt_of
from vschaos.evaluation.summary import describe_metrics
from vschaos.evaluation.texture import noise_share
from vschaos.generation import played_frames, table_along, without_edges
from vschaos.generation.material import Clip, Material, spread
from vschaos.models.capabilities import (
    Autoencoder,
    LatentStatistics,
    Pitched,
    SingleCycle,
    Textured,
)
from vschaos.pictures import picture_of_cycles
from vschaos.report.media import (
    draw_spectrograms,
    encode_picture,
    encode_sound,
    played_curves,
)
from vschaos.runs import Given, Run
from vschaos.runs.trajectories import frame_trajectory
from vschaos.trajectories import random_frames

RECONSTRUCTIONS, RECONSTRUCTED_SECONDS = 6, 4.0
TEXTURES, NOISE_SHARE = 2, 0.1  # sounds, and the least that is noise of each
POINTS, POINT_SECONDS = 8, 0.6
TRAJECTORIES, TRAJECTORY_SECONDS = ("sin", "line", "random", "interpolation"), 4.0
PRIOR_SECONDS = 10.0  # some phrases
SWEPT_SECONDS = 0.7
TABLE_CYCLES, TABLE_EXTENT, TABLE_SECONDS = 32, 2.0, 3.0  # extent in standard deviations
TRANSPOSITIONS, TRANSPOSED_SECONDS = (-12, -5, 0, 5, 12), 3.0  # semitones
SURE, AUDIBLE_DB = 0.5, -60.0  # frames that have a pitch
Player = dict[str, Any]


def listen(run: Run, model: Autoencoder, material: Material) -> dict[str, list[Any]]:
    """The sounds of a page: `reconstructions` beside their inputs, `textures`, noise decoded with
    its scatter and without, `points` of the latent space, `trajectories` (of the temporal prior
    first), and `sweeps` of conditioning labels; of a pitched model also `pitched`, a transposed
    melody and the room."""
    clips = _pick(material)
    labels, labelled = _typical_labels(run, material, clips)
    pitched = _pitched(run, model, material, clips) if isinstance(model, Pitched) else []
    tables = _tables(run, model, labels) if isinstance(model, SingleCycle) else []
    return {
        "pitched": pitched,
        "tables": tables,
        "reconstructions": [_reconstruction(run, material, clip) for clip in clips],
        "textures": _textures(run, model, material, clips) if isinstance(model, Textured) else [],
        "points": [_points(run, model, labels, labelled)],
        "trajectories": [
            *_samples_of_prior(run, labels, labelled),
            *(_trajectory(run, model, kind, labels, labelled) for kind in TRAJECTORIES),
        ],
        "sweeps": _sweeps(run, material, clips, labels),
    }


def measure(run: Run, material: Material) -> list[dict[str, str]]:
    """The model's own metrics of some sounds."""
    return [
        {"name": clip.name, "metrics": _metrics(run, material, clip)} for clip in _pick(material)
    ]


def _pick(material: Material) -> list[Clip]:
    """Held-out sounds, or training sounds if none were held out."""
    side = material.side_to_show
    picked = spread(material.names(side), RECONSTRUCTIONS)
    clips = [material.clip(name, RECONSTRUCTED_SECONDS, side, place=0.0) for name in picked]
    shortest = material.run.model.hop_length
    return [clip for clip in clips if clip is not None and len(clip.audio) >= shortest]


def _reconstruction(run: Run, material: Material, clip: Clip) -> dict[str, Any]:
    sounds = [clip.audio, run.reconstruct(clip.audio, material.conditioning(clip))]
    pictures = draw_spectrograms(sounds, run.sample_rate)
    players = [
        _player(run, sound, title, picture=picture, played=_heard(run, sound))
        for sound, title, picture in zip(sounds, ("input", "reconstruction"), pictures, strict=True)
    ]
    return {"name": clip.name, "players": players, "metrics": _metrics(run, material, clip)}


def _textures(
    run: Run, model: Textured, material: Material, clips: Sequence[Clip]
) -> list[dict[str, Any]]:
    """The clips with the most noise, decoded from their latents without scatter and with it."""
    if not model.has_texture:
        return []
    shares = [noise_share(torch.from_numpy(clip.audio)[None], run.sample_rate) for clip in clips]
    noisy = sorted(
        (n for n, share in enumerate(shares) if share >= NOISE_SHARE), key=lambda n: -shares[n]
    )
    found = []
    for clip in (clips[number] for number in noisy[:TEXTURES]):
        labels = material.conditioning(clip)
        latents = run.encode(clip.audio, labels)
        sounds, as_set = [], model.texture
        try:
            for texture in (0.0, 1.0):
                run.play_with(texture=texture)
                sounds.append(_decode(run, latents, labels))
        finally:
            run.play_with(texture=as_set)
        pictures = draw_spectrograms(sounds, run.sample_rate)
        titles = ("without texture", "with texture")
        players = [
            _player(run, sound, title, picture=picture)
            for sound, title, picture in zip(sounds, titles, pictures, strict=True)
        ]
        found.append({"name": clip.name, "players": players, "metrics": ""})
    return found


def _heard(run: Run, sound: Waveform) -> np.ndarray | None:
    """Pitch, confidence and loudness of a sound, `[3, N]`, as a pitched model hears them."""
    return run.encode(sound)[:3] if isinstance(run.model, Pitched) else None


def _pitched(run: Run, model: Pitched, material: Material, clips: Sequence[Clip]) -> list[Player]:
    """The clip that sings most, transposed, and the impulse response of the room, if any."""
    players = []
    if clips:
        length = round(TRANSPOSED_SECONDS * run.sample_rate)
        clip = max(clips, key=lambda one: _sung_share(run, one))
        clip = clip._replace(audio=clip.audio[:length])
        labels = material.conditioning(clip)
        frames = run.encode(clip.audio, labels)
        moved = [played_frames(run, frames, transpose=by) for by in TRANSPOSITIONS]
        sounds = [_decode(run, one, labels) for one in moved]
        names = [f"{by:+d}" if by else "as it is" for by in TRANSPOSITIONS]
        played = np.concatenate(moved, axis=1)[:3]
        players.append(_joined(run, sounds, names, f"{clip.name}, transposed by semitones", played))
    room = model.impulse_response()
    if room is not None:
        players.append(_player(run, room.numpy(), "impulse response of the room"))
    return players


def _sung_share(run: Run, clip: Clip) -> float:
    """Share of its frames that have a pitch."""
    _, confidence, loudness = run.encode(clip.audio, None)[:3]
    return float(((confidence >= SURE) & (loudness > AUDIBLE_DB)).mean())


def _metrics(run: Run, material: Material, clip: Clip) -> str:
    """The model's metrics of a clip; those of predicted labels, if not tracked, are shown
    elsewhere."""
    tracked = run.model.tracked_metrics
    of_labels = tuple(f"{task}_" for task in run.predicted_tasks)
    shown = {metric.key for metric in tracked}
    found = run.model.metrics(excerpt_of(run, material, clip).batch)
    values = {
        key: float(value)
        for key, value in found.items()
        if torch.isfinite(value).all() and (key in shown or not key.startswith(of_labels))
    }
    return describe_metrics(values, tracked)


def _tables(run: Run, model: SingleCycle, labels: Given) -> list[dict[str, Any]]:
    """For each descriptor, the cycles as it moves, and how they sound one after the other at the
    middle of the register."""
    controls = model.frame_controls()
    middle = np.array([control.statistics[0] for control in controls], dtype=np.float32)
    middle[[control.name for control in controls].index("confidence")] = 1.0
    num_frames = round(TABLE_SECONDS * run.frame_rate)
    found = []
    for place, control in enumerate(controls):
        if control.name in model.descriptors:
            frames = np.repeat(middle[:, None], num_frames, axis=1)
            frames[place] = np.linspace(-TABLE_EXTENT, TABLE_EXTENT, num_frames)
            table = table_along(run, control.name, TABLE_CYCLES, TABLE_EXTENT, given=labels)
            title = f"{control.name} from -{TABLE_EXTENT:g} to {TABLE_EXTENT:g} standard deviations"
            player = _player(run, _decode(run, frames, labels), title)
            found.append({"player": player, "picture": encode_picture(picture_of_cycles(table))})
    return found


def _points(run: Run, model: Autoencoder, labels: Given, labelled: str) -> Player:
    """Random frames, each held."""
    frames = round(POINT_SECONDS * run.frame_rate) + _edge(run)
    points = random_frames(model.frame_controls(), POINTS, np.random.default_rng(0))
    sounds = [_decode(run, np.repeat(point[:, None], frames, axis=1), labels) for point in points.T]
    kind = "points of the prior" if isinstance(model, LatentStatistics) else "random frames"
    names = [str(number + 1) for number in range(POINTS)]
    return _joined(run, sounds, names, f"{POINTS} {kind}, each held{labelled}")


def _samples_of_prior(run: Run, labels: Given, labelled: str) -> list[Player]:
    """A sample of the temporal prior, if the run has one."""
    if run.prior is None:
        return []
    frames = round(PRIOR_SECONDS * run.frame_rate) + _edge(run)
    sound = _decode(run, run.sample_prior(frames, labels=labels), labels)
    return [_player(run, sound, f"sample of the temporal prior{labelled}")]


def _trajectory(run: Run, model: Autoencoder, kind: str, labels: Given, labelled: str) -> Player:
    frames = round(TRAJECTORY_SECONDS * run.frame_rate) + _edge(run)
    random = np.random.default_rng(TRAJECTORIES.index(kind))
    latents = frame_trajectory(model, kind, frames, random)
    played = latents[:3] if isinstance(model, Pitched) else None
    return _player(run, _decode(run, latents, labels), f"{kind}{labelled}", played=played)


def _sweeps(
    run: Run, material: Material, clips: list[Clip], labels: Mapping[str, float]
) -> list[Player]:
    """One sound under the values of each conditioning label."""
    if not clips or not run.conditioning_tasks:
        return []
    clip = clips[len(clips) // 2]
    clip = clip._replace(audio=clip.audio[: round(SWEPT_SECONDS * run.sample_rate)])
    latents = run.encode(clip.audio, material.conditioning(clip))
    players = []
    for task in run.conditioning_tasks:
        values = values_of(run.model, task)
        sounds = [_decode(run, latents, {**labels, task: value}) for value in values.values()]
        players.append(_joined(run, sounds, list(values), f"{clip.name} under each {task}"))
    return players


def _typical_labels(
    run: Run, material: Material, clips: Sequence[Clip]
) -> tuple[dict[str, float], str]:
    """A value of each conditioning label, as they occur together in some sound, and their text in
    a title."""
    best: dict[str, float] = {}
    for clip in clips:
        rows = material.conditioning(clip)
        best = max(best, {task: _typical(row) for task, row in rows.items()}, key=len)
    names = []
    for task, value in best.items():
        classes = run.vocabularies[task].classes
        names.append(f", {task} {classes[int(value)] if classes else f'{value:.3g}'}")
    return best, "".join(names)


def _typical(row: Any) -> float:
    """The median of the known values `[N]`, the lower one of two."""
    return float(np.nanquantile(row, 0.5, method="lower"))


def _decode(run: Run, latents: np.ndarray, labels: Given) -> Waveform:
    return without_edges(run.decode(latents, labels), run.sample_rate)


def _edge(run: Run) -> int:
    """Frames by which a decoded sound may be shorter than its frames."""
    return max(len(run.model.centres(run.model.excerpt_length)), 1)


def _joined(
    run: Run,
    sounds: list[Waveform],
    names: list[str],
    title: str,
    played: np.ndarray | None = None,
) -> Player:
    starts = np.cumsum([0, *(len(one) for one in sounds[:-1])]) / run.sample_rate
    marks = [[round(float(start), 3), name] for start, name in zip(starts, names, strict=True)]
    return _player(run, np.concatenate(sounds), title, marks, played=played)


def _player(
    run: Run,
    sound: Waveform,
    title: str,
    marks: Sequence[Any] = (),
    picture: str | None = None,
    played: np.ndarray | None = None,
) -> Player:
    """A sound with its spectrogram, drawn here if not given, seconds and names of `marks`, and
    curves of what is `played` (pitch, confidence, loudness), if anything."""
    return {
        "title": title,
        "seconds": round(len(sound) / run.sample_rate, 3),
        "sound": encode_sound(sound, run.sample_rate),
        "picture": picture or draw_spectrograms([sound], run.sample_rate)[0],
        "marks": list(marks),
        "curves": {} if played is None else played_curves(played, run.sample_rate),
    }
