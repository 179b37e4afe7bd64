#!/usr/bin/env python3
"""The cost of augmentations in the loader: CPU of a batch, by setting.

    python benchmarks/augmentation.py [--recipe dgt_mid] [--batches 150] [--json FILE]

One thread, on two minutes of synthetic sound; the settings take turns, and times are medians over
batches.
"""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import torch
from measuring import by_turns, command_line, heading, show, write
from training import composed, write_sounds

from vschaos.training.assembly import assemble

SETTINGS = [
    *("augment=off", "augment=mild", "augment=strong"),
    *(
        f"data.{name}.probability=1"
        for name in ("pitch_shift", "time_stretch", "bin_shift", "mix_up", "polarity")
    ),
]


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--recipe", default="dgt_mid")
    parser.add_argument("--batches", type=int, default=150)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(heading())
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        write_sounds(Path(folder) / "data")
        loaders = {
            setting: assemble(composed(options.recipe, Path(folder), 1, [setting]))[0].training
            for setting in SETTINGS
        }
        spent = by_turns(
            {setting: excerpts.__getitem__ for setting, excerpts in loaders.items()},
            options.batches,
        )
    rows = [{"setting": setting, "ms_a_batch": 1e3 * cpu} for setting, cpu in spent.items()]
    show(rows, {"setting": "<", "ms_a_batch": ".2f"})
    write(options.json, rows)


if __name__ == "__main__":
    main()
