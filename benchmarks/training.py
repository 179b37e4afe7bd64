#!/usr/bin/env python3
"""The speed of training: the loader, the step, and both through Lightning.

    python benchmarks/training.py [dgt_small dgt_mid dgt_large] [--steps 300] [--threads 1]
        [--settings augment=strong] [--accelerator gpu] [--profile] [--compile] [--json out.json]

Frames (excerpts of a batch) per second of CPU, user and system time of all threads, and per second
of the clock, on two minutes of synthetic sound; start-up, validation and checkpoints are left out.
The share is of the whole's CPU time. The last column is the ratio to 131 frames per CPU-second,
which the reference system, vschaos2 1.1, reached in its "normal" config on two shared cores without
GPU: on another kind of machine only the shares count. With more threads than one, those that wait
for a core burn CPU time: do that on an idle machine. On a GPU (`--accelerator gpu`) the time of the
clock counts. `--profile` prints the shares of CPU time instead; `--compile` trains on
compiled losses, which needs a C++ compiler, and prints the time of the compilation.
"""

from __future__ import annotations

import argparse
import itertools
import json
import logging
import platform
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytorch_lightning as lightning
import torch
from lightning_fabric import Fabric
from omegaconf import OmegaConf
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import TensorBoardLogger
from torch import nn
from training_profile import Profile, ProfileCallback

from vschaos.audio.files import write_audio
from vschaos.configs.composing import compose
from vschaos.data.datamodule import DataModule
from vschaos.training.assembly import assemble
from vschaos.training.learner import Learner
from vschaos.training.matmul_precision import multiplying

RECIPES = ["dgt_small", "dgt_mid", "dgt_large"]
REFERENCE = 131.0  # frames per CPU-second
WARM_UP = 50  # steps
RATE = 44100
Row = dict[str, float | str]


class Clock(NamedTuple):
    """Seconds, of all threads and on the wall."""

    cpu: float
    wall: float

    @classmethod
    def now(cls) -> Clock:
        if torch.cuda.is_available():
            torch.cuda.synchronize()  # what was asked for is done later
        return cls(time.process_time(), time.perf_counter())

    def since(self, start: Clock, steps: int) -> Clock:
        """Time per step since a `Clock`."""
        return Clock((self.cpu - start.cpu) / steps, (self.wall - start.wall) / steps)


class Stopwatch(Callback):
    """Runs from the end of step `WARM_UP` to that of the last one."""

    def __init__(self) -> None:
        self.started = self.stopped = Clock.now()

    def on_train_batch_end(
        self, trainer: lightning.Trainer, learner: lightning.LightningModule, *rest: object
    ) -> None:
        self.stopped = Clock.now()
        if trainer.global_step <= WARM_UP:
            self.started = self.stopped


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("recipes", nargs="*", default=RECIPES)
    parser.add_argument("--steps", type=int, default=300, help=f"after {WARM_UP} of warm-up")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--settings", nargs="+", default=[], metavar="KEY=VALUE")
    parser.add_argument("--accelerator", default="cpu", help="cpu, gpu, ...: as Lightning names it")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="pytorch_lightning")
    print(f"{platform.processor() or platform.machine()}, {options.threads} threads")
    if not options.profile:
        print(
            f"{'recipe':<12} {'part':<8} {'CPU ms':>8} {'wall ms':>8} {'share':>6} "
            f"{'frames/CPU-s':>13} {'frames/s':>9} {'x 131':>6}"
        )
    rows: list[Row] = []
    settings = [f"trainer.accelerator={options.accelerator}", *options.settings]
    with tempfile.TemporaryDirectory() as folder:
        write_sounds(Path(folder) / "data")
        for recipe in options.recipes:
            config = composed(recipe, Path(folder), WARM_UP + options.steps, settings)
            with multiplying(config["training"]["matmul_precision"]):
                data, learner = assemble(config)
                if options.compile:
                    compile_losses(learner, data)
                show = profile if options.profile else measure
                rows += show(recipe, learner, data, config, options.steps)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


def compile_losses(learner: Learner, data: DataModule) -> None:
    """Compiles the losses and their gradients."""
    model, started = learner.model, Clock.now()
    model.losses = torch.compile(model.losses)  # type: ignore[method-assign]
    for number in range(2):  # shapes that differ from the first are compiled again
        torch.stack([*model.losses(data.training[number]).values()]).sum().backward()
    learner.zero_grad()
    spent = Clock(*np.subtract(Clock.now(), started))
    print(f"compiled within {spent.wall:.0f} s, {spent.cpu:.0f} s of CPU in this process")


def measure(
    recipe: str, learner: Learner, data: DataModule, config: dict[str, Any], steps: int
) -> list[Row]:
    parts = {
        "loader": time_loader(data, steps),
        "step": time_step(learner, data, steps, config["trainer"]),
        "whole": time_whole(learner, data, steps, config),
    }
    frames = data.loading.batch_size
    rows: list[Row] = []
    for part, (cpu, wall) in parts.items():
        share = cpu / parts["whole"].cpu
        print(
            f"{recipe:<12} {part:<8} {1000 * cpu:8.2f} {1000 * wall:8.2f} {share:6.0%} "
            f"{frames / cpu:13.0f} {frames / wall:9.0f} {frames / cpu / REFERENCE:6.1f}"
        )
        rows.append({"recipe": recipe, "part": part, "cpu_seconds": cpu, "wall_seconds": wall})
        rows[-1] |= {"share": share, "frames_per_cpu_second": frames / cpu}
    return rows


def profile(
    recipe: str, learner: Learner, data: DataModule, config: dict[str, Any], steps: int
) -> list[Row]:
    shares = Profile()
    fit(learner, data, config, ProfileCallback(shares, WARM_UP))
    milliseconds = 1000 * sum(shares.seconds.values()) / steps
    print(f"{recipe}: {milliseconds:.2f} ms of CPU a step")
    rows: list[Row] = []
    for part, share in shares.shares().items():
        print(f"  {part:<24} {share * milliseconds:8.2f} ms {share:6.1%}")
        rows.append({"recipe": recipe, "part": part, "share": share})
    return rows


def composed(recipe: str, folder: Path, steps: int, settings: list[str]) -> dict[str, Any]:
    given = {"name": recipe, "rundir": folder, "trainer.max_steps": steps}
    given |= {"data.dataset.root": folder, "data.dataset.cache": folder / "cache"}
    given["trainer.accelerator"] = "cpu"
    overrides = [*(f"{key}={value}" for key, value in given.items()), *settings]
    composition = compose(recipe, overrides)
    config: Any = OmegaConf.to_container(composition, resolve=True)
    return config


def time_loader(data: DataModule, steps: int) -> Clock:
    batches = itertools.cycle(data.train_dataloader())
    return per_step(lambda step: next(batches), steps)


def time_step(learner: Learner, data: DataModule, steps: int, settings: dict[str, Any]) -> Clock:
    """The step of Lightning with a batch on its device, without Lightning."""
    fabric = Fabric(
        accelerator=settings["accelerator"],
        devices=1,
        precision=settings.get("precision", "32-true"),
    )
    batches = [fabric.to_device(data.training[number]) for number in range(16)]
    learner.to(fabric.device)
    optimizer = learner.make_optimizer(learner.parameters())
    schedule = learner.make_schedule(optimizer)

    def take(step: int) -> None:
        with fabric.autocast():
            losses = learner.model.losses(batches[step % len(batches)])
        weighted = [learner.weights[name].at(step) * loss for name, loss in losses.items()]
        optimizer.zero_grad()
        torch.stack(weighted).sum().backward()
        nn.utils.clip_grad_norm_(learner.parameters(), settings["gradient_clip_val"])
        optimizer.step()
        schedule.step()

    return per_step(take, steps)


def per_step(take: Callable[[int], object], steps: int) -> Clock:
    for step in range(WARM_UP):
        take(step)
    started = Clock.now()
    for step in range(steps):
        take(WARM_UP + step)
    return Clock.now().since(started, steps)


def time_whole(learner: Learner, data: DataModule, steps: int, config: dict[str, Any]) -> Clock:
    stopwatch = Stopwatch()
    fit(learner, data, config, stopwatch)
    return stopwatch.stopped.since(stopwatch.started, steps)


def fit(learner: Learner, data: DataModule, config: dict[str, Any], callback: Callback) -> None:
    trainer = lightning.Trainer(
        logger=TensorBoardLogger(config["rundir"], name="logs"),
        callbacks=[callback],
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        limit_val_batches=0,
        **config["trainer"],
    )
    trainer.fit(learner, data)


def write_sounds(folder: Path) -> None:
    """Twelve sounds of ten seconds: a tone that comes and goes, and bursts of noise."""
    random = np.random.default_rng(0)
    seconds = np.arange(10 * RATE) / RATE
    for number in range(12):
        tone = np.sin(2 * np.pi * 55 * 2 ** (number / 3) * seconds) * np.sin(seconds) ** 2
        bursts = random.normal(size=seconds.size) * np.exp(-8 * (seconds % 0.5))
        write_audio(folder / f"sound_{number:02}.wav", 0.3 * tone + 0.1 * bursts, RATE)


if __name__ == "__main__":
    main()
