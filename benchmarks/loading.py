#!/usr/bin/env python3
"""The share of the loader in a training step, by recipe and augmentation.

    python benchmarks/loading.py [dgt_small dgt_mid ...] [--augment off mild strong] [--steps 60]
        [--json FILE]

One thread, on two minutes of synthetic sound. A batch is asked for and a step is taken with it by
turns; batches are made some at a time ("at once"), so CPU times are medians of the means of as many
turns. The floor is the step alone: losses, gradients, optimiser, with matrices multiplied as
precisely as the recipe says; the share is the loader's of both together. The step's own floor is
that of a bare autoencoder, 1025-512-16-512-1025.

Beside it: the share of the transform in a step, the loader when nothing comes between two batches
("warm": a step drives sounds and code out of the processor's caches), and taking as many frames out
of a float16 table of 16,384 in memory.
"""

from __future__ import annotations

import itertools
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from measuring import by_turns, command_line, heading, show, write
from training import composed, write_sounds

from vschaos.batch import Batch
from vschaos.configs.recipes import recipes
from vschaos.data.loading import Prefetch
from vschaos.dsp import STFT
from vschaos.training.assembly import assemble
from vschaos.training.learner import Learner
from vschaos.training.matmul_precision import multiplying

WARM_UP = 10  # steps
TABLE_LENGTH = 1 << 14  # frames
LABELS = ("pitch", "octave")


def main() -> None:
    names = [recipe.name for recipe in recipes()]
    parser = command_line(__doc__)
    parser.add_argument("recipes", nargs="*", default=names)
    parser.add_argument("--augment", nargs="+", default=["off", "mild", "strong"])
    parser.add_argument("--steps", type=int, default=60, help=f"after {WARM_UP} of warm-up")
    options = parser.parse_args()
    torch.set_num_threads(1)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    print(heading())
    with tempfile.TemporaryDirectory() as folder:
        write_dataset(Path(folder))
        rows = [
            {"recipe": recipe, "augment": augment, **measured}
            for recipe in options.recipes
            for augment in options.augment
            for measured in [measure(recipe, Path(folder), [f"augment={augment}"], options.steps)]
        ]
    times = {"loader_ms": ".2f", "step_ms": ".2f", "share": ".1%", "bare_ms": ".2f"}
    times |= {"at_once": "d", "warm_ms": ".2f", "transform_ms": ".2f", "stored_ms": ".2f"}
    show(rows, {"recipe": "<", "augment": "<", **times})
    write(options.json, rows)


def measure(recipe: str, folder: Path, settings: list[str], steps: int) -> dict[str, float]:
    config = composed(recipe, folder, WARM_UP + steps, settings)
    with multiplying(config["training"]["matmul_precision"]):
        data, learner = assemble(config)
        prefetch = Prefetch(data.training)
        steps, warm_up = (
            -(-turns // prefetch.at_once) * prefetch.at_once for turns in (steps, WARM_UP)
        )
        take, transform = step_of(learner), learner.model.transform
        assert isinstance(transform, STFT)  # that of all recipes here
        batch = prefetch[0]

        def load(turn: int) -> None:
            nonlocal batch
            batch = prefetch[turn]

        spent = by_turns(
            {
                "loader": load,
                "step": lambda turn: take(batch),
                "transform": lambda turn: transform.magnitudes(batch.audio),
                "stored": stored_frames(transform.num_bins, data.loading.batch_size),
                "bare": bare_step(data.loading.batch_size),
            },
            steps,
            warm_up,
            prefetch.at_once,
        )
        spent |= by_turns({"warm": data.training.__getitem__}, steps, 0, prefetch.at_once)
    share = spent["loader"] / (spent["loader"] + spent["step"])
    times = {f"{name}_ms": 1e3 * seconds for name, seconds in spent.items()}
    return {**times, "share": share, "at_once": prefetch.at_once}


def stored_frames(bins: int, count: int) -> Callable[[int], object]:
    """A batch of frames from anywhere in a table."""
    table = torch.full((TABLE_LENGTH, bins), 0.5, dtype=torch.float16)
    random = torch.Generator().manual_seed(0)
    return lambda turn: table[torch.randint(TABLE_LENGTH, (count,), generator=random)].float()


def step_of(learner: Learner) -> Callable[[Batch], object]:
    """A training step with a batch, without Lightning."""
    optimizer = learner.make_optimizer(learner.model.parameters())
    schedule = learner.make_schedule(optimizer)

    def take(batch: Batch) -> None:
        total, _ = learner.weighted(batch)
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
        optimizer.step()
        schedule.step()

    return take


def bare_step(batch_size: int) -> Callable[[int], object]:
    """A step of the network alone: no transform, no sampling, no labels."""
    sizes = [1025, 512, 16, 512, 1025]
    layers = [torch.nn.Linear(*pair) for pair in itertools.pairwise(sizes)]
    network = torch.nn.Sequential(*(part for layer in layers for part in (layer, torch.nn.ELU())))
    optimizer = torch.optim.AdamW(network.parameters(), fused=True)
    frames = torch.rand(batch_size, sizes[0])

    def take(turn: int) -> None:
        optimizer.zero_grad()
        (network(frames) - frames).square().mean().backward()
        optimizer.step()

    return take


def write_dataset(root: Path) -> None:
    """Writes sounds, and labels for the recipes that are conditioned."""
    write_sounds(root / "data")
    names = sorted(path.name for path in (root / "data").iterdir())
    for task in LABELS:
        lines = [f"data/{name}\t{number % 4}\n" for number, name in enumerate(names)]
        (root / "metadata" / task).mkdir(parents=True)
        (root / "metadata" / task / "metadata.txt").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
