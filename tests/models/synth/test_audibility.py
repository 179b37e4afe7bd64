"""What a note tells of its parameters: rendered again, what is left out makes no difference."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vschaos.losses import LogSpectralDistance
from vschaos.models.synth import VoiceRenderer
from vschaos.models.synth.audibility import audible, equivalent
from vschaos.models.synth.chains import CHAINS

SECONDS, RATE, HELD = 0.4, 44100, 0.28
COUNT = 16
# two takes of the same noise differ by 6 dB
INAUDIBLE_DB = 4.0  # a driven pulse depends a little on its phases, which the mirrored one has not


def distances(one: Tensor, other: Tensor) -> Tensor:
    """LSD of each pair of sounds `[B, T]`."""
    window = torch.hann_window(1024)
    spectra = (torch.stft(x, 1024, 256, window=window, return_complex=True) for x in (one, other))
    pairs = zip(*(spectrum.abs() for spectrum in spectra), strict=True)
    measure = LogSpectralDistance(floor_db=-60.0, range_db=40.0)
    return torch.stack([measure(a[None], b[None]) for a, b in pairs])


def test_equivalent_settings_sound_the_same() -> None:
    renderer = VoiceRenderer("two_osc")
    drawn = renderer.draw(np.random.default_rng(5), COUNT)
    drawn["noise"] = torch.zeros(COUNT)  # which differs from row to row
    drawn["key_tracking"][:4] = 1.0
    drawn["cutoff"] = drawn["cutoff"].clamp(300.0, 4000.0)  # so that none is beyond the range
    same = {**drawn, **equivalent(drawn, drawn["pitch"])}
    with torch.inference_mode():
        sounds = [renderer.render(values, RATE, round(SECONDS * RATE)) for values in (drawn, same)]
    assert (same["key_tracking"] == 0.0).all()
    assert (same["width_1"][same["lfo_width"] == 0.0] <= 0.5).all()
    assert distances(*sounds).median() < 1.0
    assert distances(*sounds).max() < INAUDIBLE_DB


def test_what_is_left_out_makes_little_difference() -> None:
    """Each parameter that a note does not tell is moved far away, in those sounds alone."""
    renderer = VoiceRenderer("two_osc")
    drawn = renderer.draw(np.random.default_rng(6), COUNT)
    drawn["noise"] = torch.zeros(COUNT)
    drawn = {**drawn, **equivalent(drawn, drawn["pitch"])}
    tells = audible(CHAINS["two_osc"], drawn, SECONDS, HELD)
    moved, count = dict(drawn), 0
    for name in ("width_1", "attack_2", "sustain_2", "decay_2", "lfo_rate", "lfo_shape"):
        other = drawn[name].flip(0)
        moved[name] = torch.where(tells[name], drawn[name], other)
        count += int((~tells[name] & (other != drawn[name])).sum())
    with torch.inference_mode():
        sounds = [renderer.render(values, RATE, round(SECONDS * RATE)) for values in (drawn, moved)]
    assert count > COUNT
    assert distances(*sounds).median() < INAUDIBLE_DB
