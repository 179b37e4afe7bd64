#!/usr/bin/env python3
"""The synthesiser voice: aliasing, the error of its filter, its cost live and offline.

    python benchmarks/synth.py [--turns 300] [--json FILE]

Aliasing: power between the harmonics of a constant tone from 20 Hz to 20 kHz, relative to theirs,
beside a saw that is not band-limited. Filter: the largest error of float32 relative to a loop in
float64, while cutoff and resonance sweep. Live: CPU of the scripted voice on one thread as a share
of real time (RTF), by chain, buffer and voices: the median and the least of the calls, beside the
same number of multiplications of 512 numbers as the voice has operations, and of voices that rest
between notes. Offline: seconds of sound
for a second of CPU, with 16 voices, and forward and backward through all parameters. Where
torchsynth 1.0.2 is installed (`pip install --no-deps torchsynth`; Turian et al. 2021), so is its
`Voice`, two oscillators, an LFO, envelopes and noise, without filter and not band-limited.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from statistics import median
from types import ModuleType

import numpy as np
import torch
from measuring import command_line, cpu_seconds, heading, show, write
from pytorch_lightning import LightningModule
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from vschaos.dsp.filter import StateVariableFilter
from vschaos.dsp.virtual_analog import Decimator, Oscillator
from vschaos.models.synth import BANK, CHAINS, Chain, Voice, play_controls, render

RATE = 44100
NOTES = {"A4": 440.0, "C6": 1046.5, "C7": 2093.0, "C8": 4186.0}
WAVES = {"sine": (0.0, 0.5), "saw": (1.0, 0.5), "square": (2.0, 0.5), "pulse .1": (2.0, 0.1)}
BUFFERS = (128, 512, 2048)
WARM_UP = 30  # calls in which TorchScript specialises
BATCH = 16
Row = dict[str, object]


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--turns", type=int, default=300, help="calls of each")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(heading())
    aliases = [aliasing(name, hertz) for name, hertz in NOTES.items()]
    show(aliases, {"note": "<s", **dict.fromkeys([*WAVES, "naive saw"], "10.1f")})
    error = filter_error()
    print(f"filter: {error:.1f} dB of the largest sample")
    live = [
        live_cost(chain, buffer, voices, options.turns)
        for chain in CHAINS.values()
        for buffer in BUFFERS
        for voices in (1, 8)
    ]
    columns = {"chain": "<s", "buffer": "6d", "voices": "6d", "operations": "6d", "rtf": "8.3f"}
    show(live, {**columns, "least_rtf": "8.3f", "floor": "8.3f", "resting": "8.3f"})
    offline = [throughput(chain) for chain in CHAINS.values()]
    with suppress(ImportError):
        offline.append(throughput_of_torchsynth())
    show(offline, {"chain": "<s", "seconds_per_cpu_second": "10.1f", "with_gradients": "10.1f"})
    results = {"aliasing_db": aliases, "filter_db": error, "live": live, "offline": offline}
    write(options.json, results)


def aliasing(note: str, hertz: float) -> Row:
    """dB, by wave."""
    naive = 2.0 * (np.arange(RATE) * hertz / RATE % 1.0) - 1.0
    found = {name: alias_db(tone(hertz, *wave), hertz) for name, wave in WAVES.items()}
    return {"note": note, **found, "naive saw": alias_db(naive, hertz)}


def tone(hertz: float, shape: float, width: float) -> np.ndarray:
    steps = torch.full([1, 2 * RATE], hertz / (2 * RATE), dtype=torch.float64)
    settings = [torch.full([1, 1], value, dtype=torch.float64) for value in (shape, width)]
    wave = Oscillator()(torch.cumsum(steps, 1), torch.zeros(1).double(), *settings)
    decimator = Decimator()
    sound, _ = decimator(wave, torch.zeros(1, decimator.num_before).double())
    return sound[0, decimator.num_before :].numpy()


def alias_db(sound: np.ndarray, hertz: float) -> float:
    power = np.abs(np.fft.rfft(sound * np.kaiser(len(sound), 20))) ** 2
    frequencies = np.fft.rfftfreq(len(sound), 1 / RATE)
    harmonic = np.round(frequencies / hertz)
    is_near = (np.abs(frequencies - harmonic * hertz) < 12) & (harmonic > 0)
    is_heard = (frequencies > 20) & (frequencies < 20000)
    return float(10 * np.log10(power[~is_near & is_heard].sum() / power[is_near].sum()))


def filter_error(length: int = 1 << 14) -> float:
    """dB."""
    torch.manual_seed(0)
    time = torch.arange(length, dtype=torch.float64)
    audio = torch.randn(length, dtype=torch.float64)
    cutoff = 60.0 * 200.0 ** (0.5 - 0.5 * torch.cos(time / 700))
    resonance = 0.5 + 19.5 * (time % 3000) / 3000
    first = second = 0.0
    expected = []
    for x, hz, q in zip(audio.tolist(), cutoff.tolist(), resonance.tolist(), strict=True):
        g = math.tan(math.pi * hz / RATE)
        band = (first + g * (x - second)) / (1.0 + g * (g + 1.0 / q))
        low = second + g * band
        first, second = 2.0 * band - first, 2.0 * low - second
        expected.append(low)
    inputs = [values.float()[None] for values in (audio, cutoff, resonance)]
    responses, _ = StateVariableFilter(RATE)(*inputs, torch.zeros(1, 2))
    reference = torch.tensor(expected, dtype=torch.float64)
    error = (responses.low[0].double() - reference).abs().max() / reference.abs().max()
    return float(20 * error.log10())


def live_cost(chain: Chain, buffer: int, voices: int, turns: int) -> Row:
    voice = torch.jit.script(Voice(chain))
    controls = held(chain, voices, buffer)
    parameters = settings(chain)[:1].unsqueeze(2)
    state = voice.silence(voices, torch.float32)
    numbers = torch.rand(512)
    operations = count_operations(chain, controls, parameters)
    spent: dict[str, list[float]] = {"voice": [], "floor": [], "rest": []}
    silent = controls.clone()
    silent[:, 1] = 0.0
    resting = voice.silence(voices, torch.float32)

    def play() -> None:
        nonlocal state
        _, state = voice.continued(controls, parameters, state)

    def rest() -> None:
        nonlocal resting
        _, resting = voice.continued(silent, parameters, resting)

    def multiply() -> None:
        for _ in range(operations):
            torch.mul(numbers, numbers)

    with torch.inference_mode():
        for _ in range(WARM_UP):
            play()
            rest()
        for _ in range(turns):
            spent["voice"].append(timed(play))
            spent["floor"].append(timed(multiply))
            spent["rest"].append(timed(rest))
    seconds = buffer / RATE
    return {
        "chain": chain.name,
        "buffer": buffer,
        "voices": voices,
        "operations": operations,
        "rtf": median(spent["voice"]) / seconds,
        "least_rtf": min(spent["voice"]) / seconds,
        "floor": median(spent["floor"]) / seconds,
        "resting": median(spent["rest"]) / seconds,
    }


def timed(call: Callable[[], None]) -> float:
    started = time.process_time()
    call()
    return time.process_time() - started


class Operations(TorchDispatchMode):
    """Counts them."""

    count = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        self.count += 1
        return operation(*args, **(kwargs or {}))


def count_operations(chain: Chain, controls: Tensor, parameters: Tensor) -> int:
    with torch.no_grad(), Operations() as operations:
        Voice(chain)(controls, parameters)
    return operations.count


def held(chain: Chain, voices: int, length: int) -> Tensor:
    controls = torch.zeros(voices, len(play_controls(chain)), length)
    controls[:, 0] = 48.0 + 3.0 * torch.arange(voices).unsqueeze(1)
    controls[:, 1] = 0.8
    return controls


def settings(chain: Chain) -> Tensor:
    """A batch of presets that the chain can play, `[16, K]`."""
    bank = [preset for preset in BANK if chain.includes(CHAINS[preset.chain])]
    rows = [bank[number % len(bank)].parameters(chain) for number in range(BATCH)]
    return torch.stack(rows)


def throughput(chain: Chain, seconds: float = 1.0) -> Row:
    length = int(seconds * RATE)
    voice, parameters = Voice(chain), settings(chain)
    pitch, gate = torch.full([BATCH, length], 57.0), torch.ones(BATCH, length)

    def forwards() -> None:
        with torch.inference_mode():
            render(voice, parameters, pitch, gate)

    def both() -> None:
        moved = parameters[:8].clone().requires_grad_()
        sound = render(voice, moved, pitch[:8, : length // 2], gate[:8, : length // 2])
        sound.square().mean().backward()

    return {
        "chain": chain.name,
        "seconds_per_cpu_second": BATCH * seconds / min(cpu_seconds(forwards) for _ in range(3)),
        "with_gradients": 8 * seconds / 2 / min(cpu_seconds(both) for _ in range(2)),
    }


def throughput_of_torchsynth(seconds: float = 1.0) -> Row:
    # where it looks for the class has another name since Lightning 1.9
    former = ModuleType("pytorch_lightning.core.lightning")
    former.LightningModule = LightningModule  # type: ignore[attr-defined]
    sys.modules.setdefault(former.__name__, former)
    from torchsynth.config import SynthConfig
    from torchsynth.synth import Voice as OtherVoice

    shape = {"batch_size": BATCH, "sample_rate": RATE, "buffer_size_seconds": seconds}
    voice = OtherVoice(SynthConfig(**shape, reproducible=False))

    def forwards() -> None:
        with torch.inference_mode():
            voice(0)

    fewest = min(cpu_seconds(forwards) for _ in range(3))
    return {"chain": "torchsynth", "seconds_per_cpu_second": BATCH * seconds / fewest}


if __name__ == "__main__":
    main()
