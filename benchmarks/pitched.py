#!/usr/bin/env python3
"""The pitch tracker of the pitched families, as a `.ts` hears: errors by kind of sound, and cost.

    python benchmarks/pitched.py [--windows 2048 1024 512] [--without G E] [--sentences 12]
        [--melodies 1] [--json FILE]

S: synthesised tones of five timbres from the window's lowest note to 1760 Hz (steady, vibrato,
glide), clean and in white noise of 20, 10 and 0 dB SNR. G: General MIDI melodies by fluidsynth and
its sound font `fluid-soundfont-gm`, against the written note. E: sentences by espeak-ng, against
CREPE (full), of which a second takes some seconds. What is not installed is left out, and said.

The declared delay is taken out. Of the frames whose window lies in the sound, and for G in one
note, which is 12 dB louder than those that still ring (`all`: every frame of a note): the median
error in cents, to 1 kHz and above, and the share within 50 cents, both where both sides are voiced,
i. e. the confidence is at least `--gate`. `voicing`: frames that are rightly taken for voiced or
not, among notes and what is 60 dB quieter than the loudest. `worst`: the file with the least share.
RTF is the CPU time on one thread by that of the sound, at buffers of 512 and 2048, scripted, least
of five rounds, beside the two Fourier transforms of a call alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from measuring import command_line, heading, show, write
from pitched_sounds import (
    INSTRUMENTS,
    QUIET_DB,
    RATE,
    SOUND_FONT,
    Sound,
    in_noise,
    is_there,
    level,
    play,
    say,
    synthesise,
)

from vschaos.dsp.loudness import LoudnessMeter
from vschaos.dsp.pitch import PitchTracker

HOP = 256
SNRS_DB = (20.0, 10.0, 0.0)
KILOHERTZ = 69 + 12 * np.log2(1000 / 440)
BUFFERS = (512, 2048)
ROUNDS, CALLS = 5, 200
COLUMNS = {"window": "6d", "sound": "<20", "to_1_kHz": "8.2f", "above": "8.2f", "within_50": "9.2%"}
COLUMNS |= {"octave_off": "10.2%", "voicing": "8.1%", "all": "8.1%", "worst": "<24"}


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--windows", type=int, nargs="+", default=[2048, 1024, 512])
    parser.add_argument("--without", nargs="+", choices=["S", "G", "E"], default=[])
    parser.add_argument("--melodies", type=int, default=1, help="of each instrument")
    parser.add_argument("--sentences", type=int, default=12)
    parser.add_argument("--gate", type=float, default=0.5, help="least confidence that is voiced")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(heading())
    played = melodies(options.melodies) if "G" not in options.without else {}
    spoken = speech(options.sentences) if "E" not in options.without else {}
    rows = []
    for window in options.windows:
        materials = {**(tones(window) if "S" not in options.without else {}), **played, **spoken}
        rows += [
            {"window": window, "sound": name, **measure(sounds, window, options.gate)}
            for name, sounds in materials.items()
        ]
    if rows:
        show(rows, COLUMNS)
    costs = [{"window": window, **cost(window)} for window in options.windows]
    show(costs, {"window": "6d", **{key: "8.4f" for key in costs[0] if key != "window"}})
    write(options.json, {"errors": rows, "rtf": costs})


def tones(window: int) -> dict[str, list[Sound]]:
    lowest = 69 + 12 * np.log2(max(PitchTracker(RATE, HOP, window).lowest_hz, 54.0) / 440)
    clean, random = list(synthesise(lowest + 0.2)), np.random.default_rng(1)
    noisy = {f"S at {snr:g} dB": [in_noise(tone, snr, random) for tone in clean] for snr in SNRS_DB}
    return {"S": clean, **noisy}


def melodies(number: int) -> dict[str, list[Sound]]:
    if not is_there("fluidsynth", str(SOUND_FONT)):
        print("G is left out: install fluidsynth and fluid-soundfont-gm")
        return {}
    each = {f"G {name}": [play(name, seed=k) for k in range(number)] for name in INSTRUMENTS}
    return {"G": [sound for sounds in each.values() for sound in sounds], **each}


def speech(number: int) -> dict[str, list[Sound]]:
    if not is_there("espeak-ng"):
        print("E is left out: install espeak-ng")
        return {}
    return {"E": list(say(number))}


def measure(sounds: Iterable[Sound], window: int, gate: float) -> dict[str, Any]:
    found = [compare(sound, window, gate) for sound in sounds]
    frames = {key: np.concatenate([one[key] for one in found]) for key in found[0] if key != "name"}
    error, clear = frames["cents"], frames["clear"] & frames["voiced"]
    low, high = clear & (frames["midi"] <= KILOHERTZ), clear & (frames["midi"] > KILOHERTZ)
    is_octave = np.abs(error / 1200 - np.round(error / 1200)) < 50 / 1200
    shares = {
        one["name"]: np.mean(one["cents"][one["clear"] & one["voiced"]] <= 50) for one in found
    }
    worst = min(shares, key=lambda name: shares[name])
    return {
        "to_1_kHz": np.median(error[low]) if low.any() else None,
        "above": np.median(error[high]) if high.any() else None,
        "within_50": np.mean(error[clear] <= 50),
        "octave_off": np.mean(is_octave[clear] & (error[clear] > 600)),
        "voicing": np.mean((frames["voiced"] == frames["sounds"])[frames["judged"]]),
        "all": np.mean(error[frames["sounds"] & frames["voiced"]] <= 50),
        "worst": f"{worst} {shares[worst]:.1%}",
    }


def compare(sound: Sound, window: int, gate: float) -> dict[str, Any]:
    """Frames of a sound, `[N]` each: error in cents, note, whether the tracker says voiced, whether
    there is a note in its range, whether only that one is in the window, and whether the voicing is
    judged."""
    tracker = PitchTracker(RATE, HOP, window)
    length = len(sound.audio) // HOP * HOP
    heard = tracker(torch.from_numpy(sound.audio[None, :length]))[0].double().numpy()
    centres = (np.arange(heard.shape[1]) + 1) * HOP - tracker.delay
    inside = (centres >= window // 2) & (centres < len(sound.audio) - window // 2)
    centres, (note, confidence) = centres[inside], heard[:, inside]
    midi = sound.midi[centres]
    in_range = ~(440 * 2 ** ((midi - 69) / 12) < tracker.lowest_hz)  # so is no note at all
    sounds = np.isfinite(midi) & in_range
    # a window over the end of a note or of a voiced part has no one pitch
    edges = [sound.midi[centres + offset] for offset in (-window // 2, window // 2 - 1)]
    clear = sounds & np.isfinite(edges[0]) & np.isfinite(edges[1])
    if sound.is_clear is not None:
        clear &= (edges[0] == midi) & (edges[1] == midi) & sound.is_clear[centres]
        quiet_db = level(sound.audio)[centres]
        judged = clear | (quiet_db < quiet_db.max() - QUIET_DB)
    else:
        judged = in_range
    return {
        "name": sound.name,
        "cents": np.abs(100 * (note - np.nan_to_num(midi))),
        "midi": np.nan_to_num(midi),
        "voiced": confidence >= gate,
        "sounds": sounds,
        "clear": clear,
        "judged": judged,
    }


def cost(window: int) -> dict[str, float]:
    tracker = PitchTracker(RATE, HOP, window)
    fft_length, lags = tracker.fft_length, tracker.num_lags
    calls: dict[str, Callable[[torch.Tensor], Any]] = {
        "pitch": torch.jit.script(tracker),
        "loudness": torch.jit.script(LoudnessMeter(RATE, HOP, window)),
        "fft": lambda audio: torch.fft.irfft(
            torch.fft.rfft(audio.new_ones(audio.shape[1] // HOP, window).double(), fft_length)
        )[:, :lags],
    }
    least: dict[str, float] = {}
    for _ in range(ROUNDS):
        for buffer in BUFFERS:
            audio = 0.1 * torch.randn(1, buffer)
            for name, call in calls.items():
                with torch.inference_mode():
                    for _ in range(20):
                        call(audio)
                    started = time.process_time()
                    for _ in range(CALLS):
                        call(audio)
                spent = (time.process_time() - started) / CALLS / (buffer / RATE)
                key = f"{name}_{buffer}"
                least[key] = min(least.get(key, spent), spent)
    return least


if __name__ == "__main__":
    main()
