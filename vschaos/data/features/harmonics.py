"""A sound as a harmonic instrument hears and plays it: controls, partials and noise of each hop."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from vschaos.audio.files import Waveform
from vschaos.data.features.feature import Feature
from vschaos.data.features.live import measured
from vschaos.data.features.one_note import (
    FEW_CLEAR,
    FEW_PITCHED,
    MANY_ACCOMPANIED,
    MANY_GAPPED,
    VOICED,
    accompanied_share,
    clear_share,
    gapped_share,
    pitched_share,
)
from vschaos.dsp.band_levels import LEAST_DB, BandMeter
from vschaos.dsp.harmonic_analysis import HarmonicAnalysis
from vschaos.dsp.loudness import LOWEST_DB, LoudnessMeter
from vschaos.dsp.pitch import PitchTracker, note_to_hz

RESTING_NOTE = 60.0  # of the tracker, before the first note
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

    def check_sounds(
        self, values: Mapping[str, np.ndarray], waveform_of: Callable[[str], Waveform]
    ) -> None:
        """Warns of sounds without a pitch, or with several at once.

        Raises:
            ValueError: no sound has a pitch.
        """
        shares = {name: pitched_share(frames[:, :3]) for name, frames in values.items()}
        if shares and max(shares.values()) < FEW_PITCHED:
            raise ValueError(
                "no pitch is found in these sounds (at most "
                f"{max(shares.values()):.0%} of a file's time has one): "
                "expected melodies of one voice or instrument at a time, got "
                f"{', '.join(list(shares)[:NAMES_SHOWN])}; `vschaos train --help` lists recipes "
                "for any sound"
            )
        unpitched = [
            f"{name}: {share:.0%} of its time has a pitch (drums, noise?): the rest is learnt as "
            "noise"
            for name, share in shares.items()
            if share < FEW_PITCHED
        ]
        pitched = [name for name, share in shares.items() if share >= FEW_PITCHED]
        chords = [
            f"{name}: {found}"
            for name in pitched
            if (found := self._several_notes(values[name], waveform_of(name)))
        ]
        for lines in (unpitched, chords):
            for line in lines[:NAMES_SHOWN]:
                logger.warning("%s", line)
            if len(lines) > NAMES_SHOWN:
                logger.warning("and %d more files like these", len(lines) - NAMES_SHOWN)

    def _several_notes(self, frames: np.ndarray, waveform: Waveform) -> str:
        """What tells that a sound has several notes at once; empty if nothing does."""
        first = 3 + self.num_levels
        played, partials = frames[:, :3], frames[:, first : first + self.num_partials]
        clear = clear_share(played)
        if clear < FEW_CLEAR:
            return (
                f"{clear:.0%} of its loudest voiced time has one clear pitch (several notes at "
                "once? a noisy recording?): it is learnt as one voice"
            )
        gapped = gapped_share(played, partials)
        if gapped >= MANY_GAPPED:
            return (
                f"{gapped:.0%} of its voiced time sounds like several notes at once: it is learnt "
                "as one low voice"
            )
        accompanied = accompanied_share(
            played, waveform, self.sample_rate, self.hop_length, self.delay
        )
        if accompanied >= MANY_ACCOMPANIED:
            return (
                f"in {accompanied:.0%} of its steady time other tones sound beside the note "
                "(several notes at once? bells? a hall?): it is learnt as one voice"
            )
        return ""

    def _meters(self) -> tuple[PitchTracker, LoudnessMeter, BandMeter]:
        given = self.sample_rate, self.hop_length, self.window
        return (
            PitchTracker(*given, resting_note=RESTING_NOTE),
            LoudnessMeter(*given),
            BandMeter(*given, num_bands=self.num_levels),
        )
