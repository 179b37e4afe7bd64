#!/usr/bin/env python3
"""The accuracy of phase reconstruction, by method.

    python benchmarks/phase.py [--sounds FOLDER] [--sizes 1024/256 ...] [--iterations 100]
        [--only METHOD ...] [--json FILE]

Spectral convergence, `||S' - S|| / ||S||` in dB of the target magnitudes S and S' of the sound
found; lower is better. The means are over clips, not over kinds. The clips are made on the spot
(`phase_sounds.py`), 3 s each; `--sounds` adds the first 3 s of the files in a folder, of which each
subfolder is a kind. Magnitudes are the sound's own, and at the first size also imperfect, as a
decoder's are: 2 dB of noise on each, a blur of 3 by 3 in log magnitude, and 16 principal components
of the clip's log magnitudes. `scan` and `rtisi` run as they stream, `bare` is the scan before it is
refined, `short` is `rtisi` through a synthesis window of two hops, `griffin_lim` is the package's,
of whole sounds. Beside them, plain Griffin-Lim from random phases and heap integration with no and
one frame of look-ahead (`phase_references.py`). The cost is that of the scripted modules, share of
real time on one thread.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import mean, median

import numpy as np
import torch
from measuring import command_line, cpu_seconds, heading, write
from phase_references import heap_phases, plain_griffin_lim
from phase_sounds import LENGTH, RATE, made_sounds
from torch import Tensor, nn

from vschaos.audio.files import find_audio_files, read_blocks
from vschaos.dsp import (
    PGHI,
    RTISI,
    STFT,
    StreamingPhase,
    apply_phase,
    griffin_lim,
    refined_scan,
)

Method = Callable[[STFT, Tensor], Tensor]
SIZES = ("1024/256", "2048/512", "2048/256")
BATCH = 8  # clips
FLOOR = 1e-5  # of magnitudes, where their logarithm is taken; -100 dB of full scale


@torch.inference_mode()
def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--sounds", type=Path, help="a folder; each subfolder is a kind")
    parser.add_argument("--sizes", nargs="+", default=SIZES, metavar="WINDOW/HOP")
    parser.add_argument("--iterations", type=int, default=100, help="of Griffin-Lim")
    parser.add_argument("--only", nargs="+", metavar="METHOD")
    options = parser.parse_args()
    torch.set_num_threads(1)
    clips = [
        (kind, name, torch.from_numpy(sound).float())
        for kind, named in made_sounds().items()
        for name, sound in named.items()
    ]
    if options.sounds:
        clips += read_clips(options.sounds)
    methods = {
        name: method
        for name, method in all_methods(options.iterations).items()
        if not options.only or name in options.only
    }
    print(f"{heading()}; {len(clips)} clips")
    results = []
    for number, size in enumerate(options.sizes):
        n_fft, hop_length = (int(part) for part in size.split("/"))
        for condition in CONDITIONS if number == 0 else ("clean",):
            table = measure(clips, STFT(n_fft, hop_length), methods, condition)
            results.append({"size": size, "magnitudes": condition, "convergence_db": table})
            show(f"{size}, {condition} magnitudes", clips, table)
    costs = {size: cost(*(int(part) for part in size.split("/"))) for size in options.sizes}
    for size, shares in costs.items():
        print(size, ", ".join(f"{name} {share:.4f}" for name, share in shares.items()))
    named = [f"{kind}/{name}" for kind, name, _ in clips]
    write(options.json, {"clips": named, "distances": results, "share_of_real_time": costs})


def all_methods(iterations: int) -> dict[str, Method]:
    def bare(stft: STFT, magnitudes: Tensor) -> Tensor:
        phases = PGHI(stft.n_fft, stft.hop_length)(magnitudes)
        return stft.inverse(apply_phase(magnitudes, phases), LENGTH)

    def streaming(inversion: str) -> Method:
        def find(stft: STFT, magnitudes: Tensor) -> Tensor:
            stream = StreamingPhase(stft.n_fft, stft.hop_length)
            delay = stream.delay(inversion)
            late = stream(nn.functional.pad(magnitudes, (0, delay)), inversion)
            return stft.inverse(late[:, :, delay:], LENGTH)

        return find

    def short(stft: STFT, magnitudes: Tensor) -> Tensor:
        return streaming("rtisi")(
            STFT(stft.n_fft, stft.hop_length, 2 * stft.hop_length), magnitudes
        )

    def best(stft: STFT, magnitudes: Tensor) -> Tensor:
        return griffin_lim(stft, magnitudes, LENGTH, iterations)

    def plain(stft: STFT, magnitudes: Tensor) -> Tensor:
        return plain_griffin_lim(stft, magnitudes, LENGTH, iterations)

    def heap(look_ahead: bool) -> Method:
        def find(stft: STFT, magnitudes: Tensor) -> Tensor:
            clips = [heap_phases(m, stft.n_fft, stft.hop_length, look_ahead) for m in magnitudes]
            return stft.inverse(apply_phase(magnitudes, torch.stack(clips)), LENGTH)

        return find

    return {
        "bare": bare,
        "scan": streaming("scan"),
        "rtisi": streaming("rtisi"),
        "short": short,
        "griffin_lim": best,
        "plain_gl": plain,
        "heap_0": heap(False),
        "heap_1": heap(True),
    }


def read_clips(folder: Path) -> list[tuple[str, str, Tensor]]:
    """The first 3 s of each file, with a peak of 0.5; silence fills up what is shorter."""
    clips = []
    for path in find_audio_files(folder):
        sound = np.zeros(LENGTH, dtype=np.float32)
        start = 0
        for block in read_blocks(path, RATE):
            kept = block[: LENGTH - start]
            sound[start : start + len(kept)] = kept
            start += len(kept)
        if np.abs(sound).max() > 0:
            clip = torch.from_numpy(0.5 * sound / np.abs(sound).max())
            clips.append((f"{path.parent.name} (files)", path.stem, clip))
    return clips


def with_noise(magnitudes: Tensor) -> Tensor:
    random = torch.Generator().manual_seed(0)
    return magnitudes * 10 ** (2 * torch.randn(magnitudes.shape, generator=random) / 20)


def blurred(magnitudes: Tensor) -> Tensor:
    log = (magnitudes + FLOOR).log().unsqueeze(1)
    return nn.functional.avg_pool2d(log, 3, 1, 1, count_include_pad=False).squeeze(1).exp()


def of_components(magnitudes: Tensor, number: int = 16) -> Tensor:
    log = (magnitudes + FLOOR).log()
    middle = log.mean(dim=2, keepdim=True)
    left, strength, right = torch.linalg.svd(log - middle, full_matrices=False)
    kept = left[:, :, :number] * strength[:, None, :number]
    return (kept @ right[:, :number] + middle).exp()


CONDITIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "clean": lambda magnitudes: magnitudes,
    "noisy": with_noise,
    "blurred": blurred,
    "rank-16": of_components,
}


def measure(
    clips: list[tuple[str, str, Tensor]], stft: STFT, methods: dict[str, Method], condition: str
) -> dict[str, list[float]]:
    """Spectral convergence in dB of each clip, by method."""
    found: dict[str, list[float]] = {name: [] for name in methods}
    for start in range(0, len(clips), BATCH):
        audio = torch.stack([sound for _, _, sound in clips[start : start + BATCH]])
        magnitudes = CONDITIONS[condition](stft(audio).abs())
        for name, method in methods.items():
            difference = stft(method(stft, magnitudes)).abs() - magnitudes
            convergence = difference.norm(dim=(1, 2)) / magnitudes.norm(dim=(1, 2))
            found[name] += (20 * convergence.log10()).tolist()
    return found


def show(title: str, clips: list[tuple[str, str, Tensor]], table: dict[str, list[float]]) -> None:
    print(f"\n{title}\n{'':<20}" + "".join(f"{name:>13}" for name in table))
    kinds = [kind for kind, _, _ in clips]
    for kind in dict.fromkeys(kinds):
        rows = [n for n, other in enumerate(kinds) if other == kind]
        means = [mean(values[n] for n in rows) for values in table.values()]
        print(f"{f'{kind}, {len(rows)}':<20}" + "".join(f"{value:13.1f}" for value in means))
    for title, rows in (
        ("mean, made", [n for n, kind in enumerate(kinds) if not kind.endswith("(files)")]),
        ("mean, files", [n for n, kind in enumerate(kinds) if kind.endswith("(files)")]),
        ("mean", list(range(len(kinds)))),
    ):
        if rows and (title == "mean" or len(rows) < len(kinds)):
            means = [mean(values[n] for n in rows) for values in table.values()]
            print(f"{title:<20}" + "".join(f"{value:13.1f}" for value in means), flush=True)


def cost(n_fft: int, hop_length: int, calls: int = 60) -> dict[str, float]:
    """Share of real time of the scripted modules, at 1 and 8 frames a call."""
    shares = {}
    for name, module in (
        ("bare", PGHI(n_fft, hop_length)),
        ("scan", refined_scan(n_fft, hop_length)),
        ("rtisi", RTISI(n_fft, hop_length)),
    ):
        scripted = torch.jit.script(module)
        for num_frames in (1, 8):
            frames = torch.rand(1, n_fft // 2 + 1, num_frames)
            spent = [cpu_seconds(partial(scripted, frames)) for _ in range(8 + calls)]
            shares[f"{name} x {num_frames}"] = median(spent[8:]) * RATE / (num_frames * hop_length)
    return shares


if __name__ == "__main__":
    main()
