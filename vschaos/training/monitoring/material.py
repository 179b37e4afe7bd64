"""Validation sounds for monitoring: the same ones every time."""

from __future__ import annotations

import numpy as np
import torch
from pytorch_lightning.utilities import move_data_to_device

from vschaos.data.datamodule import ValidationSounds
from vschaos.evaluation.excerpts import Excerpt
from vschaos.models.base import Model

SHORT_SECONDS = 1.0  # of each sound whose frames are shown in the latent space


class Material:
    """Excerpts of the validation sounds, the loudest part of each.

    Args:
        held_out: the sounds.
        model: determines their frames.
        num_sounds: number of `excerpts`.
        seconds: of each of these.
        device: of the model.

    Attributes:
        excerpts: to listen to.
        short_excerpts: of all sounds.
    """

    def __init__(
        self,
        held_out: ValidationSounds,
        model: Model,
        num_sounds: int,
        seconds: float,
        device: torch.device,
    ) -> None:
        names = held_out.names
        whole = [Excerpt.of(names[index], held_out[index]) for index in range(len(held_out))]
        picked = np.linspace(0, len(whole) - 1, min(num_sounds, len(whole))).round().astype(int)
        excerpts = [whole[index].loudest(model, seconds) for index in picked]
        short = [excerpt.loudest(model, SHORT_SECONDS) for excerpt in whole]
        self.excerpts: list[Excerpt] = move_data_to_device(excerpts, device)
        self.short_excerpts: list[Excerpt] = move_data_to_device(short, device)
