"""A sound of an open amplifier, shaped, is the one that the voice plays with these parameters."""

from __future__ import annotations

import numpy as np
import torch

from vschaos.models.synth import VoiceRenderer
from vschaos.models.synth.amplitude import SHAPED

RATE, LENGTH = 44100, 8820
# float32 envelopes beside the voice's own in float64, and 1 % of a sample of an attack of 1 ms
TOLERANCE = 1e-3


def test_a_shaped_sound_is_as_if_rendered() -> None:
    renderer = VoiceRenderer("mono")
    drawn = renderer.draw(np.random.default_rng(3), 16)
    with torch.inference_mode():
        bare = renderer.render(renderer.open(drawn), RATE, LENGTH)
        varied = renderer.vary(drawn, np.random.default_rng(4))
        audio = renderer.shape(bare, varied, RATE)
        expected = renderer.render(varied, RATE, LENGTH)
    assert all((varied[name] != drawn[name]).any() for name in SHAPED)
    assert all((varied[name] == drawn[name]).all() for name in varied.keys() - {*SHAPED})
    peaks = expected.abs().amax(1, keepdim=True)
    assert ((audio - expected).abs() / peaks).max() < TOLERANCE
    assert (expected - bare).abs().max() > 0.1 * peaks.max()
