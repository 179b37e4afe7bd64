"""Moves what somebody plays to where an instrument was trained: in loudness and in register."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from vschaos.voices import with_new_rows

SILENCE_DB = -80.0  # of loudness
FULL_AT_DB = -70.0  # between silence and this loudness the change fades in
MEMORY_SECONDS = 4.0  # of sound; time constant of a player's statistics
AUDIBLE_DB, SURE = -60.0, 0.5  # what counts in them
# frames of the training's loudness that a player's is mixed with; almost none of its pitch: the
# register is found by the first note, before it is played
LOUDNESS_PRIOR, PITCH_PRIOR = 20.0, 0.01
LEAST_SPREAD_DB = 1.0
LEAST_STRETCH, MOST_STRETCH = 0.5, 2.0  # of a player's dynamics
OCTAVE_MARGIN = 0.2  # octaves: another one is chosen at .7 above and .3 below, not at .5
MOST_OCTAVES = 4.0  # up or down
AT_A_TIME = 1024  # frames; over more the weights of the sums would differ too much


class TrainedRange(NamedTuple):
    """Where the sounds of a training lie, in frames that are audible.

    Attributes:
        loudness_db, spread_db: mean and standard deviation of the loudness, dB(A).
        pitch: mean MIDI note of frames that are sure of it.
    """

    loudness_db: float
    spread_db: float
    pitch: float


class Fit(nn.Module):
    """Fits a player to a training, by slow statistics of each voice.

    The loudness is shifted and stretched so that its mean and its spread over the last seconds of
    sound become the training's; silence stays silence. The pitch is moved by the whole octaves that
    bring its mean nearest to the training's. Another number of octaves is chosen only when the mean
    has moved well beyond the middle.

    Args:
        trained: where to.
        frame_seconds: from frame to frame.

    Example:
        >>> fit = Fit(TrainedRange(-20.0, 6.0, 72.0), 0.0058)
        >>> frames = torch.tensor([47.0, 1.0, -50.0]).double()[None, :, None].expand(-1, -1, 900)
        >>> loudness, octaves = fit(frames, torch.ones(900).double())
        >>> round(loudness[0, -1].item()), octaves[0, -1].item()
        (-21, 2.0)
    """

    sums: Tensor
    dragged: Tensor

    def __init__(self, trained: TrainedRange, frame_seconds: float) -> None:
        super().__init__()
        self.mean_db, self.pitch = trained.loudness_db, trained.pitch
        self.spread_db = max(trained.spread_db, LEAST_SPREAD_DB)
        self.memory_seconds, self.forgetting = MEMORY_SECONDS, 0.0
        self.take_frames(frame_seconds)
        self.audible_db, self.sure = AUDIBLE_DB, SURE
        self.silence_db, self.full_at_db = SILENCE_DB, FULL_AT_DB
        self.loudness_prior, self.pitch_prior = LOUDNESS_PRIOR, PITCH_PRIOR
        self.least_spread_db = LEAST_SPREAD_DB
        self.least_stretch, self.most_stretch = LEAST_STRETCH, MOST_STRETCH
        self.octave_margin, self.most_octaves = OCTAVE_MARGIN, MOST_OCTAVES
        self.at_a_time = AT_A_TIME
        # of each voice: audible frames, their level and its square; sure frames, their interval
        self.register_buffer("sums", torch.zeros(0, 5, 1).double(), persistent=False)
        self.register_buffer("dragged", torch.zeros(0).double(), persistent=False)

    @torch.jit.export
    def take_frames(self, frame_seconds: float) -> None:
        """Remembers for as long when frames last otherwise."""
        self.forgetting = frame_seconds / self.memory_seconds

    @torch.jit.export
    def reset(self) -> None:
        """Forgets the players."""
        self.sums = self.sums[:0].clone()
        self.dragged = self.dragged[:0].clone()

    def forward(self, frames: Tensor, amount: Tensor) -> tuple[Tensor, Tensor]:
        """Fits frames.

        Args:
            frames: pitch, confidence and loudness `[B, 3, N]`, float64.
            amount: 0..1 in each frame, `[N]`.

        Returns:
            loudness in dB and the octaves to add to the pitch, both `[B, N]`.
        """
        pitch, confidence, loudness = frames.unbind(1)
        level, interval = loudness - self.mean_db, pitch - self.pitch
        audible = loudness > self.audible_db
        sure = (audible & (confidence >= self.sure)).to(frames.dtype)
        audible = audible.to(frames.dtype)
        new = [audible, audible * level, audible * level.square(), sure, sure * interval]
        counts, levels, squares, sure_counts, intervals = self._sums(torch.stack(new, 1)).unbind(1)
        # the dynamics are about the player's own mean, however far the training's is
        own_mean = levels / counts.clamp_min(1.0)
        squares = (squares - levels * own_mean).clamp_min(0.0)
        weights = counts + self.loudness_prior
        spread = ((squares + self.loudness_prior * self.spread_db**2) / weights).sqrt()
        stretch = self.spread_db / spread.clamp_min(self.least_spread_db)
        stretch = stretch.clamp(self.least_stretch, self.most_stretch)
        change = (stretch - 1.0) * (level - own_mean) - levels / weights
        rising = (loudness - self.silence_db) / (self.full_at_db - self.silence_db)
        change = rising.clamp(0.0, 1.0) * change
        octaves = intervals / (-12.0 * (sure_counts + self.pitch_prior))
        return loudness + amount * change, self._whole(amount * octaves)

    def _sums(self, new: Tensor) -> Tensor:
        """Sums of `[B, 5, N]` over the past, which fades with each audible frame, `[B, 5, N]`."""
        past = with_new_rows(self.sums, torch.zeros_like(new[:, :, :1]))
        parts: list[Tensor] = []
        for part in new.split(self.at_a_time, 2):
            fading = torch.exp(-self.forgetting * part[:, :1].cumsum(2))
            sums = fading * (past + torch.cumsum(part / fading, 2))
            past = sums[:, :, -1:]
            parts.append(sums)
        self.sums = past.clone()
        return torch.cat(parts, dim=2)

    def _whole(self, octaves: Tensor) -> Tensor:
        """`[B, N]` -> whole numbers with hysteresis: of a value that is dragged by a margin."""
        octaves = octaves.clamp(-self.most_octaves, self.most_octaves)
        dragged = with_new_rows(self.dragged, torch.zeros_like(octaves[:, 0]))
        lows, highs = octaves - self.octave_margin, octaves + self.octave_margin
        parts: list[Tensor] = []
        for n in range(octaves.shape[1]):
            dragged = torch.minimum(torch.maximum(dragged, lows[:, n]), highs[:, n])
            parts.append(dragged)
        self.dragged = dragged.clone()
        return torch.round(torch.stack(parts, dim=1))
