"""From the controls of a frame to the amplitudes of partials and the magnitudes of noise."""

import torch
from torch import Tensor, nn

from vschaos.models.pitched.inputs import ControlInputs
from vschaos.models.pitched.spectrum import LoudSpectrum

STEP_DB = 10.0  # a unit of the network's output
SPAN_DB = 160.0  # of the output about its mean
HIGHEST_NOTE = 136.0  # 21 kHz


class ControlNetwork(nn.Module):
    """A recurrent network, whose spectra have the loudness that was asked for.

    The network says how partials and noise bands compare to each other, in decibels about the mean
    spectrum of the training's sounds. `LoudSpectrum` then makes all as loud as `loudness` says.

    Args:
        sample_rate: Hz.
        num_partials: P.
        num_noise_bands: M.
        num_timbres: K.
        num_labels: C, features of labels after the controls.
        hidden_dim: units of the layers before and after the recurrent one.
        state_dim: U, of the recurrent layer (GRU, Cho et al. 2014).

    Attributes:
        memory_size: U.
    """

    partial_db: Tensor
    noise_db: Tensor

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
        self.memory_size = state_dim
        self.highest_note = HIGHEST_NOTE
        self.step_db, self.span_db = STEP_DB, SPAN_DB
        self.inputs = ControlInputs(num_timbres + num_labels)
        self.spectrum = LoudSpectrum(sample_rate, num_partials, num_noise_bands)
        num_outputs = num_partials + num_noise_bands
        self.before = nn.Sequential(
            nn.Linear(self.inputs.dim, hidden_dim),
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
        # before any sound is known: partials fall by 6 dB an octave, noise lies below
        numbers = torch.arange(1, num_partials + 1)[:, None].float()
        self.register_buffer("partial_db", -20.0 * torch.log10(numbers))
        self.register_buffer("noise_db", torch.full([num_noise_bands, 1], -40.0))

    def forward(self, controls: Tensor, memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Frames, after those that led to a state. Pitches beyond 0..136 are taken for these.

        Args:
            controls: `[B, 3 + K + C, N]`, those of `frame_controls` and the features of labels.
            memory: `[B, U]`, zeros at the beginning.

        Returns:
            peak amplitudes `[B, P, N]`, magnitudes `[B, M, N]`, and the memory after them.
        """
        pitch = controls[:, 0].clamp(0.0, self.highest_note)
        controls = torch.cat([pitch.unsqueeze(1), controls[:, 1:]], 1)
        levels, memory = self.levels(controls, memory)
        partials, noise = self.spectrum(pitch, controls[:, 2], levels)
        return partials, noise, memory

    @torch.jit.export
    def levels(self, controls: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Levels of partials and noise bands to each other, dB `[B, P + M, N]`, and the memory."""
        encoded = self.before(self.inputs(controls).transpose(1, 2))
        remembered, hidden = self.recurrent(encoded, memory.unsqueeze(0).contiguous())
        found = self.after(torch.cat([encoded, remembered], 2)).transpose(1, 2)
        deviation = (self.step_db * found).clamp(-self.span_db, self.span_db)
        return deviation + torch.cat([self.partial_db, self.noise_db]), hidden.squeeze(0)
