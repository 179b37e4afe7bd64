"""The signals between the modules of a voice, for losses that compare them one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from vschaos.losses import MultiResolutionDistance
from vschaos.models.synth.amplitude import envelope
from vschaos.models.synth.rendering import render
from vschaos.models.synth.voice import Voice

SOUND = "sound"  # what the voice plays; the other signals are on the way there
CONTROLS = ("lfo", "envelope", "amplitude")  # slow ones, compared as they are
LEAST_RMS = 1e-4  # -80 dB: softer signals are compared with silence


def module_signals(
    voice: Voice, values: Mapping[str, Tensor], pitch: Tensor, gate: Tensor, held: int
) -> dict[str, Tensor]:
    """Plays notes, and tells what comes out of each module: `[B, T]` by name. Differentiable.

    Args:
        values: parameters of the voice in their units by name, `[B]`.
        pitch: MIDI notes, `[B, T]`.
        gate: `[B, T]`.
        held: samples until the note is released.
    """
    blocks: dict[str, list[Tensor]] = defaultdict(list)

    def keep(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, given: Any, made: Any = None) -> None:
            found = (given if made is None else made)[0]
            blocks[name].append(found)

        return hook

    hooks = [
        voice.lfo.register_forward_hook(keep("lfo")),
        voice.decimator.register_forward_hook(keep("oscillators")),
        voice.drive.register_forward_pre_hook(keep("filter")),
        voice.drive.register_forward_hook(keep("drive")),
    ]
    try:
        parameters = torch.stack([values[name] for name in voice.names], 1)
        sound = render(voice, parameters, pitch, gate)
    finally:
        for hook in hooks:
            hook.remove()
    length = pitch.shape[1]
    signals = {name: torch.cat(parts, 1)[:, :length] for name, parts in blocks.items()}
    for name, suffix in (("amplitude", ""), ("envelope", "_2")):
        segments = ("attack", "decay", "sustain", "release")
        if f"attack{suffix}" in values:
            rows = {part: values[part + suffix].unsqueeze(1) for part in segments}
            signals[name] = envelope(rows, length, held, voice.sample_rate)
    return {**signals, SOUND: sound}


class ChainLoss(nn.Module):
    """Distances of the signals of two voices, module by module (Uzrad et al. 2024, "DiffMoog: a
    differentiable modular synthesizer for sound matching", section 4: signal-chain loss).

    A filter can be learnt where the oscillators are not right yet, for each module is heard by
    itself. Audio is compared by its spectra, at the level of the target; control signals as they
    are.
    """

    def __init__(self) -> None:
        super().__init__()
        self.of_audio = MultiResolutionDistance()

    def forward(self, made: Mapping[str, Tensor], meant: Mapping[str, Tensor]) -> Tensor:
        """Signals `[B, T]` by name -> the mean of their distances, but for the sound itself."""
        distances = [
            (made[name] - target).abs().mean()
            if name in CONTROLS
            else self.distance(made[name], target)
            for name, target in meant.items()
            if name != SOUND
        ]
        return torch.stack(distances).mean()

    def distance(self, made: Tensor, meant: Tensor) -> Tensor:
        """Of audio `[B, T]`, whatever its level."""
        return self.of_audio(_levelled(made), _levelled(meant))


def _levelled(sound: Tensor) -> Tensor:
    rms = sound.square().mean(1, keepdim=True).clamp_min(LEAST_RMS**2).sqrt()
    return 0.1 * sound / rms
