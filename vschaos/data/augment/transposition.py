"""How labels of pitch follow what is done to sounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from vschaos.data.pitch.notes import PITCH_CLASSES, midi_number, pitch_and_octave
from vschaos.labels import Labels, Vocabulary

FOLLOWING = ("pitch_class", "octave")  # what labels can follow a change of pitch


def checked_kinds(labels: Mapping[str, str] | None, key: str) -> dict[str, str]:
    """
    Raises:
        ValueError: a label cannot follow in that way.
    """
    for task, kind in (labels or {}).items():
        if kind not in FOLLOWING:
            raise ValueError(
                f"{key}.labels.{task} must be one of {', '.join(FOLLOWING)}, got {kind!r}"
            )
    return dict(labels or {})


class Transposition:
    """How labels of pitch follow a change of pitch.

    Args:
        tasks: names of all L labels, in their order.
        vocabularies: of these.
        kinds: by task, `pitch_class` or `octave`; others stay as they are.
        key: of the augmentation that says so, for messages.

    Raises:
        ValueError: a vocabulary does not count what its kind says.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        vocabularies: Mapping[str, Vocabulary],
        kinds: Mapping[str, str],
        key: str = "data.varispeed",
    ) -> None:
        followed = {kind: task for task, kind in kinds.items() if task in tasks}
        self.pitch = tasks.index(followed["pitch_class"]) if "pitch_class" in followed else None
        self.octave = tasks.index(followed["octave"]) if "octave" in followed else None
        for kind, task in followed.items():
            _check_counts(task, kind, vocabularies[task], key)
        self.num_pitches, self.num_octaves = (
            len(vocabularies[followed[kind]].classes) if kind in followed else 0
            for kind in FOLLOWING
        )

    def __bool__(self) -> bool:
        return self.pitch is not None or self.octave is not None

    def __call__(self, labels: Labels, semitones: Tensor) -> Labels:
        """Labels `[B, L, N]` of sounds that are now higher by so many semitones each, `[B]`.

        An octave is known afterwards only where the pitch class is as well, and both only if they
        are among those that the vocabularies count.
        """
        moved = semitones.nonzero()[:, 0]
        if not len(moved):
            return labels
        there = self._moved(Labels(*(of[moved] for of in labels)), semitones[moved])
        pairs = zip(labels, there, strict=True)
        return Labels(*(of.index_copy(0, moved, new) for of, new in pairs))

    def _moved(self, labels: Labels, semitones: Tensor) -> Labels:
        values, known = labels.values.clone(), labels.known.clone()
        no_pitch = torch.zeros_like(values[:, 0])
        pitch = values[:, self.pitch] if self.pitch is not None else no_pitch
        octave = values[:, self.octave] if self.octave is not None else no_pitch
        midi = midi_number(pitch.numpy(), octave.numpy()) + semitones[:, None].numpy()
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

    def forget(self, labels: Labels, rows: Tensor) -> Labels:
        """Labels `[B, L, N]` of sounds of which some rows have no note any more."""
        tasks = [task for task in (self.pitch, self.octave) if task is not None]
        if not tasks or not len(rows):
            return labels
        known = labels.known.clone()
        known[rows[:, None], torch.tensor(tasks)] = False
        return labels._replace(known=known)


def _check_counts(task: str, kind: str, vocabulary: Vocabulary, key: str) -> None:
    classes = vocabulary.classes
    found = f"{len(classes)} classes" if classes else "numbers"
    if kind == "pitch_class" and "A" in classes and classes[0] != "A":
        found = f"classes from {classes[0]} on"
    elif classes and (kind == "octave" or len(classes) <= len(PITCH_CLASSES)):
        return
    expected = {"pitch_class": "12 classes from A = 0 on", "octave": "octaves as classes"}[kind]
    raise ValueError(
        f"{key}.labels.{task}={kind} expects {expected}, got {found}: "
        f"{key}.probability=0 trains without it"
    )
