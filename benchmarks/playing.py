#!/usr/bin/env python3
"""The cost of a harmonic instrument as it is played, with weights drawn at random.

    python benchmarks/playing.py [--window 2048] [--rounds 300] [--buffers 512 2048] [--json FILE]

CPU time of a scripted call as a share of the sound's (RTF): one thread, one voice, inference mode,
the least of the rounds, in which all parts and methods come by turns; what runs beside them can
only add to it. `all settings` is `forward` with glide, gates, fit, quantising and a room. The floor
is a transform of the sound and back (window 1024, hop 256). Between machines, compare ratios only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from measuring import command_line, heading, show, write
from synthesis import Echo
from torch import Tensor

from vschaos.export import script_stream
from vschaos.models.ddsp import DDSP

WARM_UP = 30  # calls in which TorchScript specialises
SETTINGS = {
    **{"glide": 50.0, "quantise": 0.5, "gate_threshold": -60.0, "confidence_gate": 0.5},
    **{"fit": 1.0, "reverb": 0.5, "transpose": 2.0},
}


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--window", type=int, default=2048, help="of the pitch, samples")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--buffers", type=int, nargs="+", default=[512, 2048])
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = DDSP({}, window=options.window).eval().requires_grad_(False)
    print(f"{heading()}; window {options.window}, delay {model.delay} samples")
    rows = [
        {"part": name, "buffer": buffer, "least_rtf": rtf}
        for buffer in options.buffers
        for name, rtf in costs(model, buffer, options.rounds).items()
    ]
    show(rows, {"part": "<24", "buffer": "6d", "least_rtf": "10.4f"})
    write(options.json, {"window": options.window, "costs": rows})


@torch.inference_mode()
def costs(model: DDSP, buffer: int, rounds: int) -> dict[str, float]:
    """Least RTF of each part and method."""
    seconds = torch.arange(buffer) / model.sample_rate
    sound = 0.1 * torch.sin(2 * torch.pi * 220.0 * seconds) + 0.01 * torch.randn(buffer)
    calls = calls_of(model, sound[None, None])
    least = dict.fromkeys(calls, float("inf"))
    for turn in range(WARM_UP + rounds):
        for name, call in calls.items():
            started = time.process_time()
            call()
            spent = time.process_time() - started
            if turn >= WARM_UP:
                least[name] = min(least[name], spent * model.sample_rate / buffer)
    return least


def calls_of(model: DDSP, sound: Tensor) -> dict[str, Callable[[], Any]]:
    plain, turned = (script_stream(model.stream().eval(), model.sample_rate) for _ in range(2))
    for name, value in SETTINGS.items():
        assert getattr(turned, f"set_{name}")(value) == 0
    listener = model.listener_within()
    parts = (listener.tracker, listener.meter, listener.bands)
    tracker, meter, bands = (torch.jit.script(part) for part in parts)
    controls = plain.encode(sound)
    network = torch.jit.script(model.network)
    memory = model.initial(1)
    return {
        "transform and back": partial(torch.jit.script(Echo()), sound[0]),
        "pitch": partial(tracker, sound[0]),
        "loudness": partial(meter, sound[0]),
        "bands of the timbre": partial(bands, sound[0]),
        "network": partial(network, controls, memory),
        "encode": partial(plain.encode, sound),
        "decode": partial(plain.decode, controls),
        "forward": partial(plain.forward, sound),
        "forward, all settings": partial(turned.forward, sound),
    }


if __name__ == "__main__":
    main()
