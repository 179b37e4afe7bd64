#!/usr/bin/env python3
"""Compares networks, outputs and losses at equal CPU time or at equal steps.

    python benchmarks/architectures.py DATASET [DATASET ...] [--variants gru "gru size=large" ...]
        [--recipe dgt_mid] [--cpu-seconds 60 | --steps 2000] [--settings data.dataset.n_files=200]
        [--seeds 0] [--lots 16] [--runs FOLDER] [--json out.json]

A variant is a name of the lists below, or settings as `train_model.py` takes them. Each is trained
on each dataset, one thread, after a few steps that measure the cost of a step: with --cpu-seconds
it gets as many steps as fit into them, with schedules as long. The measures are those of
`python -m vschaos.evaluate`: distances of validation sounds, in dB, lower is better, and the level
relative to theirs; beside PCA of as many dimensions. --lots is the number of speed groups of a
batch. The share of real time is that of `forward` of the exported model at a buffer of 2048. Times
are CPU times of this process and differ by machine.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from measuring import command_line, cpu_seconds, heading, write
from training import composed

from vschaos.data import excerpts
from vschaos.evaluation import magnitude_distances
from vschaos.export.script import export
from vschaos.runs import Run, load_run
from vschaos.training import train
from vschaos.training.assembly import assemble

NETWORKS = {
    f"{network} {size}": f"network={network} size={size}"
    for network in ("mlp", "conv", "gru", "causal")
    for size in ("small", "mid", "large")
}
TERM = "_target_:vschaos.losses."
WEIGHT = "_target_:vschaos.training.learner.LossWeight,weight:"
LOSSES = {
    "as shipped": "",
    "L2 of log-magnitudes": f"model.reconstruction.log_magnitude={{{TERM}MeanSquare}}",
    "L1 of log-magnitudes": f"model.reconstruction.log_magnitude={{{TERM}MeanAbsolute}}",
    "KL 5e-5": "training.weights.kl.weight=5e-5",
    "convergence 0.6": "training.weights.convergence.weight=0.6",
    "log-magnitudes alone": "training.weights.convergence.weight=0",
    "interpolation: none": "model.interpolation=null ~training.weights.interpolation",
    "interpolation: 0.03": "training.weights.interpolation.weight=0.03",
    "+ spectral convergence 0.2": f"+model.reconstruction.batch={{{TERM}SpectralConvergence}} "
    f"+training.weights.batch={{{WEIGHT}0.2}} training.weights.convergence.weight=0",
    "+ log magnitude L1 0.3": f"+model.reconstruction.log={{{TERM}LogMagnitudeDistance}} "
    f"+training.weights.log={{{WEIGHT}0.3}}",
    "+ Itakura-Saito 0.02": f"+model.reconstruction.is={{{TERM}ItakuraSaito}} "
    f"+training.weights.is={{{WEIGHT}0.02}}",
    "Gaussian output, beta 0.5": "output=gaussian",
    "Gaussian output, beta 0": "output=gaussian model.output.beta=0",
    "Bernoulli output": "output=bernoulli",
    "reverse KL": f"+model.regularisation.other={{{TERM}ReverseKL}} "
    f"+training.weights.other={{{WEIGHT}2e-4}} training.weights.kl.weight=0",
    "symmetric KL": f"+model.regularisation.other={{{TERM}SymmetricKL}} "
    f"+training.weights.other={{{WEIGHT}2e-4}} training.weights.kl.weight=0",
    "Renyi, alpha 0.5": f"+model.regularisation.other={{{TERM}Renyi,alpha:0.5}} "
    f"+training.weights.other={{{WEIGHT}2e-4}} training.weights.kl.weight=0",
    "MMD 0.1, no KL": f"+model.regularisation.other={{{TERM}MMD}} "
    f"+training.weights.other={{{WEIGHT}0.1}} training.weights.kl.weight=0",
}
LEARNING = {
    "as shipped": "",
    "no augmentation": "augment=off",
    "varispeed 0.8": "data.varispeed.probability=0.8",
    "strong augmentation": "augment=strong",
    "learning rate 1e-3": "training.optimizer.lr=1e-3",
    "learning rate 3e-3": "training.optimizer.lr=3e-3",
    "batches of 128": "data.loading.batch_size=128",
    "drop-out 0.1": "model.encoder.dropout=0.1 model.decoder.dropout=0.1",
    "weight decay 0": "training.optimizer.weight_decay=0",
    "weight decay 0.1": "training.optimizer.weight_decay=0.1",
    "averaged weights, 0.999": "training.ema.decay=0.999",
}
VARIANTS = NETWORKS | LOSSES | LEARNING
GROUPS = {"networks": NETWORKS, "losses": LOSSES, "learning": LEARNING}
QUIET = ("training.monitoring=null", "report=false")
PROBE = 12  # steps that tell what a step costs, the first few apart
BUFFER = 2048


class Result(NamedTuple):
    """One variant on one dataset."""

    data: str
    variant: str
    seed: int
    parameters: int
    steps: int
    cpu_s: float
    frames_per_cpu_s: float
    rtf: float
    lsd: float
    sc: float
    level: float


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("datasets", nargs="+", type=Path)
    parser.add_argument("--variants", nargs="+", default=["networks"], help=", ".join(GROUPS))
    parser.add_argument("--recipe", default="dgt_mid")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--cpu-seconds", type=float, help="in place of steps")
    parser.add_argument("--settings", nargs="*", default=[], help="of all of them")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--lots", type=int, default=excerpts.SPEED_GROUPS)
    parser.add_argument("--runs", type=Path, help="keeps the runs there")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    if options.groups != excerpts.SPEED_GROUPS:
        excerpts.SPEED_GROUPS, excerpts.ROWS_AT_A_TIME = (
            options.groups,
            1 << 20,
        )  # not more for their size
    print(heading())
    print(
        f"{'data':<8} {'variant':<28} {'parameters':>10} {'steps':>6} {'CPU s':>6} "
        f"{'frames/s':>8} {'RTF':>6} {'LSD dB':>7} {'SC dB':>7} {'level':>6}"
    )
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as scratch:
        for dataset in options.datasets:
            for seed in options.seeds:
                for variant in variants(options.variants):
                    results.append(
                        measure(options, options.runs or Path(scratch), dataset, variant, seed)
                    )
                    show(results[-1])
                results.append(pca_of(options.runs or Path(scratch), results[-1], dataset))
                show(results[-1])
    write(options.json, [result._asdict() for result in results])


def variants(names: list[str]) -> list[str]:
    return [variant for name in names for variant in GROUPS.get(name, {name: ""})]


def show(result: Result) -> None:
    print(
        f"{result.data:<8} {result.variant:<28} {result.parameters:>10,} {result.steps:>6} "
        f"{result.cpu_s:>6.0f} {result.frames_per_cpu_s:>8,.0f} {result.rtf:>6.3f} "
        f"{result.lsd:>7.2f} {result.sc:>7.2f} {result.level:>6.2f}",
        flush=True,
    )


def measure(
    options: argparse.Namespace, runs: Path, dataset: Path, variant: str, seed: int
) -> Result:
    name = run_name(dataset, variant, seed)
    settings = [
        *(f"name={name}", f"data.dataset.root={dataset}", "data.dataset.cache=null"),
        *(f"seed={seed}", *QUIET, *options.settings, *VARIANTS.get(variant, variant).split()),
    ]
    cost, frames = cost_of_a_step(composed(options.recipe, runs, PROBE, settings))
    steps = int(options.cpu_seconds / cost) if options.cpu_seconds else options.steps
    config = composed(options.recipe, runs, steps, settings)
    started = time.process_time()
    assert train(config) is not None
    spent = time.process_time() - started
    run = load_run(runs / name)
    return Result(
        dataset.name,
        variant,
        seed,
        sum(parameter.numel() for parameter in run.model.parameters()),
        steps,
        spent,
        frames / cost,
        share_of_real_time(run),
        *measured_of(run, dataset),
    )


def pca_of(runs: Path, last: Result, dataset: Path) -> Result:
    """PCA with the log-magnitudes of the last model of a dataset."""
    run = load_run(runs / run_name(dataset, last.variant, last.seed))
    line = last._replace(
        variant=f"PCA-{run.autoencoder.latent_dim}", parameters=0, steps=0, cpu_s=0.0
    )
    lsd, sc, level = measured_of(run, dataset, "PCA")
    return line._replace(frames_per_cpu_s=0.0, rtf=0.0, lsd=lsd, sc=sc, level=level)


def run_name(dataset: Path, variant: str, seed: int) -> str:
    words = "".join(sign if sign.isalnum() else "_" for sign in f"{dataset.name}_{variant}")
    return f"{words}_{seed}"


def cost_of_a_step(config: dict[str, Any]) -> tuple[float, int]:
    """CPU seconds of a step with its batch, and the frames in it."""
    data, learner = assemble(config)
    optimizer = learner.make_optimizer(learner.model.parameters())
    times = []
    for number in range(PROBE):
        started = time.process_time()
        batch = data.training[number]
        optimizer.zero_grad()
        losses = learner.model.losses(batch)
        torch.stack(list(losses.values())).sum().backward()
        optimizer.step()
        times.append(time.process_time() - started)
    frames = len(batch.audio) * len(learner.model.excerpt_centres)
    return float(np.mean(times[PROBE // 4 :])), frames


def measured_of(run: Run, dataset: Path, of: str = "model") -> tuple[float, float, float]:
    """LSD, SC and level of validation sounds, of the run or of PCA."""
    measured = magnitude_distances(run, dataset)
    found = next(row for name, row in measured.items() if name.startswith(of))
    keys = ("log_spectral_distance", "spectral_convergence", "level")
    lsd, sc, level = (found[key] or 0.0 for key in keys)
    return lsd, sc, level


@torch.inference_mode()
def share_of_real_time(run: Run) -> float:
    with tempfile.TemporaryDirectory() as folder:
        model = torch.jit.load(str(export(run, Path(folder), "model", has_patches=False)))
    model.get_methods()
    block = 0.3 * torch.randn(1, 1, max(BUFFER, run.model.hop_length))
    times = [cpu_seconds(lambda: model.forward(block)) for _ in range(60)]
    return float(np.median(times[10:])) / (block.shape[2] / run.sample_rate)


if __name__ == "__main__":
    main()
