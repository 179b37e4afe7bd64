"""`python -m vschaos.demo`: the main road on sounds made on the spot, in a few minutes."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from vschaos.command import run_command
from vschaos.demo.steps import check_repository, newest_version, run, tell

NAME = "demo_model"
CLOSING = """
What is there now:
  {dataset}/
      the sounds ({count} notes) and, in metadata/, their labels
  {run}/
      the run: its report.html shows it, its README.md says what lies in it
  {folder}/reconstructions/, {folder}/trajectories/
      sounds that were never learnt, through the model; walks through its latent space. The
      pictures beside them show their spectrograms
  {ts}
      the model for nn~, and beside it its patches: open {name}.pd in PureData or {name}.maxpat
      in Max. In patches of your own make [nn~ {name} forward], or [nn~ {name} encode] and
      [nn~ {name} decode] for its latents
  {played}
      a held-out note through that file, block by block as nn~ plays it

Your own sounds: put them in my_sounds/data/ and type
  python3 train_model.py --config-name dgt_mid name=my_training data.dataset.root=my_sounds
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m vschaos.demo", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=Path("demo"), help="where all of it is written"
    )
    parser.add_argument("--steps", type=int, default=5000, help="steps of the training")
    parser.add_argument("--max-time", default="00:00:03:00", help="of the training, d:h:m:s")
    options = parser.parse_args()
    return run_command(lambda: demonstrate(options.folder, options.steps, options.max_time))


def demonstrate(folder: Path, steps: int, max_time: str) -> None:
    from vschaos.demo.sounds import write_dataset

    check_repository()
    started = time.monotonic()
    dataset = folder / "sounds"
    tell("1/5  making sounds")
    count = write_dataset(dataset)
    tell(f"2/5  training on {count} notes")
    run(
        "train_model.py",
        *("--config-name", "dgt_mid"),
        *(f"name={NAME}", f"rundir={folder}/runs", f"data.dataset.root={dataset}"),
        *(f"trainer.max_steps={steps}", f"trainer.max_time={max_time}"),
    )
    version = newest_version(folder / "runs" / NAME)
    split = json.loads((version / "split.json").read_text(encoding="utf-8"))
    picked = [str(dataset / name) for name in split["held_out"][::8]]
    tell("3/5  listening: sounds that were held out, and walks through the latent space")
    run("generate.py", "reconstruct", str(version), "--files", *picked, "--out", str(folder))
    run(
        "generate.py",
        *("trajectories", str(version), "--trajectories", "sin", "line", "interpolation"),
        *("-b", "1", "-s", "350", "--out", str(folder)),
    )
    tell("4/5  exporting")
    run("script.py", str(version), "-o", str(folder))
    ts, played = folder / f"{NAME}.ts", folder / "played.wav"
    tell("5/5  playing the export, block by block")
    run("-m", "vschaos.export.play", str(ts), picked[0], str(played), "--buffer", "2048")
    tell(f"done in {time.monotonic() - started:.0f} s")
    sys.stdout.write(
        CLOSING.format(
            dataset=dataset,
            count=count,
            run=version,
            folder=folder,
            ts=ts,
            name=NAME,
            played=played,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
