"""Sounds that are probably not as intended, and what is said of them: silent or too short, channels
that cancel each other, beyond full scale, of a low rate."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from vschaos.audio.channels import cancelling, cancels
from vschaos.data.cache.manifest import CachedWaveform
from vschaos.data.full_scale import beyond, is_beyond

NAMES_SHOWN = 5  # of each kind
SAME_RATE = 0.9  # of a model's rate: sounds above fill its bins but for some that few hear
SILENCE = 10 ** (-80 / 20)  # a file with no sample above it is silent
SILENT_REASON = "it is silent (no sample above -80 dB)"
logger = logging.getLogger(__name__)


def why_unusable(waveform: CachedWaveform, channel: str) -> str:
    """Why a file that could be read has no usable sound; empty if it has."""
    if waveform.length == 0:
        return "it is empty"
    if waveform.peak < SILENCE:
        return cancels_in(waveform, channel) or SILENT_REASON
    return ""


def why_short(length: int, sample_rate: int, min_length: int) -> str:
    return f"it is too short: {length} samples at {sample_rate} Hz, at least {min_length} expected"


def cancels_in(waveform: CachedWaveform, channel: str) -> str:
    """The warning for a sound whose channels cancel each other in the mix; empty for others."""
    is_lost = channel == "mix" and cancels(waveform.mix_db, waveform.num_channels)
    return cancelling(waveform.mix_db) if is_lost else ""


def warn_of_sounds(
    waveforms: Mapping[str, CachedWaveform], sample_rate: int, channel: str, choice: str
) -> None:
    """Warns of sounds that are probably not meant to be trained with as they are.

    Args:
        waveforms: of the sounds, by name.
        sample_rate: of the model, Hz.
        channel: `mix`, or a number.
        choice: `data.dataset.beyond_full_scale`.
    """
    done = "scaled to the usual peak" if choice == "scale" else "trained with at that level"
    beyond_full_scale = {
        name: f"{beyond(waveform.peak)}: it is {done} (data.dataset.beyond_full_scale={choice})"
        for name, waveform in waveforms.items()
        if is_beyond(waveform.peak)
    }
    cancelled = {name: cancels_in(waveform, channel) for name, waveform in waveforms.items()}
    for warnings in (cancelled, beyond_full_scale):
        shown = [f"{name}: {warning}" for name, warning in warnings.items() if warning]
        for line in shown[:NAMES_SHOWN]:
            logger.warning("%s", line)
        if len(shown) > NAMES_SHOWN:
            logger.warning("and %d more (vschaos check lists all)", len(shown) - NAMES_SHOWN)
    rates = Counter(waveform.file_rate for waveform in waveforms.values())
    for sounds, consequence in low_rates(rates, sample_rate):
        logger.warning("%s: %s", sounds, consequence)


def low_rates(counts: Mapping[int, int], sample_rate: int) -> Iterator[tuple[str, str]]:
    """Sounds of each rate clearly below a model's: their count, and the consequence.

    Args:
        counts: of sounds, by their rate in Hz.
        sample_rate: of the model, Hz.
    """
    best = max(counts, default=0)
    for rate, count in sorted(counts.items()):
        if 0 < rate < SAME_RATE * sample_rate:
            remedy = "a model of their own, or files of a higher rate, would avoid it"
            if best < sample_rate:
                later = _longer_frames(sample_rate / best)
                remedy = f"model.sample_rate={best} fits all of them ({later})"
            yield (
                f"{count} of {sum(counts.values())} sounds at {rate} Hz",
                f"they have nothing above {rate // 2} Hz, so a model of {sample_rate} Hz "
                f"(model.sample_rate) learns silence there; {remedy}",
            )


def _longer_frames(ratio: float) -> str:
    """What a rate that is `ratio` times lower does to windows and hops, which are in samples."""
    longer = f"its frames and its delay get {ratio:.2g} times as long"
    divisor: int = 2 ** round(math.log2(ratio))
    if divisor == 1:
        return longer
    keys = "model.transform.n_fft and model.transform.hop_length"
    return f"{longer}; {ratio / divisor:.2g} times if {keys}, where there, are divided by {divisor}"


def some(names: Sequence[str], most: int = NAMES_SHOWN) -> str:
    """The first of many names, on one line.

    >>> some(["a", "b", "c"], most=2)
    'a, b, ...'
    """
    return f"{', '.join(names[:most])}{', ...' if len(names) > most else ''}"
