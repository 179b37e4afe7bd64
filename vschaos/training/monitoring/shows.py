"""What TensorBoard is shown of a model: each function shows one thing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from vschaos.batch import Batch
from vschaos.evaluation.effects import effect_of, under_each, values_of
from vschaos.evaluation.excerpts import Excerpt
from vschaos.evaluation.latents import ACTIVE_NATS, activity
from vschaos.labels import Labels
from vschaos.models.base import Model
from vschaos.training.monitoring.material import Material, loudest_part
from vschaos.trajectories import trajectory

TEMPERATURES = (0.5, 1.0, 1.5)
TRAJECTORIES = ("sin", "random", "line")
POINTS = 4  # of the prior, one after the other
STEP_SECONDS = 0.4  # of each value in a sweep
SWEEP_INCHES = 9.0
FADE_SECONDS = 0.01
MIN_FRAMES = 8  # that any model makes a sound of
MAX_HISTOGRAMS = 32
MAX_POINTS = 2000  # in a scatter


class Snapshot(NamedTuple):
    """A look at a model.

    Attributes:
        writer: of TensorBoard's files.
        step: of the training.
        model: in evaluation mode.
        material: what it is looked at by.
        seconds: of each sound.
    """

    writer: SummaryWriter
    step: int
    model: Model
    material: Material
    seconds: float

    def show_sound(self, tag: str, sound: np.ndarray) -> None:
        """`[T]`, made softer if it would clip and never louder."""
        sound = np.nan_to_num(sound, posinf=0.0, neginf=0.0)
        peak = float(np.abs(sound).max())
        sound = sound * min(1.0, 0.98 / max(peak, 1e-9))
        self.writer.add_audio(tag, sound, self.step, self.model.sample_rate)

    def show_picture(self, tag: str, picture: np.ndarray) -> None:
        self.writer.add_image(tag, picture, self.step, dataformats="HWC")


def show_activity(snapshot: Snapshot) -> None:
    """How many dimensions say something of the sounds, and how much all say."""
    nats = activity(snapshot.model, snapshot.material.glimpses)
    if nats is not None:
        active = float((nats >= ACTIVE_NATS).sum())
        snapshot.writer.add_scalar("latents/active_dimensions", active, snapshot.step)
        snapshot.writer.add_scalar("latents/nats", float(nats.sum()), snapshot.step)


def show_reconstructions(snapshot: Snapshot) -> None:
    """Sounds beside what the model makes of them."""
    from vschaos.pictures import picture_of_sounds  # matplotlib is slow to load

    rows = []
    for number, excerpt in enumerate(snapshot.material.excerpts, 1):
        output = _numpy(snapshot.model.reconstruct(excerpt.audio, excerpt.labels)[0])
        snapshot.show_sound(f"reconstruction_{number}/input", _numpy(excerpt.audio[0]))
        snapshot.show_sound(f"reconstruction_{number}/output", output)
        name = PurePosixPath(excerpt.name).stem
        rows.append({f"{name}: input": _numpy(excerpt.audio[0]), "output": output})
    picture = picture_of_sounds(rows, snapshot.model.sample_rate)
    snapshot.show_picture("reconstructions", picture)


def show_prior(snapshot: Snapshot) -> None:
    """The same points of the prior, nearer to its middle and further out."""
    random = np.random.default_rng(0)
    num_frames = _num_frames(snapshot)
    points = random.standard_normal((snapshot.model.latent_dim, POINTS))
    held = points[:, np.arange(num_frames) * POINTS // num_frames]
    latents = {f"temperature {t}": (t * held).astype(np.float32) for t in TEMPERATURES}
    _show_decoded(snapshot, "prior", latents)


def show_trajectories(snapshot: Snapshot) -> None:
    """Walks through the latent space, the same ones every time."""
    rate = snapshot.model.sample_rate / snapshot.model.hop_length
    random = np.random.default_rng(0)
    walks = {
        kind: trajectory(kind, snapshot.model.latent_dim, _num_frames(snapshot), rate, random)
        for kind in TRAJECTORIES
    }
    _show_decoded(snapshot, "trajectories", walks)


def _num_frames(snapshot: Snapshot) -> int:
    return max(
        MIN_FRAMES, round(snapshot.seconds * snapshot.model.sample_rate / snapshot.model.hop_length)
    )


def _show_decoded(snapshot: Snapshot, tag: str, latents: Mapping[str, np.ndarray]) -> None:
    from vschaos.pictures import picture_of_sounds

    device = snapshot.material.excerpts[0].audio.device
    batch = torch.from_numpy(np.stack(list(latents.values()))).to(device)
    decoded = _numpy(snapshot.model.decode(batch))
    sounds = dict(zip(latents, decoded, strict=True))
    for name, sound in sounds.items():
        snapshot.show_sound(f"{tag}/{name.replace(' ', '_')}", sound)
    snapshot.show_picture(tag, picture_of_sounds([sounds], snapshot.model.sample_rate))


def show_sweeps(snapshot: Snapshot) -> None:
    """One sound under each value of each label that the model is told."""
    for task in snapshot.model.conditioning_tasks:
        effect = effect_of(snapshot.model, [_brief(snapshot)], task)
        snapshot.writer.add_scalar(f"labels/{task}_effect_db", effect.level_db, snapshot.step)
        if effect.level_db > 0.0 or effect.deviations == 0.0:  # not only told to the encoder
            _show_sweep(snapshot, task)


def _show_sweep(snapshot: Snapshot, task: str) -> None:
    from vschaos.pictures import picture_of_sounds

    model, excerpt, values = snapshot.model, _brief(snapshot), values_of(snapshot.model, task)
    labels = under_each(model, excerpt.labels, task, list(values.values()))
    latents = model.encode(excerpt.audio, excerpt.labels)
    lacking = max(0, MIN_FRAMES - latents.shape[2])
    latents = torch.cat([latents, latents[:, :, -1:].expand(-1, -1, lacking)], dim=2)
    labels = Labels(*(torch.cat([p, p[:, :, -1:].expand(-1, -1, lacking)], 2) for p in labels))
    sounds = _numpy(model.decode(latents.repeat(len(values), 1, 1), labels))
    fade = np.linspace(0.0, 1.0, min(round(FADE_SECONDS * model.sample_rate), sounds.shape[1]))
    sounds[:, : len(fade)] *= fade
    sounds[:, -len(fade) :] *= fade[::-1]
    each = sounds.shape[1] / model.sample_rate
    marks = [(number * each, name) for number, name in enumerate(values)]
    snapshot.show_sound(f"sweep/{task}", sounds.ravel())
    picture = picture_of_sounds([{task: sounds.ravel()}], model.sample_rate, marks, SWEEP_INCHES)
    snapshot.show_picture(f"sweep/{task}", picture)


def _brief(snapshot: Snapshot) -> Excerpt:
    """The loudest moment of the first sound."""
    name, audio, labels = snapshot.material.excerpts[0]
    length = round(STEP_SECONDS * snapshot.model.sample_rate)
    return Excerpt(name, *loudest_part(Batch(audio, labels), snapshot.model, length)[:2])


def show_latents(snapshot: Snapshot) -> None:
    """Where the sounds lie in the latent space, by label or by file, and how far they spread."""
    from vschaos.pictures import picture_of_nats, picture_of_points

    model, glimpses = snapshot.model, snapshot.material.glimpses
    found = [_numpy(model.encode(glimpse.audio, glimpse.labels)[0]) for glimpse in glimpses]
    latents = np.concatenate(found, axis=1)
    for row, values in enumerate(latents[:MAX_HISTOGRAMS]):
        snapshot.writer.add_histogram(f"latents/dimension_{row + 1}", values, snapshot.step)
    picked = np.unique(np.linspace(0, latents.shape[1] - 1, MAX_POINTS).round().astype(int))
    points = latents[:, picked]
    for row, (task, vocabulary) in enumerate(model.vocabularies.items()):
        values, known = (
            np.concatenate([_numpy(glimpse.labels[part][0, row]) for glimpse in glimpses])[picked]
            for part in (0, 1)
        )
        picture = picture_of_points(points, values, task, vocabulary.classes, known)
        snapshot.show_picture(f"latents/by_{task}", picture)
    if not model.vocabularies:
        files = np.concatenate([np.full(part.shape[1], n) for n, part in enumerate(found)])
        picture = picture_of_points(points, files[picked], "by file, in alphabetical order")
        snapshot.show_picture("latents/by_file", picture)
    nats = activity(model, snapshot.material.glimpses)
    if nats is not None:
        snapshot.show_picture("latents/nats", picture_of_nats(nats.numpy(), ACTIVE_NATS))


def _numpy(tensor: Tensor) -> np.ndarray:
    return tensor.cpu().numpy()
