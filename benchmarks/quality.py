#!/usr/bin/env python3
"""How near runs come to their held-out sounds, beside PCA of as many dimensions and silence.

    python benchmarks/quality.py RUN [RUN ...] [--data DATASET] [--phase] [--json FILE]

Log-spectral distance (LSD) and spectral convergence (SC), both in dB, lower is better, of the
magnitudes before the phase is sought; the last columns are of the sound after it. PCA is that of
the log-magnitudes of the training's own frames, seen through the run's own contrast. A model that
is told labels is told those of the dataset, or what it hears itself.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measuring import command_line, heading, show, write
from torch import Tensor

from vschaos.audio import read_audio
from vschaos.generation import KnownLabels
from vschaos.labels import Labels
from vschaos.losses import LogSpectralDistance
from vschaos.models.spectral_vae import SpectralVAE
from vschaos.runs import Run, load_run

PCA_FRAMES = 40_000
Decoded = Callable[[Tensor, Labels], Tensor]  # sound [1, T] -> magnitudes [1, F, N]


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--checkpoint", default="last")
    parser.add_argument("--data", type=Path, help="the dataset, if it moved")
    parser.add_argument(
        "--phase", action="store_true", help="also after griffin_lim and keep_input"
    )
    options = parser.parse_args()
    rows = [row for path in options.runs for row in judge(path, options)]
    print(heading())
    show(rows, {"run": "<", "of": "<", "lsd_db": ".2f", "sc_db": ".2f", "level_db": ".2f"})
    write(options.json, rows)


@torch.inference_mode()
def judge(path: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    run = load_run(path, checkpoint=options.checkpoint)
    model = run.model
    if not isinstance(model, SpectralVAE):
        raise SystemExit(f"{path} is no spectral VAE")
    root = options.data or Path(run.config["data"]["dataset"]["root"])

    candidates: dict[str, Decoded] = {
        "model": lambda audio, told: model.decode_magnitudes(model.encode(audio, told), told),
        f"PCA-{model.latent_dim}": fit_pca(run, model, root),
        "silence": lambda audio, told: torch.zeros_like(model.transform(audio).abs()),
    }
    known = KnownLabels(run)
    held_out = []
    for name in run.split["held_out"]:
        audio = sound(run, root / name)
        told = {**heard(run, audio), **known.told(root / name, audio[0].numpy())}
        held_out.append((audio, run.labels(len(model.centres(audio.shape[1])), told)))
    rows: list[dict[str, Any]] = []
    for label, decoded in candidates.items():
        pairs = [(decoded(audio, told), model.transform(audio).abs()) for audio, told in held_out]
        rows.append({"run": run.name, "of": label, **distances(pairs)})
    if options.phase:
        for inversion in ("griffin_lim", "scan", "keep_input"):
            pairs = []
            for audio, labels in held_out:
                output = model.reconstruct(audio, labels, inversion=inversion)
                pairs.append((model.transform(output).abs(), model.transform(audio).abs()))
            rows.append({"run": run.name, "of": inversion, **distances(pairs)})
    return rows


def distances(pairs: list[tuple[Tensor, Tensor]]) -> dict[str, float]:
    """Means over all frames (LSD) or over the sounds (SC, level)."""
    lsd = LogSpectralDistance()
    frames = torch.cat([lsd.frames(output[0], target[0]) for output, target in pairs])
    convergence = [float((y - x).norm() / x.norm()) for y, x in pairs]
    level = [float(y.norm() / x.norm()) for y, x in pairs]
    return {
        "lsd_db": float(frames.mean()),
        "sc_db": 20 * math.log10(sum(convergence) / len(pairs)),
        "level_db": 20 * math.log10(max(sum(level) / len(pairs), 1e-10)),
    }


def fit_pca(run: Run, model: SpectralVAE, root: Path) -> Decoded:
    frames = torch.cat(
        [
            model.contrast(model.transform(sound(run, root / name)).abs())[0]
            for name in run.split["train"]
        ],
        dim=1,
    ).T  # [N, F]
    frames = frames[:: max(1, len(frames) // PCA_FRAMES)]
    mean = frames.mean(dim=0)
    covariance = (frames - mean).T @ (frames - mean) / len(frames)
    axes = torch.linalg.eigh(covariance.double()).eigenvectors[:, -model.latent_dim :].float()

    def through_pca(audio: Tensor, told: Labels) -> Tensor:
        centred = model.contrast(model.transform(audio).abs()) - mean[:, None]
        return model.contrast.inverse(axes @ (axes.T @ centred) + mean[:, None])

    return through_pca


def heard(run: Run, audio: Tensor) -> dict[str, np.ndarray]:
    told = run.model.told
    return {task: row for task, row in run.predict(audio[0].numpy()).items() if task in told}


def sound(run: Run, path: Path) -> Tensor:
    channel = run.config["data"]["dataset"]["channel"]
    return torch.from_numpy(read_audio(path, run.sample_rate, channel)).unsqueeze(0)


if __name__ == "__main__":
    main()
