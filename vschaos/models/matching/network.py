"""From the views of a sound to what is said of its knobs: two small convolutional networks."""

import torch
from torch import Tensor, nn

from vschaos.models.matching.front import ONSET_STEPS, Front


class MatchingNetwork(nn.Module):
    """`Front` of a sound and its note -> numbers.

    One network goes over time, with the mel bands as its channels; the other over the intervals to
    the note, with the spectra as its channels, so that a pattern is the same at any interval. Two
    layers that see all of it join them.

    Args:
        front: whose views come in.
        num_outputs: O.
        channels: of both networks; the last layers of each have some more.
        hidden_dim: units of each network's last layer, and of those that join them.
        dropout: share of the joined units that is left out in training.
    """

    def __init__(
        self,
        front: Front,
        num_outputs: int,
        channels: int = 64,
        hidden_dim: int = 192,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        over_time = _Convolutions(front.num_bands, [channels, channels, channels, channels // 2])
        over_intervals = _Convolutions(
            front.num_spectra, [channels // 2, channels // 2, channels, channels // 2]
        )
        self.over_time, self.over_intervals = over_time, over_intervals
        sizes = [
            over_time.num_channels * over_time.length_of(front.num_frames),
            over_intervals.num_channels * over_intervals.length_of(front.num_intervals),
        ]
        self.of_time = nn.Linear(sizes[0], hidden_dim)
        self.of_intervals = nn.Linear(sizes[1], hidden_dim)
        self.of_onset = nn.Linear(ONSET_STEPS + 1, hidden_dim)
        self.joined = nn.Sequential(
            nn.LayerNorm(hidden_dim),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden_dim, hidden_dim),
            nn.SiLU(),
            nn.Dropout(dropout),
        )
        self.last = nn.Linear(2 * hidden_dim, num_outputs)

    def forward(self, levels: Tensor, spectra: Tensor, onset: Tensor, pitch: Tensor) -> Tensor:
        """`[B, L, N]`, `[B, S, J]`, `[B, 32]`, MIDI notes `[B]` -> `[B, O]`."""
        note = ((pitch - 60.0) / 24.0).unsqueeze(1)
        sums = (
            self.of_time(self.over_time(2.0 * levels - 1.0))
            + self.of_intervals(self.over_intervals(2.0 * spectra - 1.0))
            + self.of_onset(torch.cat([2.0 * onset - 1.0, note], 1))
        )
        joined = self.joined(sums)
        return self.last(torch.cat([nn.functional.silu(sums), joined], 1))


class _Convolutions(nn.Module):
    """Each of stride 2 and five taps; `[B, C, N]` -> `[B, C' * N']`."""

    def __init__(self, num_channels: int, channels: list[int]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in zip([num_channels, *channels], channels, strict=False):
            layers += [nn.Conv1d(before, after, 5, 2, 2), nn.SiLU()]
        self.layers = nn.Sequential(*layers)
        self.num_layers, self.num_channels = len(channels), channels[-1]

    def length_of(self, length: int) -> int:
        """N -> N'."""
        for _ in range(self.num_layers):
            length = (length + 1) // 2
        return length

    def forward(self, values: Tensor) -> Tensor:
        return self.layers(values).flatten(1)
