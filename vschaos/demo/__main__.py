"""`python -m vschaos.demo`: the main road on sounds made on the spot, in a few minutes."""

from __future__ import annotations

import argparse
import json
import logging
import shlex
import subprocess
import sys
import time
from pathlib import Path

from vschaos.command import run_command

SCRIPTS = Path(__file__).resolve().parents[2]
NAME = "demo_model"
CLOSING = """
What is there now:
  {dataset}/
      the sounds ({count} notes) and, in metadata/, their labels
  {run}/
      the run: its README.md says what lies in it
  {folder}/reconstructions/, {folder}/trajectories/
      sounds that were never learnt, through the model; walks through its latent space. The
      pictures beside them show their spectrograms
  {ts}
      the model for nn~. Put it where Max or PureData finds it and make the object
      [nn~ {name} forward], or [nn~ {name} encode] and [nn~ {name} decode] for its latents
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

    if not (SCRIPTS / "train_model.py").is_file():
        raise FileNotFoundError(f"the demo needs the command lines of the repository in {SCRIPTS}")
    started = time.monotonic()
    dataset = folder / "sounds"
    _tell("1/5  making sounds")
    count = write_dataset(dataset)
    _tell(f"2/5  training on {count} notes")
    _run(
        "train_model.py",
        *("--config-name", "dgt_mid"),
        *(f"name={NAME}", f"rundir={folder}/runs", f"data.dataset.root={dataset}"),
        *(f"trainer.max_steps={steps}", f"trainer.max_time={max_time}"),
    )
    run = max((folder / "runs" / NAME).glob("version_*"), key=lambda path: path.stat().st_mtime)
    split = json.loads((run / "split.json").read_text(encoding="utf-8"))
    picked = [str(dataset / name) for name in split["held_out"][::8]]
    _tell("3/5  listening: sounds that were held out, and walks through the latent space")
    _run("generate.py", "reconstruct", str(run), "--files", *picked, "--out", str(folder))
    _run(
        "generate.py",
        *("trajectories", str(run), "--trajectories", "sin", "line", "interpolation"),
        *("-b", "1", "-s", "350", "--out", str(folder)),
    )
    _tell("4/5  exporting")
    _run("script.py", str(run), "-o", str(folder))
    ts, played = folder / f"{NAME}.ts", folder / "played.wav"
    _tell("5/5  playing the export, block by block")
    _run("-m", "vschaos.export.play", str(ts), picked[0], str(played), "--buffer", "2048")
    _tell(f"done in {time.monotonic() - started:.0f} s")
    sys.stdout.write(
        CLOSING.format(
            dataset=dataset,
            count=count,
            run=run,
            folder=folder,
            ts=ts,
            name=NAME,
            played=played,
        )
    )


def _run(*arguments: str) -> None:
    """Runs one of the project's commands, as a user would type it."""
    logging.info("$ python3 %s", shlex.join(arguments))
    script, *rest = arguments
    command = [script, *rest] if script == "-m" else [str(SCRIPTS / script), *rest]
    finished = subprocess.run([sys.executable, *command], check=False)
    if finished.returncode:
        raise ValueError(f"the demo ended here: {script} gave exit code {finished.returncode}")


def _tell(text: str) -> None:
    logging.info("\n%s", text)


if __name__ == "__main__":
    sys.exit(main())
