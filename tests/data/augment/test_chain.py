"""All augmentations together: labels follow, seeds repeat, none disturbs another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from vschaos.data.augment import (
    Augmentations,
    BinShift,
    Gain,
    MixUp,
    PitchShift,
    Polarity,
    TimeStretch,
    Varispeed,
)
from vschaos.data.pitch.notes import PITCH_CLASSES
from vschaos.labels import Labels, Vocabulary

Tone = Callable[..., np.ndarray]
Listen = Callable[[np.ndarray, int], tuple[float, float]]
RATE = 8000
LENGTH = 2048
FOLLOWED = {"pitch": "pitch_class", "octave": "octave"}
VOCABULARIES = {"pitch": Vocabulary(PITCH_CLASSES), "octave": Vocabulary(tuple("01234567"))}


def all_of_them(probability: float) -> Augmentations:
    return Augmentations(
        Gain(6.0, probability),
        Varispeed(4.0, probability, FOLLOWED),
        PitchShift(4.0, probability, FOLLOWED),
        TimeStretch(1.3, probability),
        BinShift(2, probability, FOLLOWED),
        MixUp(0.5, probability),
        Polarity(probability),
    )


def augmented(
    augmentations: Augmentations, sound: np.ndarray, seed: int, count: int = 8
) -> tuple[torch.Tensor, Labels, float]:
    """Excerpts of a sound that is an A4 all along, and the pace that was drawn."""
    random = np.random.default_rng([seed, 0])
    transposition = augmentations.transposition(list(VOCABULARIES), VOCABULARIES)
    lengths = augmentations.draw_lengths(LENGTH, random, bool(transposition))
    gain = augmentations.draw_gain(count, random)
    audio = torch.from_numpy(sound[: lengths.read]).expand(count, lengths.read).clone()
    values = torch.tensor([0.0, 4.0])[None, :, None].expand(count, 2, 1)
    labels = Labels(values, torch.ones(count, 2, 1, dtype=torch.bool))
    audio = gain * lengths.play(audio)
    labels = transposition(labels, torch.full((count,), lengths.semitones))
    return *augmentations(audio, labels, transposition, random), lengths.pace


def test_a_note_and_its_labels_move_together(tone: Tone, listen: Listen) -> None:
    both = Augmentations(
        varispeed=Varispeed(4.0, 0.7, FOLLOWED),
        pitch_shift=PitchShift(4.0, 0.7, FOLLOWED),
        time_stretch=TimeStretch(1.3, 0.7),
    )
    found, paces = set(), set()
    for seed in range(30):
        audio, labels, pace = augmented(both, tone(440.0, RATE, 2.0), seed, 1)
        frequency_hz, _ = listen(audio[0].numpy(), RATE)
        pitch, octave = labels.values[0, :, 0].int().tolist()
        semitones = 12 * (octave - 4) + pitch - (12 if pitch >= 3 else 0)
        assert labels.known.all()
        assert abs(12 * np.log2(frequency_hz / 440.0) - semitones) < 0.3
        found.add(semitones)
        paces.add(round(12 * np.log2(pace)) - semitones)
    assert len(found) > 6
    assert len(paces) > 6  # the pace does not hang on the pitch


def test_shifted_by_bins_a_note_is_none() -> None:
    shifted = Augmentations(bin_shift=BinShift(2, 0.5, FOLLOWED))
    noise = np.random.default_rng(0).normal(size=LENGTH).astype(np.float32)
    audio, labels, _ = augmented(shifted, noise, 0, 100)
    is_same = (audio == torch.from_numpy(noise)).all(dim=1)
    assert torch.equal(labels.known[:, 0, 0], is_same)
    assert torch.equal(labels.known[:, 1, 0], is_same)
    assert 20 < is_same.sum() < 80


def test_a_seed_gives_the_same_again_and_another_one_something_else(tone: Tone) -> None:
    sound = tone(440.0, RATE, 2.0)
    first, again, other = (augmented(all_of_them(0.8), sound, seed) for seed in (3, 3, 4))
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1].known, again[1].known)
    assert not torch.equal(first[0], other[0])


def test_what_has_no_probability_changes_no_bit(tone: Tone) -> None:
    sound = tone(440.0, RATE, 2.0)
    audio, labels, pace = augmented(all_of_them(0.0), sound, 0)
    assert torch.equal(audio, torch.from_numpy(sound[:LENGTH]).expand(8, LENGTH))
    assert labels.known.all()
    assert pace == 1.0


@pytest.mark.parametrize("name", Augmentations._fields)
def test_what_is_always_done_is_audible_but_for_draws_near_nothing(name: str) -> None:
    alone = Augmentations(**{name: getattr(all_of_them(1.0), name)})
    noise = np.random.default_rng(0).normal(size=2 * LENGTH).astype(np.float32)
    before = torch.from_numpy(noise[:LENGTH])
    changed = [not torch.allclose(augmented(alone, noise, n)[0], before) for n in range(12)]
    # a sound that is mixed with itself stays
    assert sum(changed) == 0 if name == "mix_up" else sum(changed) >= 9


@pytest.mark.parametrize("name", Augmentations._fields[2:])
def test_one_more_changes_nothing_of_what_the_others_draw(tone: Tone, name: str) -> None:
    few = Augmentations(Gain(6.0), Varispeed(4.0, 0.8, FOLLOWED))
    more = few._replace(**{name: getattr(all_of_them(0.0), name)})
    sound = tone(440.0, RATE, 2.0)
    assert torch.equal(augmented(few, sound, 0)[0], augmented(more, sound, 0)[0])


def test_silence_stays_silent_and_nothing_is_lost(tone: Tone) -> None:
    for seed in range(5):
        audio, _, _ = augmented(all_of_them(1.0), np.zeros(4 * LENGTH, np.float32), seed)
        assert torch.equal(audio, torch.zeros(8, LENGTH))
        loud, _, _ = augmented(all_of_them(1.0), tone(440.0, RATE, 2.0), seed)
        assert loud.shape == (8, LENGTH)
        assert loud.dtype == torch.float32
        assert torch.isfinite(loud).all()


@pytest.mark.parametrize("name", ["varispeed", "pitch_shift", "bin_shift"])
def test_labels_that_cannot_follow_are_refused_only_if_they_must(name: str) -> None:
    midi = {"pitch": Vocabulary(tuple(map(str, range(128))))}
    on, off = (Augmentations(**{name: getattr(all_of_them(p), name)}) for p in (0.5, 0.0))
    with pytest.raises(ValueError, match=rf"data\.{name}\.labels\.pitch"):
        on.transposition(["pitch"], midi)
    assert not off.transposition(["pitch"], midi)
