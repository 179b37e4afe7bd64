"""Changes of speed, as of a tape; of pitch without time, and of time without pitch."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from vschaos.data.augment.chance import checked, chosen
from vschaos.data.augment.transposition import checked_kinds

PRIMES = (2, 3, 5, 7, 11, 13)
LONGEST = 1 << 20  # samples
NEAR_SEMITONES = 0.15  # too little to be perceived as another note
GRAINS = 4  # of an excerpt at least; each is faded into the next
UNDECIDED = 1e-9  # far below what is audible


def _smooth_lengths() -> np.ndarray:
    """Even products of small primes, in order."""
    lengths = {2}
    for prime in PRIMES:
        for length in list(lengths):
            while (length := length * prime) <= LONGEST:
                lengths.add(length)
    return np.array(sorted(lengths))


SMOOTH_LENGTHS = _smooth_lengths()
ODD_PARTS = SMOOTH_LENGTHS // (SMOOTH_LENGTHS & -SMOOTH_LENGTHS)


class HigherOrLower:
    """Draws an interval for a speed group of excerpts, and from it a length to read.

    Args:
        range_semitones: drawn evenly from -range to +range.
        probability: share of the speed groups that are changed, 0 to 1.
        labels: what labels that follow the pitch count, by task: `pitch_class` or `octave`. It goes
            by whole semitones if a model learns one of them.
    """

    setting: str  # where it stands in the settings

    def __init__(
        self,
        range_semitones: float,
        probability: float,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        self.range_semitones = range_semitones
        self.probability = checked(probability, self.setting)
        self.labels = checked_kinds(labels, self.setting)

    def draw_length(
        self, length: int, random: np.random.Generator, whole_semitones: bool = False
    ) -> int:
        """Samples that are higher or lower, played in `length`: a product of small primes near the
        draw."""
        if random.random() >= self.probability:
            return length
        semitones = random.uniform(-self.range_semitones, self.range_semitones)
        if whole_semitones:
            semitones = round(semitones)
        return _smooth_length(length * 2 ** (semitones / 12))


class Varispeed(HigherOrLower):
    """A speed for a speed group of excerpts, as of a tape: pitch and formants move together.

    The excerpts are read longer or shorter and resampled to their length in the frequency domain,
    which cuts what would alias; the edges, where that rings, lie where windows are near zero.
    """

    setting = "data.varispeed"

    def __call__(self, audio: Tensor, length: int) -> Tensor:
        """`[B, T] -> [B, length]`."""
        return resampled(audio, length)


class TimeStretch:
    """A duration for a speed group: its excerpts hold more or less of a sound, at its own pitch.

    Args:
        max_factor: durations lie between 1 / max_factor and max_factor; 1 or more.
        probability: share of the speed groups that are changed, 0 to 1.
    """

    def __init__(self, max_factor: float, probability: float) -> None:
        if max_factor < 1.0:
            raise ValueError(f"data.time_stretch.max_factor must be at least 1, got {max_factor}")
        self.max_factor = max_factor
        self.probability = checked(probability, "data.time_stretch")

    def draw_length(self, length: int, random: np.random.Generator) -> int:
        """Samples to read for what shall last `length`."""
        if random.random() >= self.probability:
            return length
        octaves = math.log2(self.max_factor)
        return round(length * 2 ** random.uniform(-octaves, octaves))


class PitchShift(HigherOrLower):
    """A pitch for a speed group of excerpts, formants with it; the pace stays.

    It is a stretch of time to the length that is drawn, taken back by a tape speed.
    """

    setting = "data.pitch_shift"


class BinShift:
    """All partials of an excerpt higher or lower by as many bins of its own spectrum, as a ring
    modulator with one sideband does it: for a window as long, its magnitudes move by these bins.

    What falls below the first bin or above the last is gone.

    Args:
        range_bins: a whole number is drawn from -range_bins to +range_bins, but for 0.
        probability: share of the excerpts that are changed, 0 to 1.
        labels: those that are unknown afterwards, as `Varispeed` has them: no note is left.
    """

    def __init__(
        self, range_bins: int, probability: float, labels: Mapping[str, str] | None = None
    ) -> None:
        if range_bins < 1:
            raise ValueError(f"data.bin_shift.range_bins must be at least 1, got {range_bins}")
        self.range_bins = range_bins
        self.probability = checked(probability, "data.bin_shift")
        self.labels = checked_kinds(labels, "data.bin_shift")

    def __call__(self, audio: Tensor, random: np.random.Generator) -> tuple[Tensor, Tensor]:
        """`[B, T] -> [B, T]`, and the numbers of the rows that were changed."""
        rows = chosen(self.probability, len(audio), random)
        if not len(rows):
            return audio, rows
        bins = torch.from_numpy(random.integers(1, self.range_bins + 1, size=(len(rows), 1)))
        bins = bins * torch.from_numpy(random.choice([-1, 1], size=(len(rows), 1)))
        spectrum = torch.fft.rfft(audio[rows])
        source = torch.arange(spectrum.shape[1]) - bins
        # the outermost bins have no sideband of their own that could be moved
        is_there = (source >= 1) & (source < spectrum.shape[1] - 1)
        moved = spectrum.gather(1, source * is_there) * is_there
        return audio.index_copy(0, rows, torch.fft.irfft(moved, n=audio.shape[1])), rows


def resampled(audio: Tensor, length: int) -> Tensor:
    """`[B, T] -> [B, length]`, in the frequency domain."""
    if audio.shape[1] == length:
        return audio
    return torch.fft.irfft(torch.fft.rfft(audio, norm="forward"), n=length, norm="forward")


def _smooth_length(length: float) -> int:
    """An even number near `length` of which a fast Fourier transform is fastest, about: that with
    the least odd part, since factors of two cost nothing beside the others."""
    near = length * 2 ** (np.array([-NEAR_SEMITONES, NEAR_SEMITONES]) / 12)
    first, end = np.searchsorted(SMOOTH_LENGTHS, near)
    if first == end:  # none is so near
        first, end = max(first - 1, 0), min(end + 1, len(SMOOTH_LENGTHS))
        return int(min(SMOOTH_LENGTHS[first:end], key=lambda smooth: abs(smooth - length)))
    return int(SMOOTH_LENGTHS[first + np.argmin(ODD_PARTS[first:end])])


def stretched(audio: Tensor, length: int) -> Tensor:
    """`[B, T] -> [B, length]`: as high as before, longer or shorter.

    Waveform similarity overlap-add (Verhelst & Roelands 1993): grains are taken from where they
    follow best on the one before. What has fewer than some 90 periods a second, at excerpts of 46
    ms (`GRAINS` of them hold a period each), is joined less well.
    """
    given = audio.shape[1]
    if given == length:
        return audio
    hop = min(given, length) // GRAINS
    count = math.ceil(length / hop)
    fade = torch.hann_window(2 * hop)[:hop].to(audio)
    # what follows the last grain is sought beyond the end, and not played
    audio = torch.nn.functional.pad(audio, (0, 2 * hop))
    grains, rows = audio.unfold(1, 2 * hop, 1), torch.arange(len(audio))
    grain, parts = audio[:, : 2 * hop], [audio[:, :hop]]
    for number in range(1, count):
        nominal = round(number * hop * given / length) - hop // 2
        first = min(max(nominal, 0), given - hop)
        follows = grain[:, hop:]
        lag = _best_lag(audio[:, first : first + 2 * hop], follows)
        grain = grains[rows, first + lag]
        parts.append(follows + fade * (grain[:, :hop] - follows))
    return torch.cat(parts, dim=1)[:, :length]


def _best_lag(region: Tensor, wanted: Tensor) -> Tensor:
    """Where in `[B, 2 H]` a stretch begins that is nearest to `[B, H]`, 0 to H, `[B]`."""
    hop = wanted.shape[1]
    spectrum = torch.fft.rfft(region) * torch.fft.rfft(wanted, n=2 * hop).conj()
    likeness = torch.fft.irfft(spectrum, n=2 * hop)[:, : hop + 1]
    energy = torch.nn.functional.pad(region.square().cumsum(dim=1), (1, 0))
    difference = energy[:, hop:] - energy[:, : hop + 1] - 2.0 * likeness
    from_middle = (torch.arange(hop + 1) - hop // 2).abs()
    return (difference + UNDECIDED * from_middle).argmin(dim=1)  # in silence, where it should be
