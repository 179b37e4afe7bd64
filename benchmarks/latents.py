#!/usr/bin/env python3
"""The importance of each latent of a run, and distances with a few of them.

    python benchmarks/latents.py RUN [--latents 2 4 8 12] [--json FILE]

Log-spectral distance (dB) of validation sounds, of the magnitudes decoded from the first K latents
of their frames, the others being

    zeros     their mean over the training
    linear    their mean, given the first K, by linear regression on the training's latents
    near      their mean over latents of the training near the first K, as `script.py --latents`
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from vschaos.generation import DatasetLabelReader, read_input
from vschaos.generation.inputs import dataset_root, part_of
from vschaos.labels import Labels
from vschaos.latents.importance import num_important
from vschaos.losses import LogSpectralDistance
from vschaos.models.spectral_vae import SpectralVAE
from vschaos.prior import read_sequences
from vschaos.runs import Run, load_run

Fill = Callable[[Tensor], Tensor]  # latents `[1, K, N]` -> `[1, Z, N]`


class Sound(NamedTuple):
    """A sound: its latents `[1, Z, N]`, its labels, its magnitudes `[1, F, N]`."""

    latents: Tensor
    labels: Labels
    magnitudes: Tensor


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--latents", type=int, nargs="+", default=[2, 4, 8, 12])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    run = load_run(options.run)
    model = run.model
    if not isinstance(model, SpectralVAE):
        raise SystemExit(f"expected a spectral VAE, got {type(model).__name__}")
    importance = model.importance()
    print("changes, dB:", " ".join(f"{change:.1f}" for change in importance))
    print(f"{num_important(importance)} of {len(importance)} matter")
    rows = evaluate(run, model, options.latents)
    for row in rows:
        print("  ".join(f"{name} {value:6.2f}" for name, value in row.items()))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


@torch.inference_mode()
def evaluate(run: Run, model: SpectralVAE, counts: list[int]) -> list[dict[str, float]]:
    held_out = [encoded(run, model, name) for name in run.split["held_out"]]
    dim = model.latent_dim
    drawn = torch.cat(read_sequences(run, "train").latents, dim=1)
    rows = [{"latents": float(dim), "all": distance(model, held_out, dim, lambda latents: latents)}]
    for count in (count for count in counts if count < dim):
        fills: dict[str, Fill] = {
            "zeros": lambda part: torch.nn.functional.pad(part, (0, 0, 0, dim - part.shape[1])),
            "linear": linear(drawn, count),
            "near": model.complete,
        }
        found = {name: distance(model, held_out, count, fill) for name, fill in fills.items()}
        rows.append({"latents": float(count), **found})
    return rows


def encoded(run: Run, model: SpectralVAE, name: str) -> Sound:
    part = part_of(run, "held_out", name)
    audio = read_input(run, dataset_root(run) / name, part)
    labels = DatasetLabelReader(run).conditioning(
        dataset_root(run) / name, audio, part[0] if part else 0
    )
    latents = torch.from_numpy(run.encode(audio, labels))[None]
    magnitudes = model.transform(torch.from_numpy(audio)[None]).abs()
    return Sound(latents, run.labels(latents.shape[2], labels), magnitudes)


def distance(model: SpectralVAE, held_out: list[Sound], count: int, fill: Fill) -> float:
    """Mean log-spectral distance over the frames of all sounds."""
    measure = LogSpectralDistance()
    frames = []
    for latents, labels, target in held_out:
        output = model.decode_magnitudes(fill(latents[:, :count]), labels)
        frames.append(measure.frames(output[0], target[0]))
    return float(torch.cat(frames).mean())


def linear(drawn: Tensor, count: int) -> Fill:
    """Linear regression by least squares on latents `[Z, M]`."""
    with_one = torch.cat([drawn[:count], torch.ones_like(drawn[:1])]).T
    weights = torch.linalg.lstsq(with_one, drawn[count:].T).solution

    def fill(part: Tensor) -> Tensor:
        others = torch.cat([part[0], torch.ones_like(part[0, :1])]).T @ weights
        return torch.cat([part[0], others.T])[None]

    return fill


if __name__ == "__main__":
    main()
