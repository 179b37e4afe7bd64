"""From the controls of a frame to the amplitudes of partials and the magnitudes of noise."""

import math

import torch
from torch import Tensor, nn

from vschaos.dsp.loudness import LOWEST_DB, AWeighting
from vschaos.dsp.pitch import note_to_hz
from vschaos.models.ddsp.controls import NUM_PLAYED

PITCH_WAVES = 6  # sines and cosines of the pitch, an octave of periods apart
LONGEST_WAVE = 96.0  # semitones
STEP_DB = 10.0  # a unit of the network's output
SPAN_DB = 160.0  # of the output about its mean
HIGHEST_NOTE = 136.0  # 21 kHz
LOUDEST = 2.0  # amplitude of a partial, at most


class ControlNetwork(nn.Module):
    """A recurrent network, whose spectra have the loudness that was asked for.

    The network says how partials and noise bands compare to each other, in decibels about the mean
    spectrum of the training's sounds. Then all are made as loud as `loudness` says, by the
    A-weighting of the loudness meter: the level is obeyed and need not be learnt. At -80 dB(A) or
    less both are 0.

    Args:
        sample_rate: Hz.
        num_partials: P.
        num_noise_bands: M.
        num_timbres: K.
        num_labels: C, features of labels after the controls.
        hidden_dim: units of the layers before and after the recurrent one.
        state_dim: U, of the recurrent layer (GRU, Cho et al. 2014).
    """

    partial_db: Tensor
    noise_db: Tensor
    numbers: Tensor
    noise_gains: Tensor
    waves: Tensor

    def __init__(
        self,
        sample_rate: int,
        num_partials: int = 100,
        num_noise_bands: int = 65,
        num_timbres: int = 4,
        num_labels: int = 0,
        hidden_dim: int = 96,
        state_dim: int = 96,
    ) -> None:
        super().__init__()
        self.sample_rate = sample_rate
        self.num_partials = num_partials
        self.state_dim = state_dim
        self.num_played, self.highest_note = NUM_PLAYED, HIGHEST_NOTE
        self.lowest_db, self.loudest = LOWEST_DB, LOUDEST
        self.per_db = math.log(10.0) / 20.0  # an amplitude's logarithm
        self.step_db, self.span_db = STEP_DB, SPAN_DB
        num_inputs = 2 * PITCH_WAVES + NUM_PLAYED + num_timbres + num_labels
        num_outputs = num_partials + num_noise_bands
        self.before = nn.Sequential(
            nn.Linear(num_inputs, hidden_dim),
            nn.SiLU(),
            nn.Linear(hidden_dim, hidden_dim),
            nn.SiLU(),
        )
        self.recurrent = nn.GRU(hidden_dim, state_dim, batch_first=True)
        self.after = nn.Sequential(
            nn.Linear(hidden_dim + state_dim, hidden_dim),
            nn.SiLU(),
            nn.Linear(hidden_dim, num_outputs),
        )
        self.weighting = AWeighting()
        periods = LONGEST_WAVE / 2.0 ** torch.arange(PITCH_WAVES)
        self.register_buffer("waves", 2.0 * math.pi / periods[:, None], persistent=False)
        numbers = torch.arange(1, num_partials + 1)[:, None].float()
        self.register_buffer("numbers", numbers, persistent=False)
        gains = _gains_of_bands(sample_rate, num_noise_bands)
        self.register_buffer("noise_gains", gains[:, None], persistent=False)
        # before any sound is known: partials fall by 6 dB an octave, noise lies below
        self.register_buffer("partial_db", -20.0 * torch.log10(numbers))
        self.register_buffer("noise_db", torch.full([num_noise_bands, 1], -40.0))

    def forward(self, controls: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Frames, after those that led to a state. Pitches beyond 0..136 are taken for these.

        Args:
            controls: `[B, 3 + K + C, N]`, those of `frame_controls` and the features of labels.
            hidden: `[1, B, U]`, zeros at the beginning.

        Returns:
            peak amplitudes `[B, P, N]`, magnitudes `[B, M, N]`, and the state after them.
        """
        pitch = controls[:, 0].clamp(0.0, self.highest_note)
        controls = torch.cat([pitch.unsqueeze(1), controls[:, 1:]], 1)
        levels, hidden = self.levels(controls, hidden)
        partials, noise = self.sounded(pitch, controls[:, 2], levels)
        return partials, noise, hidden

    @torch.jit.export
    def levels(self, controls: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Levels of partials and noise bands to each other, dB `[B, P + M, N]`, and the state."""
        inputs = self._inputs(controls).transpose(1, 2)
        encoded = self.before(inputs)
        remembered, hidden = self.recurrent(encoded, hidden)
        found = self.after(torch.cat([encoded, remembered], 2)).transpose(1, 2)
        deviation = (self.step_db * found).clamp(-self.span_db, self.span_db)
        return deviation + torch.cat([self.partial_db, self.noise_db]), hidden

    @torch.jit.export
    def sounded(self, pitch: Tensor, loudness: Tensor, levels: Tensor) -> tuple[Tensor, Tensor]:
        """Levels `[B, P + M, N]` at a pitch and with a loudness `[B, N]` -> amplitudes and
        magnitudes."""
        # no frequency but the audible ones, whatever is asked for; the bank fades the others alike
        hertz = note_to_hz(pitch).unsqueeze(1) * self.numbers
        fade = ((1.0 - hertz / (0.5 * self.sample_rate)) * 10.0).clamp(0.0, 1.0)
        heights = torch.exp(levels * self.per_db)
        partials = heights[:, : self.num_partials]
        noise = heights[:, self.num_partials :]
        power = (0.5 * (partials * fade).square() * self.weighting(hertz)).sum(1)
        power = power + (noise.square() * self.noise_gains).sum(1)
        wanted = torch.pow(10.0, loudness / 20.0) * (loudness > self.lowest_db)
        gain = (wanted / power.clamp_min(1e-12).sqrt()).unsqueeze(1)
        partials = torch.where(fade > 0.0, partials * gain, torch.zeros_like(partials))
        return partials.clamp_max(self.loudest), (noise * gain).clamp_max(self.loudest)

    def _inputs(self, controls: Tensor) -> Tensor:
        """`[B, 3 + K + C, N]` -> numbers of the order of 1."""
        angles = controls[:, :1] * self.waves
        scaled = torch.stack(
            [
                (controls[:, 0] - 60.0) / 24.0,
                2.0 * controls[:, 1] - 1.0,
                (controls[:, 2] + 40.0) / 20.0,
            ],
            1,
        )
        others = controls[:, self.num_played :]
        return torch.cat([torch.sin(angles), torch.cos(angles), scaled, others], 1)


def _gains_of_bands(sample_rate: int, num_bands: int) -> Tensor:
    """Share of each band in the A-weighted power of the noise, `[M]`."""
    frequency = torch.linspace(0, sample_rate / 2, 4097, dtype=torch.float64)
    place = frequency / (sample_rate / 2) * (num_bands - 1)
    triangles = (1.0 - (place.unsqueeze(1) - torch.arange(num_bands)).abs()).clamp_min(0.0)
    weights: Tensor = AWeighting()(frequency)
    return (triangles * weights.unsqueeze(1)).mean(0).float()
