#!/usr/bin/env python3
"""How well cycles are learnt from melodies, and descriptors of timbre obeyed on melodies held out.

    python benchmarks/timbre.py [--instruments violin trumpet clarinet bass] [--seeds 0]
        [--time 00:00:04:30] [--runs FOLDER] [--set KEY=VALUE ...] [--json FILE]

Material: General MIDI melodies by fluidsynth, five minutes of one instrument at a time, of which
whole files are held out. Each training lasts `--time` at most, with as many threads as
OMP_NUM_THREADS says.

What is measured is what `vschaos evaluate` shows (`vschaos.evaluation.cycles`): `model`, RMS error
in dB of the partials within 60 dB of the strongest, beside `mean`, the mean spectrum of the
training, `nearest`, that of its frame nearest in descriptors and pitch, and `new`, the network
before it has learnt anything, which obeys all the same. `rank`, the least rank correlation of each
descriptor as heard with as asked, from -2 to 2 standard deviations at two notes, and `range`, the
least share of these that is heard; `cents`, the most that the pitch moves meanwhile; `level`, the
largest error of the loudness over four octaves.

RTF is the CPU time on one thread of `decode` by that of the sound, at buffers of 512 and 2048,
scripted, least of five rounds.
"""

from __future__ import annotations

import time
from pathlib import Path

import torch
from measuring import Row
from pitched_trainings import measure_trainings

import vschaos
from vschaos.evaluation.cycles import evaluate_cycles
from vschaos.evaluation.excerpts import held_out_excerpts
from vschaos.evaluation.rendered import open_material
from vschaos.export import script_stream

BUFFERS = (512, 2048)
ROUNDS, CALLS = 5, 60
COLUMNS = {"steps": "6d", "model": "6.2f", "mean": "6.2f"}
COLUMNS |= {"nearest": "7.2f", "new": "6.2f", "rank": "5.2f", "range": "6.0%"}
COLUMNS |= {"cents": "6.2f", "level": "6.2f", **{f"RTF_{size}": "9.3f" for size in BUFFERS}}


def judge(run: vschaos.Run, _root: Path) -> Row:
    material = open_material(run, prefers_files=True)
    found = evaluate_cycles(run.single_cycle, held_out_excerpts(run, material).excerpts, material)
    spectra, obeyed = found["spectrum"], found["descriptors"].values()
    return {
        "steps": torch.load(run.checkpoint, weights_only=True)["global_step"],
        "model": spectra["model"],
        "mean": spectra["mean spectrum"],
        "nearest": spectra["nearest frame"],
        "new": spectra["untrained"],
        "rank": min(row["rank"] for row in obeyed),
        "range": min(row["range"] for row in obeyed),
        "cents": max(row["cents"] for row in obeyed),
        "level": found["level_db"],
        **{f"RTF_{size}": cost(run, size) for size in BUFFERS},
        "descriptors": found["descriptors"],
    }


@torch.inference_mode()
def cost(run: vschaos.Run, buffer: int) -> float:
    model = run.single_cycle
    stream = script_stream(model.stream().eval(), model.sample_rate)
    middle = [control.statistics[0] for control in model.frame_controls()]
    frames = torch.tensor(middle)[None, :, None].repeat(1, 1, buffer // model.hop_length)
    frames[:, 1] = 1.0
    spent = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(CALLS):
            stream.decode(frames)
        spent.append(time.process_time() - begun)
    return min(spent) / (CALLS * buffer / model.sample_rate)


if __name__ == "__main__":
    measure_trainings(__doc__, "wavetable", judge, COLUMNS)
