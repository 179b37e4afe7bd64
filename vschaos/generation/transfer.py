"""Frames of one sound as another instrument should play them: fitted, and transposed."""

from __future__ import annotations

import numpy as np
import torch

from vschaos.instrument.fit import MEMORY_SECONDS
from vschaos.instrument.pitched import PitchedControls, PitchedSettings
from vschaos.runs import Run

NEUTRAL = PitchedSettings(  # all is played as it is
    transpose=0.0,
    octave=0,
    glide=0.0,
    quantise=0.0,
    gate_threshold=-90.0,
    confidence_gate=0.0,
    unvoiced="noise",
    harmonics=0.0,
    noise=0.0,
    fit=0.0,
)


def played_frames(
    run: Run, frames: np.ndarray, fit: float = 0.0, transpose: float = 0.0
) -> np.ndarray:
    """Frames of a pitched model, `[Z, N]`, as its `.ts` plays them with these attributes, `[Z, N]`.

    `fit` follows a player's loudness and register for some seconds; those of a file are known
    before it begins.

    Args:
        fit: 0..1, how far loudness and register are moved to the training's.
        transpose: semitones.

    Raises:
        ValueError: the model is not played by pitch and loudness.
    """
    trained = run.pitched.trained_range()
    controls = PitchedControls(trained, run.model.hop_length, run.sample_rate)
    settings = NEUTRAL._replace(fit=fit, transpose=transpose)
    rows = torch.from_numpy(frames)[None]
    if fit > 0.0:
        controls(rows[:, :, : round(MEMORY_SECONDS * run.frame_rate)], settings)
    moved: np.ndarray = controls(rows, settings).controls[0].numpy()
    return moved
