#!/usr/bin/env python3
"""How like held-out sounds a run's prior goes on in time, beside walks and independent draws.

    python benchmarks/prior.py RUN [--frames 20000] [--seeds 0 1 2] [--temperature 1]
        [--json FILE]

All are compared with the latents of held-out files, one after the other in an order that is drawn;
figures are medians over the seeds:

    marginal   Wasserstein distance of each latent's values, the mean over the latents, deviations
    joint      maximum mean discrepancy of whole frames (Gaussian kernel as wide as their median
               distance), 0 if they cannot be told apart
    memory     difference of the autocorrelation, the mean over the latents and lags of 1 to 100
               frames
    steps      Wasserstein distance of the distances from frame to frame, deviations
    level      Wasserstein distance of the levels of decoded frames, dB
    onsets     rises of the level by 6 dB within 3 frames, in a second
    lengths    Wasserstein distance of the times between them, seconds
    longest    seconds without one

`training` are the training's own files, as near as one can come. `shuffled` are its frames in no
order, `independent` are draws from the standard normal, `random` walks of `generate.py`. A model
that is told labels is told those of the held-out files, over and over, and so is its prior.
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
from vschaos.prior import Sequences, read_sequences
from vschaos.runs import Run, load_run
from vschaos.trajectories import trajectory

MOST_LAGS = 100
JOINT_FRAMES = 2000
RISE_DB, RISE_FRAMES = 6.0, 3
FLOOR_DB = -80.0  # below the loudest frame
DECODED_AT_ONCE = 1024


class Heard(NamedTuple):
    """Latents in time `[Z, N]`, and the levels of what they sound like, dB `[N]`."""

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
    learnt = read_sequences(run, "train")
    found = [judge(run, run.prior, held_out, learnt, options, seed) for seed in options.seeds]
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
def judge(
    run: Run,
    prior: LatentPrior,
    files: Sequences,
    files_learnt: Sequences,
    options: argparse.Namespace,
    seed: int,
) -> dict[str, dict[str, float]]:
    random, count = np.random.default_rng(seed), options.frames
    held_out, labels = together(files, random, count)
    learnt, their_labels = together(files_learnt, random, count)
    rate, dim = run.sample_rate / run.model.hop_length, run.model.latent_dim
    again = torch.arange(count) % held_out.shape[1]
    told = Labels(labels.values[:, :, again], labels.known[:, :, again])
    walk = torch.jit.script(PriorSampler(prior))
    walk.begin(seed)
    found = walk(torch.full([1, count], options.temperature), told)[0].numpy()
    # as long as those of generate.py
    parts = [trajectory("random", dim, 512, rate, random) for _ in range(-(-count // 512))]
    baselines = {
        "training": (learnt, their_labels),
        "prior": (found, told),
        "random": (np.concatenate(parts, axis=1)[:, :count], told),
        "shuffled": (learnt[:, random.permutation(learnt.shape[1])], their_labels),
        "independent": (random.standard_normal((dim, count)).astype(np.float32), told),
    }
    target = Heard(held_out, levels(run, held_out, labels))
    rows = {"held out": compared(target, target, rate)}
    for name, (latents, stated) in baselines.items():
        rows[name] = compared(Heard(latents, levels(run, latents, stated)), target, rate)
    return rows


def together(
    sequences: Sequences, random: np.random.Generator, most: int
) -> tuple[np.ndarray, Labels]:
    """Files one after the other, `[Z, N]`, and their labels."""
    order = random.permutation(len(sequences.latents))
    latents, values, known = (
        torch.cat([rows[index] for index in order], dim=1)[:, :most] for rows in sequences
    )
    return latents.numpy(), Labels(values[None], known[None])


def levels(run: Run, latents: np.ndarray, labels: Labels) -> np.ndarray:
    """Of decoded frames, dB."""
    parts = []
    for first in range(0, latents.shape[1], DECODED_AT_ONCE):
        part = slice(first, first + DECODED_AT_ONCE)
        told = Labels(labels.values[:, :, part], labels.known[:, :, part])
        frames = torch.from_numpy(latents[None, :, part].copy())
        parts.append(run.model.decode_magnitudes(frames, told)[0].norm(dim=0))
    return 20 * np.log10(np.maximum(torch.cat(parts).numpy(), 1e-9))


def compared(found: Heard, target: Heard, rate: float) -> dict[str, float]:
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
    """Of two sets of numbers, by their quantiles."""
    shares = (np.arange(2000) + 0.5) / 2000
    return float(np.abs(np.quantile(a, shares) - np.quantile(b, shares)).mean())


def discrepancy(a: np.ndarray, b: np.ndarray) -> float:
    """Gretton et al. 2012, its square root, biased: `[Z, N]` and `[Z, M]`."""
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
    """Where a rise begins."""
    rises = levels[RISE_FRAMES:] - levels[:-RISE_FRAMES] > RISE_DB
    return np.flatnonzero(rises[1:] & ~rises[:-1])


if __name__ == "__main__":
    main()
