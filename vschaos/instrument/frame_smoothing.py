"""Smoothing of controls over the frames of a stream, in float64: all frames of a call at once."""

import torch
from torch import Tensor, nn

from vschaos.voices import with_new_rows

FRAMES = 32  # that one product smooths
SETTLED = 1e-6  # distance from the goal at which a setting has arrived


class SettingRamps(nn.Module):
    """Settings that go to new values without corners; they begin at their first ones.

    They are smoothed exponentially twice: the distance d to the goal becomes after n frames, where
    e is that of the first smoothing, `(d + n * (1 - decay) * e) * decay^n`.

    Args:
        decay: of the distance to the goal in each frame, in each smoothing, 0..1.

    Example:
        >>> ramps = SettingRamps(0.5)
        >>> ramps([0.0, 1.0], 2).tolist()
        [[0.0, 0.0], [1.0, 1.0]]
        >>> ramps([8.0, 1.0], 3).tolist()
        [[2.0, 4.0, 5.5], [1.0, 1.0, 1.0]]
    """

    once: list[float]
    twice: list[float]

    def __init__(self, decay: float) -> None:
        super().__init__()
        self.decay, self.settled = decay, SETTLED
        self.once = []  # smoothed
        self.twice = []

    @torch.jit.export
    def reset(self) -> None:
        """The next values are the first ones."""
        self.once = torch.jit.annotate(list[float], [])
        self.twice = torch.jit.annotate(list[float], [])

    @torch.jit.export
    def rests_at(self, goals: list[float]) -> bool:
        """Whether the settings are there, or begin there."""
        return len(self.twice) == 0 or (self.once == goals and self.twice == goals)

    def forward(self, goals: list[float], num_frames: int) -> Tensor:
        """S numbers -> their values in so many frames, `[S, N]`."""
        goal = torch.tensor(goals, dtype=torch.float64).unsqueeze(1)
        if self.rests_at(goals):
            self.once, self.twice = goals, goals
            return goal.expand(-1, num_frames)
        number = torch.arange(1, num_frames + 1, dtype=torch.float64)
        fading = torch.pow(self.decay, number)
        once = torch.tensor(self.once, dtype=torch.float64).unsqueeze(1) - goal
        twice = torch.tensor(self.twice, dtype=torch.float64).unsqueeze(1) - goal
        distances = torch.stack(
            [once * fading, (twice + number * (1.0 - self.decay) * once) * fading]
        )
        has_arrived = distances.abs().amax(0) < self.settled
        values = goal + torch.where(has_arrived, 0.0, distances)
        self.once = torch.jit.annotate(list[float], values[0, :, -1].tolist())
        self.twice = torch.jit.annotate(list[float], values[1, :, -1].tolist())
        return values[1]


class FrameSmoother(nn.Module):
    """Exponential smoothing of each voice: `y[n] = decay * y[n - 1] + (1 - decay) * x[n]`.

    New voices begin at their first frame.

    Example:
        >>> smoother = FrameSmoother()
        >>> smoother(torch.tensor([[[0.0, 8.0, 8.0]]]).double(), 0.5).tolist()
        [[[0.0, 4.0, 6.0]]]
    """

    last: Tensor
    lags: Tensor
    response: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.num_frames = FRAMES
        self.decay = -1.0  # of the response
        column = torch.arange(FRAMES).double()
        # frames from the one before (the first row) and from each input to each output
        lags = torch.cat([column[None] + 1, column[None] - column[:, None]])
        self.register_buffer("lags", lags, persistent=False)
        self.register_buffer("response", torch.zeros_like(lags), persistent=False)
        self.register_buffer("last", torch.zeros(0, 1, 1).double(), persistent=False)

    @torch.jit.export
    def reset(self) -> None:
        """Clears all state."""
        self.last = self.last[:0].clone()

    @torch.jit.export
    def start(self, last: Tensor) -> None:
        """Makes these the last values, `[B, C, 1]`."""
        self.last = last

    def forward(self, frames: Tensor, decay: float) -> Tensor:
        """`[B, C, N]`, float64 -> `[B, C, N]`; `decay` from 0, which changes nothing, to 1."""
        if decay == 0.0:
            self.last = frames[:, :, -1:].clone()
            return frames
        if decay != self.decay:
            self._respond(decay)
        last = frames[:, :, :1]
        if self.last.shape[0] > 0:
            last = with_new_rows(self.last, last)
        parts: list[Tensor] = []
        for part in frames.split(self.num_frames, 2):
            num = part.shape[2]
            smooth = torch.cat([last, part], 2) @ self.response[: num + 1, :num]
            last = smooth[:, :, -1:]
            parts.append(smooth)
        self.last = last.clone()
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=2)

    def _respond(self, decay: float) -> None:
        self.decay = decay
        response = torch.pow(decay, self.lags.clamp_min(0.0)) * (self.lags >= 0.0)
        self.response = torch.cat([response[:1], (1.0 - decay) * response[1:]])


def latest(values: Tensor, is_new: Tensor, before: Tensor) -> Tensor:
    """The values `[B, C, N]` of the latest frames at which `is_new`, `[B, C, N]`; until there is
    one `before`, `[B, C, 1]`.

    Example:
        >>> values, is_new = torch.tensor([[[1, 2, 3]]]), torch.tensor([[[False, True, False]]])
        >>> latest(values, is_new, torch.tensor([[[9]]])).tolist()
        [[[9, 2, 2]]]
    """
    number = torch.arange(1, values.shape[2] + 1, device=values.device)
    last = torch.cummax(torch.where(is_new, number, torch.zeros_like(number)), 2)[0]
    return torch.cat([before, values], 2).gather(2, last)
