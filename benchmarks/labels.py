#!/usr/bin/env python3
"""Whether labels are obeyed, and whether they are heard.

    python benchmarks/labels.py RUN [RUN ...] [--data DATASET] [--files 24] [--json FILE]

Control: the latents of held-out sounds are decoded under every pitch class and every octave that
was learnt with all of its notes; the fundamental is then measured on the sound, as a median over
its voiced frames. A sound counts as voiced if a fifth of its frames are. The line `itself` is the
sounds as they are, against their own labels: where it misses, the measure does.

Walks: the same for random walks through the latent space of one and of two deviations, two seconds
each, under notes that are drawn from those.

Prediction: share of the labelled frames of all held-out sounds, down to 60 dB below the loudest of
each, whose class is heard right.

Belief: log-spectral distance in dB with the true labels and with those that the model hears.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measuring import command_line, heading, write

from vschaos.audio import Waveform, read_audio, resample
from vschaos.data.metadata import read_task
from vschaos.data.notes import nearest_note, pitch_and_octave
from vschaos.data.pitch_networks import MODELS, make_tracker
from vschaos.data.pitch_tracking import SAMPLE_RATE, Tracker
from vschaos.data.timeline import values_at
from vschaos.labels import Labels
from vschaos.losses import LogSpectralDistance
from vschaos.models.spectral_vae import SpectralVAE
from vschaos.runs import Run, load_run
from vschaos.trajectories import trajectory

VOICED_SHARE = 0.2
NUM_WALKS = 48
WALK_SECONDS = 2.0


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--checkpoint", default="last")
    parser.add_argument("--data", type=Path, help="the dataset, if it moved")
    parser.add_argument("--files", type=int, default=24, help="held-out sounds to control")
    parser.add_argument("--inversion", default="scan")
    parser.add_argument("--tracker", choices=MODELS, default="swift", help="measures the pitch")
    options = parser.parse_args()
    print(heading())
    results = [judge(path, options) for path in options.runs]
    write(options.json, results)


@torch.inference_mode()
def judge(path: Path, options: argparse.Namespace) -> dict[str, Any]:
    run = load_run(path, checkpoint=options.checkpoint)
    root = options.data or Path(run.config["data"]["dataset"]["root"])
    sounds = {name: _sound(run, root / name) for name in run.split["held_out"]}
    labels = {name: _labels(run, root, name, sound) for name, sound in sounds.items()}
    result: dict[str, Any] = {"run": run.name}
    print(f"\n{run.name}: {len(sounds)} held-out sounds")
    if {"pitch", "octave"} <= set(run.model.told):
        picked = list(sounds)[:: max(1, len(sounds) // options.files)]
        result["control"] = control(
            run, {name: sounds[name] for name in picked}, labels, root, options
        )
        result["walks"] = walks(run, root, options)
    if run.model.heard:
        result["prediction"] = prediction(run, sounds, labels)
        result["belief"] = belief(run, sounds, labels)
    return result


def control(
    run: Run,
    sounds: dict[str, Waveform],
    labels: dict[str, Labels],
    root: Path,
    options: argparse.Namespace,
) -> dict[str, Any]:
    model, tracker = run.model, make_tracker(options.tracker)
    tasks = list(run.vocabularies)
    octaves = _whole_octaves(run, root)
    asked = [(pitch, octave) for octave in octaves for pitch in range(12)]
    rows: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for name, sound in sounds.items():
        kind = Path(name).parent.name
        true = labels[name].values[0, :, labels[name].known[0].all(dim=0).nonzero()[0, 0]]
        rows["itself"].append(
            _obeyed(tracker, run, sound, *(int(true[tasks.index(t)]) for t in ("pitch", "octave")))
        )
        audio = torch.from_numpy(sound)[None]
        latents = model.encode(audio, labels[name])
        values = torch.zeros(len(asked), len(tasks), latents.shape[2])
        known = torch.zeros_like(values, dtype=torch.bool)
        for task, column in (("pitch", 0), ("octave", 1)):
            row = tasks.index(task)
            values[:, row] = torch.tensor([pair[column] for pair in asked]).float()[:, None]
            known[:, row] = True
        decoded = model.decode(
            latents.expand(len(asked), -1, -1), Labels(values, known), options.inversion
        )
        for (pitch, octave), output in zip(asked, decoded.numpy(), strict=True):
            found = _obeyed(tracker, run, output, pitch, octave)
            rows[kind].append(found)
            rows["all"].append(found)
    print(f"  {'control':<24} {'cases':>6} {'voiced':>7} {'pitch':>7} {'octave':>7}")
    return {kind: _shown(kind, cases) for kind, cases in sorted(rows.items())}


def walks(run: Run, root: Path, options: argparse.Namespace) -> dict[str, Any]:
    tracker = make_tracker(options.tracker)
    random = np.random.default_rng(0)
    frame_rate = run.sample_rate / run.model.hop_length
    octaves = _whole_octaves(run, root)
    table = {}
    for deviations in (1.0, 2.0):
        cases = []
        for _ in range(NUM_WALKS):
            pitch, octave = int(random.integers(12)), int(random.choice(octaves))
            frames = trajectory(
                "random",
                run.model.latent_dim,
                int(WALK_SECONDS * frame_rate),
                frame_rate,
                random,
                deviations,
            )
            told = {"pitch": float(pitch), "octave": float(octave)}
            decoded = run.decode(frames, told, options.inversion)
            cases.append(_obeyed(tracker, run, decoded, pitch, octave))
        table[f"{deviations:g}"] = _shown(f"walks of {deviations:g}", cases)
    return table


def prediction(
    run: Run, sounds: dict[str, Waveform], labels: dict[str, Labels]
) -> dict[str, float]:
    right: dict[str, list[np.ndarray]] = defaultdict(list)
    for name, sound in sounds.items():
        heard = run.predict(sound)
        loud = _loud_frames(run, sound)
        for task, values in heard.items():
            row = list(run.vocabularies).index(task)
            known = labels[name].known[0, row].numpy() & loud
            right[task].append((values == labels[name].values[0, row].numpy())[known])
    shares = {task: float(np.concatenate(rows).mean()) for task, rows in right.items()}
    for task, share in shares.items():
        print(f"  {task + ' heard right':<24} {100 * share:.1f} % of the frames")
    return shares


def belief(run: Run, sounds: dict[str, Waveform], labels: dict[str, Labels]) -> dict[str, float]:
    model = run.model
    assert isinstance(model, SpectralVAE)
    lsd = LogSpectralDistance()
    distances: dict[str, list[torch.Tensor]] = defaultdict(list)
    for name, sound in sounds.items():
        audio = torch.from_numpy(sound)[None]
        magnitudes = model.transform(audio).abs()
        heard = {task: row for task, row in run.predict(sound).items() if task in model.told}
        believed = run.labels(magnitudes.shape[2], heard)
        for kind, told in (("true", labels[name]), ("believed", believed)):
            output = model.decode_magnitudes(model.encode(audio, told), told)
            distances[kind].append(lsd.frames(output[0], magnitudes[0]))
    means = {kind: float(torch.cat(rows).mean()) for kind, rows in distances.items()}
    print(
        f"  {'LSD':<24} {means['true']:.2f} dB with true labels, {means['believed']:.2f} dB with "
        "those heard"
    )
    return means


def _shown(kind: str, cases: list[tuple[float, float, float]]) -> dict[str, float]:
    """What came of all cases of a kind, as it is printed."""
    voiced, pitch, octave = np.array(cases).T
    row = {
        "cases": len(cases),
        "voiced": float(voiced.mean()),
        "pitch": float(pitch[voiced > 0].mean()) if voiced.any() else 0.0,
        "octave": float(octave[voiced > 0].mean()) if voiced.any() else 0.0,
    }
    shares = [f"{100 * row[key]:6.1f}%" for key in ("voiced", "pitch", "octave")]
    print(f"  {kind:<24} {len(cases):6d} {' '.join(shares)}")
    return row


def _whole_octaves(run: Run, root: Path) -> list[int]:
    """Those of which all twelve pitch classes were learnt; of files with one note each."""
    notes = set()
    tasks = [read_task(root, task).segments for task in ("pitch", "octave")]
    for name in run.split["train"]:
        pitch, octave = (task.get(name) for task in tasks)
        if pitch and octave:
            notes.add((pitch[0].value, octave[0].value))
    octaves = sorted({octave for _, octave in notes})
    return [int(octave) for octave in octaves if len({n for n in notes if n[1] == octave}) == 12]


def _sound(run: Run, path: Path) -> Waveform:
    return read_audio(path, run.sample_rate, run.config["data"]["dataset"]["channel"])


def _labels(run: Run, root: Path, name: str, sound: Waveform) -> Labels:
    seconds = run.model.centres(len(sound)).numpy() / run.sample_rate
    duration = len(sound) / run.sample_rate
    rows = [
        values_at(read_task(root, task).segments.get(name, []), seconds, duration)
        for task in run.vocabularies
    ]
    values = torch.from_numpy(np.stack(rows))[None]
    return Labels(values.nan_to_num(), ~values.isnan())


def _loud_frames(run: Run, sound: Waveform) -> np.ndarray:
    model = run.model
    assert isinstance(model, SpectralVAE)
    level = model.transform(torch.from_numpy(sound)[None]).abs().norm(dim=1)[0]
    return (level >= 1e-3 * level.amax()).numpy()


def _obeyed(
    tracker: Tracker, run: Run, sound: Waveform, pitch: int, octave: int
) -> tuple[float, float, float]:
    """If it is voiced, has the asked pitch class, and the asked octave."""
    heard_hz, confidence = tracker(resample(sound, run.sample_rate, SAMPLE_RATE))
    voiced = confidence >= tracker.threshold
    if voiced.mean() < VOICED_SHARE:
        return 0.0, 0.0, 0.0
    heard_pitch, heard_octave = pitch_and_octave(nearest_note(np.median(heard_hz[voiced])))
    return 1.0, float(heard_pitch == pitch), float(heard_octave == octave)


if __name__ == "__main__":
    main()
