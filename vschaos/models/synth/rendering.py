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
        parameters: in the order of the voice's, `[B, K]`, or as they move, `[B, K, T]`.
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
    moves = parameters.dim() == 3
    if moves:
        parameters = torch.nn.functional.pad(parameters, (0, lacking), "replicate")
    for first in range(0, length + lacking, block):
        values = parameters[:, :, first : first + block] if moves else parameters.unsqueeze(2)
        audio, state = voice.continued(controls[:, :, first : first + block], values, state)
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
    chain = chain or chain_named(preset.chain)
    pitch, gate = _controls(notes, preset.value("release"), sample_rate, is_chord)
    parameters = preset.parameters(chain).expand(len(pitch), -1)
    with torch.inference_mode():
        return render(Voice(chain, sample_rate), parameters, pitch, gate).sum(0)


def render_morph(
    presets: Sequence[Preset], notes: Sequence[Note], sample_rate: int = SAMPLE_RATE
) -> Tensor:
    """Plays notes while the voice goes from preset to preset, each knob by its law; steps jump.

    What a preset's chain lacks is off, as `Preset.parameters` has it.

    Args:
        presets: two or more; each has as long to the next.

    Returns:
        `[T]`.

    Raises:
        ValueError: there are fewer, or notes that cannot be played.
    """
    if len(presets) < 2:
        raise ValueError(f"a morph needs at least two presets, got {len(presets)}")
    names = {preset.chain for preset in presets}
    chain = chain_named(names.pop() if len(names) == 1 else "modular")
    pitch, gate = _controls(notes, presets[-1].value("release"), sample_rate, is_chord=False)
    held = sum(_samples(note, sample_rate) for note in notes)  # then it has arrived
    place = (torch.arange(pitch.shape[1]) / held).clamp_max(1.0) * (len(presets) - 1)
    before = place.long().clamp_max(len(presets) - 2)
    share = place - before
    columns = []
    for number, parameter in enumerate(chain.parameters):
        values = torch.stack([preset.parameters(chain)[number] for preset in presets])
        positions = parameter.position_of(values)
        moved = torch.lerp(positions[before], positions[before + 1], share)
        # the float32 nearest to a bound may lie beyond it
        columns.append(parameter.value_at(moved).clamp(parameter.low, parameter.high))
    with torch.inference_mode():
        return render(Voice(chain, sample_rate), torch.stack(columns)[None], pitch, gate)[0]


def _controls(
    notes: Sequence[Note], release_ms: float, sample_rate: int, is_chord: bool
) -> tuple[Tensor, Tensor]:
    """Pitch and gate of notes, one after the other `[1, T]` or each in a row `[B, T]`, to the end
    of the last release."""
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
    tail = math.ceil(0.001 * release_ms * sample_rate)
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
    return pitch, gate


def _samples(note: Note, sample_rate: int) -> int:
    return max(round(note.seconds * sample_rate), sample_rate // 500)
