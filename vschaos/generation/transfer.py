"""The sound of others through a pitched instrument: fitted to its training, and transposed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import torch

from vschaos.audio.files import Waveform
from vschaos.generation.segments import decode_segments, encode_segments
from vschaos.instrument.fit import MEMORY_SECONDS
from vschaos.instrument.pitched import PitchedControls, PitchedSettings
from vschaos.runs import Given, Run

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


class Transfer(NamedTuple):
    """A sound through a pitched instrument.

    Attributes:
        frames: as they are played, `[Z, N]`; the first three are pitch, confidence and loudness.
        blocks: of the sound `[T]`, as long as what was played in.
    """

    frames: np.ndarray
    blocks: Iterator[Waveform]


def transfer(
    run: Run,
    blocks: Iterable[Waveform],
    labels: Given | None = None,
    fit: float = 1.0,
    transpose: float = 0.0,
    temperature: float = 0.0,
    inversion: str | None = None,
) -> Transfer:
    """A sound in blocks `[T]`, of which at least one has a sample, through a pitched instrument.

    Args:
        labels, temperature, inversion: see `encode_segments` and `decode_segments`.
        fit, transpose: see `played_frames`.

    Raises:
        ValueError: the model is not played by pitch and loudness, or `fit` or `transpose` are not
            what they may be.
    """
    length = 0

    def counted() -> Iterator[Waveform]:
        nonlocal length
        for block in blocks:
            length += len(block)
            yield block

    _check(run, fit, transpose)
    frames = encode_segments(run, counted(), labels, temperature)
    frames = played_frames(run, frames, fit, transpose)
    return Transfer(frames, _first(decode_segments(run, frames, labels, inversion), length))


def _first(blocks: Iterable[Waveform], length: int) -> Iterator[Waveform]:
    """The first samples of a sound in blocks `[T]`."""
    for block in blocks:
        if length > 0:
            yield block[:length]
        length -= len(block)


def played_frames(
    run: Run, frames: np.ndarray, fit: float = 0.0, transpose: float = 0.0
) -> np.ndarray:
    """Frames of a pitched model, `[Z, N]`, as its `.ts` plays them with these attributes, `[Z, N]`.

    `fit` follows a player's loudness and register for some seconds; those of a file are known
    before it begins.

    Args:
        fit: 0..1, how far loudness and register are moved to the training's.
        transpose: semitones; notes stay from 0 to 127.

    Raises:
        ValueError: the model is not played by pitch and loudness, `fit` is beyond its range, or
            `transpose` no number.
    """
    _check(run, fit, transpose)
    trained = run.pitched.trained_range()
    controls = PitchedControls(trained, run.model.hop_length, run.sample_rate)
    settings = NEUTRAL._replace(fit=fit, transpose=transpose)
    rows = torch.from_numpy(frames)[None]
    if fit > 0.0:
        controls(rows[:, :, : round(MEMORY_SECONDS * run.frame_rate)], settings)
    moved: np.ndarray = controls(rows, settings).controls[0].numpy()
    return moved


def _check(run: Run, fit: float, transpose: float) -> None:
    _ = run.pitched  # refuses models that are not
    if not 0.0 <= fit <= 1.0:
        raise ValueError(f"fit must be from 0 (not at all) to 1 (wholly), got {fit}")
    if not math.isfinite(transpose):
        raise ValueError(f"transpose must be a number of semitones, got {transpose}")
