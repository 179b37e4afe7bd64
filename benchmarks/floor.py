#!/usr/bin/env python3
"""The CPU cost of playing a model, as a multiple of the least that its arithmetic takes.

    python benchmarks/floor.py [RUN] [--buffers 512 2048 ...] [--blocks 20] [--rounds 8]
        [--json FILE]

The floor is a scripted transform, its inverse, and the products of the linear layers of encoder and
decoder on as many frames as a buffer brings, by `torch.mm` with weights stored in the order in
which it reads them: no biases, activations, labels or settings. All methods and sizes come by
turns, as does the floor; each figure is the least of the rounds, of the median over blocks of
noise, on one thread. `decode` is measured with each of its ways of inversion, and `generate` with
the run's prior, or one that has learnt nothing. Without a run, one is trained for a single step.
The kernels of older processors are chosen by the environment, as in the Makefile
(`ATEN_CPU_CAPABILITY` and others). Ratios to the floor carry over to other machines, times do not.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from measuring import Row, command_line, heading, show, write
from startup import run_in, train
from streaming import BUFFERS, Call, Trial, least_real_time_factors
from streaming import Floor as Transforms
from torch import Tensor, nn

from vschaos.export.nn_tilde import script_stream
from vschaos.runs import Run, load_run, make_prior

INVERSIONS = {
    "forward": ("keep_input", "rtisi", "scan"),
    "encode": ("keep_input",),
    "decode": ("rtisi", "scan", "random"),
    "generate": ("rtisi", "scan"),
}


class Floor:
    """A transform, its inverse, and linear layers on each frame.

    Not scripted as a whole: TorchScript leaves out products that nobody reads.

    Args:
        window, hop: samples.
        networks: whose linear layers they are.
    """

    def __init__(self, window: int, hop: int, *networks: nn.Module) -> None:
        self.transforms = torch.jit.script(Transforms(window, hop).eval())
        self.hop = hop
        layers = [
            layer
            for network in networks
            for layer in network.modules()
            if isinstance(layer, nn.Linear)
        ]
        self.weights = [layer.weight.detach().t().contiguous() for layer in layers]

    def __call__(self, audio: Tensor) -> Tensor:
        for weight in self.weights:
            torch.mm(audio.new_ones(audio.shape[2] // self.hop, weight.shape[0]), weight)
        output: Tensor = self.transforms(audio)
        return output


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("run", nargs="?", type=Path, metavar="RUN")
    usual = Trial()
    parser.add_argument("--buffers", type=int, nargs="+", default=BUFFERS, help="samples")
    parser.add_argument("--blocks", type=int, default=usual.blocks, help="of each size in a round")
    parser.add_argument("--rounds", type=int, default=usual.rounds)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{heading()}; kernels {torch.backends.cpu.get_cpu_capability()}")
    trial = Trial(blocks=options.blocks, rounds=options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        if not options.run:
            train(Path(folder))
        run = load_run(options.run or run_in(Path(folder)))
        rows = measure(run, options.buffers, trial)
    columns = {str(size): ".2f" for size in options.buffers}
    show(rows, {"method": "<", **columns})
    write(options.json, rows)


@torch.inference_mode()
def measure(run: Run, buffers: Sequence[int], trial: Trial) -> list[Row]:
    """Of each method and inversion, the multiple of the floor by buffer; of the floor, its RTF."""
    source: Any = run.model  # with a transform, an encoder and a decoder
    transform = source.transform
    stream = source.stream(prior=run.prior or make_prior(source)).eval()
    model = script_stream(stream, run.sample_rate)
    model.get_methods()
    calls: dict[str, Call] = {
        f"{method}, {inversion}": partial(call, model, method, inversion)
        for method, inversions in INVERSIONS.items()
        for inversion in inversions
    }
    params = {name: getattr(model, f"{name.split(',')[0]}_params").tolist() for name in calls}
    floor = Floor(transform.n_fft, transform.hop_length, source.encoder, source.decoder)
    calls["floor"], params["floor"] = floor, [1, 1]
    found = least_real_time_factors(calls, params, list(buffers), run.sample_rate, trial)
    floors = found.pop("floor")
    rows = [
        {"method": name}
        | _by_buffer(
            buffers, [factor / least for factor, least in zip(factors, floors, strict=True)]
        )
        for name, factors in found.items()
    ]
    milliseconds = [
        1000 * rtf * size / run.sample_rate for rtf, size in zip(floors, buffers, strict=True)
    ]
    return [*rows, {"method": "the floor itself, ms"} | _by_buffer(buffers, milliseconds)]


def call(model: torch.jit.ScriptModule, method: str, inversion: str, block: Tensor) -> Tensor:
    model.set_inversion_mode(inversion)
    perform: Callable[[Tensor], Tensor] = getattr(model, method)
    return perform(block)


def _by_buffer(buffers: Sequence[int], values: list[float]) -> dict[str, float]:
    return {str(size): value for size, value in zip(buffers, values, strict=True)}


if __name__ == "__main__":
    main()
