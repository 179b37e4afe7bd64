#!/usr/bin/env python3
"""Detects regressions of speed by more than twice, with a minute of measurements.

    python benchmarks/quick.py [--keep] [--json FILE]

Each measure is a ratio of CPU times to a floor of the same run, so that it travels between machines
and tolerates other programs beside it; absolute times do not count. It is compared with
`quick.json`, which states where and when that was measured; outliers are measured a second
time. The exit code is 1 if a ratio is more than twice as high as it was.
`--keep` writes `quick.json` anew.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import importing
import loading
import startup
import streaming
import torch
from exporting import measure_here
from measuring import command_line, heading, show, write

from vschaos.export.script import export
from vschaos.runs import load_run

REFERENCE = Path(__file__).with_suffix(".json")
MOST = 2.0  # times the reference
DOORS = (
    *("import vschaos", "train_model.py --help", "generate.py --help", "-m vschaos.runs --help"),
    *("generate.py reconstruct", "script.py"),
)
RUNS = 4
MINUTES = 1  # of sound of each kind
PARTS = ("importing", "reading")
BUFFERS = (512, 2048)
STEPS = 64
Ratios = dict[str, float]


def main() -> int:
    parser = command_line(__doc__)
    parser.add_argument("--keep", action="store_true", help="as what later ones are compared with")
    options = parser.parse_args()
    torch.set_num_threads(1)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    print(heading())
    found = measure()
    if options.keep:
        write(REFERENCE, found)
    reference: Ratios = json.loads(REFERENCE.read_text(encoding="utf-8"))["results"]
    if regressions(found, reference):
        print("something is far off: all is measured once more")
        found = lower_of(found, measure())
    rows = [
        {"measure": name, "ratio": ratio, "was": was, "times": ratio / was if was else None}
        for name, ratio in found.items()
        for was in (reference.get(name),)
    ]
    show(rows, {"measure": "<", "ratio": ".3f", "was": ".3f", "times": ".2f"})
    write(options.json, found)
    faults = regressions(found, reference)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def regressions(found: Mapping[str, float], reference: Mapping[str, float]) -> list[str]:
    """A sentence for each measure that is too high, or that one of the two lacks."""
    faults = [
        f"{name}: {found[name] / reference[name]:.1f} times as slow as it was (a ratio of "
        f"{found[name]:.3f}, it was {reference[name]:.3f}); at most {MOST:g} times is accepted"
        for name in found
        if name in reference and not found[name] <= MOST * reference[name]
    ]
    new, gone = found.keys() - reference.keys(), reference.keys() - found.keys()
    faults += [f"{name}: {REFERENCE.name} does not have it yet; --keep" for name in sorted(new)]
    faults += [f"{name}: {REFERENCE.name} has it, but it is gone; --keep" for name in sorted(gone)]
    return faults


def lower_of(first: Ratios, second: Ratios) -> Ratios:
    return {name: min(ratio, second[name]) for name, ratio in first.items()}


def measure() -> Ratios:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        return {
            **dict(of_doors(folder / "doors")),
            **dict(of_import(folder / "import")),
            **dict(of_training(folder / "training")),
            **dict(of_export(startup.run_in(folder / "doors"))),
            **dict(of_playing(startup.run_in(folder / "doors"), folder)),
        }


def of_doors(folder: Path) -> Iterator[tuple[str, float]]:
    for row in startup.measure(folder, RUNS, DOORS):
        if "times" in row:
            yield f"{row['command']} / {row['floor']}", row["times"]


def of_import(folder: Path) -> Iterator[tuple[str, float]]:
    for name, kind in importing.KINDS.items():
        root = folder / kind.ending / str(kind.rate)
        importing.write_sounds(root, kind, MINUTES)
        found = [importing.measure_here(root) for _ in range(RUNS)]
        # reading takes milliseconds: the least of each is undisturbed
        importing_s, reading_s = (min(one[part] for one in found) for part in PARTS)
        yield f"import of {name} / reading alone", importing_s / reading_s


def of_training(folder: Path) -> Iterator[tuple[str, float]]:
    loading.write_dataset(folder)
    for recipe in ("dgt_small", "dgt_mid"):
        found = loading.measure(recipe, folder, ["augment=mild"], STEPS)
        yield f"loader of {recipe} / step", found["loader_ms"] / found["step_ms"]
        yield f"step of {recipe} / bare network", found["step_ms"] / found["bare_ms"]


def of_export(run: Path) -> Iterator[tuple[str, float]]:
    found = measure_here(run)
    for part in ("scripting", "gate"):
        yield f"{part} of a .ts / scripting of a transform", found[part] / found["floor"]


def of_playing(run: Path, folder: Path) -> Iterator[tuple[str, float]]:
    model = export(load_run(run), folder, "model", has_patches=False)
    result = streaming.measure(streaming.Trial(blocks=30), model)
    floors = result["rtf"].pop("floor")
    for name, factors in result["rtf"].items():
        for size, factor, floor in zip(result["buffers"], factors, floors, strict=True):
            if size in BUFFERS:
                yield f"{name} at a buffer of {size} / transform", factor / floor


if __name__ == "__main__":
    sys.exit(main())
