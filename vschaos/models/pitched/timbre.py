"""Timbre of a sound, frame by frame: a few numbers, of what pitch and loudness leave open."""

import torch
from torch import Tensor, nn

RANGE_DB = 60.0  # of a band below the whole; what is softer does not matter
AUDIBLE_DB = -60.0  # frames that the statistics are made of
MOMENTUM = 0.02  # of the statistics, a step
LARGEST = 8.0  # standard deviations


class TimbreEncoder(nn.Module):
    """Levels of frequency bands, without the level of the whole, through a small network.

    The numbers have mean 0 and standard deviation 1 over the audible frames of the training's
    sounds, so that 0 is the mean timbre. Silence has it, too.

    Args:
        num_levels: L.
        dim: K.
        hidden_dim: units of the network.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, num_levels: int = 30, dim: int = 4, hidden_dim: int = 48) -> None:
        super().__init__()
        self.dim = dim
        self.range_db, self.audible_db = RANGE_DB, AUDIBLE_DB
        self.largest, self.momentum = LARGEST, MOMENTUM
        self.network = nn.Sequential(
            nn.Linear(num_levels, hidden_dim),
            nn.SiLU(),
            nn.Linear(hidden_dim, hidden_dim),
            nn.SiLU(),
            nn.Linear(hidden_dim, dim),
        )
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("deviation", torch.ones(dim))

    def forward(self, levels: Tensor) -> Tensor:
        """Levels of bands `[B, L, N]`, dB -> `[B, K, N]`, standard deviations."""
        found, whole = self._describe(levels)
        if self.training:
            self._update(found, whole > self.audible_db, self.momentum)
        standard = (found - self.mean[:, None]) / self.deviation[:, None]
        # softer sounds come nearer the mean, as their bands vanish in the noise of the recording
        fade = ((whole - self.audible_db) / 20.0 + 1.0).clamp(0.0, 1.0)
        return standard.clamp(-self.largest, self.largest) * fade

    @torch.jit.unused
    def fit(self, levels: Tensor) -> None:
        """Takes the statistics of levels `[B, L, N]` as they are."""
        with torch.no_grad():
            found, whole = self._describe(levels)
            self._update(found, whole > self.audible_db, 1.0)

    def _describe(self, levels: Tensor) -> tuple[Tensor, Tensor]:
        """The numbers before they are standardised, and the level of the whole `[B, 1, N]`."""
        whole = 10.0 * torch.log10(torch.pow(10.0, levels / 10.0).sum(1, keepdim=True))
        shape = (levels - whole).clamp_min(-self.range_db) / self.range_db + 0.5
        return self.network(shape.transpose(1, 2)).transpose(1, 2), whole

    @torch.jit.unused
    def _update(self, found: Tensor, is_audible: Tensor, share: float) -> None:
        """Moves the statistics towards those of a batch by a share of the way."""
        weights = is_audible.to(found.dtype)
        if float(weights.sum()) < 2.0:
            return
        values = found.detach()
        count = weights.sum()
        mean = (values * weights).sum([0, 2]) / count
        variance = ((values - mean[:, None]).square() * weights).sum([0, 2]) / count
        # in place: a step that is left out takes them back
        self.mean.lerp_(mean, share)
        self.deviation.lerp_(variance.sqrt().clamp_min(1e-3), share)
