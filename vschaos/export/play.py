"""Plays a sound through a `.ts`, without Max or PureData."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vschaos.audio.files import read_channels
from vschaos.export.host import Host, parse_settings


def play(
    model: str | Path,
    sound: str | Path | np.ndarray,
    method: str | None = None,
    buffer_size: int = 0,
    **attributes: object,
) -> np.ndarray:
    """Plays a sound through an exported model as nn~ does, block by block.

        made = vschaos.play("my_training.ts", "in.wav", inversion_mode="scan")

    Args:
        model: the `.ts`.
        sound: a file, or `[C, T]` or `[T]` at the rate of the method's inlets; a channel for each
            inlet.
        method: of the model; `forward` by default, or the first if it has none.
        buffer_size: samples per block; 0 is the smallest.
        attributes: of the model, set before it plays.

    Returns:
        `[C, T]`, a channel for each outlet, as late as the model's latency.

    Raises:
        ValueError: there is no such method or attribute, the channels are not as many as the
            inlets, or the model failed.
    """
    host = Host(Path(model), method, buffer_size)
    for name, values in parse_settings([f"{key}={value}" for key, value in attributes.items()]):
        host.set(name, *values)
    output = host.process(inlets_of(host, sound))
    if host.failures:
        raise ValueError(f"{len(host.failures)} blocks failed: {host.failures[0]}")
    return output


def model_rate(host: Host) -> int:
    """Hz."""
    return int(host.get("model_rate")[0]) if "model_rate" in host.attributes else 44100


def inlets_of(host: Host, sound: str | Path | np.ndarray) -> np.ndarray:
    """A sound as `[C, T]`, a channel for each inlet; mixed down if there is one inlet alone."""
    if isinstance(sound, np.ndarray):
        name, channels = "the sound", np.atleast_2d(sound).astype(np.float32)
    else:
        name = str(sound)
        channels = read_channels(Path(sound), model_rate(host) if host.in_ratio == 1 else None)
    if len(channels) > 1 and host.inlets == 1:
        channels = channels.mean(axis=0, keepdims=True)
    if len(channels) != host.inlets:
        raise ValueError(
            f"{name} must have {host.inlets} channels, one for each inlet of {host.method} "
            f"({', '.join(host.labels()[0])}), got {len(channels)}"
        )
    return np.ascontiguousarray(channels)
