"""What a single note tells of the parameters of a voice.

Settings that sound the same are told as the same ones, and a parameter that makes no difference
is left out: nobody could find it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from vschaos.models.synth.chains import Chain
from vschaos.models.synth.parameters import BY_NAME
from vschaos.models.synth.voice import REFERENCE_NOTE

# amounts below which nobody hears that they are on, in their units
LEAST = {
    "noise": 0.005,
    "index": 0.05,
    "drive": 1.0,
    "filter_envelope": 1.0,
    "lfo_pitch": 0.05,
    "lfo_cutoff": 0.5,
    "lfo_width": 0.02,
    "lfo_level": 0.05,
}
LEAST_MIX = 0.05  # of the softer oscillator
LEAST_PULSE = 0.1  # of a pulse in the shape
LEAST_CHANGE = 0.1  # of an envelope, by a segment of it
LEAST_LEVEL = 0.03  # of an envelope where it is released: -30 dB
DECADES = math.log(1000.0)  # of a decay in its time


def equivalent(values: Mapping[str, Tensor], pitch: Tensor) -> dict[str, Tensor]:
    """The settings that stand for all that sound the same.

    - The cutoff is that of the note, without key tracking.
    - A pulse is as a mirrored one: a width is at most a half, unless the LFO moves it.
    - An amount that nobody hears is off.

    Args:
        values: in their units, `[B]` each, by the names of a chain's parameters.
        pitch: MIDI notes `[B]`.
    """
    same = dict(values)
    for name, least in LEAST.items():
        if name in same:
            same[name] = torch.where(same[name].abs() < least, 0.0, same[name])
    if "key_tracking" in same:
        moved = same["key_tracking"] * (pitch - REFERENCE_NOTE) / 12.0
        cutoff = same["cutoff"] * torch.exp2(moved)
        same["cutoff"] = cutoff.clamp(BY_NAME["cutoff"].low, BY_NAME["cutoff"].high)
        same["key_tracking"] = torch.zeros_like(cutoff)
    for name in ("width_1", "width_2"):
        if name in same:
            mirrored = torch.minimum(same[name], 1.0 - same[name])
            same[name] = torch.where(same["lfo_width"] > 0.0, same[name], mirrored)
    return same


def audible(
    chain: Chain, values: Mapping[str, Tensor], seconds: float, held: float
) -> dict[str, Tensor]:
    """Which parameters a note tells, bool `[B]` each, by name.

    Args:
        values: as `equivalent` gives them.
        seconds: of the sound.
        held: seconds until the note is released.
    """
    some = next(iter(values.values()))
    yes, no = torch.ones_like(some, dtype=torch.bool), torch.zeros_like(some, dtype=torch.bool)
    found = {parameter.name: yes for parameter in chain.parameters}
    found |= dict.fromkeys(found.keys() & {"glide", "level", "key_tracking"}, no)

    def is_on(name: str) -> Tensor:
        return values[name] != 0.0 if name in values else no

    mix = values.get("mix", torch.zeros_like(some))
    first, second = mix < 1.0 - LEAST_MIX, mix > LEAST_MIX
    has_pulse = no
    for number, is_heard in (("1", first), ("2", second)):
        if f"shape_{number}" in values:
            is_pulse = is_heard & (values[f"shape_{number}"] > 1.0 + LEAST_PULSE)
            found |= {f"shape_{number}": is_heard, f"width_{number}": is_pulse}
            has_pulse = has_pulse | is_pulse
    is_bent = first & is_on("index")
    found |= _known(found, {"semitones_2": second | is_bent, "cents_2": second | is_bent})
    found |= _known(found, {"index": first, "index_envelope": is_bent, "lfo_width": has_pulse})
    is_moving = is_on("lfo_pitch") | is_on("lfo_cutoff") | is_on("lfo_level")
    is_moving |= has_pulse & is_on("lfo_width")
    found |= {"lfo_rate": is_moving, "lfo_shape": is_moving}
    found |= _segments(values, "", yes, seconds, held)
    if "attack_2" in values:
        has_envelope = is_on("filter_envelope")
        if "index_envelope" in values:
            has_envelope |= is_bent & (values["index_envelope"] > LEAST_CHANGE)
        found |= _segments(values, "_2", has_envelope, seconds, held)
        # where the sound has ended nobody hears the other envelope
        found["release_2"] &= found["release"]
    return found


def _known(found: Mapping[str, Tensor], entries: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value for name, value in entries.items() if name in found}


def _segments(
    values: Mapping[str, Tensor], suffix: str, is_used: Tensor, seconds: float, held: float
) -> dict[str, Tensor]:
    """Of an envelope that is used, the parts that are reached, and that change it."""
    attack, decay, sustain, release = (
        values[part + suffix] for part in ("attack", "decay", "sustain", "release")
    )
    left = held - 0.001 * attack  # seconds after the attack
    gone = 1.0 - torch.exp(-DECADES * left.clamp_min(0.0) / (0.001 * decay))
    fallen = (1.0 - sustain) * gone
    at_release = torch.where(left > 0.0, 1.0 - fallen, held / (0.001 * attack).clamp_min(held))
    is_released = 1.0 - torch.exp(-DECADES * (seconds - held) / (0.001 * release)) > LEAST_CHANGE
    parts = {
        "attack": is_used,
        "decay": is_used & (fallen > LEAST_CHANGE),
        "sustain": is_used & (gone > 0.5),
        "release": is_used & is_released & (at_release > LEAST_LEVEL),
    }
    return {name + suffix: is_heard for name, is_heard in parts.items()}
