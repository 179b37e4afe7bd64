"""Texture: the share of noise in each band of a frame, and the scatter of noise in its bins.

Log-magnitudes of noise scatter by 5.6 dB about their mean, and this mean lies 2.5 dB below the
logarithm of the mean power. A decoder that learns log-magnitudes learns the mean alone: noise comes
back soft and smooth. So it also says how noise-like each band is, and the scatter is drawn from
noise that is made for it.
"""

import math

import torch
from torch import Tensor, nn

from vschaos.dsp import STFT

# of half the logarithm of the ratio of two exponential variables, weighted by their sum: their
# share u is uniform and independent of it, and log(u / (1 - u)) / 2 is half a logistic variable
NOISE_VARIANCE = math.pi**2 / 12.0
MOST = 2.0  # a target that were clipped at 1 would have a mean below 1 for noise
# up to the first share a band is a tone: what leaks from tones is no texture; from the second on it
# is noise: few bins scatter less about their own mean than about that of all
TONAL, NOISY = 0.1, 0.85
FAINT = 0.1  # of the floor of magnitudes; below it nothing is noise
AROUND = 16  # bins to either side, about whose mean an input scatters
LOUDEST = 1.0  # nepers, of it: one bin of noise in sixty is louder, and the partials of a tone are
LOWEST = -3.0  # nepers, of the scatter: 26 dB below the mean, the softest of 700 bins
MEAN_LOG = -0.5 * 0.5772156649015329  # nepers, of Rayleigh magnitudes of RMS 1: Euler's constant
VARIANCE = math.pi**2 / 24.0  # nepers^2, of log-magnitudes of noise: 5.6 dB
SIGNS = (4095, 4096)  # of two rows without a common divisor: their product repeats after 380 s
VOICES_APART = 1000003  # samples between the noises of two voices
CURVE = 10.0  # of the scale of bands: about linear in the lowest tenth of the bins


class NoiseBands(nn.Module):
    """Evenly spaced bands on the scale `log(1 + 10 f)`, f from 0 to 1 at the highest bin.

    Args:
        num_bins: F.
        num_bands: K, at least 2.

    Raises:
        ValueError: fewer bands.
    """

    weights: Tensor
    fine_weights: Tensor

    def __init__(self, num_bins: int, num_bands: int) -> None:
        super().__init__()
        if num_bands < 2:
            raise ValueError(f"model.texture_bands must be 0 or at least 2, got {num_bands}")
        frequency = torch.linspace(0.0, 1.0, num_bins, dtype=torch.float64)
        place = torch.log1p(CURVE * frequency) / math.log1p(CURVE) * (num_bands - 1)
        # [K, F], triangles: each column sums to 1
        weights = (1.0 - (place - torch.arange(num_bands).unsqueeze(1)).abs()).clamp_min(0.0)
        self.register_buffer("weights", weights.float(), persistent=False)
        self.register_buffer("fine_weights", 4096.0 * self.weights, persistent=False)

    def forward(self, values: Tensor, num_bins: int) -> Tensor:
        """Of bands `[B, N, K]` -> of the first bins, interpolated, `[B, N, num_bins]`."""
        # the last digits of a product depend on the number of frames
        return torch.round(values @ self.fine_weights[:, :num_bins]) * (1.0 / 4096.0)


class Noisiness(nn.Module):
    """Measures the share of noise in each band of single frames: 0 for tones, 1 for noise.

    Both halves of a frame are transformed. The levels of a tone change alike in all bins of its
    band, those of noise in each bin by itself: the variance of this change over the bins, weighted
    by their power, is compared with that of noise. Noise below the partials of the same band does
    not count, since they decide what is heard.

    A tone that glides in the frame counts as noise in its highest partials, and one of less than
    two periods in half a frame as half noise.

    Args:
        transform: of the model.
        num_bands: K.

    Example:
        >>> measure = Noisiness(STFT(2048, 512), 12)
        >>> sine = torch.sin(0.1 * torch.arange(2048.0))[None]
        >>> bool(measure(sine, torch.tensor(1e-4)).max() < 0.1)
        True
    """

    window: Tensor
    bands: Tensor

    def __init__(self, transform: STFT, num_bands: int) -> None:
        super().__init__()
        self.n_fft, self.hop_length = transform.n_fft, transform.hop_length
        half = self.n_fft // 2
        window = torch.hann_window(half)
        self.register_buffer("window", window * (2.0 / window.sum()), persistent=False)
        bands = NoiseBands(half // 2 + 1, num_bands).weights.t().contiguous()
        self.register_buffer("bands", bands, persistent=False)

    def forward(self, audio: Tensor, floor: Tensor) -> Tensor:
        """Sounds `[B, T]` and the floor of the model's magnitudes, `[]` -> `[B, K, N]` of the
        frames that lie wholly inside, 0 to `MOST`."""
        frames = audio.unfold(-1, self.n_fft, self.hop_length)
        spectra = torch.fft.rfft(frames.unflatten(2, (2, -1)) * self.window)  # [B, N, 2, F / 2]
        first, second = (spectra.real.square() + spectra.imag.square()).unbind(2)
        silent = (FAINT * floor).square()  # where both are silent nothing changes
        change = 0.5 * torch.log((first + silent) / (second + silent))
        power = first + second
        total = (power @ self.bands).clamp_min(1e-20)
        mean = (power * change) @ self.bands / total
        variance = (power * change.square()) @ self.bands / total - mean.square()
        return (variance / NOISE_VARIANCE).clamp(0.0, MOST).transpose(1, 2)


@torch.jit.interface
class TextureInterface(nn.Module):
    """Compiled by TorchScript once for all methods of a stream."""

    def forward(self, magnitudes: Tensor, noisiness: Tensor, amount: float) -> Tensor:  # type: ignore[empty-body]
        pass

    def follow(  # type: ignore[empty-body]
        self, magnitudes: Tensor, noisiness: Tensor, amount: float, heard: Tensor
    ) -> Tensor:
        pass

    def reset(self) -> None:
        pass

    def resize(self, n_fft: int, hop_length: int, synthesis_length: int, num_bins: int) -> None:
        pass


class Texture(nn.Module):
    """Gives magnitudes the scatter of noise where they are noise-like.

    White noise goes through the transform of the model, so its magnitudes are related
    from frame to frame and from bin to bin as those of any noise: the sum of overlapping frames
    keeps level and scatter, whatever their phases. (Scatter that is drawn for each bin by itself
    loses half of it there.) A magnitude is multiplied by those of the noise, relative to their
    mean, to the power of `amount` and of the root of its band's noisiness: its mean in dB stays.
    What a decoder tells apart by itself, partials above all, scatters already: only the variance
    that is missing is drawn.

    Where a sound keeps the phase of an input, the scatter of that input takes the place of drawn
    one, which these phases would contradict: see `follow`.

    A call goes on where the one before ended; voices differ, and a seed repeats all of them.

    Args:
        transform: of the model; changed by `resize` alone.
        num_bands: K; 0 for a model that does not say it, which stays as it is.
        floor: magnitude below which nobody hears an input.
        seed: where the noise begins.

    Example:
        >>> texture = Texture(STFT(2048, 512), 12, floor=1e-4)
        >>> noise = texture(torch.ones(1, 1025, 100), torch.ones(1, 12, 100), 1.0)
        >>> round(float(noise[:, 1:-1].square().mean().log10() * 10), 1)
        2.5
    """

    signs: Tensor
    other_signs: Tensor

    def __init__(self, transform: STFT, num_bands: int, floor: float, seed: int = 0) -> None:
        super().__init__()
        self.transform = STFT(
            transform.n_fft, transform.hop_length, transform.synthesis_length
        )  # of its own: a stream may change it
        self.has_bands = num_bands > 0
        self.bands = NoiseBands(transform.num_bins, max(num_bands, 2))
        self.tonal, self.noisy, self.lowest = TONAL, NOISY, LOWEST
        self.variance, self.mean_log = VARIANCE, MEAN_LOG
        self.num_signs, self.voices_apart = SIGNS, VOICES_APART
        self.start = self.position = seed * VOICES_APART // 2
        self.unit = self._unit()
        self.around, self.loudest, self.silent = AROUND, LOUDEST, FAINT * floor
        random = torch.Generator().manual_seed(0)
        for name, count in zip(("signs", "other_signs"), SIGNS, strict=True):
            signs = 2.0 * torch.randint(2, [count], generator=random) - 1.0
            self.register_buffer(name, signs, persistent=False)

    @torch.jit.export
    def reset(self) -> None:
        """Begins the noise again."""
        self.position = self.start

    @torch.jit.export
    def resize(self, n_fft: int, hop_length: int, synthesis_length: int, num_bins: int) -> None:
        """Takes other sizes, see `STFT.resize`."""
        self.transform.resize(n_fft, hop_length, synthesis_length, num_bins)
        self.unit = self._unit()

    def forward(self, magnitudes: Tensor, noisiness: Tensor, amount: float) -> Tensor:
        """Magnitudes `[B, F, N]`, noisiness `[B, K, N]` and 0..1 -> magnitudes `[B, F, N]`."""
        if not self.has_bands or amount <= 0.0:
            return magnitudes
        frames = magnitudes.transpose(1, 2)  # [B, N, F]
        missing = (self._shares(noisiness, frames.shape[2]) - self._scatter(frames)).clamp_min(0.0)
        scatter = self._drawn(frames.shape[0], frames.shape[1])
        return self._scattered(frames, missing, amount, scatter)

    @torch.jit.export
    def follow(self, magnitudes: Tensor, noisiness: Tensor, amount: float, heard: Tensor) -> Tensor:
        """As `forward`, by the magnitudes of an input `[B, F, N]`: bins scatter about their mean as
        those of the input about theirs. The mean of each region in dB stays, and where the decoder
        tells the bins apart by itself, nothing is doubled."""
        if not self.has_bands or amount <= 0.0:
            return magnitudes
        frames = magnitudes.transpose(1, 2)
        ratios = (heard.transpose(1, 2) + self.silent) / (frames + self.silent)
        beyond = torch.log(ratios)
        scatter = (beyond - self._mean_around(beyond)).clamp(self.lowest, self.loudest)
        return self._scattered(frames, self._shares(noisiness, frames.shape[2]), amount, scatter)

    def _scattered(self, frames: Tensor, shares: Tensor, amount: float, scatter: Tensor) -> Tensor:
        """All `[B, N, F]` -> `[B, F, N]`."""
        exponents = shares.sqrt() * scatter
        if amount < 1.0:
            exponents = exponents * amount
        return (frames * torch.exp(exponents)).transpose(1, 2)

    def _shares(self, noisiness: Tensor, num_bins: int) -> Tensor:
        """Noisiness of bands `[B, K, N]` -> the share of the variance of noise that their bins
        should have, 0..1, `[B, N, F]`."""
        shares = (noisiness - self.tonal) / (self.noisy - self.tonal)
        return self.bands(shares.clamp(0.0, 1.0).transpose(1, 2), num_bins)

    def _scatter(self, frames: Tensor) -> Tensor:
        """Magnitudes `[B, N, F]` -> the variance of their logarithms around each bin, as a share of
        that of noise."""
        logs = torch.log(frames + self.silent)
        means = self._mean_around(torch.cat([logs, logs.square()], dim=1))
        mean, mean_square = means.chunk(2, dim=1)
        return (mean_square - mean.square()) * (1.0 / self.variance)

    def _mean_around(self, values: Tensor) -> Tensor:
        """`[B, N, F]` -> the means over `AROUND` bins to either side; the outermost bins go on
        beyond the ends."""
        size = 2 * self.around + 1
        padded = torch.nn.functional.pad(values, (self.around + 1, self.around), mode="replicate")
        sums = torch.cumsum(padded, 2)  # a pooling takes ten times as long
        return (sums[:, :, size:] - sums[:, :, : values.shape[2]]) * (1.0 / size)

    def _drawn(self, num_voices: int, num_frames: int) -> Tensor:
        """Log-magnitudes of noise about their mean, nepers `[num_voices, N, F]`."""
        hop = self.transform.hop_length
        length = self.transform.n_fft + (num_frames - 1) * hop
        noise = torch.jit.annotate(list[Tensor], [])
        for voice in range(num_voices):
            noise.append(self._noise(self.position + voice * self.voices_apart, length))
        spectra = self.transform.analyse(torch.stack(noise)).transpose(1, 2)
        self.position = (self.position + num_frames * hop) % (self.num_signs[0] * self.num_signs[1])
        power = (spectra * spectra.conj()).real * self.unit
        return 0.5 * torch.log(power.clamp_min(math.exp(2.0 * (self.lowest - self.mean_log))))

    def _noise(self, start: int, length: int) -> Tensor:
        """White noise of RMS 1 from a sample on, `[length]`: the product of two rows of signs. A
        hash of each sample takes twenty times as long."""
        return _cycled(self.signs, start, length) * _cycled(self.other_signs, start, length)

    def _unit(self) -> float:
        """The factor that makes the mean of the logarithm of the power of noise 0."""
        power = float(self.transform.analysis_window.square().sum())
        return math.exp(-2.0 * self.mean_log) / power


def _cycled(values: Tensor, start: int, length: int) -> Tensor:
    """`[length]` of values that repeat, from place `start` on."""
    first = start % values.shape[0]
    parts = [values.narrow(0, first, values.shape[0] - first)]
    for _ in range((first + length - 1) // values.shape[0]):
        parts.append(values)
    return torch.cat(parts).narrow(0, 0, length)
