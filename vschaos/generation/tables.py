"""Wavetables of a model, as the files that wavetable synthesisers open."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from vschaos.audio.wav import WavWriter
from vschaos.dsp.wavetable import cycles
from vschaos.instrument.controls import Control
from vschaos.labels import Labels
from vschaos.outputs import output_file
from vschaos.runs import Given, Run

CYCLE_SIZE = 2048  # samples: the one size that all of these programs know
MOST_CYCLES = 256  # that all of them read
FILE_RATE = 44100  # Hz; written for programs that play a table as a sound: 21.5 Hz
PEAK = 1.0  # of the loudest cycle
SETTLING_SECONDS = 0.5  # of constant controls, after which a network with a memory is at rest
# Xfer's chunk, as its author described it (Duda 2018, kvraudio.com, topic 517146): the size of a
# cycle, how a program goes from one to the next (1: it cross-fades them, which is right for cycles
# of equal phases), and whether the file came with Serum (0), before six digits without a meaning.
TABLE_CHUNK = (b"clm ", f"<!>{CYCLE_SIZE} 10000000 wavetable (vschaos)".encode())
HIGHEST_NOTE = 127
NOT_SWEPT = "confidence"  # of the pitch: it has no part in a cycle


def table_along(
    run: Run,
    along: str | None = None,
    num_cycles: int = 64,
    extent: float = 2.0,
    pitch: float | None = None,
    given: Given | None = None,
) -> np.ndarray:
    """Cycles of a model at rest, as one of its controls moves evenly through its usual values.

    All have the same rms, so that a place in the table is a timbre and no level; together they are
    scaled to a peak of 1.

    Args:
        along: name of the control, a descriptor or another; the first descriptor if not given.
        num_cycles: N, 1 to 256.
        extent: from the middle of the usual values to either end, in standard deviations.
        pitch: MIDI note at which the model is asked; the lowest of its register if not given, where
            most partials fit below the Nyquist frequency.
        given: labels that condition the model.

    Returns:
        `[N, 2048]`, float32.

    Raises:
        ValueError: the model has no single cycle, or no such control; a number is out of range; or
            the model is silent there.
    """
    model = run.single_cycle
    controls = model.frame_controls()
    names = [control.name for control in controls]
    swept = _place(names, along or model.descriptors[0])
    if not 1 <= num_cycles <= MOST_CYCLES:
        raise ValueError(f"a table must have 1 to {MOST_CYCLES} cycles, got {num_cycles}")
    if not 0.0 <= extent < float("inf"):
        raise ValueError(
            f"the extent of a table must be 0 standard deviations or more, got {extent}"
        )
    if pitch is not None and not 0.0 <= pitch <= HIGHEST_NOTE:
        raise ValueError(f"the pitch of a table must be from 0 to {HIGHEST_NOTE}, got {pitch}")
    frame = torch.tensor([control.statistics[0] for control in controls])
    frame[names.index(NOT_SWEPT)] = 1.0
    note = names.index("pitch")
    frame[note] = controls[note].low if pitch is None else pitch
    frames = frame.repeat(num_cycles, 1)
    frames[:, swept] = _values(controls[swept], extent, num_cycles)
    num_frames = max(1, round(SETTLING_SECONDS * run.frame_rate))
    labels = run.labels(num_frames, given)
    latents = frames.unsqueeze(2).expand(-1, -1, num_frames)
    each = Labels(*(part.expand(num_cycles, -1, -1) for part in labels))
    with torch.inference_mode():
        table = cycles(model.cycle_amplitudes(latents, each)[:, :, -1].double(), CYCLE_SIZE)
    rms = table.square().mean(1, keepdim=True).sqrt()
    if not bool(rms.isfinite().all()) or float(rms.min()) <= 0.0:
        raise ValueError(
            f"each cycle along {names[swept]} must have a partial below {run.sample_rate / 2:g} "
            f"Hz, got none in one: a lower pitch than {float(frames[:, note].max()):g} would do"
        )
    table = table / rms
    scaled: np.ndarray = (PEAK / table.abs().max() * table).float().numpy()
    return scaled


def _place(names: list[str], along: str) -> int:
    """The number of the control to move.

    Raises:
        ValueError: there is none of this name.
    """
    there = [name for name in names if name != NOT_SWEPT]
    if along not in there:
        raise ValueError(f"--along must be one of {', '.join(there)}, got {along!r}")
    return names.index(along)


def _values(control: Control, extent: float, count: int) -> torch.Tensor:
    """Evenly from the lower to the upper end; a single one is in the middle."""
    mean, deviation = control.statistics
    low, high, _ = control.bounds
    places = torch.linspace(-1.0, 1.0, count) if count > 1 else torch.zeros(1)
    return (mean + extent * deviation * places).clamp(low, high)


def write_table(path: Path, table: np.ndarray) -> None:
    """Writes cycles `[N, 2048]` one after the other as a wav file, with the `clm ` chunk by which
    wavetable synthesisers know them.

    Raises:
        OSError: it cannot be written; what was there before is still there.
    """
    with output_file(path) as partial, WavWriter(partial, FILE_RATE, 1, [TABLE_CHUNK]) as file:
        file.write(table.reshape(1, -1))


def write_cycles(folder: Path, table: np.ndarray) -> None:
    """Writes each cycle of `[N, 2048]` as a file of its own, 001.wav, 002.wav, ...

    Raises:
        OSError: as `write_table`.
    """
    for number, cycle in enumerate(table, start=1):
        write_table(folder / f"{number:03d}.wav", cycle)
