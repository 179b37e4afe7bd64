"""What makes more of few sounds: changes of level and of speed, drawn anew for each batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from vschaos.data.notes import PITCH_CLASSES, midi_number, pitch_and_octave
from vschaos.labels import Labels, Vocabulary

FOLLOWING = ("pitch_class", "octave")  # what labels can follow a change of speed

SMOOTH_LENGTHS = np.array(
    [
        2**twos * 3**threes * 5**fives * 7**sevens * 11**elevens * 13**thirteens * 17**seventeens
        for twos in range(1, 18)
        for threes in range(5)
        for fives in range(4)
        for sevens in range(3)
        for elevens in range(3)
        for thirteens in range(2)
        for seventeens in range(2)
    ]
)


class Gain:
    """A level of its own for each excerpt.

    Args:
        range_db: drawn evenly from -range_db to +range_db.
    """

    def __init__(self, range_db: float) -> None:
        self.range_db = range_db

    def __call__(self, audio: Tensor, random: np.random.Generator) -> Tensor:
        """`[B, T] -> [B, T]`."""
        gain_db = random.uniform(-self.range_db, self.range_db, size=(len(audio), 1))
        return audio * torch.from_numpy(10 ** (gain_db / 20)).to(audio)


class Varispeed:
    """A speed for the whole batch, as of a tape: pitch and formants move together.

    The excerpts are read longer or shorter and resampled to their length in the frequency domain,
    which cuts what would alias; the edges, where that rings, lie where windows are near zero.

    Args:
        range_semitones: drawn evenly from -range to +range.
        probability: share of the batches that are changed, 0 to 1.
        labels: what labels that follow the speed count, by task: `pitch_class` or `octave`. The
            speed goes by whole semitones if a model learns one of them.
    """

    def __init__(
        self,
        range_semitones: float,
        probability: float,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        self.range_semitones = range_semitones
        self.probability = probability
        self.labels = dict(labels or {})
        for task, kind in self.labels.items():
            if kind not in FOLLOWING:
                raise ValueError(
                    f"data.varispeed.labels.{task} must be one of {', '.join(FOLLOWING)}; "
                    f"{kind!r} came"
                )

    def draw_length(
        self, length: int, random: np.random.Generator, whole_semitones: bool = False
    ) -> int:
        """Samples to read for excerpts of `length`: a product of small primes near the draw."""
        if random.random() >= self.probability:
            return length
        semitones = random.uniform(-self.range_semitones, self.range_semitones)
        if whole_semitones:
            semitones = round(semitones)
        return _smooth_length(length * 2 ** (semitones / 12))

    def __call__(self, audio: Tensor, length: int) -> Tensor:
        """`[B, T] -> [B, length]`."""
        if audio.shape[1] == length:
            return audio
        spectrum = torch.fft.rfft(audio)
        return torch.fft.irfft(spectrum, n=length) * (length / audio.shape[1])


class Transposition:
    """How labels of pitch follow a change of speed.

    Args:
        tasks: names of all L labels, in their order.
        vocabularies: of these.
        kinds: by task, `pitch_class` or `octave`; others stay as they are.

    Raises:
        ValueError: a vocabulary does not count what its kind says.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        vocabularies: Mapping[str, Vocabulary],
        kinds: Mapping[str, str],
    ) -> None:
        followed = {kind: task for task, kind in kinds.items() if task in tasks}
        self.pitch = tasks.index(followed["pitch_class"]) if "pitch_class" in followed else None
        self.octave = tasks.index(followed["octave"]) if "octave" in followed else None
        for kind, task in followed.items():
            _check_counts(task, kind, vocabularies[task])
        self.num_pitches, self.num_octaves = (
            len(vocabularies[followed[kind]].classes) if kind in followed else 0
            for kind in FOLLOWING
        )

    def __bool__(self) -> bool:
        return self.pitch is not None or self.octave is not None

    def __call__(self, labels: Labels, semitones: int) -> Labels:
        """Labels `[B, L, N]` of sounds that are now higher by so many semitones.

        An octave is known afterwards only where the pitch class is as well, and both only if they
        are among those that the vocabularies count.
        """
        if semitones == 0:
            return labels
        values, known = labels.values.clone(), labels.known.clone()
        no_pitch = torch.zeros_like(values[:, 0])
        pitch = values[:, self.pitch] if self.pitch is not None else no_pitch
        octave = values[:, self.octave] if self.octave is not None else no_pitch
        midi = midi_number(pitch.numpy(), octave.numpy()) + semitones
        new_pitch, new_octave = (torch.from_numpy(row) for row in pitch_and_octave(midi))
        if self.pitch is not None:
            values[:, self.pitch] = new_pitch
            known[:, self.pitch] &= new_pitch < self.num_pitches
        if self.octave is not None:
            values[:, self.octave] = new_octave
            known[:, self.octave] &= (new_octave >= 0) & (new_octave < self.num_octaves)
            knows_pitch = labels.known[:, self.pitch] if self.pitch is not None else False
            known[:, self.octave] &= knows_pitch
        return Labels(values, known)


def _check_counts(task: str, kind: str, vocabulary: Vocabulary) -> None:
    classes = vocabulary.classes
    told = f"{len(classes)} classes" if classes else "numbers"
    if kind == "pitch_class" and "A" in classes and classes[0] != "A":
        told = f"classes from {classes[0]} on"
    elif classes and (kind == "octave" or len(classes) <= len(PITCH_CLASSES)):
        return
    expected = {"pitch_class": "12 classes from A = 0 on", "octave": "octaves as classes"}[kind]
    raise ValueError(
        f"data.varispeed.labels.{task}={kind} expects {expected}, {told} came; "
        "data.varispeed=null trains without a change of speed"
    )


def _smooth_length(length: float) -> int:
    """The even number nearest to `length` that a fast Fourier transform likes."""
    return int(SMOOTH_LENGTHS[np.argmin(np.abs(SMOOTH_LENGTHS - length))])
