"""`vschaos demo`: sounds made on the spot, a training, an export and its playing, in minutes."""

from __future__ import annotations

import json
import logging
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from vschaos.cli.command import make_parser, run_command

DESCRIPTION = """Makes sounds, trains a model on them, generates with it, exports it and plays the
export: in some minutes, and without anything but this command."""
NAME = "demo_model"
CLOSING = """
What is there now:
  {dataset}/
      the sounds ({count} notes) and, in metadata/, their labels
  {run}/
      the run: its report.html shows it, its README.md says what lies in it
  {folder}/reconstructions/, {folder}/trajectories/
      validation sounds through the model; trajectories through its latent space. The
      pictures beside them show their spectrograms
  {ts}
      the model for nn~, and beside it its patches: open {name}.pd in PureData or {name}.maxpat
      in Max. In patches of your own make [nn~ {name} forward], or [nn~ {name} encode] and
      [nn~ {name} decode] for its latents
  {played}
      a validation note through that file, block by block as nn~ plays it

Your own sounds: put them in my_sounds/data/ and type
  vschaos train --config-name dgt_mid name=my_training data.dataset.root=my_sounds
One instrument or voice, some minutes of it, can be learnt as a harmonic instrument, which plays
melodies and sings with a microphone:
  vschaos train --config-name ddsp length=quick name=my_voice data.dataset.root=my_voice
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = make_parser("demo", DESCRIPTION)
    parser.add_argument(
        "--folder", type=Path, default=Path("demo"), help="where all of it is written"
    )
    parser.add_argument("--steps", type=int, default=5000, help="steps of the training")
    parser.add_argument("--max-time", default="00:00:03:00", help="of the training, d:h:m:s")
    options = parser.parse_args(arguments)
    demo = (options.folder, options.steps, options.max_time)
    return run_command(lambda: demonstrate(*demo), options.debug)


def demonstrate(folder: Path, steps: int, max_time: str) -> None:
    from vschaos.demo.sounds import write_dataset
    from vschaos.runs import newest_version

    started = time.monotonic()
    dataset = folder / "sounds"
    tell("1/5  making sounds")
    count = write_dataset(dataset)
    tell(f"2/5  training on {count} notes")
    run(
        "train",
        *("--config-name", "dgt_mid"),
        *(f"name={NAME}", f"rundir={folder}/runs", f"data.dataset.root={dataset}"),
        *(f"trainer.max_steps={steps}", f"trainer.max_time={max_time}"),
    )
    version = newest_version(folder / "runs" / NAME)
    split = json.loads((version / "split.json").read_text(encoding="utf-8"))
    picked = [str(dataset / name) for name in split["held_out"][::8]]
    tell("3/5  generating: validation sounds, and trajectories through the latent space")
    run("generate", "reconstruct", str(version), "--files", *picked, "--out", str(folder))
    run(
        "generate",
        *("trajectories", str(version), "--trajectories", "sin", "line", "interpolation"),
        *("-b", "1", "-s", "350", "--out", str(folder)),
    )
    tell("4/5  exporting")
    run("export", str(version), "-o", str(folder))
    ts, played = folder / f"{NAME}.ts", folder / "played.wav"
    tell("5/5  playing the export, block by block")
    run("play", str(ts), picked[0], str(played), "--buffer", "2048")
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


def run(*arguments: str) -> None:
    """Runs a subcommand of `vschaos` in a process of its own, and waits for its end.

    Raises:
        ValueError: it failed.
    """
    logging.info("$ vschaos %s", shlex.join(arguments))
    finished = subprocess.run([sys.executable, "-m", "vschaos", *arguments], check=False)
    if finished.returncode:
        raise ValueError(f"vschaos {arguments[0]} failed with exit code {finished.returncode}")


def tell(text: str) -> None:
    logging.info("\n%s", text)
