"""Which knobs a note tells, by turning them: a definition by measure, beside what a family knows of
its own chain."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vschaos.instrument.synthesiser import CONTINUOUS, Knob, Synthesiser
from vschaos.models.capabilities import Heard, Matching
from vschaos.models.matching.distances import log_spectral_distances
from vschaos.progress import Progress

LEAST_CHANGE_DB = 1.0  # of the log-spectral distance between two notes of one level
TURN = 0.25  # of the way of a knob
MIDDLE = 0.5  # where an amount is turned to that was off


@torch.inference_mode()
def told_by_turning(model: Matching, synthesiser: Synthesiser, heard: Heard, length: int) -> Tensor:
    """Whether a turn of each knob changes a note by 1 dB, bool `[B, P]`.

    A knob is turned by a quarter of its way, towards the middle; a stepped one by a step; an amount
    that is on is turned off, and one that is off is turned up to its middle. What `heard` says that
    nobody hears stays so.

    Args:
        synthesiser: of the model; the same note sounds the same whenever it is played.
        heard: B notes.
        length: T, samples of each.
    """
    seconds, held = length / synthesiser.sample_rate, float(heard.held_seconds[0])
    note = heard.pitch.numpy(), heard.velocity.numpy()

    def played(positions: Tensor) -> Tensor:
        sounds = synthesiser.render(positions.numpy().astype(np.float64), *note, seconds, held)
        return torch.from_numpy(sounds)[:, :length]

    before = played(heard.positions)
    tells = heard.audible.clone()
    for number in Progress(range(len(model.knobs)), desc="turning knobs", unit="knob"):
        if not bool(tells[:, number].any()):
            continue
        turned = heard.positions.clone()
        turned[:, number] = _turned(model.knobs[number], turned[:, number], model.off.get(number))
        pairs = zip(played(turned).split(1), before, strict=True)
        change = torch.cat([log_spectral_distances(*pair) for pair in pairs])
        tells[:, number] &= change >= LEAST_CHANGE_DB
    return tells


def _turned(knob: Knob, positions: Tensor, off: float | None) -> Tensor:
    """Positions `[B]` of another setting of a knob."""
    if off is not None:
        is_off = (positions - off).abs() < 1e-6
        return torch.where(is_off, MIDDLE + (off >= MIDDLE) * TURN, off)
    turn = TURN if knob.kind == CONTINUOUS else 1.0 / max(knob.num_steps - 1, 1)
    return torch.where(positions > MIDDLE, positions - turn, positions + turn)
