"""The two sides share no file, leave none out, and hardly move as a dataset grows."""

from __future__ import annotations

import pytest

from vschaos.data.split import split_again, split_files

NAMES = [f"data/sound {number}.wav" for number in range(200)]


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.999])
@pytest.mark.parametrize("count", [1, 2, 3, 200])
def test_every_file_is_on_one_side(share: float, count: int) -> None:
    train, held_out = split_files(NAMES[:count], share, seed=0)
    assert sorted(train + held_out) == sorted(NAMES[:count])
    assert train == sorted(train)
    assert held_out == sorted(held_out)
    assert train
    assert bool(held_out) == (share > 0 and count > 1)
    if count == 200:
        assert len(held_out) == pytest.approx(share * count, abs=1)


def test_a_seed_repeats_whatever_the_order_of_the_files() -> None:
    assert split_files(NAMES, 0.1, seed=3) == split_files(NAMES[::-1], 0.1, seed=3)


def test_another_seed_draws_other_files() -> None:
    drawn = [set(split_files(NAMES, 0.1, seed).held_out) for seed in range(4)]
    assert all(len(one & other) < 10 for one in drawn for other in drawn if one is not other)


def test_no_stretch_of_the_list_is_preferred() -> None:
    drawn = [split_files(NAMES, 0.1, seed).held_out for seed in range(50)]
    share = sum(name in NAMES[:100] for names in drawn for name in names) / 1000
    assert share == pytest.approx(0.5, abs=0.06)  # four deviations


def test_a_new_file_moves_one_other_at_most() -> None:
    before = split_files(NAMES, 0.1, seed=0)
    for number in range(50):
        after = split_files([*NAMES, f"data/new {number}.wav"], 0.1, seed=0)
        assert len(set(before.held_out) - set(after.held_out)) <= 1
        assert len(set(before.train) - set(after.train)) <= 1


@pytest.mark.parametrize("share", [-0.1, 1.0, 1.5, float("nan")])
def test_a_share_that_is_none_is_told(share: float) -> None:
    with pytest.raises(ValueError, match=r"data\.dataset\.held_out"):
        split_files(NAMES, share, seed=0)


def test_a_training_gone_on_with_keeps_its_sides(caplog: pytest.LogCaptureFixture) -> None:
    begun = split_files(NAMES, 0.1, seed=0)
    assert split_again(NAMES[::-1], begun) == begun
    assert not caplog.records
    gone = {begun.train[0], begun.held_out[0]}
    there = [name for name in NAMES if name not in gone] + ["data/new.wav"]
    train, held_out = split_again(there, begun)
    assert train == begun.train[1:]
    assert held_out == begun.held_out[1:]
    assert "2 files that the training began with are not there" in caplog.text
    assert "1 files joined since the training began (data/new.wav)" in caplog.text


def test_another_dataset_is_not_gone_on_with() -> None:
    with pytest.raises(ValueError, match=r"none of the 180 files .* data\.dataset\.root"):
        split_again(["other.wav"], split_files(NAMES, 0.1, seed=0))
