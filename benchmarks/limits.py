#!/usr/bin/env python3
"""What limits the reconstructions of a spectral model: encoder, decoder, its sounds, or noise.

    python benchmarks/limits.py RUN [--files 16] [--seconds 4] [--json FILE]

Log-spectral distance, spectral convergence and level (dB) of magnitudes, of held-out files and of
as many that were learnt from:

    model                       as it is
    best latents                the same decoder, each frame's latents found by gradients
    PCA-16, PCA-32, PCA-64      of the training's frames, as `vschaos evaluate` has it
    PCA-16 of these files       of the very frames that are measured
    16, 32, 64 points           lines between so many levels of each frame, even on a scale of pitch
    mean of 3 x 1, 9 x 1, 5 x 5 of the true levels around, bins x frames

The last two know the sounds themselves; what they still lack is the scatter of bins and frames.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from measuring import command_line, heading, show, write
from torch import Tensor

from vschaos.dsp import LogMagnitude
from vschaos.evaluation.baselines import Baseline, ModelReconstruction, Reconstruction
from vschaos.evaluation.excerpts import Excerpt, excerpt_of, held_out_excerpts
from vschaos.evaluation.pca import PCA, fit_pca, principal_axes
from vschaos.evaluation.rendered import open_material
from vschaos.evaluation.similarity import measure_file, pool_magnitudes
from vschaos.evaluation.spectra import magnitudes_of
from vschaos.generation.material import Material, spread
from vschaos.losses import FrameConvergence, FrameRMSE
from vschaos.models.capabilities import Spectral
from vschaos.runs import Run, load_run

CONVERGENCE = 0.3  # of the loss, as in the recipes
LEARNING_RATE, STEPS = 0.03, 150  # of the search for latents
TURN_HZ = 550.0  # where the scale of pitch goes over from linear to logarithmic


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--files", type=int, default=16, help="at most, of each side")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each, the loudest")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(heading())
    run = load_run(options.run)
    if not isinstance(run.model, Spectral):
        raise SystemExit(f"expected a spectral model, got {type(run.model).__name__}")
    run.model.requires_grad_(False)
    material = open_material(run, prefers_files=True)
    sides = {
        "held out": held_out_excerpts(run, material, options.files).excerpts,
        "learnt": learnt_excerpts(run, material, options.files),
    }
    rows = []
    for side, excerpts in sides.items():
        loudest = [excerpt.loudest(run.model, options.seconds) for excerpt in excerpts]
        compared = reconstructions(run.model, material, loudest)
        files = [measure_file(run.model, excerpt, compared) for excerpt in loudest]
        rows += [
            {"files": side, "reconstruction": name, "LSD": measured["log_spectral_distance"]}
            | {"SC": measured["spectral_convergence"], "level": measured["level"]}
            for name, measured in pool_magnitudes(files).items()
        ]
    show(rows, {"files": "<", "reconstruction": "<", "LSD": ".2f", "SC": ".1f", "level": ".1f"})
    write(options.json, rows)


def learnt_excerpts(run: Run, material: Material, count: int) -> list[Excerpt]:
    clips = [material.clip(name, 60.0, "train") for name in spread(material.names("train"), count)]
    return [excerpt_of(run, material, clip) for clip in clips if clip is not None]


def reconstructions(
    model: Spectral, material: Material, excerpts: Sequence[Excerpt]
) -> list[Reconstruction]:
    representation, dim = model.representation(), model.latent_dim
    log_magnitude = representation.log_magnitude
    if not isinstance(log_magnitude, LogMagnitude):
        raise SystemExit("expected a model of log-magnitudes")

    def code(name: str, of_logs: Callable[[Tensor], Tensor]) -> Baseline:
        def coded(magnitudes: Tensor) -> Tensor:
            decoded: Tensor = log_magnitude.inverse(of_logs(log_magnitude(magnitudes)))
            return decoded

        return Baseline(name, representation, coded)

    def pca(name: str, fitted: PCA) -> Baseline:
        return Baseline(name, representation, fitted.reconstruct)

    components = [
        (size, fit_pca(material, representation, size)[-1]) for size in (dim, 2 * dim, 4 * dim)
    ]
    own = torch.cat([magnitudes_of(model, excerpt.audio) for excerpt in excerpts], dim=2)
    axes = principal_axes(log_magnitude(own)[0], dim)
    own_pca = components[0][1]._replace(mean=axes[0], axes=axes[1])
    return [
        ModelReconstruction(model),
        BestLatents(model, "best latents"),
        *(pca(f"PCA-{size}", fitted) for size, fitted in components),
        pca(f"PCA-{dim} of these files", own_pca),
        *(
            code(f"{count} points", points(count, model.sample_rate, log_magnitude))
            for count in (dim, 2 * dim, 4 * dim)
        ),
        *(
            code(f"mean of {bins} x {frames}", mean_of(bins, frames))
            for bins, frames in ((3, 1), (9, 1), (5, 5))
        ),
    ]


class BestLatents(ModelReconstruction):
    """Latents that the encoder begins and gradients lead on, through the same decoder."""

    def magnitudes(self, excerpt: Excerpt) -> Tensor:
        model = self.model
        assert isinstance(model, Spectral)
        log_magnitude = model.representation().log_magnitude
        assert log_magnitude is not None
        target = magnitudes_of(model, excerpt.audio)
        logs = log_magnitude(target)
        error, convergence = FrameRMSE(), FrameConvergence()
        latents = model.encode(excerpt.audio).requires_grad_(True)
        optimizer = torch.optim.Adam([latents], lr=LEARNING_RATE)
        for _ in range(STEPS):
            decoded = model.decode_magnitudes(latents)
            loss = error(log_magnitude(decoded), logs)
            loss = loss + CONVERGENCE * convergence(decoded, target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return model.decode_magnitudes(latents).detach()


def points(count: int, sample_rate: int, log_magnitude: LogMagnitude) -> Callable[[Tensor], Tensor]:
    """The least squares of lines between `count` levels."""
    num_bins = len(log_magnitude.mean)
    hz = torch.linspace(0.0, sample_rate / 2, num_bins)
    place = torch.asinh(hz / TURN_HZ) / torch.asinh(hz[-1] / TURN_HZ) * (count - 1)
    lines = (1.0 - (place - torch.arange(count)[:, None]).abs()).clamp_min(0.0).T
    inverse = torch.linalg.pinv(lines)
    return lambda logs: lines @ (inverse @ logs)


def mean_of(bins: int, frames: int) -> Callable[[Tensor], Tensor]:
    def smoothed(logs: Tensor) -> Tensor:
        margins = (frames // 2, frames // 2, bins // 2, bins // 2)
        padded = torch.nn.functional.pad(logs[:, None], margins, mode="replicate")
        return torch.nn.functional.avg_pool2d(padded, (bins, frames), stride=1)[:, 0]

    return smoothed


if __name__ == "__main__":
    main()
