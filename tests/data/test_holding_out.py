"""What is held out is near the share of the time, and takes no class from those who learn."""

from __future__ import annotations

import pytest

from vschaos.data.split import Sound, Split, hold_out

NAMES = [f"data/sound {number}.wav" for number in range(200)]
EXCERPT = 100
RATE = 1000


def _split(
    lengths: dict[str, int], share: float = 0.1, seed: int = 0, **classes: list[object]
) -> Split:
    return hold_out(
        [
            Sound(name, length, [(0, length, key) for key in classes.get(name, [])])
            for name, length in lengths.items()
        ],
        share,
        seed,
        EXCERPT,
    )


def _stretches(split: Split, side: str, lengths: dict[str, int]) -> dict[str, tuple[int, int]]:
    return {name: split.part(side, name) or (0, lengths[name]) for name in getattr(split, side)}


def _check(split: Split, lengths: dict[str, int]) -> float:
    """The share that is held out; the sides are apart by an excerpt at least."""
    learnt, held = (_stretches(split, side, lengths) for side in ("train", "held_out"))
    assert learnt.keys() | held.keys() == lengths.keys()
    for name in learnt.keys() & held.keys():
        first, second = sorted([learnt[name], held[name]])
        assert first[0] == 0
        assert second[1] == lengths[name]
        assert second[0] - first[1] >= EXCERPT
        assert min(end - start for start, end in (first, second)) >= 2 * EXCERPT
    return sum(end - start for start, end in held.values()) / sum(lengths.values())


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.999])
@pytest.mark.parametrize("count", [1, 2, 3, 200])
def test_files_too_short_to_be_cut_are_on_one_side(share: float, count: int) -> None:
    split = _split(dict.fromkeys(NAMES[:count], EXCERPT), share)
    assert not split.parts
    assert sorted(split.train + split.held_out) == sorted(NAMES[:count])
    assert split.train == sorted(split.train)
    assert split.held_out == sorted(split.held_out)
    assert split.train
    assert bool(split.held_out) == (share > 0 and count > 1)
    if count == 200:
        assert len(split.held_out) == pytest.approx(share * count, abs=1)


def test_a_seed_repeats_whatever_the_order_of_the_files() -> None:
    lengths = {name: 1000 + 7 * number for number, name in enumerate(NAMES)}
    backwards = dict(reversed(lengths.items()))
    assert _split(lengths, seed=3) == _split(backwards, seed=3)


def test_another_seed_draws_other_files() -> None:
    drawn = [set(_split(dict.fromkeys(NAMES, 1), seed=seed).held_out) for seed in range(4)]
    assert all(len(one & other) < 10 for one in drawn for other in drawn if one is not other)


def test_no_stretch_of_the_list_is_preferred() -> None:
    drawn = [_split(dict.fromkeys(NAMES, 1), seed=seed).held_out for seed in range(50)]
    share = sum(name in NAMES[:100] for names in drawn for name in names) / 1000
    assert share == pytest.approx(0.5, abs=0.06)  # four deviations


def test_a_new_file_moves_one_other_at_most() -> None:
    before = _split(dict.fromkeys(NAMES, 1))
    for number in range(50):
        after = _split(dict.fromkeys([*NAMES, f"data/new {number}.wav"], 1))
        assert len(set(before.held_out) - set(after.held_out)) <= 1
        assert len(set(before.train) - set(after.train)) <= 1


@pytest.mark.parametrize("share", [-0.1, 1.0, 1.5, float("nan")])
def test_a_share_that_is_none_is_reported(share: float) -> None:
    with pytest.raises(ValueError, match=r"data\.dataset\.held_out"):
        _split(dict.fromkeys(NAMES, 1), share)


@pytest.mark.parametrize(
    "lengths",
    [
        {"take": 60 * RATE, "click": 100},
        {"take": 60 * RATE, "other": 50 * RATE},
        {"take": 60 * RATE},
        {"take": 300 * RATE, **dict.fromkeys(NAMES[:20], 2 * RATE)},
        dict.fromkeys(NAMES[:3], 10 * RATE),
        {name: (number + 1) ** 3 * RATE for number, name in enumerate(NAMES[:9])},
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_the_share_is_one_of_time(lengths: dict[str, int], seed: int) -> None:
    split = _split(lengths, 0.1, seed)
    assert 0.05 <= _check(split, lengths) <= 0.2
    assert split.train


def test_half_of_two_unlike_files_is_a_half_of_the_time() -> None:
    lengths = {"take": 60 * RATE, "click": 300}
    for seed in range(4):
        assert 0.25 <= _check(_split(lengths, 0.5, seed), lengths) <= 0.75


@pytest.mark.parametrize("seed", range(5))
def test_a_class_of_one_file_stays_on_the_learning_side(seed: int) -> None:
    lengths = dict.fromkeys(NAMES[:12], 3 * RATE)
    classes: dict[str, list[object]] = {name: [name] for name in lengths}
    split = _split(lengths, 0.1, seed, **classes)
    assert split.train == sorted(lengths)  # cut in time, none is gone
    assert 0.05 <= _check(split, lengths) <= 0.2
    short = dict.fromkeys(NAMES[:12], EXCERPT)
    assert not _split(short, 0.1, seed, **classes).held_out
    two_each: dict[str, list[object]] = {n: [number // 2] for number, n in enumerate(short)}
    held_out = _split(short, 0.5, seed, **two_each).held_out
    assert len(held_out) == len({NAMES.index(name) // 2 for name in held_out}) == 6


def test_where_the_end_is_silence_the_beginning_is_held_out() -> None:
    sounds = [Sound("take", 10_000)]

    def level(name: str, first: int, end: int) -> float:
        return max(min(end, 8000) - first, 0) / (end - first)

    split = hold_out(sounds, 0.1, 0, EXCERPT, level)
    assert split.parts == {"train": {"take": (1100, 10_000)}, "held_out": {"take": (0, 1000)}}
    silent = hold_out(
        sounds, 0.1, 0, EXCERPT, lambda name, first, end: float(first == 0 < end // 9000)
    )
    assert silent.held_out == []
