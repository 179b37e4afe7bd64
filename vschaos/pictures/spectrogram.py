"""An incremental spectrogram of bounded size."""

from __future__ import annotations

import numpy as np
import torch

from vschaos.audio.files import Waveform
from vschaos.dsp import STFT

LOWEST_HZ = 40.0
ROWS = 320
MAX_COLUMNS = 1600
CHUNK = 1 << 17  # samples per transform
VOICED, AUDIBLE_DB = 0.5, -60.0  # frames whose pitch is drawn
SILENCE_DB = -80.0  # the bottom of the loudness


class Spectrogram:
    """The levels of a sound that is added block by block.

    A column is a frame of 256 samples, or the mean power of 2, 4, 8, ... of them if there are more
    than 1600.

    Args:
        sample_rate: Hz.

    Attributes:
        num_samples: added so far.
    """

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.num_samples = 0
        self._stft = STFT(2048, 256)
        self._rest = np.zeros(self._stft.n_fft - self._stft.hop_length, dtype=np.float32)
        self._powers = np.zeros((MAX_COLUMNS, self._stft.num_bins))  # sums over their frames
        self._num_frames, self._per_column = 0, 1

    def add(self, block: Waveform) -> None:
        """Adds the next samples `[T]`."""
        self.num_samples += len(block)
        for start in range(0, len(block), CHUNK):
            samples = np.concatenate([self._rest, block[start : start + CHUNK]])
            powers = self._frames(samples)
            self._rest = samples[len(powers) * self._stft.hop_length :]
            self._take(powers)

    def levels(self) -> np.ndarray:
        """`[ROWS, columns]`, dB, rows evenly spaced in log frequency."""
        # the padded last frames are removed again below
        before = self._powers.copy(), self._num_frames, self._per_column
        missing = -len(self._rest) % self._stft.hop_length + self._stft.n_fft
        self._take(self._frames(np.pad(self._rest, (0, missing - self._stft.hop_length))))
        columns = -(-self._num_frames // self._per_column)
        counts = np.full(columns, self._per_column)
        counts[-1] = self._num_frames - self._per_column * (columns - 1)
        power = self._powers[:columns].T / counts
        level_db = 10 * np.log10(np.maximum(power, 1e-14))
        self._powers, self._num_frames, self._per_column = before
        return on_log_rows(level_db, self.sample_rate, ROWS)

    def _frames(self, samples: np.ndarray) -> np.ndarray:
        """Powers `[N, F]` of the complete frames."""
        if len(samples) < self._stft.n_fft:
            return np.zeros((0, self._stft.num_bins))
        spectrum = self._stft.analyse(torch.from_numpy(np.ascontiguousarray(samples))[None])
        powers: np.ndarray = spectrum[0].abs().square().numpy().T
        return powers

    def _take(self, powers: np.ndarray) -> None:
        if not len(powers):
            return
        while self._num_frames + len(powers) > MAX_COLUMNS * self._per_column:
            pairs = self._powers[0::2] + self._powers[1::2]
            self._powers = np.concatenate([pairs, np.zeros_like(pairs)])
            self._per_column *= 2
        columns = (self._num_frames + np.arange(len(powers))) // self._per_column
        there, firsts = np.unique(columns, return_index=True)
        self._powers[there] += np.add.reduceat(powers, firsts, axis=0)
        self._num_frames += len(powers)


def height_of(hz: np.ndarray, sample_rate: int) -> np.ndarray:
    """Heights of frequencies in a spectrogram, from 0 (`LOWEST_HZ`) to 1 (half the sample rate)."""
    height: np.ndarray = np.log(hz / LOWEST_HZ) / np.log(sample_rate / 2 / LOWEST_HZ)
    return height


def played_heights(played: np.ndarray, sample_rate: int) -> np.ndarray:
    """Pitch, confidence and loudness `[3, N]` (MIDI note, 0..1, dB) -> heights of pitch and
    loudness in a spectrogram, `[2, N]`: 0 to 1, NaN where there is none."""
    pitch, confidence, loudness = played.astype(float)
    height = height_of(440.0 * 2.0 ** ((pitch - 69.0) / 12.0), sample_rate)
    is_sung = (confidence >= VOICED) & (loudness > AUDIBLE_DB) & (height >= 0.0) & (height <= 1.0)
    level = 1.0 - loudness / SILENCE_DB
    return np.stack([np.where(is_sung, height, np.nan), np.clip(level, 0.0, 1.0)])


def on_log_rows(level_db: np.ndarray, sample_rate: int, rows: int) -> np.ndarray:
    """Levels of bins `[F, N]` from 0 Hz to half the sample rate -> `[rows, N]`, evenly spaced in
    log frequency from `LOWEST_HZ`: interpolated where rows are denser than bins, the maximum of the
    bins of a row where they are sparser."""
    hz = LOWEST_HZ * (sample_rate / 2 / LOWEST_HZ) ** np.linspace(0.0, 1.0, rows)
    last = len(level_db) - 1
    bins = hz / (sample_rate / 2) * last
    below = np.minimum(bins.astype(int), last - 1)
    share = (bins - below)[:, None]
    interpolated = (1.0 - share) * level_db[below] + share * level_db[below + 1]
    edges = np.append(bins[0], (bins[:-1] + bins[1:]) / 2)
    strongest = np.maximum.reduceat(level_db, np.minimum(edges.astype(int), last))
    return np.where(np.gradient(bins)[:, None] > 1.0, strongest, interpolated)
