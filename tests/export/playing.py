"""Sounds on which a click is heard at once, and a model as it is first played."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from vschaos.export import Host
from vschaos.instrument.live_stream import LIVE_ATTRIBUTES
from vschaos.models.spectral_vae.controls import ATTRIBUTES

HOP, RATE = 512, 44100
DEFAULTS = {attribute.name: attribute.default for attribute in [*ATTRIBUTES, *LIVE_ATTRIBUTES]}
SOUNDS: dict[str, Callable[[Tensor], Tensor]] = {
    "low tone": lambda seconds: 0.4 * tones(seconds, 55.0),
    "chord": lambda seconds: 0.3 * tones(seconds, 110.0, 138.6, 164.8, 220.0),
    "quiet pad": lambda seconds: 0.03 * tones(seconds, 195.5, 196.0, 246.9, 247.5, 293.7),
}


def tones(seconds: Tensor, *hz: float) -> Tensor:
    """Of equal levels, that begin softly; at most 1."""
    together = torch.stack([torch.sin(2 * math.pi * f * seconds) for f in hz]).mean(dim=0)
    return together * (seconds / 0.05).clamp(max=1.0)


def sound(name: str, num_hops: int) -> Tensor:
    """`[1, 1, T]`."""
    return SOUNDS[name](torch.arange(num_hops * HOP, dtype=torch.float64) / RATE).float()[
        None, None
    ]


def fresh(model: torch.jit.ScriptModule) -> None:
    turn_back(model)
    model.engine.stream.reset()


def turn_back(model: torch.jit.ScriptModule) -> None:
    """To the settings of a new one."""
    for name, value in DEFAULTS.items():
        assert getattr(model, f"set_{name}")(value) == 0


def hosts(path: Path) -> Callable[..., Host]:
    """Makes fresh hosts of a `.ts` that is loaded and compiled once."""
    loaded = Host(path).model
    return lambda *settings: Host(copy.deepcopy(loaded), *settings)
