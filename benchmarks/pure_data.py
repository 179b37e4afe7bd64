#!/usr/bin/env python3
"""A model in the real nn~ of a real PureData, beside our own host.

    python benchmarks/pure_data.py my_model.ts --external FOLDER [--rates 44100 48000]
        [--seconds 10] [--long 300] [--json FILE]

FOLDER holds nn~ (nn~.pd_linux). Each method that sound can go through (`forward`, and `encode`
joined to `decode`) plays a phrase at each buffer size; PureData runs as fast as it can, and writes
what it played. The difference is the largest one from our host after the delay of nn~'s own buffer
is taken out, relative to the peak; phases that are found by iterations, as `decode` finds them,
round otherwise in another torch, so there the levels of blocks of 0.2 s are compared. The CPU time
is that of the whole process, loading apart, per second of sound. The long run changes the size of
the buffer every 0.1 to 2 s, and counts samples that are not finite and silent stretches that the
input does not have.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from measuring import Clock, command_line, heading, show, write

from vschaos.export.host import Host

BUFFERS = (0, 512, 2048, 4096)
BLOCK = 64  # samples in which PureData computes
LARGEST_LAG = 4 * 8192
SILENCE = 1e-4
COLUMNS = {
    "method": "<s",
    "rate": "7d",
    "buffer": "7d",
    "difference_db": "14.1f",
    "level_difference_db": "20.2f",
    "cpu_per_second": "15.4f",
}


class Trial(NamedTuple):
    """How PureData plays a model.

    Attributes:
        methods: one after the other, each outlet joined to the inlet of the same number.
        rate: of PureData, Hz.
        buffer_size: of each nn~.
        changes: ms and buffer sizes from then on.
    """

    methods: Sequence[str]
    rate: int
    buffer_size: int
    changes: Sequence[tuple[int, int]] = ()


def patch(trial: Trial, outlets: Sequence[int], length: int, orders: Sequence[str]) -> str:
    """A patch that plays `in.wav` through `m.ts` into `out.wav`, and quits.

    Args:
        outlets: of each method.
        length: samples.
        orders: messages to each nn~ before it plays.
    """
    objects = [
        *(f"table in {length}", f"table out {length}", "tabplay~ in"),
        *(f"nn~ model {name} {trial.buffer_size}" for name in trial.methods),
        *("tabwrite~ out", "soundfiler", "loadbang", "t b b b b b"),
        f"delay {1000 * length / trial.rate + 50:.0f}",
        "t b b b b",
    ]
    player, first = 2, 3
    recorder = first + len(trial.methods)
    filer, bang, trigger, delay, end = (recorder + number for number in range(1, 6))
    lines = ["#N canvas 0 0 600 400 12;"]
    lines += [f"#X obj 20 {20 * number} {words};" for number, words in enumerate(objects)]
    cords: list[tuple[int, int, int, int]] = [(player, 0, first, 0)]
    for number, count in enumerate(outlets):
        cords += [(first + number, k, first + number + 1, k) for k in range(count)]
    messages: list[tuple[str, tuple[int, int], int | None]] = [
        ("read in.wav in", (trigger, 3), filer),
        ("\\; pd dsp 1", (trigger, 0), None),
        ("\\; pd dsp 0", (end, 3), None),
        (f"write -wave -bytes 4 -rate {trial.rate} out.wav out", (end, 2), filer),
        ("\\; pd quit", (end, 0), None),
    ]
    # a new size waits for the present call, which must not outlive torch
    messages += [
        (f"bufsize {trial.buffer_size}", (end, 1), first + number)
        for number in range(len(trial.methods))
    ]
    messages += [
        (order, (trigger, 4), first + number)
        for number in range(len(trial.methods))
        for order in (f"bufsize {trial.buffer_size}", *orders)
    ]
    count = len(objects)
    for words, (source, outlet), receiver in messages:
        lines.append(f"#X msg 300 {20 * count} {words};")
        cords.append((source, outlet, count, 0))
        if receiver is not None:
            cords.append((count, 0, receiver, 0))
        count += 1
    cords += [(bang, 0, trigger, 0), (trigger, 0, delay, 0), (delay, 0, end, 0)]
    cords += [(trigger, 1, player, 0), (trigger, 2, recorder, 0)]
    for milliseconds, size in trial.changes:
        lines.append(f"#X obj 500 {20 * count} delay {milliseconds};")
        lines.append(f"#X msg 600 {20 * count} bufsize {size};")
        cords += [(trigger, 0, count, 0), (count, 0, count + 1, 0)]
        cords += [(count + 1, 0, first + number, 0) for number in range(len(trial.methods))]
        count += 2
    lines += [f"#X connect {' '.join(map(str, cord))};" for cord in cords]
    return "\n".join(lines) + "\n"


def play(model: Path, external: Path, sound: np.ndarray, trial: Trial) -> tuple[np.ndarray, float]:
    """What PureData played, as long as `sound`, and its CPU seconds.

    Raises:
        SystemExit: it did not play; with what it printed.
    """
    hosts = [Host(model, name, trial.buffer_size) for name in trial.methods]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(model, folder / "model.ts")
        soundfile.write(folder / "in.wav", sound, trial.rate, subtype="FLOAT")
        follows = "sample_rate" in hosts[0].attributes
        orders = [f"set sample_rate {trial.rate}"] if follows else []
        text = patch(trial, [host.outlets for host in hosts], len(sound), orders)
        (folder / "play.pd").write_text(text, encoding="utf-8")
        quiet = ["-nogui", "-noaudio", "-nomidi", "-batch", "-stderr"]
        started = Clock.now()
        done = subprocess.run(
            ["pd", *quiet, "-r", str(trial.rate), "-path", external, "-open", folder / "play.pd"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        spent = Clock.now().since(started).cpu
        written = folder / "out.wav"
        if not written.exists() or "error" in done.stderr or "couldn't create" in done.stderr:
            raise SystemExit(f"expected PureData to play {model.name}, got:\n{done.stderr}")
        return soundfile.read(written, dtype="float32")[0], spent


def by_our_host(model: Path, sound: np.ndarray, trial: Trial) -> np.ndarray:
    output = sound[None]
    for name in trial.methods:
        host = Host(model, name, trial.buffer_size)
        if "sample_rate" in host.attributes:
            host.set("sample_rate", trial.rate)
        # an inlet with nothing connected, as of a label, is 0
        unconnected = np.zeros((max(host.inlets - len(output), 0), output.shape[1]), np.float32)
        output = host.process(np.concatenate([output[: host.inlets], unconnected]))
    return output[0]


def lag_of(played: np.ndarray, expected: np.ndarray) -> int:
    """The whole number of PureData's blocks by which sound comes later."""
    size = 1 << (len(expected) + LARGEST_LAG).bit_length()
    # of envelopes, which phases found by iterations do not change
    first, second = (np.fft.rfft(np.abs(x) - np.abs(x).mean(), size) for x in (played, expected))
    spectrum = first * second.conj()
    return int(np.fft.irfft(spectrum)[:LARGEST_LAG:BLOCK].argmax()) * BLOCK


def compare(played: np.ndarray, expected: np.ndarray, rate: int) -> tuple[float, float]:
    """dB: the largest difference relative to the peak, and the largest one of levels."""
    lag = lag_of(played, expected)
    length = len(played) - lag
    played, expected = played[lag:], expected[:length]
    peak = np.abs(expected).max()
    difference = np.abs(played - expected).max() / peak
    block = rate // 5
    levels = [
        np.sqrt(np.square(x[: length // block * block].reshape(-1, block)).mean(1))
        for x in (played, expected)
    ]
    is_loud = levels[1] > 0.1 * levels[1].max()
    ratio = (levels[0][is_loud] + 1e-12) / levels[1][is_loud]
    return 20 * float(np.log10(difference + 1e-9)), float(np.abs(20 * np.log10(ratio)).max())


def phrase(rate: int, seconds: float) -> np.ndarray:
    """Harmonic notes of half a second that swell and fade, mono, `[T]`."""
    time = np.arange(int(seconds * rate)) / rate
    notes = 48 + np.array([0, 7, 12, 3, 10, 15, 5])[(2 * time).astype(int) % 7]
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((notes - 69) / 12)) / rate
    tones = sum(np.sin(k * phase) / k for k in range(1, 9))
    return np.asarray(0.2 * tones * np.sin(2 * np.pi * time) ** 2, dtype=np.float32)


def long_run(model: Path, external: Path, seconds: float) -> dict[str, float]:
    """`forward` while its buffer changes."""
    generator = np.random.default_rng(0)
    times = np.cumsum(generator.uniform(100, 2000, int(seconds)))
    sizes = generator.choice([0, 512, 1024, 2048, 4096, 8192], len(times))
    changes = [(int(ms), int(size)) for ms, size in zip(times, sizes, strict=True)]
    changes = [change for change in changes if change[0] < 1000 * seconds]
    rate = 44100
    sound = phrase(rate, seconds) + 0.01  # never silent
    played, spent = play(model, external, sound, Trial(["forward"], rate, 2048, changes))
    blocks = played[rate : len(played) // rate * rate].reshape(-1, rate // 2)
    return {
        "changes": len(changes),
        "not_finite": int((~np.isfinite(played)).sum()),
        "silent_halves_of_a_second": int((np.abs(blocks).max(1) < SILENCE).sum()),
        "peak": float(np.abs(played).max()),
        "cpu_per_second": spent / seconds,
    }


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("model", type=Path, help=".ts file")
    parser.add_argument("--external", type=Path, required=True, help="folder of nn~")
    parser.add_argument("--rates", type=int, nargs="+", default=[44100, 48000])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--long", type=float, default=300.0, help="seconds of the long run")
    args = parser.parse_args()
    model, external = args.model.resolve(), args.external.resolve()
    available = Host(model).methods
    ways = [way for way in (["forward"], ["encode", "decode"]) if set(way) <= set(available)]
    print(heading())
    rows = []
    for rate in args.rates:
        sound = phrase(rate, args.seconds)
        for methods in ways:
            for size in BUFFERS:
                trial = Trial(methods, rate, size)
                _, loading = play(model, external, sound[: rate // 10], trial)
                played, spent = play(model, external, sound, trial)
                difference, levels = compare(played, by_our_host(model, sound, trial), rate)
                row = {
                    "method": " ".join(methods),
                    "rate": rate,
                    "buffer": size,
                    "difference_db": difference,
                    "level_difference_db": levels,
                    "cpu_per_second": (spent - loading) / (args.seconds - 0.1),
                }
                rows.append(row)
    show(rows, COLUMNS)
    long = long_run(model, external, args.long) if args.long and "forward" in available else None
    if long:
        print(f"\nforward for {args.long:.0f} s: {long}")
    write(args.json, {"rows": rows, "long": long})


if __name__ == "__main__":
    main()
