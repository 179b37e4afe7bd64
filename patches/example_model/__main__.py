"""`python -m patches.example_model`: makes the model in patches/ from synthesised sounds."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from patches.example_model.orchestra import PLAYERS, all_parts, perform
from patches.example_model.phrase import write_phrase
from vschaos.cli.command import run_command
from vschaos.cli.demo import run, tell
from vschaos.demo.sounds import write_dataset
from vschaos.runs import newest_version

PATCHES = Path(__file__).resolve().parents[1]
NAME = "example"
STEPS = 10000
RECIPE = "dgt_pitch_prediction"
SETTINGS = (
    "data.gain.range_db=3",
    # for a small file
    "model.encoder.hidden_dims=[448,448]",
    "model.decoder.hidden_dims=[448,448]",
    "model.prediction.pitch.args.hidden_dims=128",
    "model.prediction.octave.args.hidden_dims=128",
)
CLOSING = """
What is there now:
  {out}/
      the model {name}.ts and {name}.wav, a phrase to play into it
  {version}/
      the run it was exported from
  {folder}/sounds/
      its {count} training notes
  {folder}/reconstructions/, {folder}/trajectories/, {folder}/sweeps/
      validation notes, trajectories, and a note under each label
  {folder}/evaluation/
      its evaluation, in tables and pictures
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m patches.example_model", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=Path("demo/example"), help="where sounds and run are written"
    )
    parser.add_argument("--out", type=Path, default=PATCHES, help="where the model is written")
    parser.add_argument(
        "--players", nargs="+", choices=PLAYERS, default=list(PLAYERS), help="these alone"
    )
    parser.add_argument(
        "--settings",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="of the training, as model.latent.dim=4",
    )
    options = parser.parse_args()
    return run_command(lambda: make_example(options))


def make_example(options: argparse.Namespace) -> None:
    """Makes sounds, trains on them, exports and evaluates the model."""
    from vschaos.instrument.instrument import read_instrument
    from vschaos.patches import write_example

    started = time.monotonic()
    folder, out = options.folder, options.out
    dataset = folder / "sounds"
    tell("1/5  making sounds")
    parts = [note for note in all_parts() if note.timbre in options.players]
    write_dataset(dataset, notes=parts, play=perform)
    write_phrase(out / f"{NAME}.wav")
    tell(f"2/5  training on {len(parts)} notes")
    run(
        *("train", "--config-name", RECIPE),
        *(f"name={NAME}", f"rundir={folder}/runs", f"data.dataset.root={dataset}"),
        *(f"trainer.max_steps={STEPS}", *SETTINGS, *options.settings),
    )
    version = newest_version(folder / "runs" / NAME)
    tell("3/5  exporting")
    run("export", str(version), "-o", str(out), "--no-patch")
    write_example(read_instrument(out / f"{NAME}.ts"), out)
    tell("4/5  generating: a note under each label, and trajectories through the latent space")
    listen(version, folder)
    tell("5/5  evaluating: distances, conditioning and prediction accuracy")
    run("evaluate", str(version), "--out", str(folder / "evaluation"))
    tell(f"done in {time.monotonic() - started:.0f} s")
    sys.stdout.write(
        CLOSING.format(out=out, name=NAME, version=version, folder=folder, count=len(parts))
    )


def listen(version: Path, folder: Path) -> None:
    """Generates sounds and pictures to compare recipes by."""
    to_folder = ("--out", str(folder))
    held_out = json.loads((version / "split.json").read_text(encoding="utf-8"))["held_out"]
    picked = [str(folder / "sounds" / name) for name in held_out[::8]]
    run("generate", "reconstruct", str(version), "--files", *picked, *to_folder)
    run("generate", "sweep", str(version), *to_folder)
    run(
        *("generate", "trajectories", str(version)),
        *("--trajectories", "sin", "random", "interpolation", "-b", "2"),
        *("--meta", "pitch", "D", "octave", "3", *to_folder),
    )


if __name__ == "__main__":
    sys.exit(main())
