#!/usr/bin/env python3
"""What augmentations cost the loader: CPU of a batch, by settings.

    python benchmarks/augmentation.py [--recipe dgt_mid] [--batches 150]

One thread, on two minutes of synthetic sound; the settings take turns batch by batch, so that
whatever else the machine does falls on all of them.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from pathlib import Path

import torch
from training import composed, write_sounds

from vschaos.training.train import assemble

SETTINGS = [
    *("augment=off", "augment=mild", "augment=strong"),
    *(
        f"data.{name}.probability=1"
        for name in ("pitch_shift", "time_stretch", "bin_shift", "mix_up", "polarity")
    ),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--recipe", default="dgt_mid")
    parser.add_argument("--batches", type=int, default=150)
    options = parser.parse_args()
    torch.set_num_threads(1)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        write_sounds(Path(folder) / "data")
        loaders = {
            setting: assemble(composed(options.recipe, Path(folder), 1, [setting]))[0].excerpts
            for setting in SETTINGS
        }
        seconds = dict.fromkeys(SETTINGS, 0.0)
        for number in range(options.batches):
            for setting, excerpts in loaders.items():
                started = time.process_time()
                excerpts[number]
                seconds[setting] += time.process_time() - started
    for setting, total in seconds.items():
        print(f"{setting:<36} {1000 * total / options.batches:8.2f} ms a batch")


if __name__ == "__main__":
    main()
