#!/usr/bin/env python3
"""The cost of an export: scripting, writing, its gate and patches; and of loading the `.ts`.

    python benchmarks/exporting.py [RUN ...] [--repeats 3] [--json FILE]

Seconds of CPU of one thread, each time in a process of its own, medians, imports left out; without
a run, of one that was trained for a single step. The floor is the scripting of a transform and its
inverse, and `times` the ratio to it. `gate` is the check of a `.ts` before it gets its name.
`ready` is when a host that loaded it has its methods, which are compiled then; the first calls are
those of `forward` after that, at a buffer of 2048.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from statistics import median

import torch
from measuring import Row, command_line, cpu_seconds, heading, in_a_process, show, write
from startup import run_in, train
from streaming import USUAL_BUFFER, Floor

from vschaos.export.nn_tilde import script_stream
from vschaos.export.script import check, describe
from vschaos.instrument.instrument import CARD
from vschaos.patches import write_patches
from vschaos.runs import load_run

PARTS = ("stream", "scripting", "saving", "gate", "patches")


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure_here(options.one)))
        return
    print(heading())
    with tempfile.TemporaryDirectory() as folder:
        if not options.runs:
            train(Path(folder))
            options.runs = [run_in(Path(folder))]
        results = [measure(path, options.repeats) for path in options.runs]
    for path, rows in zip(options.runs, results, strict=True):
        print(f"\n{path.name}")
        show(rows, {"part": "<", "value": ".3f", "unit": "<", "times": ".1f"})
    write(options.json, {path.name: rows for path, rows in zip(options.runs, results, strict=True)})


def measure(path: Path, repeats: int) -> list[Row]:
    found = [json.loads(in_a_process(__file__, "--one", path)[1]) for _ in range(repeats)]
    values = {part: median(one[part] for one in found) for part in found[0]}
    rows: list[Row] = [
        {"part": part, "value": value, "unit": "MB" if part == "file" else "s"}
        | ({"times": value / values["floor"]} if part in PARTS else {})
        for part, value in values.items()
    ]
    whole = sum(values[part] for part in PARTS)
    return [
        *rows,
        {"part": "all but load", "value": whole, "unit": "s", "times": whole / values["floor"]},
    ]


@torch.inference_mode()
def measure_here(path: Path) -> dict[str, float]:
    """Seconds of CPU by part, and the size of the file in MB."""
    torch.set_num_threads(1)
    run = load_run(path)
    torch.jit.script(torch.nn.Identity())  # what scripts first pays for all
    values = {"floor": cpu_seconds(lambda: torch.jit.script(Floor(2048, 512)))}
    streams, scripted = [], []
    values["stream"] = cpu_seconds(lambda: streams.append(run.model.stream().eval()))
    instrument = describe("model", streams[0], run.sample_rate)
    values["scripting"] = cpu_seconds(
        lambda: scripted.append(script_stream(streams[0], run.sample_rate))
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.ts"
        card = {CARD: instrument.to_json()}
        values["saving"] = cpu_seconds(
            lambda: torch.jit.save(scripted[0], str(file), _extra_files=card)
        )
        values["gate"] = cpu_seconds(lambda: check(file))
        values["patches"] = cpu_seconds(lambda: write_patches(instrument, Path(folder)))
        return values | load(file) | {"file": file.stat().st_size / 1e6}


def load(file: Path) -> dict[str, float]:
    loaded = []
    values = {"load": cpu_seconds(lambda: loaded.append(torch.jit.load(str(file)).eval()))}
    (model,) = loaded
    values["ready"] = values["load"] + cpu_seconds(lambda: model.get_methods())
    block = torch.randn(1, int(model.forward_params[0]), USUAL_BUFFER)
    for name in ("first call", "second call"):
        values[name] = cpu_seconds(lambda: model.forward(block))
    return values


if __name__ == "__main__":
    main()
