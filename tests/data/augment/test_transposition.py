"""Labels of pitch follow what is done to sounds, or are given up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from vschaos.data.augment import Transposition, Varispeed
from vschaos.data.pitch.notes import PITCH_CLASSES, midi_number
from vschaos.labels import Labels, Vocabulary

Tone = Callable[..., np.ndarray]
Listen = Callable[[np.ndarray, int], tuple[float, float]]
RATE = 8000


PITCH, OCTAVE = Vocabulary(PITCH_CLASSES), Vocabulary(tuple("012345"))
FOLLOWED = {"pitch": "pitch_class", "octave": "octave"}


def notes(*named: str, tasks: tuple[str, ...] = ("pitch", "octave")) -> Labels:
    """`C#4`, or `C#?` and `?4` where one of them is unknown, as labels `[B, L, 1]`."""
    rows = {"pitch": [PITCH_CLASSES.index(n[:-1]) if n[0] != "?" else -1 for n in named]}
    rows["octave"] = [int(n[-1]) if n[-1] != "?" else -1 for n in named]
    rows["timbre"] = [3] * len(named)
    values = torch.tensor([rows[task] for task in tasks]).float().T.unsqueeze(2)
    return Labels(values.clamp_min(0), values >= 0)


def names(labels: Labels) -> list[str]:
    return [
        (PITCH_CLASSES[int(pitch)] if knows_pitch else "?") + (f"{octave}" if knows_octave else "?")
        for (pitch, octave), (knows_pitch, knows_octave) in zip(
            labels.values[:, :2, 0].int().tolist(), labels.known[:, :2, 0].tolist(), strict=True
        )
    ]


def all_by(semitones: int, labels: Labels) -> torch.Tensor:
    return torch.full((len(labels.values),), semitones)


def transposed(semitones: list[int], *named: str) -> list[str]:
    vocabularies = {"pitch": PITCH, "octave": OCTAVE}
    transposition = Transposition(list(vocabularies), vocabularies, FOLLOWED)
    return names(transposition(notes(*named), torch.tensor(semitones)))


@pytest.mark.parametrize(
    ("semitones", "before", "after"),
    [
        (1, "B3", "C4"),
        (-1, "C4", "B3"),
        (1, "G#3", "A3"),  # class 11 -> 0, and no other octave
        (-1, "A3", "G#3"),
        (3, "A3", "C4"),
        (-12, "F#3", "F#2"),
        (13, "F#2", "G3"),
        (0, "B4", "B4"),
        (1, "B5", "C?"),  # no octave 6 in the vocabulary
        (-1, "C0", "B?"),
        (-1, "A?", "G#?"),
        (2, "?3", "??"),  # which octave it is now hangs on the pitch
        (0, "?3", "?3"),
        (5, "??", "??"),
    ],
)
def test_labels_of_pitch_follow_the_speed(semitones: int, before: str, after: str) -> None:
    assert transposed([semitones], before) == [after]


def test_each_excerpt_is_higher_by_as_much_as_it_was_played_higher() -> None:
    assert transposed([1, 0, -12, 0], "B3", "?3", "F#3", "A4") == ["C4", "?3", "F#2", "A4"]


def test_frames_are_transposed_by_themselves_and_others_left_alone() -> None:
    tasks = ("timbre", "octave", "pitch")
    vocabularies = {"timbre": OCTAVE, "octave": OCTAVE, "pitch": PITCH}
    labels = notes("B3", "D?", "G#2", tasks=tasks)
    before = labels.values.clone()
    moved = Transposition(tasks, vocabularies, FOLLOWED)(labels, all_by(1, labels))
    assert moved.values[:, 0].tolist() == [[3.0]] * 3
    assert moved.values[:, 2, 0].tolist() == [PITCH_CLASSES.index(n) for n in ("C", "D#", "A")]
    assert moved.values[[0, 2], 1, 0].tolist() == [4.0, 2.0]
    assert moved.known[:, 1, 0].tolist() == [True, False, True]
    assert torch.equal(labels.values, before)
    assert moved.values.dtype == torch.float32


def test_a_model_without_octaves_or_without_pitch_has_the_other_alone() -> None:
    alone = Transposition(["pitch"], {"pitch": PITCH}, FOLLOWED)
    assert alone
    labels = notes("B3", tasks=("pitch",))
    assert alone(labels, all_by(1, labels)).values.item() == PITCH_CLASSES.index("C")
    octaves = Transposition(["octave"], {"octave": OCTAVE}, FOLLOWED)
    assert octaves
    labels = notes("B3", tasks=("octave",))
    assert not octaves(labels, all_by(1, labels)).known.any()
    assert not Transposition(["timbre"], {"timbre": OCTAVE}, FOLLOWED)
    assert not Transposition(["pitch", "octave"], {"pitch": PITCH, "octave": OCTAVE}, {})


def test_a_pitch_beyond_the_vocabulary_is_unknown() -> None:
    """A dataset from A to C#: what is played higher has no class."""
    few = Vocabulary(PITCH_CLASSES[:5])
    transposition = Transposition(["pitch"], {"pitch": few}, FOLLOWED)
    labels = notes("C4", tasks=("pitch",))
    assert not transposition(labels, all_by(2, labels)).known.any()
    assert transposition(labels, all_by(1, labels)).known.all()


@pytest.mark.parametrize(
    ("task", "vocabulary"),
    [
        ("pitch", Vocabulary(tuple(map(str, range(128))))),  # MIDI numbers
        ("pitch", Vocabulary(low=50.0, high=2000.0)),  # Hz
        ("octave", Vocabulary(low=2.0, high=5.0)),
        ("pitch", Vocabulary(("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"))),
    ],
)
def test_labels_that_count_otherwise_are_refused(task: str, vocabulary: Vocabulary) -> None:
    with pytest.raises(ValueError, match=rf"data\.varispeed\.labels\.{task}") as refusal:
        Transposition([task], {task: vocabulary}, FOLLOWED)
    assert ", got " in str(refusal.value)


def test_a_label_follows_as_pitch_class_or_octave() -> None:
    message = r"labels\.pitch must be one of pitch_class, octave, got 'c'"
    with pytest.raises(ValueError, match=message):
        Varispeed(6.0, 1.0, {"pitch": "c"})


@pytest.mark.parametrize("length", [1024, 2048, 8192])
def test_a_speed_by_whole_semitones_keeps_a_tone_and_its_label_together(
    tone: Tone, listen: Listen, length: int
) -> None:
    varispeed, random = Varispeed(6.0, 1.0, FOLLOWED), np.random.default_rng(0)
    found = set()
    for _ in range(80):
        read = varispeed.draw_length(length, random, whole_semitones=True)
        semitones = round(12 * np.log2(read / length))
        if semitones in found:
            continue
        found.add(semitones)
        audio = torch.from_numpy(tone(440.0, RATE, 2.0)[:read]).unsqueeze(0)
        frequency_hz, _ = listen(varispeed(audio, length)[0].numpy(), RATE)
        (label,) = transposed([semitones], "A4")
        midi = midi_number(np.array(PITCH_CLASSES.index(label[:-1])), np.array(int(label[-1])))
        # less than a sixth of a semitone: no ear and no head would call it another note
        assert abs(1200 * np.log2(frequency_hz / 440.0) - 100 * (midi - 69)) < 15, label
    assert found == set(range(-6, 7))


def test_what_is_no_note_any_more_loses_its_labels_of_pitch_alone() -> None:
    tasks = ("timbre", "octave", "pitch")
    vocabularies = {"timbre": OCTAVE, "octave": OCTAVE, "pitch": PITCH}
    labels = notes("B3", "D4", "G#2", tasks=tasks)
    kept = Transposition(tasks, vocabularies, FOLLOWED).forget(labels, torch.tensor([0, 2]))
    assert kept.known[:, 0].all()
    assert kept.known[:, 1:, 0].tolist() == [[False] * 2, [True] * 2, [False] * 2]
    assert labels.known.all()
    untold = Transposition(["timbre"], {"timbre": OCTAVE}, FOLLOWED)
    assert untold.forget(labels, torch.tensor([0])) is labels
