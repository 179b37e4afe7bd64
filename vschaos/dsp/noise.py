"""Filtered noise: frames of band magnitudes -> noise, the same for a seed however it is cut."""

import math

import torch
from torch import Tensor, nn

from vschaos.counter_random import mixed
from vschaos.voices import with_rows

NUM_KEYS = 64  # of voices, made beforehand


class WhiteNoise(nn.Module):
    """White noise of RMS 1, evenly spread: a hash of the seed, the voice and the sample's place.

    It repeats after 2^32 samples, a day.

    Example:
        >>> white = WhiteNoise()
        >>> noise = white(torch.zeros(1, dtype=torch.int64), 2, 1000)
        >>> later = white(torch.full([1], 600), 1, 400)
        >>> torch.equal(noise[:1, 600:], later)
        True
    """

    keys: Tensor

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.seed = seed
        self.scale = 2.0 * math.sqrt(3.0)
        self.register_buffer("keys", self._keys(NUM_KEYS, torch.device("cpu")), persistent=False)

    def forward(self, position: Tensor, num_voices: int, length: int) -> Tensor:
        """Samples `[num_voices, length]` from `position` on, `[1]` (int64, from 0 on)."""
        keys = self.keys
        if keys.shape[0] < num_voices:
            keys = self._keys(num_voices, keys.device)
        places = position + torch.arange(length, device=keys.device)
        hashed = mixed(torch.bitwise_xor(keys[:num_voices], places))
        return hashed * (self.scale / 4294967295.0) - 0.5 * self.scale

    def _keys(self, number: int, device: torch.device) -> Tensor:
        """`[number, 1]`; hashed twice, so that no two voices differ by their last bits only."""
        voices = torch.arange(number, device=device).unsqueeze(1)
        return mixed(torch.bitwise_xor(mixed(voices), mixed(voices * 0 + (self.seed & 0xFFFFFFFF))))


class FilteredNoise(nn.Module):
    """White noise through a filter for each frame (Engel et al. 2020).

    M magnitudes, evenly spaced from 0 Hz to the Nyquist frequency, are those of a symmetric FIR of
    `2 * (M - 1)` taps under a Hann window. Magnitudes of m in all bands make noise of RMS m; a
    single band of 1 has 1 / (M - 1) of the power, -18 dB for M = 65.

    The magnitudes of frame n are reached at sample `(n + 1) * hop_length`, as controls of the
    harmonic bank are: the noise is filtered by the frames on either side and cross-faded. The
    filter adds no delay, since the noise that it looks ahead to is known beforehand.

    Args:
        hop_length: samples from frame to frame, even.
        num_bands: M, at most `hop_length / 2 + 1`.
        seed: of the noise.

    Example:
        >>> noise = FilteredNoise()
        >>> round(float(noise(torch.full([1, 65, 100], 0.5))[:, 256:].square().mean().sqrt()), 2)
        0.5
    """

    filters: Tensor
    filters_at_rate: Tensor
    ramp: Tensor

    def __init__(self, hop_length: int = 256, num_bands: int = 65, seed: int = 0) -> None:
        super().__init__()
        if hop_length % 2 or not 2 <= num_bands <= hop_length // 2 + 1:
            raise ValueError(
                "num_bands must be from 2 to hop_length / 2 + 1, and hop_length even; "
                f"got {num_bands} for a hop of {hop_length}"
            )
        self.hop_length = hop_length
        self.num_bands = num_bands
        self.white = WhiteNoise(seed)
        self.register_buffer("filters", self._filters().float(), persistent=False)
        self.register_buffer("filters_at_rate", self.filters.clone(), persistent=False)
        ramp = torch.arange(hop_length, dtype=torch.float64) / hop_length
        self.register_buffer("ramp", ramp.float(), persistent=False)

    def forward(self, magnitudes: Tensor) -> Tensor:
        """Magnitudes `[B, M, N]` -> `[B, N * hop_length]`, from silence; not finite ones are 0."""
        position = torch.zeros(1, dtype=torch.int64, device=magnitudes.device)
        return self.continued(magnitudes, torch.zeros_like(magnitudes[:, :, 0]), position)

    @torch.jit.export
    def take_rate(self, ratio: float) -> None:
        """Makes the same noise at so many times the rate: the same power in each Hz up to the
        Nyquist frequency of before, and none above. Hops keep their samples."""
        last = self.num_bands - 1
        places = ratio * torch.arange(self.num_bands, device=self.filters.device).unsqueeze(1)
        weights = (1.0 - (places - torch.arange(self.num_bands)).abs()).clamp_min(0.0)
        weights = weights * math.sqrt(ratio) * (places <= last)
        self.filters_at_rate = weights.t().to(self.filters) @ self.filters

    @torch.jit.export
    def continued(self, magnitudes: Tensor, before: Tensor, position: Tensor) -> Tensor:
        """As `forward`, after a frame `[B, M]`, from sample `position` of the noise on, `[1]`."""
        hop = self.hop_length
        frames = torch.cat([before.unsqueeze(2), magnitudes], 2)
        frames = torch.nan_to_num(frames, 0.0, 0.0, 0.0).transpose(1, 2)
        responses = frames @ self.filters_at_rate.to(frames.dtype)  # [B, N + 1, hop + 1]
        both = torch.stack([responses[:, :-1], responses[:, 1:]], 2)
        # windows of two hops around each hop; half a hop on either side is what the filter needs
        length = (magnitudes.shape[2] + 1) * hop
        noise = self.white(position, magnitudes.shape[0], length).to(frames.dtype)
        spectra = torch.fft.rfft(noise.unfold(1, 2 * hop, hop)).unsqueeze(2)
        filtered = torch.fft.irfft(spectra * both, n=2 * hop)[:, :, :, hop // 2 : hop // 2 + hop]
        ramp = self.ramp.to(frames.dtype)
        return torch.lerp(filtered[:, :, 0], filtered[:, :, 1], ramp).flatten(1)

    def _filters(self) -> Tensor:
        """Magnitudes -> frequency response of two hops, real: `[M, hop + 1]`, float64."""
        num_taps = 2 * (self.num_bands - 1)
        taps = torch.fft.irfft(torch.eye(self.num_bands, dtype=torch.float64), n=num_taps)
        middle = num_taps // 2
        window = torch.hann_window(num_taps, dtype=torch.float64)  # 1 in the middle
        taps = taps.roll(middle, 1) * window
        lacking = 2 * self.hop_length - num_taps
        return torch.fft.rfft(nn.functional.pad(taps, (0, lacking)).roll(-middle, 1)).real


class StreamingFilteredNoise(nn.Module):
    """Filtered noise on a stream, with the last frame of each voice; they share one clock."""

    before: Tensor
    position: Tensor

    def __init__(self, noise: FilteredNoise) -> None:
        super().__init__()
        self.noise = noise
        self.register_buffer("before", torch.zeros(1, noise.num_bands), persistent=False)
        self.register_buffer("position", torch.zeros(1, dtype=torch.int64), persistent=False)

    @torch.jit.export
    def take_rate(self, ratio: float) -> None:
        """As the noise; nothing breaks off."""
        self.noise.take_rate(ratio)

    @torch.jit.export
    def reset(self) -> None:
        """Begins the noise again, from silence."""
        self.before = torch.zeros_like(self.before)
        self.position = torch.zeros_like(self.position)

    def forward(self, magnitudes: Tensor) -> Tensor:
        """`[B, M, N]` -> `[B, N * hop_length]`."""
        before = with_rows(self.before, magnitudes.shape[0])
        audio = self.noise.continued(magnitudes, before, self.position)
        self.before = magnitudes[:, :, -1].clone()
        self.position = (self.position + audio.shape[1]) & 0xFFFFFFFF
        return audio
