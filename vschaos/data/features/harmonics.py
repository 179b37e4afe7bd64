"""A sound as a harmonic instrument hears and plays it: controls, partials and noise of each hop."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from vschaos.audio.files import Waveform
from vschaos.data.features.feature import Feature
from vschaos.data.features.live import measured
from vschaos.dsp.band_levels import LEAST_DB, BandMeter
from vschaos.dsp.harmonic_analysis import HarmonicAnalysis
from vschaos.dsp.loudness import LOWEST_DB, LoudnessMeter
from vschaos.dsp.pitch import PitchTracker, note_to_hz

VOICED = 0.5  # confidence from which a frame has partials
RESTING_NOTE = 60.0  # of the tracker, before the first note
AUDIBLE_DB = 40.0  # below a file's loudest frame; softer ones are not asked for a pitch
# confidence of what is clearly one pitch: melodies have .8 in more than 90 % of their audible time,
# drums in 3 %; of the voiced time .9 in more than 85 %, two violins in 68 %, chords in 15 to 55 %
PITCHED, CLEAR = 0.8, 0.9
FEW_PITCHED = 0.3
FEW_CLEAR = 0.5  # speech by telephone has some 0.55 to 0.8, fifths and drones less than 0.4
# Two or more notes whose frequencies are as small whole numbers repeat as one low note would, which
# has neither its first partial nor all of those above: so are 40 % and more of the frames of chords
# and fifths, 20 % at most of those of single notes, 34 % of an organ with its mixtures.
MANY_GAPPED = 0.38
GAP_PARTIALS, GAP_DB, STRONG_DB, MANY_GAPS, FEWEST_BETWEEN = 16, 18.0, 25.0, 0.25, 3
NAMES_SHOWN = 5  # of each kind
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Harmonics(Feature):
    """Pitch, confidence, loudness and band levels of a sound, and its partials and noise bands.

    The first are measured as a stream does, by `PitchTracker`, `LoudnessMeter` and `BandMeter`, the
    quicker ones delayed to the slowest: frame n is what is known at the end of its hop, and all of
    it describes the moment `delay` samples before that end. Partials and noise are what
    `HarmonicAnalysis` finds around that same moment, at the pitch that was tracked; where the
    confidence is below .5 all is noise.

    Args:
        sample_rate, hop_length: see `Feature`.
        window: samples of a frame of pitch, loudness and bands.
        num_partials: K, of the harmonic bank.
        num_noise_bands: M, of the filtered noise.
        num_levels: L, of the bands.

    Example:
        >>> seconds = np.arange(22050) / 44100
        >>> feature = Harmonics(44100, 256, num_partials=2)
        >>> found = feature(np.float32(0.3) * np.sin(2 * np.pi * 441 * seconds).astype(np.float32))
        >>> round(float(dict(zip(feature.channels, found[:, 40]))["partial_1"]), 1)
        0.3
    """

    window: int = 2048
    num_partials: int = 100
    num_noise_bands: int = 65
    num_levels: int = 30

    name = "harmonics"
    version = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_whole("window", lowest=self.hop_length)
        for argument in ("num_partials", "num_noise_bands", "num_levels"):
            self.check_whole(argument, lowest=1)

    @property
    def channels(self) -> tuple[str, ...]:
        return (
            *("pitch", "confidence", "loudness"),
            *(f"level_{number}" for number in range(1, self.num_levels + 1)),
            *(f"partial_{number}" for number in range(1, self.num_partials + 1)),
            *(f"noise_{number}" for number in range(1, self.num_noise_bands + 1)),
        )

    @property
    def outside(self) -> tuple[float, ...]:
        return (
            *(RESTING_NOTE, 0.0, LOWEST_DB),
            *(LEAST_DB for _ in range(self.num_levels)),
            *(0.0 for _ in range(self.num_partials + self.num_noise_bands)),
        )

    @property
    def delay(self) -> int:
        """Samples from the moment that a frame describes to the end of its hop."""
        return max(meter.delay for meter in self._meters())

    def __call__(self, waveform: Waveform) -> np.ndarray:
        """`[T] -> [C, N]`, float32; zeros follow the last sample."""
        delay = self.delay
        live = [
            measured(meter, waveform, self.hop_length, delay - meter.delay)
            for meter in self._meters()
        ]
        pitch, confidence = live[0]
        late = np.zeros(len(pitch) * self.hop_length + self.hop_length, np.float32)
        late[delay : delay + len(waveform)] = waveform[: max(len(late) - delay, 0)]
        analysis = HarmonicAnalysis(
            self.sample_rate, self.hop_length, self.num_partials, self.num_noise_bands
        )
        f0_hz = note_to_hz(torch.from_numpy(pitch).double())
        frames = analysis(torch.from_numpy(late), f0_hz, torch.from_numpy(confidence >= VOICED))
        return np.concatenate([*live, frames.amplitudes.numpy(), frames.noise.numpy()])

    def check_sounds(self, values: Mapping[str, np.ndarray]) -> None:
        """Warns of sounds without a pitch, or with several at once.

        Raises:
            ValueError: no sound has a pitch.
        """
        shares = {name: voiced_shares(frames[:, :3]) for name, frames in values.items()}
        first = 3 + self.num_levels
        gapped = {
            name: gapped_share(frames[:, :3], frames[:, first : first + self.num_partials])
            for name, frames in values.items()
        }
        if shares and max(pitched for pitched, _ in shares.values()) < FEW_PITCHED:
            raise ValueError(
                "no pitch is found in these sounds (at most "
                f"{max(pitched for pitched, _ in shares.values()):.0%} of a file's time has one): "
                "expected melodies of one voice or instrument at a time, got "
                f"{', '.join(list(shares)[:NAMES_SHOWN])}; `vschaos train --help` lists recipes "
                "for any sound"
            )
        unpitched = [
            f"{name}: {pitched:.0%} of its time has a pitch (drums, noise?): the rest is learnt as "
            "noise"
            for name, (pitched, _) in shares.items()
            if pitched < FEW_PITCHED
        ]
        chords = [
            f"{name}: {clear:.0%} of its voiced time has one clear pitch (several notes at once? "
            "a noisy recording?): it is learnt as one voice"
            for name, (pitched, clear) in shares.items()
            if pitched >= FEW_PITCHED and clear < FEW_CLEAR
        ]
        chords += [
            f"{name}: {gapped[name]:.0%} of its voiced time sounds like several notes at once: it "
            "is learnt as one low voice"
            for name, (pitched, clear) in shares.items()
            if pitched >= FEW_PITCHED and clear >= FEW_CLEAR and gapped[name] >= MANY_GAPPED
        ]
        for lines in (unpitched, chords):
            for line in lines[:NAMES_SHOWN]:
                logger.warning("%s", line)
            if len(lines) > NAMES_SHOWN:
                logger.warning("and %d more files like these", len(lines) - NAMES_SHOWN)

    def _meters(self) -> tuple[PitchTracker, LoudnessMeter, BandMeter]:
        given = self.sample_rate, self.hop_length, self.window
        return (
            PitchTracker(*given, resting_note=RESTING_NOTE),
            LoudnessMeter(*given),
            BandMeter(*given, num_bands=self.num_levels),
        )


def voiced_shares(frames: np.ndarray) -> tuple[float, float]:
    """Of pitch, confidence and loudness `[N, 3]`: the share of the audible time that has a pitch,
    and of the voiced time that which has a clear one."""
    _, confidence, loudness = frames.T
    is_audible = loudness > max(float(loudness.max(initial=LOWEST_DB)) - AUDIBLE_DB, LOWEST_DB)
    confidence = confidence[is_audible]
    if not (confidence >= VOICED).any():
        return 0.0, 0.0
    clear = (confidence >= CLEAR).sum() / (confidence >= VOICED).sum()
    return float((confidence >= PITCHED).mean()), float(clear)


def gapped_share(frames: np.ndarray, partials: np.ndarray) -> float:
    """Of pitch, confidence and loudness `[N, 3]` and amplitudes `[N, K]`: the share of the voiced,
    audible time whose strongest partials leave out the first, and have gaps among them.

    Strong partials are within 25 dB of the strongest; a gap is 18 dB below a neighbour.
    """
    _, confidence, loudness = frames.T
    is_audible = loudness > max(float(loudness.max(initial=LOWEST_DB)) - AUDIBLE_DB, LOWEST_DB)
    levels = 20.0 * np.log10(partials[is_audible & (confidence >= VOICED)] + 1e-9)
    if levels.size == 0:
        return 0.0
    levels = np.pad(levels, ((0, 0), (1, 1)), constant_values=-180.0)
    neighbours = np.maximum(levels[:, :-2], levels[:, 2:])
    levels = levels[:, 1:-1]
    is_strong = levels > levels.max(axis=1, keepdims=True) - STRONG_DB
    number = np.arange(levels.shape[1])
    first = is_strong.argmax(axis=1)[:, None]
    last = levels.shape[1] - 1 - is_strong[:, ::-1].argmax(axis=1)[:, None]
    is_between = (number >= first) & (number <= np.minimum(last, GAP_PARTIALS - 1))
    gaps = ((levels < neighbours - GAP_DB) & is_between).sum(axis=1)
    count = is_between.sum(axis=1)
    is_gapped = (first[:, 0] > 0) & (count > FEWEST_BETWEEN) & (gaps > MANY_GAPS * count)
    return float(is_gapped.mean())
