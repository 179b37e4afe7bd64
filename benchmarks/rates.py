#!/usr/bin/env python3
"""A model at the rates of hosts.

    python benchmarks/rates.py RUN [--rates 44100 48000 ...] [--json FILE]

A tone of 440 Hz goes through `forward`, and its pitch is read with the phase of the input: cents.
A melody of harmonic notes, made at each rate, goes through `forward` by each inversion: the
log-spectral distance in dB, below 7 kHz, of what comes out from what went in. A latent vector that
stands still is decoded: its pitch in cents against that at the trained rate. Latency is what the
model tells, in ms, cost a share of real time on one thread in buffers of 2048.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from measuring import Clock, command_line, heading, show, write

from vschaos import load_run
from vschaos.dsp import STFT, sizes_at_rate
from vschaos.export import Host, script_stream

RATES = (16000, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000)
MODES = ("keep_input", "rtisi", "scan")
BUFFER, SECONDS, HIGHEST_HZ, TONE_HZ = 2048, 4, 7000, 440.0
NOTES = torch.tensor([220.0, 277.2, 329.6, 440.0, 247.0, 196.0], dtype=torch.float64)
COLUMNS = {
    "rate": "7d",
    "latency_ms": "12.1f",
    "cents": "8.2f",
    "latent_cents": "14.2f",
    **{f"{mode}_db": "16.2f" for mode in MODES},
    **{f"{mode}_cost": "17.3f" for mode in MODES},
}


def times(rate: int) -> torch.Tensor:
    """Seconds `[T]` of whole buffers."""
    length = SECONDS * rate // BUFFER * BUFFER
    return torch.arange(length, dtype=torch.float64) / rate


def melody(rate: int) -> np.ndarray:
    """Notes of half a second with eight partials, `[1, T]`."""
    now = times(rate)
    within, note = now % 0.5, NOTES[(2 * now).long() % len(NOTES)]
    partials = [
        torch.sin(2 * math.pi * k * note * within) * torch.exp(-(4 + k) * within) / k
        for k in range(1, 9)
    ]
    sound = 0.25 * torch.stack(partials).sum(dim=0) * (within / 0.005).clamp(max=1.0)
    return sound.float()[None].numpy()


def pitch(sound: np.ndarray, rate: int) -> float:
    """Hz of the strongest partial within a tone of `TONE_HZ`, without the first second."""
    sound = sound[rate:].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 4 * len(sound)))
    unit = rate / (4 * len(sound))
    first = int(TONE_HZ * 0.89 / unit)
    peak = first + int(spectrum[first : int(TONE_HZ * 1.12 / unit)].argmax())
    left, top, right = np.log(spectrum[peak - 1 : peak + 2])
    return float((peak + 0.5 * (left - right) / (left - 2 * top + right)) * unit)


def distance_db(transform: STFT, trained_rate: int, rate: int, *sounds: np.ndarray) -> float:
    """Log-spectral distance of two sounds `[T]` at the trained frequencies."""
    n_fft, hop = transform.n_fft, transform.hop_length
    sizes = sizes_at_rate(n_fft, hop, n_fft, trained_rate, rate)
    stft = STFT(n_fft, hop)
    stft.resize(sizes.n_fft, sizes.hop_length, sizes.n_fft, sizes.num_bins)
    num_bins = HIGHEST_HZ * n_fft // trained_rate
    spectra = [stft.analyse(torch.from_numpy(sound)[None])[0, :num_bins].abs() for sound in sounds]
    levels = [20 * torch.log10(spectrum + 1e-4) for spectrum in spectra]
    return float((levels[0] - levels[1]).square().mean(dim=0).sqrt().mean())


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--rates", type=int, nargs="+", default=list(RATES))
    args = parser.parse_args()
    torch.set_num_threads(1)
    run = load_run(args.run)
    model = script_stream(run.model.stream().eval(), run.sample_rate)
    transform = run.model.transform
    if not isinstance(transform, STFT):
        raise SystemExit(f"RUN must be of a spectral model, got {type(run.model).__name__}")
    forward, decode = (Host(model, method, BUFFER) for method in ("forward", "decode"))
    heard = 0.5 * torch.sin(2 * math.pi * TONE_HZ * times(run.sample_rate))
    encoded = model.encode(heard.float()[None, None])[0, :, -20:]
    standing = encoded.mean(dim=1, keepdim=True).numpy()
    print(heading())
    rows = []
    own_pitch = 0.0
    for rate in sorted(args.rates, key=lambda rate: rate != run.sample_rate):
        row: dict[str, float] = {"rate": rate}
        forward.set("sample_rate", rate)
        for mode in MODES:
            forward.set("inversion_mode", mode)
            model.engine.stream.reset()
            sound = melody(rate)
            forward.process(sound[:, : 4 * BUFFER])  # compiles
            model.engine.stream.reset()
            started = Clock.now()
            output = forward.process(sound)[0]
            row[f"{mode}_cost"] = Clock.now().since(started).cpu * rate / len(output)
            delay = model.get_latency()[0]
            row[f"{mode}_db"] = distance_db(
                transform, run.sample_rate, rate, output[delay:], sound[0, :-delay]
            )
        forward.set("inversion_mode", "keep_input")
        row["latency_ms"] = 1000 * model.get_latency()[0] / rate
        model.engine.stream.reset()
        tone = (0.3 * torch.sin(2 * math.pi * TONE_HZ * times(rate))).float()[None].numpy()
        row["cents"] = 1200 * math.log2(pitch(forward.process(tone)[0], rate) / TONE_HZ)
        model.engine.stream.reset()
        latents = np.repeat(standing, tone.shape[1], axis=1)
        found = pitch(decode.process(latents)[0], rate)
        own_pitch = own_pitch or found
        row["latent_cents"] = 1200 * math.log2(found / own_pitch)
        rows.append(row)
    show(rows, COLUMNS)
    write(args.json, {"rows": rows})


if __name__ == "__main__":
    main()
