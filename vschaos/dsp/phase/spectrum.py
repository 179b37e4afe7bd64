"""Spectra from magnitudes with given phases, those of another sound, or random ones."""

import math

import torch
from torch import Tensor


def apply_phase(magnitudes: Tensor, phases: Tensor) -> Tensor:
    """Magnitudes and phases from the frame's centre, `[B, F, N]` -> complex spectrum."""
    odd = torch.arange(magnitudes.shape[1], device=magnitudes.device) % 2
    return torch.polar(magnitudes * (1 - 2 * odd).unsqueeze(1), phases)


def keep_phase(magnitudes: Tensor, spectrum: Tensor, heard: Tensor) -> Tensor:
    """Magnitudes with the phases of a complex spectrum whose own are `heard`, all `[B, F, N]` ->
    complex spectrum."""
    # what is silent has no phase of its own, and gets that of 1
    silent = 1e-12
    return (spectrum + silent) * (magnitudes / (heard + silent))


def random_phase(magnitudes: Tensor) -> Tensor:
    """Magnitudes `[B, F, N]` -> complex spectrum with random phases."""
    return torch.polar(magnitudes, 2 * math.pi * torch.rand_like(magnitudes))
