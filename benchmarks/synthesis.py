#!/usr/bin/env python3
"""The cost of the parts of harmonic synthesis, live, in training and in analysis.

    python benchmarks/synthesis.py [--partials 100] [--bands 65] [--room SECONDS] [--turns 400]
        [--json FILE]

Live: CPU of the scripted parts on one thread as a share of real time (RTF), one voice, by buffer,
beside the transform of a sound and back (window 1024, hop 256). The median and the least of the
calls; the mean of a whole round of partitions lies between them. Training: CPU of one step forward
and backward for 8 sounds of 1 s. Analysis: CPU of a minute of sound, by its fundamental.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from statistics import median

import torch
from measuring import command_line, cpu_seconds, heading, show, write
from torch import Tensor, nn

from vschaos.dsp import STFT, StreamingSTFT
from vschaos.dsp.harmonic_analysis import HarmonicAnalysis
from vschaos.dsp.noise import FilteredNoise, StreamingFilteredNoise
from vschaos.dsp.oscillators import HarmonicBank, StreamingHarmonicBank
from vschaos.dsp.reverb import Room, StreamingRoom

RATE, HOP = 44100, 256
BUFFERS = (256, 512, 2048, 8192)
WARM_UP = 30  # calls in which TorchScript specialises
Row = dict[str, object]


class Echo(nn.Module):
    """The floor: a transform and back."""

    def __init__(self) -> None:
        super().__init__()
        self.stream = StreamingSTFT(STFT(1024, HOP))

    def forward(self, audio: Tensor) -> Tensor:
        return self.stream.synthesise(self.stream.analyse(audio))


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--partials", type=int, default=100)
    parser.add_argument("--bands", type=int, default=65, help="of the noise")
    parser.add_argument("--room", type=float, default=1.0, metavar="SECONDS")
    parser.add_argument("--turns", type=int, default=400, help="calls of each")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{heading()}; {options.partials} partials, {options.bands} bands, room {options.room} s")
    live = [
        row
        for buffer in BUFFERS
        for row in streaming(buffer, options.partials, options.bands, options.room, options.turns)
    ]
    show(live, {"part": "<24", "buffer": "6d", "median_rtf": "10.4f", "least_rtf": "10.4f"})
    steps = training(options.partials, options.bands, options.room)
    print()
    show(steps, {"step_of": "<24", "cpu_seconds": "10.2f"})
    files = analysis(options.partials, options.bands)
    print()
    show(files, {"analysis_at_hz": "10.0f", "cpu_seconds_a_minute": "10.2f"})
    write(options.json, {"streaming": live, "training": steps, "analysis": files})


@torch.inference_mode()
def streaming(buffer: int, partials: int, bands: int, seconds: float, turns: int) -> list[Row]:
    frames, audio = buffer // HOP, 0.1 * torch.randn(1, buffer)
    f0_hz, amplitudes = torch.full([1, frames], 220.0), torch.rand(1, partials, frames)
    magnitudes = torch.rand(1, bands, frames)
    bank = torch.jit.script(StreamingHarmonicBank(HarmonicBank(RATE, HOP, partials)))
    noise = torch.jit.script(StreamingFilteredNoise(FilteredNoise(HOP, bands)))
    room = torch.jit.script(StreamingRoom(Room(RATE, seconds), HOP))
    silent_room = torch.jit.script(StreamingRoom(Room(RATE, seconds), HOP))
    calls: dict[str, Callable[[], object]] = {
        "transform and back": partial(torch.jit.script(Echo()), audio),
        "partials": partial(bank, f0_hz, amplitudes),
        "noise": partial(noise, magnitudes),
        "room": partial(room, audio, 1.0),
        "room, off": partial(silent_room, audio, 0.0),
    }
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(WARM_UP + turns):
        for name, call in calls.items():
            started = time.process_time()
            call()
            if turn >= WARM_UP:
                spent[name].append((time.process_time() - started) * RATE / buffer)
    return [
        {"part": name, "buffer": buffer, "median_rtf": median(rtf), "least_rtf": min(rtf)}
        for name, rtf in spent.items()
    ]


def training(partials: int, bands: int, seconds: float, batch: int = 8) -> list[Row]:
    frames = RATE // HOP
    f0_hz = torch.full([batch, frames], 220.0)
    amplitudes = torch.rand(batch, partials, frames, requires_grad=True)
    magnitudes = torch.rand(batch, bands, frames, requires_grad=True)
    audio = torch.randn(batch, frames * HOP, requires_grad=True)
    bank, noise, room = (
        HarmonicBank(RATE, HOP, partials),
        FilteredNoise(HOP, bands),
        Room(RATE, seconds),
    )
    renderings: dict[str, Callable[[], Tensor]] = {
        "partials": lambda: bank(f0_hz, amplitudes),
        "noise": lambda: noise(magnitudes),
        "room": lambda: room(audio),
    }

    def step(render: Callable[[], Tensor]) -> None:
        render().square().mean().backward()

    return [
        {
            "step_of": name,
            "cpu_seconds": median(cpu_seconds(partial(step, render)) for _ in range(5)),
        }
        for name, render in renderings.items()
    ]


def analysis(partials: int, bands: int, seconds: float = 20.0) -> list[Row]:
    frames = int(seconds * RATE / HOP)
    amplitudes, voiced = torch.rand(1, partials, frames), torch.ones(frames, dtype=torch.bool)
    analyse = HarmonicAnalysis(RATE, HOP, partials, bands)
    rows: list[Row] = []
    for hertz in (55.0, 110.0, 220.0, 880.0):
        f0_hz = torch.full([frames], hertz)
        audio = HarmonicBank(RATE, HOP, partials)(f0_hz.unsqueeze(0), amplitudes)[0]
        spent = min(cpu_seconds(partial(analyse, audio, f0_hz, voiced)) for _ in range(2))
        rows.append({"analysis_at_hz": hertz, "cpu_seconds_a_minute": spent * 60.0 / seconds})
    return rows


if __name__ == "__main__":
    main()
