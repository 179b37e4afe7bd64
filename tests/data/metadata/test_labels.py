"""A label is read at a sample of a sound, and unknown between segments and beyond the sound."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vschaos.data.cache.store import StoredFile
from vschaos.data.metadata.labels import LabelTrack, LabelTracks, values_at
from vschaos.data.metadata.tracks import Segment

RATE = 100
FILES = [StoredFile("b", 0, 300), StoredFile("silent", 300, 50), StoredFile("a", 350, 200)]
SEGMENTS = {
    "a": [Segment(0.0, math.inf, 7.0)],
    "b": [Segment(0.5, 1.0, 1.0), Segment(1.0, 1.255, 2.0), Segment(2.9, 9.0, 3.0)],
    "elsewhere": [Segment(0.0, math.inf, 9.0)],
}


def sought(file: StoredFile, position: float) -> float:
    """The label, by looking through all segments; NaN where it is unknown."""
    for onset, offset, value in SEGMENTS.get(file.name, []):
        inside = 0 <= position < file.length
        if inside and onset * RATE <= position < offset * RATE:
            return value
    return math.nan


@pytest.mark.parametrize("files", [FILES, FILES[::-1]])
def test_labels_are_those_of_the_segments_at_each_sample(files: list[StoredFile]) -> None:
    tracks = LabelTracks({"it": LabelTrack(files, SEGMENTS, RATE)})
    positions = np.tile(np.arange(-120.0, 700.0, 0.5), (3, 1))
    starts, lengths = (np.array([file[k] for file in FILES]) for k in (1, 2))
    values, known = tracks.at(starts, lengths, positions)
    assert values.shape == known.shape == (3, 1, positions.shape[1])
    assert (values.dtype, known.dtype) == (np.float32, bool)
    found = np.where(known, values, np.nan)[:, 0]
    expected = [[sought(file, position) for position in positions[0]] for file in FILES]
    np.testing.assert_array_equal(found, expected)
    assert known[0].sum() == 2 * 50 + 51 + 2 * 10  # 25.5 samples of half a second, at halves
    assert not known[1].any()
    assert known[2].sum() == 2 * 200


def test_tasks_keep_their_order_and_may_be_none() -> None:
    first = LabelTrack(FILES, SEGMENTS, RATE)
    second = LabelTrack(FILES, {"b": [Segment(0.0, math.inf, 4.0)]}, RATE)
    tracks = LabelTracks({"z": first, "a": second})
    assert tracks.tasks == ["z", "a"]
    at = (np.array([0]), np.array([300]), np.array([[10.0, 60.0]]))
    values, known = tracks.at(*at)
    assert values[0, 1].tolist() == [4.0, 4.0]
    assert known[0].tolist() == [[False, True], [True, True]]
    for found in LabelTracks({}).at(*at):
        assert found.shape == (1, 0, 2)


def test_a_task_without_any_label_is_unknown_everywhere() -> None:
    values, known = LabelTrack(FILES, {}, RATE).at(np.zeros((2, 3)))
    assert values.shape == known.shape == (2, 3)
    assert not known.any()


def test_a_segment_behind_the_end_of_a_file_is_not_that_of_the_next() -> None:
    segments = {"b": [Segment(3.0, 9.0, 1.0), Segment(9.0, math.inf, 2.0)]}
    assert not LabelTrack(FILES, segments, RATE).at(np.arange(550.0))[1].any()
    track = LabelTrack(FILES, {**segments, "a": SEGMENTS["a"]}, RATE)
    np.testing.assert_array_equal(track.at(np.arange(550.0))[1], np.arange(550) >= 350)


def test_labels_of_one_sound_are_read_in_seconds() -> None:
    seconds = np.array([-0.1, 0.0, 0.499, 0.5, 0.999, 1.0, 1.2549, 1.2551, 2.9, 2.999, 3.0, 8.0])
    values = values_at(SEGMENTS["b"], seconds, 3.0)
    assert values.dtype == np.float32
    nan = math.nan
    np.testing.assert_array_equal(values, [nan, nan, nan, 1, 1, 2, 2, nan, 3, 3, nan, nan])
    np.testing.assert_array_equal(values_at(SEGMENTS["a"], seconds[:3], 3.0), [nan, 7, 7])
    assert np.isnan(values_at([], seconds, 3.0)).all()
