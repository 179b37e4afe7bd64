"""Whether a sound plays one note at a time: shares of its time, by pitch, partials and spectrum.

Frames are those of `Harmonics`, `[N, 3]`: pitch (MIDI note), confidence (0..1), loudness (dB(A)).
"""

from __future__ import annotations

import math

import numpy as np

from vschaos.audio.files import Waveform
from vschaos.dsp.loudness import LOWEST_DB

VOICED = 0.5  # confidence from which a frame has partials
AUDIBLE_DB = 40.0  # below a file's loudest frame; softer ones are not asked for a pitch
# confidence of what has a pitch: melodies have it in 90 % of their audible time, drums in 3 %
PITCHED, FEW_PITCHED = 0.8, 0.3
# A chord is clearest about its lowest note when the others have died away: so only what is loud is
# asked for a clear pitch. Single notes have one in 52 % of that time or more (speech by telephone
# too; less have a choir and a sitar of low notes), chords in 34 % at most, but for those below.
CLEAR, LOUD_DB, LOUD_QUANTILE, FEW_CLEAR = 0.9, 10.0, 0.98, 0.43
# Two or more notes whose frequencies are as small whole numbers repeat as one low note would, which
# has neither its first partial nor all of those above: so are 40 % and more of the frames of chords
# and fifths, 20 % at most of those of single notes, 34 % of an organ with its mixtures.
MANY_GAPPED = 0.38
GAP_PARTIALS, GAP_DB, STRONG_DB, MANY_GAPS, FEWEST_BETWEEN = 16, 18.0, 25.0, 0.25, 3
# Other notes beside a strong one have partials between its own. Frames of some .19 s, of which the
# pitch is steady; those of single notes have none in 83 % of the time or more, but for bells, a
# sitar and an organ whose notes ring into each other.
FRAME_SECONDS, MANY_ACCOMPANIED, FEWEST_STEADY = 0.186, 0.5, 4
MOST_FRAMES = 400  # of a file that are looked at
STEADY_SHARE = 0.9  # of the hops of a frame, which may differ in pitch as is said below
SMEAR = 0.05  # of the fundamental: as far as a partial may move in a frame
STEADIEST = 0.02  # semitones that the pitch moves at least
FEWEST_PARTIALS, MOST_PARTIALS = 3, 12
BESIDE = 0.1  # of the fundamental: what is nearer to a multiple belongs to the partial,
STIFFNESS = 1.5e-4  # or of a stiff string, whose partial k is too high by this times k^3
PEAK_DB, NARROW_DB = 25.0, 9.5  # below the strongest; above what is three bins away
SAME_BINS = 0.5  # between peaks of frames that follow each other, for one tone
OTHERS_DB = 18.0  # together, below the partials of the note


def pitched_share(frames: np.ndarray) -> float:
    """Share of the audible time that has a pitch."""
    _, confidence, loudness = frames.T
    confidence = confidence[loudness > _floor(loudness)]
    return float((confidence >= PITCHED).mean()) if len(confidence) else 0.0


def clear_share(frames: np.ndarray) -> float:
    """Of the voiced time that is loud, within 10 dB of nearly the loudest, the share that has a
    clear pitch; 1 if nothing is voiced."""
    _, confidence, loudness = frames[_is_voiced(frames)].T
    if not len(loudness):
        return 1.0
    is_loud = loudness >= np.quantile(loudness, LOUD_QUANTILE) - LOUD_DB
    return float((confidence[is_loud] >= CLEAR).mean())


def gapped_share(frames: np.ndarray, partials: np.ndarray) -> float:
    """Of frames and amplitudes `[N, K]`: the share of the voiced, audible time whose strongest
    partials leave out the first, and have gaps among them.

    Strong partials are within 25 dB of the strongest; a gap is 18 dB below a neighbour.
    """
    levels = 20.0 * np.log10(partials[_is_voiced(frames)] + 1e-9)
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


def accompanied_share(
    frames: np.ndarray, waveform: Waveform, sample_rate: int, hop_length: int, delay: int
) -> float:
    """Share of the steady time in which tones between the partials of the note are as strong as
    18 dB below these; 0 if hardly anything is steady.

    Such a tone is a narrow peak of the spectrum that is there in the frame before, too, which
    overlaps by half; noise has peaks that come and go.

    Args:
        frames: `[N, 3]`, of the sound.
        waveform: `[T]`.
        delay: samples from the moment that a frame describes to the end of its hop.
    """
    size = 1 << round(math.log2(FRAME_SECONDS * sample_rate))
    reach = size // 2 // hop_length  # hops to either side of the middle
    is_voiced = _is_voiced(frames)
    middles = np.arange(reach, len(frames) - reach, max(reach, 1))
    middles = middles[: max(len(waveform) // (size // 2), 1)]
    if len(middles) > MOST_FRAMES:  # from the whole sound, in pairs that follow each other
        starts = np.linspace(0, len(middles) - 2, MOST_FRAMES // 2).astype(int)
        middles = middles[np.unique(np.concatenate([starts, starts + 1]))]
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    before: tuple[int, np.ndarray] | None = None
    found = []
    for middle in middles:
        hops = slice(middle - reach, middle + reach + 1)
        centre = (middle + 1) * hop_length - delay
        part = waveform[max(centre - size // 2, 0) : centre + size // 2]
        steady = _steady(frames[hops, 0][is_voiced[hops]], 2 * reach + 1)
        if steady is None or len(part) < size:
            continue
        spectrum = np.abs(np.fft.rfft(np.nan_to_num(part) * window))
        fundamental = 440.0 * 2.0 ** ((steady[0] - 69.0) / 12.0) * size / sample_rate  # in bins
        tones, levels, own = _beside(spectrum, fundamental, steady[1])
        if before is not None and before[0] == middle - max(reach, 1):
            distances = np.abs(tones[:, None] - before[1]).min(axis=1, initial=np.inf)
            others = float(np.square(levels[distances <= SAME_BINS]).sum())
            found.append(others > own * 10.0 ** (-OTHERS_DB / 10.0))
        before = int(middle), tones
    return float(np.mean(found)) if len(found) >= FEWEST_STEADY else 0.0


def _steady(pitch: np.ndarray, num_hops: int) -> tuple[float, int] | None:
    """Of the voiced pitches of a frame: their median, and the partials that stand still; None if
    these are too few."""
    if len(pitch) < STEADY_SHARE * num_hops:
        return None
    note = float(np.median(pitch))
    moves = max(float(np.quantile(np.abs(pitch - note), STEADY_SHARE)), STEADIEST)
    count = min(int(SMEAR / (2.0 ** (moves / 12.0) - 1.0)), MOST_PARTIALS)
    return (note, count) if count >= FEWEST_PARTIALS else None


def _beside(
    spectrum: np.ndarray, fundamental: float, num_partials: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Peaks of a spectrum `[F]` that are no partials of the note: their bins, with fractions, and
    their magnitudes; and the power of those that are."""
    top = min(int((num_partials + 0.5) * fundamental), len(spectrum) - 4)
    bins = np.arange(3, max(top, 3))
    here, left, right = spectrum[bins], spectrum[bins - 1], spectrum[bins + 1]
    is_peak = (here > left) & (here >= right)
    is_peak &= here > spectrum[3 : top + 1].max(initial=0.0) * 10.0 ** (-PEAK_DB / 20.0)
    bins = bins[is_peak]
    below, here, above = (np.log(spectrum[bins + n] + 1e-20) for n in (-1, 0, 1))
    places = bins + 0.5 * (below - above) / np.minimum(below - 2.0 * here + above, -1e-9)
    number = np.round(places / fundamental)
    offset = places / fundamental - number
    is_own = (offset > -BESIDE) & (offset < BESIDE + STIFFNESS * number**3) & (number >= 1)
    around = np.maximum(spectrum[bins - 3], spectrum[bins + 3])
    is_narrow = spectrum[bins] > around * 10.0 ** (NARROW_DB / 20.0)
    is_other = ~is_own & is_narrow & (places > 0.3 * fundamental)
    magnitudes = spectrum[bins]
    own = float(np.square(magnitudes[is_own]).sum())
    return places[is_other], magnitudes[is_other], own


def _is_voiced(frames: np.ndarray) -> np.ndarray:
    """Audible frames that have a pitch, `[N]`."""
    _, confidence, loudness = frames.T
    voiced: np.ndarray = (loudness > _floor(loudness)) & (confidence >= VOICED)
    return voiced


def _floor(loudness: np.ndarray) -> float:
    return max(float(loudness.max(initial=LOWEST_DB)) - AUDIBLE_DB, LOWEST_DB)
