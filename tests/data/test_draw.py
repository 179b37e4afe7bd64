"""Rare classes are drawn as often as common ones, and everything else as it is."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from vschaos.data.cache.store import StoredFile
from vschaos.data.draw import BalancedDraw, EvenDraw
from vschaos.data.metadata.labels import LabelTrack, LabelTracks
from vschaos.data.metadata.tracks import Segment

RATE = 1000
COUNT = 20_000
LENGTH = 64
FILES = [
    StoredFile("common", 0, 9000),
    StoredFile("unlabelled", 9000, 5000),
    StoredFile("both", 14_000, 4000),
    StoredFile("other", 18_000, 2000),
]
PITCH = {
    "common": [Segment(0.0, math.inf, 0.0)],
    "both": [Segment(0.5, 0.6, 5.0), Segment(1.0, 4.0, 0.0)],  # the rare one: 0.1 of 20 s
    "other": [Segment(0.0, 1.0, 2.0)],
}
OCTAVE = {"common": [Segment(0.0, 3.0, 1.0), Segment(3.0, 9.0, 2.0)]}


def tracks(**tasks: dict[str, list[Segment]]) -> LabelTracks:
    return LabelTracks({task: LabelTrack(FILES, found, RATE) for task, found in tasks.items()})


def drawn(draw: BalancedDraw, labels: LabelTracks, length: int = LENGTH) -> np.ndarray:
    """Labels at the centres of what is drawn `[COUNT, L]`, NaN where unknown."""
    indices, starts = draw(np.random.default_rng(0), np.full(COUNT, length))
    files = np.array([(file.start, file.length) for file in FILES])[indices]
    centres = (starts + length // 2)[:, None]
    assert ((centres[:, 0] >= 0) & (centres[:, 0] < files[:, 1])).all()
    values, known = labels.at(files[:, 0], files[:, 1], centres.astype(float))
    return np.where(known, values, np.nan)[:, :, 0]


@pytest.mark.parametrize("length", [LENGTH, 44])  # varispeed reads other lengths
def test_each_class_is_drawn_as_often_and_the_unlabelled_as_long_as_it_is(length: int) -> None:
    labels = tracks(pitch=PITCH)
    counts = Counter(drawn(BalancedDraw(FILES, labels), labels, length)[:, 0].tolist())
    unlabelled = sum(number for value, number in counts.items() if math.isnan(value))
    # 5 s of a file, 0.9 s of gaps in another, the end of the last, of 20 s
    assert unlabelled / COUNT == pytest.approx(6.9 / 20, abs=0.015)
    for value in (0.0, 2.0, 5.0):
        assert counts[value] / COUNT == pytest.approx(13.1 / 20 / 3, abs=0.015), value


def test_within_a_class_every_sample_is_as_likely() -> None:
    labels = tracks(pitch=PITCH)
    indices, starts = BalancedDraw(FILES, labels)(np.random.default_rng(1), np.full(COUNT, LENGTH))
    centres = starts + LENGTH // 2
    of_the_common = (indices == 0) | ((indices == 2) & (centres >= 1000))
    assert np.mean(indices[of_the_common] == 0) == pytest.approx(9 / 12, abs=0.02)
    rare = centres[(indices == 2) & (centres < 700) & (centres >= 500)]
    counts = np.bincount(rare - 500, minlength=100)[:100]
    assert counts.min() > 15  # some 44 of each, and four deviations are 26
    assert counts.max() < 75


def test_pairs_of_labels_are_balanced_and_half_known_pairs_are_pairs_too() -> None:
    labels = tracks(pitch=PITCH, octave=OCTAVE)
    found = drawn(BalancedDraw(FILES, labels), labels)
    counts = Counter(tuple(np.nan_to_num(pair, nan=-1).tolist()) for pair in found)
    pairs = {(0.0, 1.0), (0.0, 2.0), (0.0, -1.0), (2.0, -1.0), (5.0, -1.0)}
    assert set(counts) == pairs | {(-1.0, -1.0)}
    for pair in pairs:
        assert counts[pair] / COUNT == pytest.approx(13.1 / 20 / 5, abs=0.015), pair


def test_files_may_be_a_part_of_the_store() -> None:
    """Those held out are in the tracks too, but never drawn; the files drawn keep their numbers."""
    labels = tracks(pitch=PITCH)
    draw = BalancedDraw([FILES[3], FILES[0]], labels)
    indices, starts = draw(np.random.default_rng(0), np.full(1000, LENGTH))
    assert set(indices.tolist()) == {0, 1}
    assert (starts[indices == 0] + LENGTH // 2 < 2000).all()
    assert starts[indices == 1].max() > 8000


def test_all_labelled_needs_no_share_for_the_rest() -> None:
    segments = {"common": PITCH["common"], "other": [Segment(0.0, math.inf, 2.0)]}
    labels = tracks(pitch=segments)
    draw = BalancedDraw([FILES[0], FILES[3]], labels)
    indices, _ = draw(np.random.default_rng(0), np.full(COUNT, LENGTH))
    assert np.mean(indices == 1) == pytest.approx(0.5, abs=0.015)


def test_a_stretch_of_one_sample_is_drawn_whole() -> None:
    segments = {"common": [Segment(0.0, 8.999, 0.0), Segment(8.999, 9.0, 1.0)]}
    labels = LabelTracks({"it": LabelTrack(FILES, segments, RATE)})
    draw = BalancedDraw(FILES[:1], labels)
    indices, starts = draw(np.random.default_rng(0), np.full(2000, LENGTH))
    assert not indices.any()
    assert np.mean(starts + LENGTH // 2 == 8999) == pytest.approx(0.5, abs=0.05)


def test_sounds_without_such_a_label_are_refused() -> None:
    with pytest.raises(ValueError, match=r"data\.loading\.balance: no sound .* pitch and octave"):
        BalancedDraw(FILES[1:2], tracks(pitch=PITCH, octave=OCTAVE))


def test_an_even_draw_knows_no_classes() -> None:
    draw = EvenDraw(FILES, LENGTH)
    indices, starts = draw(np.random.default_rng(0), np.full(COUNT, LENGTH))
    shares = np.bincount(indices) / COUNT
    np.testing.assert_allclose(shares, np.array([9, 5, 4, 2]) / 20, atol=0.015)
    assert starts.min() < 0
