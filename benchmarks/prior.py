#!/usr/bin/env python3
"""Compares samples of a run's temporal prior with validation sounds and independent samples.

    python benchmarks/prior.py RUN [--frames 20000] [--seeds 0 1 2] [--temperature 1]
        [--json FILE]

All are compared with the latents of the validation files, concatenated in random order; figures are
medians over the seeds:

    marginal   Wasserstein distance of each latent's values, the mean over the latents, deviations
    joint      maximum mean discrepancy of whole frames (Gaussian kernel as wide as their median
               distance), 0 if they are the same
    memory     difference of the autocorrelation, the mean over the latents and lags of 1 to 100
               frames
    steps      Wasserstein distance of the distances from frame to frame, deviations
    level      Wasserstein distance of the levels of decoded frames, dB
    onsets     rises of the level by 6 dB within 3 frames, in a second
    lengths    Wasserstein distance of the times between them, seconds
    longest    seconds without one

`training` are the training files, the closest possible. `shuffled` are their frames in random
order, `independent` samples of the standard normal, `random` trajectories of `generate.py`. A
conditioned model, and its prior, get the labels of the validation files, repeated.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import torch

from vschaos.labels import Labels
from vschaos.latents import LatentPrior, PriorSampler
from vschaos.models.capabilities import Spectral
from vschaos.prior import Sequences, read_sequences
from vschaos.runs import Run, load_run
from vschaos.trajectories import trajectory

MOST_LAGS = 100
JOINT_FRAMES = 2000
RISE_DB, RISE_FRAMES = 6.0, 3
FLOOR_DB = -80.0  # below the loudest frame
DECODED_AT_ONCE = 1024


class Sequence(NamedTuple):
    """Latents in time `[Z, N]`, and the levels of the decoded frames, dB `[N]`."""

    latents: np.ndarray
    levels: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--checkpoint", default="last")
    parser.add_argument("--frames", type=int, default=20000, help="of each; of files, at most")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    run = load_run(options.run, checkpoint=options.checkpoint)
    if run.prior is None:
        raise SystemExit(f"{run.folder} has no prior: python -m vschaos.prior {run.folder}")
    held_out = read_sequences(run, "held_out")
    training = read_sequences(run, "train")
    found = [evaluate(run, run.prior, held_out, training, options, seed) for seed in options.seeds]
    rows = {
        label: {name: median(row[label][name] for row in found) for name in first}
        for label, first in found[0].items()
    }
    names = list(next(iter(rows.values())))
    print(f"{'':<12} " + " ".join(f"{name:>9}" for name in names))
    for label, row in rows.items():
        print(f"{label:<12} " + " ".join(f"{row[name]:9.3f}" for name in names))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


@torch.inference_mode()
def evaluate(
    run: Run,
    prior: LatentPrior,
    files: Sequences,
    files_training: Sequences,
    options: argparse.Namespace,
    seed: int,
) -> dict[str, dict[str, float]]:
    random, count = np.random.default_rng(seed), options.frames
    held_out, labels = together(files, random, count)
    training, training_labels = together(files_training, random, count)
    model, rate = run.model, run.frame_rate
    if not isinstance(model, Spectral):
        raise SystemExit(f"expected a spectral model, got {type(model).__name__}")
    dim = model.latent_dim
    again = torch.arange(count) % held_out.shape[1]
    repeated = Labels(labels.values[:, :, again], labels.known[:, :, again])
    sampler = torch.jit.script(PriorSampler(prior))
    sampler.begin(seed)
    sampled = sampler(torch.full([1, count], options.temperature), repeated)[0].numpy()
    # as long as those of generate.py by default
    parts = [trajectory("random", dim, 512, rate, random) for _ in range(-(-count // 512))]
    baselines = {
        "training": (training, training_labels),
        "prior": (sampled, repeated),
        "random": (np.concatenate(parts, axis=1)[:, :count], repeated),
        "shuffled": (training[:, random.permutation(training.shape[1])], training_labels),
        "independent": (random.standard_normal((dim, count)).astype(np.float32), repeated),
    }
    target = Sequence(held_out, levels(model, held_out, labels))
    rows = {"held out": compared(target, target, rate)}
    for name, (latents, conditioning) in baselines.items():
        rows[name] = compared(Sequence(latents, levels(model, latents, conditioning)), target, rate)
    return rows


def together(
    sequences: Sequences, random: np.random.Generator, most: int
) -> tuple[np.ndarray, Labels]:
    """Files concatenated, `[Z, N]`, and their labels."""
    order = random.permutation(len(sequences.latents))
    latents, values, known = (
        torch.cat([rows[index] for index in order], dim=1)[:, :most] for rows in sequences
    )
    return latents.numpy(), Labels(values[None], known[None])


def levels(model: Spectral, latents: np.ndarray, labels: Labels) -> np.ndarray:
    """Levels of decoded frames, dB."""
    parts = []
    for first in range(0, latents.shape[1], DECODED_AT_ONCE):
        part = slice(first, first + DECODED_AT_ONCE)
        conditioning = Labels(labels.values[:, :, part], labels.known[:, :, part])
        frames = torch.from_numpy(latents[None, :, part].copy())
        parts.append(model.decode_magnitudes(frames, conditioning)[0].norm(dim=0))
    return 20 * np.log10(np.maximum(torch.cat(parts).numpy(), 1e-9))


def compared(found: Sequence, target: Sequence, rate: float) -> dict[str, float]:
    floor = target.levels.max() + FLOOR_DB
    steps, wanted = (np.linalg.norm(np.diff(h.latents), axis=0) for h in (found, target))
    pairs = zip(found.latents, target.latents, strict=True)
    marginals = [wasserstein(a, b) for a, b in pairs]
    times, true_times = (times_between(h.levels, floor) / rate for h in (found, target))
    return {
        "marginal": float(np.mean(marginals)),
        "joint": discrepancy(found.latents, target.latents),
        "memory": float(np.abs(memory(found.latents) - memory(target.latents)).mean()),
        "steps": wasserstein(steps, wanted),
        "level": wasserstein(np.maximum(found.levels, floor), np.maximum(target.levels, floor)),
        "onsets": (len(times) - 1) * rate / len(found.levels),
        "lengths": wasserstein(times, true_times),
        "longest": float(times.max()),
    }


def wasserstein(a: np.ndarray, b: np.ndarray) -> float:
    """Wasserstein distance of two sets of numbers, by their quantiles."""
    shares = (np.arange(2000) + 0.5) / 2000
    return float(np.abs(np.quantile(a, shares) - np.quantile(b, shares)).mean())


def discrepancy(a: np.ndarray, b: np.ndarray) -> float:
    """Square root of the biased maximum mean discrepancy (Gretton et al. 2012), of `[Z, N]` and
    `[Z, M]`."""
    first, second = (
        torch.from_numpy(x[:, np.linspace(0, x.shape[1] - 1, JOINT_FRAMES).astype(int)].T.copy())
        for x in (a, b)
    )
    width = torch.cdist(second, second).median()
    kernel = [
        torch.exp(-0.5 * (torch.cdist(x, y) / width).square()).mean()
        for x, y in ((first, first), (second, second), (first, second))
    ]
    return float((kernel[0] + kernel[1] - 2 * kernel[2]).clamp_min(0).sqrt())


def memory(latents: np.ndarray) -> np.ndarray:
    """Autocorrelation `[Z, lags]`."""
    centred = latents - latents.mean(axis=1, keepdims=True)
    power = np.maximum((centred**2).mean(axis=1), 1e-9)
    count = latents.shape[1]
    return np.stack(
        [
            (centred[:, lag:] * centred[:, : count - lag]).mean(axis=1) / power
            for lag in range(1, MOST_LAGS + 1)
        ],
        axis=1,
    )


def times_between(levels: np.ndarray, floor: float) -> np.ndarray:
    """Frames from onset to onset, the beginning and the end included."""
    onsets = onset_frames(np.maximum(levels, floor))
    return np.diff(np.concatenate([[0], onsets, [len(levels)]]))


def onset_frames(levels: np.ndarray) -> np.ndarray:
    """Frames at which a rise begins."""
    rises = levels[RISE_FRAMES:] - levels[:-RISE_FRAMES] > RISE_DB
    return np.flatnonzero(rises[1:] & ~rises[:-1])


if __name__ == "__main__":
    main()
