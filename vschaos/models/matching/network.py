"""From the views of a sound to what is said of its knobs: small networks, one for each view."""

import math

import torch
from torch import Tensor, nn

from vschaos.models.matching.front import LOWEST_SEMITONE, ONSET_STEPS, PER_SEMITONE, Front

HARMONICS = 8  # of a fundamental at each interval, that are looked at together
WIDEST = 24  # semitones between the note and another one
DECIBELS = 8.0 * math.log(10.0)  # of a level of 1 above one of 0, in nepers of power


class MatchingNetwork(nn.Module):
    """`Front` of a sound and its note -> numbers.

    Four networks have a view each; what they say is added up, and one more layer joins it.

    - Curves over time: the level, the centre and the width of the spectrum, and sums of bands that
      are learnt; all of it at once, for envelopes and slow modulations are long.
    - Bands over time, by convolutions.
    - The spectrum along the note: harmonics lie at the same places for all notes.
    - The harmonics of each interval to the note, side by side as channels (cf. Bittner et al. 2017,
      "Deep salience representations for F0 estimation"), by convolutions over the interval: a
      second oscillator looks the same wherever it is.

    Args:
        front: whose views come in.
        num_outputs: O.
        channels: of the convolutions.
        hidden_dim: units of a layer.
        dropout: share of the units that is left out in training.
        interval_place: where in the outputs the chances of the intervals from -24 to 24 semitones
            begin, to which the harmonics of each interval speak directly; none if not given.
    """

    centres: Tensor

    def __init__(
        self,
        front: Front,
        num_outputs: int,
        channels: int = 64,
        hidden_dim: int = 192,
        dropout: float = 0.1,
        interval_place: int | None = None,
    ) -> None:
        super().__init__()
        bands, frames, spectra = front.num_bands, front.num_frames, front.num_spectra
        few = max(channels // 8, 2)
        self.nepers = DECIBELS
        centres = torch.linspace(-1.0, 1.0, bands).unsqueeze(1)
        self.register_buffer("centres", centres, persistent=False)

        def layers(size: int) -> Perceptron:
            return Perceptron(size, hidden_dim, dropout)

        self.sums = nn.Conv1d(bands, few, 1)
        self.of_curves = layers((few + 3) * frames + ONSET_STEPS + 1)
        self.over_time = nn.Sequential(
            Down(bands, channels, 5), Down(channels, channels, 5), Down(channels, channels, 3)
        )
        length = frames
        for _ in range(3):
            length = (length + 1) // 2
        self.of_time = layers(channels * length)
        self.joined_spectra = nn.Conv1d(spectra, 2, 1)
        self.of_spectrum = layers(2 * front.num_intervals)
        self.shifts = [
            round(12 * PER_SEMITONE * math.log2(number)) for number in range(1, HARMONICS + 1)
        ]
        self.margin = round(-LOWEST_SEMITONE) - WIDEST  # semitones
        self.num_intervals = 2 * (WIDEST + self.margin)
        self.width = self.num_intervals * PER_SEMITONE
        self.lacking = max(self.width + self.shifts[-1] - front.num_intervals, 0)
        self.over_intervals = nn.Sequential(
            nn.Conv1d(spectra * HARMONICS, channels, 3, 1, 1),
            nn.SiLU(),
            Residual(channels, 5),
            nn.SiLU(),
            nn.Conv1d(channels, channels, PER_SEMITONE, PER_SEMITONE),
            nn.SiLU(),
            Residual(channels, 3),
        )
        self.few_intervals = nn.Conv1d(channels, 2 * few, 1)
        self.of_intervals = layers(2 * few * self.num_intervals)
        self.first = 0 if interval_place is None else interval_place
        self.after = num_outputs - self.first - 2 * WIDEST - 1
        self.first_interval, self.past_interval = self.margin, self.margin + 2 * WIDEST + 1
        self.speaks = None if interval_place is None else nn.Conv1d(channels, 1, 1)
        self.normalised = nn.LayerNorm(hidden_dim)
        self.join = nn.Linear(hidden_dim, hidden_dim)
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Linear(hidden_dim, num_outputs)

    def forward(self, levels: Tensor, spectra: Tensor, onset: Tensor, pitch: Tensor) -> Tensor:
        """`[B, L, N]`, `[B, S, J]`, `[B, 1, 32]`, MIDI notes `[B]` -> `[B, O]`."""
        note = (pitch.unsqueeze(1) - 60.0) / 24.0
        bands, spectrum = 2.0 * levels - 1.0, 2.0 * spectra - 1.0
        curves = torch.cat([self.sums(bands), self._moments(levels)], 1).flatten(1)
        intervals = self.over_intervals(self._harmonics(spectrum))
        thin = self.few_intervals(nn.functional.silu(intervals)).flatten(1)
        total = (
            self.of_curves(torch.cat([curves, 2.0 * onset.flatten(1) - 1.0, note], 1))
            + self.of_time(self.over_time(bands).flatten(1))
            + self.of_spectrum(self.joined_spectra(spectrum).flatten(1))
            + self.of_intervals(thin)
        )
        total = self.normalised(total)
        total = total + self.join(self.dropout(nn.functional.silu(total)))
        outputs = self.last(self.dropout(nn.functional.silu(total)))
        if self.speaks is not None:
            spoken = self.speaks(intervals)[:, 0, self.first_interval : self.past_interval]
            outputs = outputs + nn.functional.pad(spoken, [self.first, self.after])
        return outputs

    def _moments(self, levels: Tensor) -> Tensor:
        """`[B, L, N]` -> the level of all bands, their centre and their width, `[B, 3, N]`."""
        powers = torch.exp(self.nepers * (levels - 1.0))
        power = powers.sum(1, keepdim=True)
        centre = (powers * self.centres).sum(1, keepdim=True) / power
        away = (self.centres - centre).square()
        width = ((powers * away).sum(1, keepdim=True) / power).sqrt()
        return torch.cat([0.2 * power.log() + 1.0, 2.0 * centre, 4.0 * width - 1.0], 1)

    def _harmonics(self, spectrum: Tensor) -> Tensor:
        """`[B, S, J]` -> `[B, 8 S, W]`: at each interval its first eight harmonics."""
        wide = nn.functional.pad(spectrum, [0, self.lacking], value=-1.0)
        parts: list[Tensor] = []
        for shift in self.shifts:
            parts.append(wide[:, :, shift : shift + self.width])
        return torch.cat(parts, 1)


class Perceptron(nn.Module):
    """A hidden layer; `[B, size]` -> `[B, hidden_dim]`."""

    def __init__(self, size: int, hidden_dim: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(size, hidden_dim),
            nn.LayerNorm(hidden_dim),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden_dim, hidden_dim),
        )

    def forward(self, values: Tensor) -> Tensor:
        return self.layers(values)


class Residual(nn.Module):
    """`x + f(x)` with a normalised convolution, `[B, C, N]`."""

    def __init__(self, channels: int, taps: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.GroupNorm(1, channels),
            nn.Conv1d(channels, channels, taps, 1, taps // 2),
            nn.SiLU(),
            nn.Conv1d(channels, channels, 1),
        )

    def forward(self, values: Tensor) -> Tensor:
        return values + self.layers(values)


class Down(nn.Module):
    """`[B, C, N]` -> `[B, C', ceil(N / 2)]`."""

    def __init__(self, before: int, channels: int, taps: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(before, channels, taps, 2, taps // 2), Residual(channels, taps), nn.SiLU()
        )

    def forward(self, values: Tensor) -> Tensor:
        return self.layers(values)
