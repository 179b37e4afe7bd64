"""Notes of any sounds, played by the voice as they are held: their settings are found by ear."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from vschaos.batch import Batch
from vschaos.models.matching.distances import log_spectral_distances
from vschaos.models.synth.chains import Chain
from vschaos.models.synth.parameters import BY_NAME
from vschaos.models.synth.renderer import VELOCITY
from vschaos.models.synth.rendering import render
from vschaos.models.synth.voice import Voice

TUNING = "semitones_2", "cents_2", "lfo_pitch"  # what moves the pitch of an oscillator


class NotePlayer:
    """Plays settings at the notes of a batch, and compares them with its sounds.

    A batch of notes has the targets `pitch` (MIDI note), `held_seconds` and `seconds`, `[B]`: what
    is after the last is not the note's.

    Args:
        chain: of the voice.
        sample_rate: Hz.
    """

    def __init__(self, chain: Chain, sample_rate: int) -> None:
        self.chain, self.sample_rate = chain, sample_rate

    def __call__(self, values: Mapping[str, Tensor], notes: Batch) -> Tensor:
        """Parameters in their units by name `[B]`, others at their defaults -> sounds `[B, T]`,
        silent where the notes are over. Differentiable."""
        count, length = notes.audio.shape
        voice = Voice(self.chain, self.sample_rate)
        columns = [
            values.get(name, torch.full([count], float(BY_NAME[name].default)))
            for name in voice.names
        ]
        pitch = notes.targets["pitch"].clamp(0.0, 127.0).unsqueeze(1).expand(-1, length)
        gate = VELOCITY.default * self._until(notes.targets["held_seconds"], length)
        return render(voice, torch.stack(columns, 1), pitch, gate) * self._is_there(notes)

    def sounding(self, notes: Batch) -> Tensor:
        """The sounds of the notes `[B, T]`, silent where these are over."""
        return notes.audio * self._is_there(notes)

    def log_spectral_distances(self, made: Tensor, notes: Batch) -> Tensor:
        """Of sounds `[B, T]` from the notes, each for its length, dB `[B]`."""
        lengths = (notes.targets["seconds"] * self.sample_rate).round().long().tolist()
        pairs = zip(made.split(1), notes.audio, lengths, strict=True)
        distances = [
            log_spectral_distances(sound[:, :length], note[:length])
            for sound, note, length in pairs
        ]
        return torch.cat(distances)

    def _is_there(self, notes: Batch) -> Tensor:
        return self._until(notes.targets["seconds"], notes.audio.shape[1])

    def _until(self, seconds: Tensor, length: int) -> Tensor:
        """1 until then, 0 after it, `[B, T]`."""
        ends = (seconds * self.sample_rate).round().unsqueeze(1)
        return (torch.arange(length, device=ends.device) < ends).to(torch.float32)
