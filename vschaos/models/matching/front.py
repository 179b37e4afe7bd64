"""What a network that finds settings sees of a sound: levels over time, and a spectrum that moves
with the note."""

import math

import torch
from torch import Tensor, nn

RANGE_DB = 80.0  # below the loudest band; softer is nothing
SILENT = 1e-10  # power below which a sound is silent
LOWEST_SEMITONE = -26.0  # of the spectrum along the note: two octaves below it, and a margin
PER_SEMITONE = 3
ONSET_STEPS = 32  # of the first milliseconds
ONSET_HOP = 64  # samples
# samples at 44.1 kHz: windows of the levels over time, and of the spectra along the note
SHORT, LONG, LONGEST = 1024, 8192, 16384
NUM_LONG = 4  # windows, evenly over the sound
AT_A_TIME = 4  # sounds


class Front(nn.Module):
    """Three views of a sound, all of them free of its level.

    - `levels`: mel bands over time, dB below the loudest of the sound.
    - `spectra`: levels of bands that are a third of a semitone wide and lie along the note, from
      two octaves below it: what stands at an interval to the note stands at the same place for all
      notes. Of some windows one after the other, and of one long window that tells close
      frequencies apart.
    - `onset`: levels of the first 46 ms, a step for each 1.5 ms.

    All are between 0 (80 dB below the loudest) and 1.

    Args:
        sample_rate: Hz.
        length: T, samples that are seen.
        num_bands: L, mel bands.
        num_intervals: J, bands along the note.

    Example:
        >>> front = Front(44100, 22050)
        >>> sound = torch.sin(2 * torch.pi * 440 / 44100 * torch.arange(22050))[None]
        >>> levels, spectra, onset = front(sound, torch.tensor([69.0]))
        >>> interval = int(spectra[0, -1].argmax())  # of the strongest band above the lowest
        >>> round((interval + 0.5) / 3 - 26)
        0
    """

    mel: Tensor
    short_window: Tensor
    long_window: Tensor
    longest_window: Tensor
    edges: Tensor

    def __init__(
        self, sample_rate: int, length: int, num_bands: int = 48, num_intervals: int = 320
    ) -> None:
        super().__init__()
        self.sample_rate, self.length = float(sample_rate), length
        self.num_bands, self.num_intervals = num_bands, num_intervals
        scale = sample_rate / 44100
        self.short, self.long, self.longest = (
            1 << round(math.log2(size * scale)) for size in (SHORT, LONG, LONGEST)
        )
        self.hop = self.short // 4
        self.long_hop = max((length - self.long) // (NUM_LONG - 1), 1)
        self.least = max(length, self.longest, self.long + (NUM_LONG - 1) * self.long_hop)
        self.onset_hop, self.onset_length = ONSET_HOP, ONSET_HOP * ONSET_STEPS
        self.range_db, self.silent, self.at_a_time = RANGE_DB, SILENT, AT_A_TIME
        self.num_frames = (self.least - self.short // 2) // self.hop + 1
        self.num_spectra = NUM_LONG + 1
        self.num_long = NUM_LONG
        for name, size in (("short", self.short), ("long", self.long), ("longest", self.longest)):
            self.register_buffer(f"{name}_window", torch.hann_window(size), persistent=False)
        bands = _mel_bands(sample_rate, self.short, num_bands)
        self.register_buffer("mel", bands, persistent=False)
        steps = torch.arange(num_intervals + 1) / PER_SEMITONE + LOWEST_SEMITONE
        self.register_buffer("edges", torch.exp2(steps / 12.0), persistent=False)

    @torch.jit.export
    def take_rate(self, sample_rate: int) -> None:
        """Names the frequencies of sound of another rate, in Hz; windows keep their samples."""
        self.sample_rate = float(sample_rate)
        bands = _mel_bands(self.sample_rate, self.short, self.num_bands)
        self.mel = bands.to(self.mel.device)

    def forward(self, audio: Tensor, pitch: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Sounds `[B, any]` and MIDI notes `[B]` -> levels `[B, L, N]`, spectra `[B, S, J]` and
        onset `[B, 1, 32]`."""
        audio = torch.nan_to_num(audio.float(), 0.0, 0.0, 0.0)[:, : self.length]
        audio = nn.functional.pad(audio, [0, self.least - audio.shape[1]])
        # a level of full scale, so that nothing is lost in the smallest numbers or overflows
        audio = audio / audio.abs().amax(1, keepdim=True).clamp_min(1e-6)
        # some at a time, which stay in the processor's cache: twice as fast
        levels = torch.cat([self._levels(rows) for rows in audio.split(self.at_a_time)])
        return levels, self._spectra(audio, pitch), self._onset(audio)

    def _levels(self, audio: Tensor) -> Tensor:
        padded = nn.functional.pad(audio, [self.short // 2, 0])
        frames = padded.unfold(1, self.short, self.hop) * self.short_window
        powers = _powers(torch.fft.rfft(frames)) @ self.mel  # [B, N, L]
        return self._relative(powers.transpose(1, 2))

    def _spectra(self, audio: Tensor, pitch: Tensor) -> Tensor:
        several = audio[:, : self.long + (self.num_long - 1) * self.long_hop]
        frames = several.unfold(1, self.long, self.long_hop) * self.long_window
        one = audio[:, : self.longest] * self.longest_window
        parts = [
            self._along_note(torch.fft.rfft(frames), pitch),
            self._along_note(torch.fft.rfft(one).unsqueeze(1), pitch),
        ]
        return torch.cat(parts, 1)

    def _along_note(self, spectrum: Tensor, pitch: Tensor) -> Tensor:
        """`[B, S, F]` -> `[B, S, J]`: the energy between the edges of each band."""
        powers = _powers(spectrum)
        below = nn.functional.pad(powers.double().cumsum(2), [1, 0])  # up to half a bin before each
        note = 440.0 * torch.exp2((pitch - 69.0) / 12.0)
        width = 0.5 * self.sample_rate / (powers.shape[2] - 1)  # Hz
        place = note.unsqueeze(1) * self.edges / width + 0.5
        place = place.clamp(0.0, powers.shape[2] - 0.001).unsqueeze(1)
        place = place.expand(-1, powers.shape[1], -1)
        before = place.floor().long()
        share = (place - before).double()
        low, high = below.gather(2, before), below.gather(2, before + 1)
        total = low + (high - low) * share
        return self._relative((total[:, :, 1:] - total[:, :, :-1]).float())

    def _onset(self, audio: Tensor) -> Tensor:
        first = audio[:, : self.onset_length].unflatten(1, [-1, self.onset_hop])
        return self._decibels(first.square().mean(2)).unsqueeze(1)

    def _relative(self, powers: Tensor) -> Tensor:
        """Powers `[B, .., ..]` by the largest of each sound -> 0..1."""
        return self._decibels(powers / powers.amax([1, 2], keepdim=True).clamp_min(self.silent))

    def _decibels(self, powers: Tensor) -> Tensor:
        return (1.0 + 10.0 * torch.log10(powers.clamp_min(1e-12)) / self.range_db).clamp(0.0, 1.0)


def _powers(spectrum: Tensor) -> Tensor:
    return spectrum.real.square() + spectrum.imag.square()


def _mel_bands(sample_rate: float, n_fft: int, num_bands: int) -> Tensor:
    """Triangles of equal height, evenly spaced on the mel scale (O'Shaughnessy 1987) from 30 Hz to
    0.45 of the rate, `[F, L]`; each holds a bin at least."""
    low, high = math.log1p(30.0 / 700.0), math.log1p(0.45 * sample_rate / 700.0)
    centres = 700.0 * torch.expm1(torch.linspace(low, high, num_bands + 2))
    width = sample_rate / n_fft
    hertz = torch.arange(n_fft // 2 + 1).unsqueeze(1) * width
    rise = (hertz - centres[:-2]) / (centres[1:-1] - centres[:-2]).clamp_min(width)
    fall = (centres[2:] - hertz) / (centres[2:] - centres[1:-1]).clamp_min(width)
    return torch.minimum(rise, fall).clamp(0.0, 1.0)
