"""Sounds to match: files cut at onsets, and of each piece its pitch and how long it is held."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from vschaos.audio.files import UnusableAudioError, Waveform, read_blocks
from vschaos.dsp.pitch import PERIODS, PitchTracker
from vschaos.matching.onsets import find_onsets

LONGEST_READ_SECONDS = 120.0  # of a file: what comes after is left out
SHORTEST_SECONDS = 0.05  # of a piece: less is a click, and no note
BEFORE_ONSET_SECONDS = 0.02  # in which the beginning of a piece is looked for, and as long after
SILENT = 1e-4  # peak, -80 dB re full scale
BEGIN_DB = -40.0  # below the peak: where a piece begins
LOUDER = 1.1  # times the peak of what was before
END_DB = -60.0  # below the peak: what is softer is not there any more
FRAME_SECONDS = 0.01  # of levels over time
# windows of the pitch: 2048 samples at 44.1 kHz, down to 45 Hz; where nothing is sure, 4096
TRACKED_SECONDS = 0.0465, 0.093
HIGHEST_HZ = 4200.0  # of the pitch: the top of a piano
LOUD_DB = -20.0  # below the loudest frame: those that say the pitch
SURE = 0.5  # confidence of a pitch
MIDDLE_NOTE = 60.0  # at which what has no pitch is played
STEEPER = 2.0  # times as fast as before, and this many dB/s more, must a level fall, for a release
RELEASE_DB_A_SECOND = 20.0
SILENCE, NO_PITCH = "silent", "no clear pitch"


@dataclass(frozen=True)
class Target:
    """A sound to match: one note, as far as one can tell.

    Attributes:
        name: of the piece, unique: that of its file, and `@1.25s` where it begins if it is one of
            several.
        file: it comes from.
        start_seconds: in the file.
        audio: `[T]`, from its onset on, as loud as it is in the file.
        sample_rate: Hz.
        pitch: MIDI note, fractional.
        confidence: 0..1, of the pitch.
        held_seconds: until the note is released, as its level tells.
        remarks: what is to be said of it: `SILENCE`, `NO_PITCH`.
    """

    name: str
    file: Path
    start_seconds: float
    audio: Waveform
    sample_rate: int
    pitch: float
    confidence: float
    held_seconds: float
    remarks: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        return len(self.audio) / self.sample_rate

    @property
    def is_silent(self) -> bool:
        return SILENCE in self.remarks

    @property
    def level_db(self) -> float:
        """Root mean square re full scale, -120 at least."""
        power = float(np.mean(np.square(self.audio, dtype=np.float64)))
        return 10.0 * math.log10(max(power, 1e-12))


def read_targets(
    file: Path,
    name: str,
    sample_rate: int,
    longest_seconds: float,
    most: int,
    pitch: float | None = None,
) -> tuple[list[Target], float]:
    """Reads a file of any length, rate and number of channels as notes to match.

    Args:
        file: that is read, its channels mixed, at most two minutes of it.
        name: unique.
        sample_rate: Hz, of the targets.
        longest_seconds: of a piece: longer ones lose their end.
        most: pieces, the first ones.
        pitch: MIDI note of all pieces, where somebody knows it.

    Returns:
        The pieces, and from which second of the file on nothing was taken (infinite if all was).

    Raises:
        UnusableAudioError: it cannot be read, is empty, or is too short.
    """
    sound, is_whole = _read(file, sample_rate)
    if len(sound) < SHORTEST_SECONDS * sample_rate:
        raise UnusableAudioError(
            f"it is too short: expected {SHORTEST_SECONDS:g} s at least, got "
            f"{len(sound) / sample_rate:.4f} s"
        )
    pieces = cut(sound, sample_rate, longest_seconds)
    end = math.inf if is_whole else len(sound) / sample_rate
    if len(pieces) > most:
        end = pieces[most][0] / sample_rate
    targets = []
    for first, last in pieces[:most]:
        start = first / sample_rate
        own = f"{name}@{start:.2f}s" if len(pieces) > 1 else name
        target = describe(own, file, start, sound[first:last], sample_rate)
        if pitch is not None and not target.is_silent:
            target = replace(target, pitch=pitch, confidence=1.0, remarks=())
        targets.append(target)
    return targets, end


def cut(sound: Waveform, sample_rate: int, longest_seconds: float) -> list[tuple[int, int]]:
    """First sample and end of each piece of `[T]`: from an onset to the next, or until nothing is
    heard any more; the whole sound if it is silent."""
    longest = round(longest_seconds * sample_rate)
    peak = float(np.abs(sound).max(initial=0.0))
    if peak < SILENT:
        return [(0, min(len(sound), longest))]
    shortest, near = (
        round(seconds * sample_rate) for seconds in (SHORTEST_SECONDS, BEFORE_ONSET_SECONDS)
    )
    starts = [_beginning(sound, 0, len(sound)) or 0]
    for second in find_onsets(sound, sample_rate):
        onset = round(second * sample_rate)
        if onset - starts[-1] >= shortest:
            first = max(onset - near, starts[-1] + 1)
            before = float(np.abs(sound[first - near : first]).max(initial=0.0))
            starts.append(_beginning(sound, first, onset + near, before) or onset)
    pieces = []
    for start, following in itertools.pairwise([*starts, len(sound)]):
        end = min(following, start + longest)
        end = start + _audible_length(sound[start:end], peak)
        if end - start >= shortest:
            pieces.append((start, end))
    return pieces or [(0, min(len(sound), longest))]


def describe(
    name: str, file: Path, start_seconds: float, audio: Waveform, sample_rate: int
) -> Target:
    """A piece `[T]` as a target, with its pitch and how long it is held."""
    if float(np.abs(audio).max()) < SILENT:
        seconds = len(audio) / sample_rate
        return Target(
            name, file, start_seconds, audio, sample_rate, MIDDLE_NOTE, 0.0, seconds, (SILENCE,)
        )
    pitch, confidence = pitch_of(audio, sample_rate)
    remarks = () if confidence >= SURE else (NO_PITCH,)
    return Target(
        name,
        file,
        start_seconds,
        audio,
        sample_rate,
        pitch if confidence >= SURE else MIDDLE_NOTE,
        confidence,
        held_seconds(audio, sample_rate),
        remarks,
    )


def pitch_of(audio: Waveform, sample_rate: int) -> tuple[float, float]:
    """MIDI note of a sound `[T]` and how sure it is, 0..1: the median over its loud frames of what
    the tracker hears that every pitched instrument of the package plays by."""
    found = 0.0, 0.0
    for seconds in TRACKED_SECONDS:
        found = max(found, _followed(audio, sample_rate, seconds), key=lambda pair: pair[1])
        if found[1] >= SURE:
            break
    return found


def _followed(audio: Waveform, sample_rate: int, window_seconds: float) -> tuple[float, float]:
    """`pitch_of` by one window."""
    hop = max(sample_rate // 172, 1)  # 256 samples at 44.1 kHz
    # short sounds are followed by a shorter window, which must hold two periods
    window = max(min(round(window_seconds * sample_rate), len(audio) // 2), 2 * hop)
    highest = min(HIGHEST_HZ, sample_rate / 8)
    while PERIODS * sample_rate / window >= highest:
        window *= 2
    tracker = PitchTracker(sample_rate, hop, window, highest, hold_below=0.0)
    length = -(-len(audio) // hop) * hop
    padded = np.pad(audio, (0, length - len(audio))) / max(float(np.abs(audio).max()), 1e-9)
    with torch.inference_mode():
        note, confidence = tracker(torch.from_numpy(padded.astype(np.float32))[None])[0].numpy()
    # a frame ends with its hop: the first ones hold what was before the sound, which is nothing
    power = np.convolve(padded**2, np.ones(window) / window)[hop - 1 : length : hop]
    level = 10.0 * np.log10(np.maximum(power, 1e-12))
    counts = level >= level.max() + LOUD_DB
    first = min(window // hop, len(note) - 1)
    if counts[first:].any():
        counts[:first] = False
    sure = counts & (confidence >= SURE)
    chosen = sure if sure.any() else counts
    share = float(np.median(confidence[counts]))
    return float(np.median(note[chosen])), share


def held_seconds(audio: Waveform, sample_rate: int) -> float:
    """How long a note is held, as its level over time tells: until it begins to fall faster.

    From its loudest moment on the level in dB is drawn by a broken line of two parts, by least
    squares. If the second falls clearly faster than the first, the note is released where it
    begins; if not, it is held to the end, as what is struck or plucked and rings.
    """
    levels = _levels_db(audio, sample_rate)
    seconds = len(audio) / sample_rate
    top = int(levels.argmax())
    falling = levels[top:]
    heard = np.flatnonzero(falling >= falling[0] + END_DB)
    falling = falling[: heard[-1] + 1]
    if len(falling) < 6:
        return seconds
    times = np.arange(len(falling)) * FRAME_SECONDS
    best, release, slopes = math.inf, 0, (0.0, 0.0)
    for knee in range(2, len(falling) - 2):
        columns = np.stack(
            [np.ones_like(times), times, np.maximum(times - times[knee], 0.0)], axis=1
        )
        line, *_ = np.linalg.lstsq(columns, falling, rcond=None)
        error = float(np.square(columns @ line - falling).sum())
        if error < best:
            best, release, slopes = error, knee, (-float(line[1]), -float(line[1] + line[2]))
    before, after = slopes
    if after > max(before, 0.0) * STEEPER + RELEASE_DB_A_SECOND:
        return min((top + release + 0.5) * FRAME_SECONDS, seconds)
    return seconds


def _read(file: Path, sample_rate: int) -> tuple[Waveform, bool]:
    """The first two minutes, `[T]`, and whether that is all."""
    most = round(LONGEST_READ_SECONDS * sample_rate)
    blocks: list[Waveform] = []
    for block in read_blocks(file, sample_rate):
        blocks.append(block)
        if sum(map(len, blocks)) > most:
            return np.concatenate(blocks)[:most], False
    if not sum(map(len, blocks)):
        raise UnusableAudioError("it is empty")
    return np.concatenate(blocks), True


def _beginning(sound: Waveform, first: int, end: int, before: float = 0.0) -> int | None:
    """The sample from `first` on at which what lies before `end` begins: 40 dB below its peak, and
    louder than what was `before`; None if it never is."""
    part = np.abs(sound[first:end])
    least = max(part.max(initial=0.0) * 10 ** (BEGIN_DB / 20), LOUDER * before)
    loud = np.flatnonzero(part >= least)
    return first + int(loud[0]) if len(loud) else None


def _audible_length(piece: Waveform, peak: float) -> int:
    """Samples until nothing of a piece is heard any more beside the file's peak."""
    loud = np.flatnonzero(np.abs(piece) >= max(peak * 10 ** (END_DB / 20), SILENT))
    return int(loud[-1]) + 1 if len(loud) else 0


def _levels_db(audio: Waveform, sample_rate: int) -> np.ndarray:
    """Levels of 10 ms each, `[N]`, -120 dB at least."""
    frame = max(round(FRAME_SECONDS * sample_rate), 1)
    count = max(len(audio) // frame, 1)
    parts = np.resize(audio[: count * frame].astype(np.float64), (count, frame))
    return 10.0 * np.log10(np.maximum(np.square(parts).mean(axis=1), 1e-12))
