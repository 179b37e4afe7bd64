"""Sounds to match: files cut at onsets, and of each piece its pitch and how long it is held."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vschaos.audio.files import UnusableAudioError, Waveform, read_blocks
from vschaos.data.notes.cutting import SHORTEST_SECONDS, SILENT, cut, held_seconds
from vschaos.data.notes.pitch import SURE, pitch_of

LONGEST_READ_SECONDS = 120.0  # of a file: what comes after is left out
MIDDLE_NOTE = 60.0  # at which what has no pitch is played
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
