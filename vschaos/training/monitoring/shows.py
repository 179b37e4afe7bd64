"""Pictures, sounds and numbers of a model for TensorBoard; each function shows one thing, if the
model's capabilities offer it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from vschaos.evaluation.effects import effect_of, under_each, values_of
from vschaos.evaluation.excerpts import Excerpt
from vschaos.evaluation.latents import ACTIVE_NATS, activity
from vschaos.labels import Labels
from vschaos.latents import principal_plane
from vschaos.models.base import Model
from vschaos.models.capabilities import Autoencoder, Labelled, LatentStatistics
from vschaos.runs.standard import standardize
from vschaos.runs.trajectories import frame_trajectory
from vschaos.training.monitoring.material import Material
from vschaos.trajectories import random_frames

TEMPERATURES = (0.5, 1.0, 1.5)
TRAJECTORIES = ("sin", "random", "line")
POINTS = 4  # of the prior, one after the other
STEP_SECONDS = 0.4  # of each value in a sweep
SWEEP_INCHES = 9.0
FADE_SECONDS = 0.01
MIN_FRAMES = 8  # that any model decodes
MAX_HISTOGRAMS = 32
MAX_POINTS = 2000  # in a scatter plot


class Snapshot(NamedTuple):
    """A model at a step of its training.

    Attributes:
        writer: of TensorBoard's files.
        step: of the training.
        model: in evaluation mode.
        material: validation sounds.
        seconds: of each sound.
    """

    writer: SummaryWriter
    step: int
    model: Model
    material: Material
    seconds: float

    def show_number(self, tag: str, number: float) -> None:
        self.writer.add_scalar(tag, number, self.step)

    def show_sound(self, tag: str, sound: np.ndarray) -> None:
        """`[T]`, attenuated if it would clip."""
        sound = np.nan_to_num(sound, posinf=0.0, neginf=0.0)
        peak = float(np.abs(sound).max())
        sound = sound * min(1.0, 0.98 / max(peak, 1e-9))
        self.writer.add_audio(tag, sound, self.step, self.model.sample_rate)

    def show_picture(self, tag: str, picture: np.ndarray) -> None:
        self.writer.add_image(tag, picture, self.step, dataformats="HWC")


def show_activity(snapshot: Snapshot) -> None:
    """The number of active latents, and their total divergence from the prior."""
    if isinstance(snapshot.model, LatentStatistics):
        nats = activity(snapshot.model, snapshot.material.short_excerpts)
        snapshot.show_number("latents/active_dimensions", float((nats >= ACTIVE_NATS).sum()))
        snapshot.show_number("latents/kl_nats", float(nats.sum()))


def show_reconstructions(snapshot: Snapshot) -> None:
    """Validation sounds and their reconstructions."""
    from vschaos.pictures import picture_of_sounds  # matplotlib is slow to load

    model = snapshot.model
    if not isinstance(model, Autoencoder):
        return
    rows = []
    for number, excerpt in enumerate(snapshot.material.excerpts, 1):
        output = _numpy(model.reconstruct(excerpt.audio, excerpt.labels)[0])
        snapshot.show_sound(f"reconstruction_{number}/input", _numpy(excerpt.audio[0]))
        snapshot.show_sound(f"reconstruction_{number}/output", output)
        name = PurePosixPath(excerpt.name).stem
        rows.append({f"{name}: input": _numpy(excerpt.audio[0]), "output": output})
    snapshot.show_picture("reconstructions", picture_of_sounds(rows, model.sample_rate))


def show_prior(snapshot: Snapshot) -> None:
    """The same samples of the latents' prior at several temperatures."""
    if not isinstance(snapshot.model, LatentStatistics):
        return
    controls, num_frames = snapshot.model.frame_controls(), _num_frames(snapshot)
    held = np.arange(num_frames) * POINTS // num_frames
    frames = {
        f"temperature {t}": random_frames(controls, POINTS, np.random.default_rng(0), t)[:, held]
        for t in TEMPERATURES
    }
    _show_decoded(snapshot, snapshot.model, "prior", frames)


def show_trajectories(snapshot: Snapshot) -> None:
    """Decoded trajectories, the same ones every time."""
    if not isinstance(snapshot.model, Autoencoder):
        return
    num_frames, random = _num_frames(snapshot), np.random.default_rng(0)
    frames = {
        kind: frame_trajectory(snapshot.model, kind, num_frames, random) for kind in TRAJECTORIES
    }
    _show_decoded(snapshot, snapshot.model, "trajectories", frames)


def _num_frames(snapshot: Snapshot) -> int:
    return max(
        MIN_FRAMES, round(snapshot.seconds * snapshot.model.sample_rate / snapshot.model.hop_length)
    )


def _show_decoded(
    snapshot: Snapshot, model: Autoencoder, tag: str, frames: Mapping[str, np.ndarray]
) -> None:
    from vschaos.pictures import picture_of_sounds

    device = snapshot.material.excerpts[0].audio.device
    batch = torch.from_numpy(np.stack(list(frames.values()))).to(device)
    sounds = dict(zip(frames, _numpy(model.decode(batch)), strict=True))
    for name, sound in sounds.items():
        snapshot.show_sound(f"{tag}/{name.replace(' ', '_')}", sound)
    snapshot.show_picture(tag, picture_of_sounds([sounds], model.sample_rate))


def show_sweeps(snapshot: Snapshot) -> None:
    """One sound under each value of each conditioning label."""
    model = snapshot.model
    if not isinstance(model, Labelled) or not isinstance(model, Autoencoder):
        return
    excerpt = snapshot.material.excerpts[0].loudest(model, STEP_SECONDS)
    for task in model.conditioning_tasks:
        effect = effect_of(model, [excerpt], task)
        snapshot.show_number(f"labels/{task}_effect_db", effect.level_db)
        if effect.level_db > 0.0 or effect.deviations == 0.0:  # it conditions the decoder
            _show_sweep(snapshot, model, excerpt, task)


def _show_sweep(snapshot: Snapshot, model: Autoencoder, excerpt: Excerpt, task: str) -> None:
    from vschaos.pictures import picture_of_sounds

    values = values_of(model, task)
    labels = under_each(model, excerpt.labels, task, list(values.values()))
    latents = model.encode(excerpt.audio, excerpt.labels)
    count = latents.shape[2]
    held = torch.arange(max(MIN_FRAMES, count)).clamp_max(count - 1)  # repeats the last frame
    labels = Labels(*(part[:, :, held] for part in labels))
    sounds = _numpy(model.decode(latents[:, :, held].repeat(len(values), 1, 1), labels))
    fade = np.linspace(0.0, 1.0, min(round(FADE_SECONDS * model.sample_rate), sounds.shape[1]))
    sounds[:, : len(fade)] *= fade
    sounds[:, -len(fade) :] *= fade[::-1]
    each = sounds.shape[1] / model.sample_rate
    marks = [(number * each, name) for number, name in enumerate(values)]
    snapshot.show_sound(f"sweep/{task}", sounds.ravel())
    picture = picture_of_sounds([{task: sounds.ravel()}], model.sample_rate, marks, SWEEP_INCHES)
    snapshot.show_picture(f"sweep/{task}", picture)


def show_latents(snapshot: Snapshot) -> None:
    """Encoded frames by label or by file, their histograms, and the activity of each latent."""
    from vschaos.pictures import picture_of_nats, picture_of_points

    model, excerpts = snapshot.model, snapshot.material.short_excerpts
    if not isinstance(model, Autoencoder):
        return
    encoded = [
        standardize(model, _numpy(model.encode(excerpt.audio, excerpt.labels)[0]))
        for excerpt in excerpts
    ]
    latents = np.concatenate(encoded, axis=1)
    for row, values in enumerate(latents[:MAX_HISTOGRAMS]):
        snapshot.writer.add_histogram(f"latents/dimension_{row + 1}", values, snapshot.step)
    picked = np.unique(np.linspace(0, latents.shape[1] - 1, MAX_POINTS).round().astype(int))
    points, _ = principal_plane(latents[:, picked])
    for row, (task, vocabulary) in enumerate(model.vocabularies.items()):
        values, known = (
            np.concatenate([_numpy(excerpt.labels[part][0, row]) for excerpt in excerpts])[picked]
            for part in (0, 1)
        )
        picture = picture_of_points(points, values, task, vocabulary.classes, known)
        snapshot.show_picture(f"latents/by_{task}", picture)
    if not model.vocabularies:
        files = np.concatenate([np.full(part.shape[1], n) for n, part in enumerate(encoded)])
        picture = picture_of_points(points, files[picked], "by file, in alphabetical order")
        snapshot.show_picture("latents/by_file", picture)
    if isinstance(model, LatentStatistics):
        picture = picture_of_nats(activity(model, excerpts).numpy(), ACTIVE_NATS)
        snapshot.show_picture("latents/kl_nats", picture)


def _numpy(tensor: Tensor) -> np.ndarray:
    return tensor.cpu().numpy()
