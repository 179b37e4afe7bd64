"""Trajectories of the numbers of a model's frames."""

from __future__ import annotations

import numpy as np
import torch

from vschaos.models.capabilities import Autoencoder, LatentStatistics, Pitched
from vschaos.trajectories import Trajectory, control_trajectory, melody


def frame_trajectory(
    model: Autoencoder,
    kind: str,
    num_frames: int,
    random: np.random.Generator,
    scale: float = 1.0,
    count: int | None = None,
) -> Trajectory:
    """A trajectory `[Z, N]`, for `decode`. Latents pass where sounds are, see `near_sounds`. A
    pitched model plays a melody in the register and at the levels that it learnt; its other numbers
    move as those of any model.

    Args:
        model: whose frames they are.
        kind, num_frames, random, scale: see `vschaos.trajectories.trajectory`.
        count: the first numbers alone.
    """
    controls = model.frame_controls()[:count]
    rate = model.sample_rate / model.hop_length
    moved = control_trajectory(kind, controls, num_frames, rate, random, scale)
    if isinstance(model, Pitched):
        pitch, confidence, loudness = model.frame_controls()[:3]
        register, level = (pitch.low, pitch.high), (loudness.low, loudness.high)
        played = melody(kind, register, level, num_frames, rate, random, scale)
        sure = np.full(num_frames, confidence.high, np.float32)
        moved[:3] = np.stack([played[0], sure, played[1]])[: len(moved)]
    elif isinstance(model, LatentStatistics):
        moved = model.near_sounds(torch.from_numpy(moved)[None])[0].numpy()
    return moved
