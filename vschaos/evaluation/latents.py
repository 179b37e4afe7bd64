"""Measures of a latent space: activity, smoothness, and levels between sounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import Tensor

from vschaos.evaluation.excerpts import Excerpt, infer_labels
from vschaos.evaluation.spectra import (
    decode_magnitudes,
    is_audible,
    magnitudes_of,
    nearest_frames,
)
from vschaos.labels import Labels
from vschaos.models.capabilities import Autoencoder, LatentStatistics
from vschaos.runs.trajectories import frame_trajectory

ACTIVE_NATS = 0.1  # least divergence of a dimension in use
FLOOR_DB = -80.0  # relative to the loudest bin; levels below it are inaudible
MAX_FRAMES = 1500
PAIRS = 4000  # of frames
LINES = 64  # between sounds
POINTS = 33  # on a line
TRAJECTORIES = ("line", "random")
TRAJECTORIES_EACH, TRAJECTORY_FRAMES = 8, 128
LOUD_QUANTILE = 0.95  # of the levels of audible frames
HOLE_DB = -6.0  # relative to the level of the ends


class Frames(NamedTuple):
    """Frames of sounds.

    Attributes:
        latents: `[Z, N]`.
        magnitudes: `[F, N]`.
        labels: `[1, L, N]`.
    """

    latents: Tensor
    magnitudes: Tensor
    labels: Labels

    def loudest(self) -> Frames:
        """The loudest one."""
        n = int(self.magnitudes.norm(dim=0).argmax())
        labels = Labels(*(part[:, :, n : n + 1] for part in self.labels))
        return Frames(self.latents[:, n : n + 1], self.magnitudes[:, n : n + 1], labels)


class Lines(NamedTuple):
    """Spectra decoded on straight lines through the space.

    Attributes:
        levels_db: `[lines, points]`.
        steps_db: distances of neighbouring points' spectra `[lines, points - 1]`.
        deviations: lengths of the lines `[lines]`.
    """

    levels_db: np.ndarray
    steps_db: np.ndarray
    deviations: np.ndarray


def activity(model: LatentStatistics, excerpts: Sequence[Excerpt]) -> Tensor:
    """Divergence of each dimension from its prior, nats a frame `[Z]`, mean over sounds."""
    found = [model.divergences(excerpt.audio, excerpt.labels) for excerpt in excerpts]
    return torch.stack(found).mean(dim=0).cpu()


@torch.inference_mode()
def evaluate_latents(model: LatentStatistics, excerpts: Sequence[Excerpt]) -> dict[str, Any]:
    """All measures of a latent space, as plain numbers and lists."""
    random = np.random.default_rng(0)
    nats = activity(model, excerpts).tolist()
    sounds = [_audible_frames(model, excerpt) for excerpt in excerpts]
    sounds = [frames for frames in sounds if frames.latents.shape[1]]
    return {
        "dimensions": model.latent_dim,
        "nats": nats,
        "active_dimensions": sum(value >= ACTIVE_NATS for value in nats),
        "smoothness": _smoothness(sounds, random),
        "lines": _measure_lines(model, [frames.loudest() for frames in sounds], random),
        "trajectories": _measure_trajectories(model, sounds, random),
    }


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float | None:
    """Spearman's, of values `[M]`, -1 to 1; None if one of them does not vary.

    Example:
        >>> rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0, 1000.0]))
        1.0
    """
    if len(first) < 2 or np.ptp(first) == 0.0 or np.ptp(second) == 0.0:
        return None
    return round(float(spearmanr(first, second).statistic), 6)


def dips_db(levels_db: np.ndarray) -> np.ndarray:
    """The largest fall of the levels of lines `[lines, points]` below the linear interpolation of
    those of their ends; 0 if they do not fall.

    Example:
        >>> dips_db(np.array([[0.0, -10.0, -6.0], [-6.0, -3.0, 0.0]])).tolist()
        [-7.0, 0.0]
    """
    share = np.linspace(0.0, 1.0, levels_db.shape[1])
    straight = (1.0 - share) * levels_db[:, :1] + share * levels_db[:, -1:]
    return np.minimum((levels_db - straight).min(axis=1), 0.0)


def decode_lines(model: Autoencoder, ends: Sequence[tuple[Frames, Frames]]) -> Lines:
    """Decodes the lines between pairs of single frames, under the labels of the first."""
    share = torch.linspace(0.0, 1.0, POINTS)
    decoded = []
    for first, last in ends:
        latents = torch.lerp(first.latents, last.latents, share)[None]
        labels = Labels(*(part.expand(-1, -1, POINTS) for part in first.labels))
        decoded.append(decode_magnitudes(model, latents, labels)[0])
    magnitudes = torch.stack(decoded).nan_to_num()  # [lines, F, points]
    bins_db = _decibels(magnitudes, float(magnitudes.amax()))
    steps_db = bins_db.diff(dim=2).square().mean(dim=1).sqrt()
    levels_db = _decibels(magnitudes.norm(dim=1), float(magnitudes.norm(dim=1).amax()))
    lengths = [float((last.latents - first.latents).norm()) for first, last in ends]
    return Lines(levels_db.numpy(), steps_db.numpy(), np.array(lengths))


def _measure_lines(
    model: Autoencoder, frames: Sequence[Frames], random: np.random.Generator
) -> dict[str, Any] | None:
    if len(frames) < 2:
        return None
    pairs = [random.choice(len(frames), 2, replace=False) for _ in range(LINES)]
    lines = decode_lines(model, [(frames[a], frames[b]) for a, b in pairs])
    dips = dips_db(lines.levels_db)
    apart = lines.deviations > 1e-6
    moved = lines.steps_db.sum(axis=1)
    speeds = moved[apart] / lines.deviations[apart]
    steps = lines.steps_db[moved > 0.0]
    jumps = steps.max(axis=1) / np.maximum(steps.mean(axis=1), 1e-9)
    return {
        "worst_dip_db": float(dips.min()),
        "median_dip_db": float(np.median(dips)),
        "holes": float((dips < HOLE_DB).mean()),
        "db_per_deviation": float(speeds.mean()) if len(speeds) else None,
        "steepest_step": float(np.median(jumps)) if len(jumps) else None,
        "levels_db": lines.levels_db.round(2).tolist(),
    }


def _measure_trajectories(
    model: Autoencoder, sounds: Sequence[Frames], random: np.random.Generator
) -> dict[str, float] | None:
    """Levels of the frames of trajectories against the loudest frames of the sounds, in dB, under
    the labels of sounds: the median, and that which one frame in twenty does not reach."""
    if not sounds:
        return None
    levels = torch.cat([frames.magnitudes.norm(dim=0) for frames in sounds])
    loud = float(torch.quantile(levels, LOUD_QUANTILE))
    decoded = []
    for kind in TRAJECTORIES:
        for number in range(TRAJECTORIES_EACH):
            path = frame_trajectory(model, kind, TRAJECTORY_FRAMES, random)
            first = sounds[number % len(sounds)].loudest().labels
            labels = Labels(*(part.expand(-1, -1, TRAJECTORY_FRAMES) for part in first))
            magnitudes = decode_magnitudes(model, torch.from_numpy(path)[None], labels)
            decoded.append(magnitudes[0].nan_to_num().norm(dim=0))
    ratio = (torch.cat(decoded) / max(loud, 1e-9)).clamp_min(10 ** (FLOOR_DB / 20))
    median, softest = (20 * torch.log10(torch.quantile(ratio, q)) for q in (0.5, 0.05))
    return {"median_db": float(median), "softest_db": float(softest)}


def _smoothness(sounds: Sequence[Frames], random: np.random.Generator) -> dict[str, Any] | None:
    """The rank correlation of distances between sounds and between their latents."""
    count = sum(frames.latents.shape[1] for frames in sounds)
    if count < 3:
        return None
    picked = np.unique(np.linspace(0, count - 1, MAX_FRAMES).round().astype(int))
    latents = torch.cat([frames.latents for frames in sounds], dim=1)[:, picked].T  # [M, Z]
    magnitudes = torch.cat([frames.magnitudes for frames in sounds], dim=1)[:, picked].T
    bins_db = _decibels(magnitudes, float(magnitudes.amax()))
    first, second = random.integers(len(picked), size=(2, PAIRS))
    first, second = first[first != second], second[first != second]
    distances = (bins_db[first] - bins_db[second]).square().mean(dim=1).sqrt().numpy()
    apart = (latents[first] - latents[second]).norm(dim=1).numpy()
    return {
        "rank_correlation": rank_correlation(distances, apart),
        "sounds_db": distances.round(2).tolist(),
        "deviations": apart.round(3).tolist(),
    }


def _audible_frames(model: Autoencoder, excerpt: Excerpt) -> Frames:
    labels = infer_labels(model, excerpt)
    latents = model.encode(excerpt.audio, labels)[0]
    magnitudes = nearest_frames(magnitudes_of(model, excerpt.audio)[0], latents.shape[1])
    audible = is_audible(magnitudes[None])[0] & (magnitudes.norm(dim=0) > 0.0)
    return Frames(
        latents[:, audible],
        magnitudes[:, audible],
        Labels(*(part[:, :, audible] for part in labels)),
    )


def _decibels(values: Tensor, loudest: float) -> Tensor:
    floor = max(loudest * 10 ** (FLOOR_DB / 20), 1e-12)
    return 20 * torch.log10(values.clamp_min(floor))
