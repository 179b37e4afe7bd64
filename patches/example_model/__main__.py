"""`python -m patches.example_model`: makes the models in patches/ from synthesised sounds."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from patches.example_model.examples import EXAMPLES, VOICES, Example
from patches.example_model.phrase import write_phrase
from vschaos.cli.command import run_command
from vschaos.cli.demo import run, tell
from vschaos.runs import newest_version

NAMES = (*EXAMPLES, *VOICES)
PATCHES = Path(__file__).resolve().parents[1]
CLOSING = """
What is there now:
  {out}/
      the model {name}.ts, its patches, and {name}.wav, a phrase to play into it
  {version}/
      the run it was exported from
  {folder}/
      its {count} training sounds, what it made of validation sounds, trajectories, and its
      evaluation, in tables and pictures
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m patches.example_model", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all if not given"
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("demo"), help="where NAME/, sounds and run, is written"
    )
    parser.add_argument("--out", type=Path, default=PATCHES, help="where the model is written")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="the sounds whose names hold this"
    )
    parser.add_argument(
        "--settings",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="of the training, as model.latent.dim=4",
    )
    options = parser.parse_args()
    names = options.names or list(NAMES)
    if unknown := [name for name in names if name not in NAMES]:
        parser.error(f"NAME must be of {', '.join(NAMES)}, got {unknown[0]}")
    return run_command(lambda: make_examples(names, options))


def make_examples(names: list[str], options: argparse.Namespace) -> None:
    for name in names:
        if name in VOICES:
            make_voice(name, VOICES[name], options.out)
            continue
        example = EXAMPLES[name]
        settings = [*example.settings, *options.settings]
        example = example._replace(settings=settings)
        make_example(name, example, options.folder / name, options.out, options.only)


def make_voice(name: str, chain: str, out: Path) -> None:
    """Exports a voice with its bank."""
    from vschaos.instrument.instrument import read_instrument
    from vschaos.patches import write_example

    run("synth", "export", "--chain", chain, "--name", name, "-o", str(out), "--no-patch")
    write_example(read_instrument(out / f"{name}.ts"), out)


def make_example(name: str, example: Example, folder: Path, out: Path, only: str) -> None:
    """Makes sounds, trains on them, exports and evaluates the model."""
    from vschaos.instrument.instrument import read_instrument
    from vschaos.patches import write_example

    started = time.monotonic()
    dataset = folder / "sounds"
    tell(f"1/5  {name}: making sounds")
    count = example.write_sounds(dataset, only)
    write_phrase(out / f"{name}.wav", example.phrase)
    tell(f"2/5  training on {count} sounds")
    run(
        *("train", "--config-name", example.recipe),
        *(f"name={name}", f"rundir={folder}/runs", f"data.dataset.root={dataset}"),
        *example.settings,
    )
    version = newest_version(folder / "runs" / name)
    tell("3/5  exporting")
    run("export", str(version), "-o", str(out), "--no-patch")
    write_example(read_instrument(out / f"{name}.ts"), out)
    tell("4/5  generating: validation sounds, and what else the model can do")
    held_out = json.loads((version / "split.json").read_text(encoding="utf-8"))["held_out"]
    picked = [str(dataset / sound) for sound in held_out[::8]]
    for command, arguments in (("reconstruct", ("--files", *picked)), *example.generated):
        run("generate", command, str(version), *arguments, "--out", str(folder))
    tell("5/5  evaluating: distances, and what else it can be measured by")
    run("evaluate", str(version), "--out", str(folder / "evaluation"))
    tell(f"done in {time.monotonic() - started:.0f} s")
    sys.stdout.write(
        CLOSING.format(out=out, name=name, version=version, folder=folder, count=count)
    )


if __name__ == "__main__":
    sys.exit(main())
