"""Batches made ahead are those that would have been made one by one."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.data.serving import serve
from vschaos.audio.files import write_audio
from vschaos.batch import Batch
from vschaos.data.augment import Augmentations, Gain, Varispeed
from vschaos.data.cache.store import open_store
from vschaos.data.datamodule import Frames
from vschaos.data.excerpts import Excerpts
from vschaos.data.loading import BATCHES_PER_BLOCK, MOST_SAMPLES, Loading, Prefetch, Shared
from vschaos.data.sounds import Sounds
from vschaos.data.split import Split

RATE = 8000
FRAMES = Frames(64, [32], lambda samples: torch.arange(5, samples, 10))


class _Counted(Excerpts):
    """Notes which numbers it was asked for."""

    asked: list[int]

    def together(self, numbers: Sequence[int]) -> list[Batch]:
        self.asked += numbers
        return super().together(numbers)


@pytest.fixture
def data(tmp_path: Path) -> Sounds:
    noise = np.random.default_rng(0).normal(scale=0.1, size=1000).astype(np.float32)
    write_audio(tmp_path / "noise.wav", noise, RATE)
    store = open_store(tmp_path, RATE, "mix", min_length=1)
    augmentations = Augmentations(Gain(6.0), Varispeed(4.0, 0.8))
    split = Split(train=["noise.wav"], held_out=[])
    return serve(store, split, {}, {}, FRAMES, Loading(8, 3, 0), 0, augmentations)


@pytest.fixture
def counted(data: Sounds) -> _Counted:
    excerpts = copy.copy(data.training)
    excerpts.__class__, excerpts.asked = _Counted, []  # type: ignore[attr-defined]
    assert isinstance(excerpts, _Counted)
    return excerpts


@pytest.mark.parametrize("numbers", [range(40), [7, 8, 3, 3, 30, 4, 5, 0], range(90, 0, -7)])
def test_a_batch_is_the_same_in_whatever_order(data: Sounds, numbers: range | list[int]) -> None:
    prefetch = Prefetch(data.training)
    for number in numbers:
        assert torch.equal(prefetch[number].audio, data.training[number].audio)


@pytest.mark.parametrize(("first", "every"), [(0, 1), (5, 1), (1, 3)])
def test_a_process_makes_its_own_batches_each_once(
    counted: _Counted, first: int, every: int
) -> None:
    prefetch = Prefetch(counted, lambda: every)
    numbers = range(first, first + 2 * prefetch.at_once * every, every)
    for number in numbers:
        prefetch[number]
    assert prefetch.at_once > 1
    assert counted.asked[: len(numbers)] == list(numbers)
    assert (
        len(counted.asked) < len(numbers) + BATCHES_PER_BLOCK
    )  # and what is left of the last series


def test_what_was_taken_is_not_held(data: Sounds) -> None:
    prefetch = Prefetch(data.training)
    prefetch[0].audio.zero_()  # a training may do what it likes with its batch
    assert torch.equal(prefetch[0].audio, data.training[0].audio)


@pytest.mark.parametrize(
    ("length", "count"), [(64, BATCHES_PER_BLOCK), (MOST_SAMPLES // 8 // 3, 3), (MOST_SAMPLES, 1)]
)
def test_samples_that_are_held_are_bounded(data: Sounds, length: int, count: int) -> None:
    data.training.length = length  # by 8 of a batch
    assert Prefetch(data.training).at_once == count


def test_workers_make_one_at_a_time(data: Sounds) -> None:
    assert isinstance(data.train_dataloader().dataset, Prefetch)
    data.loading = data.loading._replace(num_workers=1)
    assert isinstance(data.train_dataloader().dataset, Shared)
