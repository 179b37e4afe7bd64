#!/usr/bin/env python3
"""What is read from wavetables: how clean, how level, how well in tune, and at which cost.

    python benchmarks/wavetables.py [--partials 100 512] [--turns 300] [--json FILE]

Aliasing: energy beside the multiples of the frequency of a steady tone against all of it, dB, of a
saw and of equal partials, as many as fit below the Nyquist frequency; -110 is what the measurement
resolves where a period is no whole number of samples. `bank` is the same by a `HarmonicBank`.
Readings: the same of equal partials by other ways to read four points, or two. Level: rms of eight
partials from 55 to 1760 Hz, dB. Glide: frequency of a sweep from 30 to 4000 Hz in 4 s, by the phase
between two oscillators a quarter of a cycle apart, cents. Cost: CPU of the scripted oscillators on
one thread as a share of real time (RTF), by buffer, least of the rounds, beside a transform and
back (window 1024, hop 256), and of a training step for 8 sounds of 1 s.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import Any

import numpy as np
import torch
from measuring import command_line, cpu_seconds, heading, show, write
from synthesis import Echo
from torch import Tensor

from vschaos.dsp.oscillators import (
    HarmonicBank,
    HarmonicOscillator,
    HarmonicState,
    StreamingHarmonicBank,
)
from vschaos.dsp.wavetable import StreamingWavetableOscillator, WavetableOscillator, cycles

RATE, HOP = 44100, 256
FREQUENCIES_HZ = (41.2, 110.3, 220.3, 441.7, 1109.7, 3951.1)
TABLES, READ_AT_HZ = (2048, 4096), (41.2, 220.3)
BUFFERS = (256, 512, 2048, 8192)
ROUNDS, WARM_UP = 6, 30
SWEPT_HZ = (30.0, 4000.0)
Row = dict[str, Any]


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--partials", type=int, nargs="+", default=[100, 512])
    parser.add_argument("--turns", type=int, default=100, help="calls of each in a round")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(heading())
    results = {
        "aliasing": [row for count in options.partials for row in aliasing(count)],
        "readings": readings(),
        "level": level(),
        "glide": [glide()],
        "rtf": [row for count in options.partials for row in cost(count, options.turns)],
        "training": [training(count) for count in options.partials],
    }
    for rows in results.values():
        texts = [key for key, value in rows[0].items() if isinstance(value, str)]
        forms = {key: "<" if key in texts else "8.4g" for key in rows[0]}
        show(rows, forms)
        print()
    write(options.json, results)


def aliasing(num_partials: int) -> list[Row]:
    numbers = torch.arange(1, num_partials + 1)
    spectra = {"saw": 1.0 / numbers, "equal": torch.ones(num_partials) / num_partials**0.5}
    oscillators: dict[str, HarmonicOscillator] = {
        "table": WavetableOscillator(RATE, HOP, num_partials),
        "bank": HarmonicBank(RATE, HOP, num_partials),
    }
    return [
        {
            "spectrum": f"{name}, {num_partials} partials",
            "played_by": which,
            **{
                f"{f0_hz:g}_Hz": beside(steady(oscillator, f0_hz, spectrum), f0_hz)
                for f0_hz in FREQUENCIES_HZ
            },
        }
        for name, spectrum in spectra.items()
        for which, oscillator in oscillators.items()
    ]


def steady(oscillator: HarmonicOscillator, f0_hz: float, spectrum: Tensor) -> np.ndarray:
    """A second of a tone, after it has risen."""
    num_frames = RATE // HOP + 2
    amplitudes = spectrum[None, :, None].expand(1, -1, num_frames)
    frequencies = torch.full([1, num_frames], f0_hz, dtype=torch.float64)
    sound: np.ndarray = oscillator(frequencies, amplitudes)[0, HOP:][:RATE].double().numpy()
    return sound


def beside(sound: np.ndarray, f0_hz: float) -> float:
    """Energy beside the partials of a second, dB of all of it."""
    # a window that lets through -100 dB four bins beside a partial
    power = np.abs(np.fft.rfft(sound * np.blackman(len(sound)) ** 2)) ** 2
    hz = np.arange(len(power))
    off = np.abs(hz - np.round(hz / f0_hz) * f0_hz)
    return 10 * math.log10(power[(off > 8) | (hz < 8)].sum() / power.sum() + 1e-16)


def readings() -> list[Row]:
    """Equal partials up to the Nyquist frequency, read from tables in double precision."""
    rows: list[Row] = []
    for name, read in (("linear", linear), ("Catmull-Rom", catmull_rom), ("B-spline", b_spline)):
        row: Row = {"reading": name}
        for size in TABLES:
            for f0_hz in READ_AT_HZ:
                amplitudes = torch.ones(int(RATE / 2 / f0_hz), dtype=torch.float64)
                places = np.arange(RATE) * f0_hz / RATE * size
                sound = read(amplitudes, size, places)
                row[f"{size}_at_{f0_hz:g}_Hz"] = beside(sound, f0_hz)
        rows.append(row)
    return rows


def _taps(table: Tensor, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Four points around each place, `[4, T]`, and how far it is from the second to the third."""
    before = np.floor(places).astype(int)
    offsets = np.arange(-1, 3)[:, None]
    return table.numpy()[(before + offsets) % len(table)], places - before


def linear(amplitudes: Tensor, size: int, places: np.ndarray) -> np.ndarray:
    points, share = _taps(cycles(amplitudes, size), places)
    read: np.ndarray = points[1] + share * (points[2] - points[1])
    return read


def catmull_rom(amplitudes: Tensor, size: int, places: np.ndarray) -> np.ndarray:
    points, share = _taps(cycles(amplitudes, size), places)
    slopes = (points[2:] - points[:2]) / 2
    rise = points[2] - points[1]
    read: np.ndarray = points[1] + share * (
        slopes[0]
        + share * (3 * rise - 2 * slopes[0] - slopes[1])
        + share**2 * (slopes[0] + slopes[1] - 2 * rise)
    )
    return read


def b_spline(amplitudes: Tensor, size: int, places: np.ndarray) -> np.ndarray:
    numbers = torch.arange(1, len(amplitudes) + 1, dtype=torch.float64)
    coefficients = cycles(amplitudes / torch.sinc(numbers / size) ** 4, size)
    points, share = _taps(coefficients, places)
    distance = np.abs(share - np.arange(-1, 3)[:, None])
    near = 2 / 3 - distance**2 * (1 - distance / 2)
    read: np.ndarray = (np.where(distance < 1, near, (2 - distance) ** 3 / 6) * points).sum(0)
    return read


def level() -> list[Row]:
    oscillator = WavetableOscillator(RATE, HOP, 8)
    spectrum = 1.0 / torch.arange(1, 9)
    return [
        {
            "f0_hz": f0_hz,
            "rms_db": 10 * math.log10((steady(oscillator, f0_hz, spectrum) ** 2).mean()),
        }
        for f0_hz in (55.0, 110.0, 220.0, 440.0, 880.0, 1760.0)
    ]


def glide() -> Row:
    num_frames = 4 * RATE // HOP
    low, high = SWEPT_HZ
    f0_hz = low * (high / low) ** torch.linspace(0, 1, num_frames).double().unsqueeze(0)
    oscillator = WavetableOscillator(RATE, HOP, 1)
    amplitudes = torch.ones(1, 1, num_frames)
    state = HarmonicState(torch.zeros(1).double(), f0_hz[:, 0], amplitudes[:, :, 0])
    ahead = state._replace(phase=state.phase + 0.25)
    sine, cosine = (oscillator.continued(f0_hz, amplitudes, one)[0][0] for one in (state, ahead))
    phase = np.unwrap(torch.atan2(sine.double(), cosine.double()).numpy())
    found_hz = np.diff(phase) * RATE / (2 * np.pi)
    frames = (np.arange(num_frames) + 1) * HOP
    meant_hz = np.interp(np.arange(len(found_hz)) + 0.5, frames, f0_hz[0])
    cents = np.abs(1200 * np.log2(found_hz / meant_hz))[HOP:]
    return {"median_cents": float(np.median(cents)), "worst_cents": float(cents.max())}


@torch.inference_mode()
def cost(num_partials: int, turns: int) -> list[Row]:
    table = WavetableOscillator(RATE, HOP, num_partials)
    bank = HarmonicBank(RATE, HOP, num_partials)
    streams = {
        "table": torch.jit.script(StreamingWavetableOscillator(table)),
        "bank": torch.jit.script(StreamingHarmonicBank(bank)),
    }
    echo = torch.jit.script(Echo())
    rows = []
    for buffer in BUFFERS:
        frames = buffer // HOP
        f0_hz, amplitudes = torch.full([1, frames], 220.0), torch.rand(1, num_partials, frames)
        audio = 0.1 * torch.randn(1, buffer)
        calls: dict[str, Callable[[], object]] = {
            **{name: partial(stream, f0_hz, amplitudes) for name, stream in streams.items()},
            "transform_and_back": partial(echo, audio),
        }
        rows.append({"partials": num_partials, "buffer": buffer, **least_rtf(calls, buffer, turns)})
    return rows


def least_rtf(calls: dict[str, Callable[[], object]], buffer: int, turns: int) -> dict[str, float]:
    def all_of(call: Callable[[], object], count: int) -> None:
        for _ in range(count):
            call()

    for call in calls.values():
        all_of(call, WARM_UP)
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            spent[name].append(cpu_seconds(partial(all_of, call, turns)))
    return {name: min(times) / turns / (buffer / RATE) for name, times in spent.items()}


def training(num_partials: int, batch: int = 8) -> Row:
    frames = RATE // HOP
    f0_hz = torch.full([batch, frames], 220.0)
    amplitudes = torch.rand(batch, num_partials, frames, requires_grad=True)
    oscillators: Sequence[tuple[str, HarmonicOscillator]] = (
        ("table", WavetableOscillator(RATE, HOP, num_partials)),
        ("bank", HarmonicBank(RATE, HOP, num_partials)),
    )

    def step(oscillator: HarmonicOscillator) -> None:
        oscillator(f0_hz, amplitudes).square().mean().backward()

    spent = {
        name: median(cpu_seconds(partial(step, oscillator)) for _ in range(5))
        for name, oscillator in oscillators
    }
    return {"step_of_partials": num_partials, **spent}


if __name__ == "__main__":
    main()
