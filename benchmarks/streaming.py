#!/usr/bin/env python3
"""The CPU load of models in nn~, beside that of a transform alone.

    python benchmarks/streaming.py my_model.ts [other_toolkit.ts] [--set inversion_mode=scan]
        [--window 2048] [--hop 512] [--rate 44100] [--blocks 20] [--rounds 8] [--json FILE]

The real-time factor (RTF) is the CPU time of a block over its duration: one thread, inference mode,
median over blocks of noise, once the JIT has settled; and the least of the rounds in which all
methods and sizes come by turns, since what runs beside them can only add to it. The floor is a
scripted STFT and its inverse, which come in each round too. They are few large operations where a
phase is very many small ones, and lose less on a busy machine. Each model has a process of its
own; its memory is the peak, after calls of 2048 samples, above that of a process that only imported
torch, and on Linux also the part of it that is not pages of files (of torch's libraries, which any
model brings in). A model is ready when a host has asked what there is to call. The delay of
`forward` is the lag at which the output is most like an input of noise bursts: in waveform, else in
envelope, which is uncertain by some ms ("~"). What the host adds is left out. Between machines,
compare ratios only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import torch
from measuring import (
    command_line,
    cpu_seconds,
    heading,
    peak_memory_mb,
    private_memory_mb,
    write,
)
from torch import Tensor, nn

from vschaos.dsp import STFT, StreamingSTFT
from vschaos.export.host import Host, parse_settings

Call = Callable[[Tensor], Tensor]
BUFFERS = (512, 1024, 2048, 4096, 8192)
USUAL_BUFFER = 2048
WARM_UP = 8  # calls
LATER_CALLS = 30
LONGEST_DELAY_SECONDS = 2
ALIKE = 0.25  # correlation above which a lag is believed


class Trial(NamedTuple):
    """How models are played."""

    settings: Sequence[str] = ()
    window: int = 2048
    hop: int = 512
    rate: int = 44100
    blocks: int = 20
    rounds: int = 8


class Floor(nn.Module):
    """A transform and its inverse."""

    def __init__(self, window: int, hop: int) -> None:
        super().__init__()
        self.stft = StreamingSTFT(STFT(window, hop))

    def forward(self, audio: Tensor) -> Tensor:
        return self.stft.synthesise(self.stft.analyse(audio[:, 0])).unsqueeze(1)


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    usual = Trial()
    parser.add_argument("--window", type=int, default=usual.window, help="samples, of the floor")
    parser.add_argument("--hop", type=int, default=usual.hop, help="samples, of the floor")
    parser.add_argument(
        "--rate", type=int, default=usual.rate, help="Hz, if a model does not tell its"
    )
    parser.add_argument("--blocks", type=int, default=usual.blocks, help="of each size in a round")
    parser.add_argument("--rounds", type=int, default=usual.rounds)
    options = parser.parse_args()
    trial = Trial(
        options.set, options.window, options.hop, options.rate, options.blocks, options.rounds
    )
    print(heading())
    results = []
    # torch is imported in this process too, but never used: its peak of memory is handed on
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
        for result in pool.map(partial(measure, trial), options.models):
            show(result)
            results.append(result)
    write(options.json, results)


def show(result: dict[str, Any]) -> None:
    print(
        f"\n{result['model']} {' '.join(result['settings'])}\n"
        f"{result['file_mb']:.1f} MB, loads in {result['loaded_ms']:.0f} ms, "
        f"ready after {result['ready_ms']:.0f}, peak memory +{result['memory_mb']:.0f} MB "
        f"({result['private_mb']:.0f} of its own), {result['rate']} Hz, "
        f"delay {result['delay']} samples ({result['declared_delay']} declared)"
    )
    sizes = "".join(f"{size:>17}" for size in result["buffers"])
    print(f"{'RTF (x floor)':<14}{sizes}  1st, 2nd, usual call ms")
    for name, rtf in result["rtf"].items():
        pairs = zip(rtf, result["rtf"]["floor"], strict=True)
        cells = "".join(f"{f'{value:.4f} ({value / floor:.1f})':>17}" for value, floor in pairs)
        first_calls = ", ".join(f"{ms:.2f}" for ms in result["first_calls_ms"].get(name, []))
        print(f"{name:<14}{cells}  {first_calls}")


@torch.inference_mode()
def measure(trial: Trial, path: Path) -> dict[str, Any]:
    bare, bare_private = peak_memory_mb(), private_memory_mb()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    started = time.process_time()
    model = torch.jit.load(str(path), map_location="cpu").eval()
    loaded_ms = 1000 * (time.process_time() - started)
    names = sorted(model.get_methods(), key="forward".__ne__)  # it first, while nothing is warm
    ready_ms = 1000 * (time.process_time() - started)
    configure(model, trial.settings)
    params = {name: getattr(model, f"{name}_params").tolist() for name in names}
    highest = max(ratio for values in params.values() for ratio in values[1::2])
    sizes = sorted({max(size, highest) for size in BUFFERS})
    rate = attribute(model, "model_rate") or trial.rate
    first_calls_ms = {
        name: call_ms(getattr(model, name), params[name], max(USUAL_BUFFER, highest))
        for name in names
    }
    memory_mb = peak_memory_mb() - bare
    private_mb = private_memory_mb() - bare_private
    calls: dict[str, Call] = {name: getattr(model, name) for name in names}
    calls["floor"] = torch.jit.script(Floor(trial.window, trial.hop).eval())
    params["floor"] = [1, 1]
    rtf = least_real_time_factors(calls, params, sizes, rate, trial)
    delay = None
    if params.get("forward", [])[1::2] == [1, 1]:
        delay = measure_delay(model, params["forward"][0], max(sizes), rate)
    return {
        "model": path.name,
        "settings": list(trial.settings),
        "file_mb": path.stat().st_size / 1e6,
        "loaded_ms": loaded_ms,
        "ready_ms": ready_ms,
        "memory_mb": memory_mb,
        "private_mb": private_mb,
        "rate": rate,
        "delay": delay,
        "declared_delay": attribute(model, "latency"),
        "buffers": sizes,
        "rtf": rtf,
        "first_calls_ms": first_calls_ms,
    }


def call_ms(call: Call, params: list[int], buffer: int) -> list[float]:
    """CPU milliseconds of the first two calls, and the median of those that come later."""
    block = 0.3 * torch.randn(1, params[0], buffer // params[1])
    spent = [1000 * cpu_seconds(partial(call, block)) for _ in range(LATER_CALLS + WARM_UP)]
    return [*spent[:2], median(spent[WARM_UP:])]


def configure(model: torch.jit.ScriptModule, settings: Sequence[str]) -> None:
    for name, values in parse_settings(settings):
        Host(model, model.get_methods()[0]).set(name, *values)


def attribute(model: torch.jit.ScriptModule, name: str) -> int | None:
    getter = getattr(model, f"get_{name}", None)
    return int(getter()[0]) if getter else None


def least_real_time_factors(
    calls: dict[str, Call], params: dict[str, list[int]], sizes: list[int], rate: int, trial: Trial
) -> dict[str, list[float]]:
    """For each call and size, the least of its rounds."""
    rounds = [
        {
            name: real_time_factors(call, params[name], sizes, rate, trial.blocks)
            for name, call in calls.items()
        }
        for _ in range(trial.rounds)
    ]
    return {
        name: [min(factors) for factors in zip(*(each[name] for each in rounds), strict=True)]
        for name in calls
    }


def real_time_factors(
    call: Call, params: list[int], sizes: list[int], rate: int, blocks: int
) -> list[float]:
    factors = []
    inlets, ratio = params[:2]
    for size in sizes:
        block = 0.3 * torch.randn(1, inlets, size // ratio)
        times = [cpu_seconds(partial(call, block)) for _ in range(WARM_UP + blocks)]
        factors.append(median(times[WARM_UP:]) / (size / rate))
    return factors


def measure_delay(model: torch.jit.ScriptModule, inlets: int, size: int, rate: int) -> str:
    """Latency of `forward` in samples, as text, with its uncertainty."""
    length = LONGEST_DELAY_SECONDS * rate // size * size
    slope = torch.fft.rfftfreq(length, 1 / rate).clamp_min(200.0)  # above it, -6 dB an octave
    noise = torch.fft.irfft(torch.fft.rfft(torch.randn(length)) / slope, n=length)
    bursts = noise * (torch.rand(length // 512) < 0.3).repeat_interleave(512)
    silence = torch.zeros(length)  # before them, so that a model settles
    sound = torch.cat([silence, 0.5 * bursts / bursts.abs().amax(), silence])
    blocks = sound.expand(1, inlets, -1).split(size, dim=2)
    output = torch.cat([model.forward(block.contiguous())[0, 0] for block in blocks])
    lag, likeness = best_lag(sound, output, length)
    if likeness > ALIKE:
        return str(lag)
    step = rate // 1000
    envelopes = [x.unfold(0, step, step).square().mean(dim=1).sqrt() for x in (sound, output)]
    lag, likeness = best_lag(envelopes[0], envelopes[1], length // step)
    return f"~{lag * step}" if likeness > ALIKE else "unknown"


def best_lag(sound: Tensor, output: Tensor, longest: int) -> tuple[int, float]:
    """The lag of strongest correlation from 0 on, and its size, 0 to 1."""
    sound, output = sound - sound.mean(), output - output.mean()
    spectrum = torch.fft.rfft(sound, n=2 * len(sound)).conj()
    correlation = torch.fft.irfft(spectrum * torch.fft.rfft(output, n=2 * len(sound))).abs()
    lag = int(correlation[:longest].argmax())
    return lag, float(correlation[lag] / (sound.norm() * output.norm()).clamp_min(1e-12))


if __name__ == "__main__":
    main()
