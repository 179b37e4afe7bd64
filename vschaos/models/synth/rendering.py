"""Sounds of a voice, rendered offline: notes by a preset, batches of parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from vschaos.dsp.scan import CHUNK
from vschaos.models.synth.chains import Chain, chain_named
from vschaos.models.synth.presets import Preset
from vschaos.models.synth.voice import SAMPLE_RATE, Voice

BLOCK = 2048  # samples: what a processor keeps at hand is rendered fastest


class Note(NamedTuple):
    """A note.

    Attributes:
        pitch: MIDI note.
        seconds: until it is released.
        velocity: 0..1; 0 is a rest.
    """

    pitch: float
    seconds: float = 0.5
    velocity: float = 0.8


def render(
    voice: Voice, parameters: Tensor, pitch: Tensor, gate: Tensor, block: int = BLOCK
) -> Tensor:
    """Plays parameters, block by block; differentiable.

    Args:
        parameters: in the order of the voice's, `[B, K]`.
        pitch: MIDI notes, `[B, T]`.
        gate: `[B, T]`.
        block: samples.

    Returns:
        `[B, T]`.
    """
    batch, length = pitch.shape
    lacking = -length % CHUNK
    controls = torch.zeros(batch, len(voice.inlets), length + lacking, dtype=pitch.dtype)
    controls[:, 0, :length], controls[:, 1, :length] = pitch, gate
    state = voice.silence(batch, parameters.dtype)
    sound = []
    for piece in controls.split(block, 2):
        audio, state = voice.continued(piece, parameters.unsqueeze(2), state)
        sound.append(audio)
    return torch.cat(sound, 1)[:, :length]


def render_notes(
    preset: Preset,
    notes: Sequence[Note],
    sample_rate: int = SAMPLE_RATE,
    is_chord: bool = False,
    chain: Chain | None = None,
) -> Tensor:
    """Plays notes by a preset, one after the other or all at once, to the end of the last release.

    Args:
        chain: that of the preset if not given.

    Returns:
        `[T]`.

    Raises:
        ValueError: there are no notes, or one that cannot be played.
    """
    if not notes:
        raise ValueError("notes must be given, got none")
    for note in notes:
        if not (0.0 <= note.pitch <= 127.0 and 0.0 < note.seconds <= 600.0):
            raise ValueError(
                f"a note must be from 0 to 127 and last up to 600 s, got {note.pitch:g} "
                f"for {note.seconds:g} s"
            )
        if not 0.0 <= note.velocity <= 1.0:
            raise ValueError(f"a velocity must be from 0 to 1, got {note.velocity:g}")
    chain = chain or chain_named(preset.chain)
    voice = Voice(chain, sample_rate)
    tail = math.ceil(0.001 * preset.value("release") * sample_rate)
    rows = [[note] for note in notes] if is_chord else [list(notes)]
    length = max(sum(_samples(note, sample_rate) for note in row) for row in rows) + tail
    pitch, gate = torch.zeros(len(rows), length), torch.zeros(len(rows), length)
    for number, row in enumerate(rows):
        start = 0
        for note in row:
            end = start + _samples(note, sample_rate)
            pitch[number, start:] = note.pitch
            # a gap of 1 ms before the next note, so that it begins anew
            gate[number, start : end - sample_rate // 1000] = note.velocity
            start = end
    parameters = preset.parameters(chain).expand(len(rows), -1)
    with torch.inference_mode():
        return render(voice, parameters, pitch, gate).sum(0)


def _samples(note: Note, sample_rate: int) -> int:
    return max(round(note.seconds * sample_rate), sample_rate // 500)
