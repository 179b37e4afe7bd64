"""Batches are made once and used again, from half the memory, and no stream needs another's."""

from __future__ import annotations

import torch

from vschaos.batch import Batch
from vschaos.data.replay import STREAMS, Replay
from vschaos.labels import Labels

KEPT, REUSE = 8, 4


class Maker:
    """Makes batches of noise, with their number as a target, and notes which."""

    def __init__(self) -> None:
        self.made: list[int] = []

    def __call__(self, source: int) -> Batch:
        self.made.append(source)
        audio = torch.randn(2, 50, generator=torch.Generator().manual_seed(source))
        values = torch.zeros(2, 0, 1)
        targets = {"number": torch.full([2], float(source))}
        return Batch(audio, Labels(values, values > 0), {"level": audio[:, None, :3]}, targets)


def test_a_batch_is_used_as_often_as_asked_for_and_few_are_in_memory() -> None:
    replay, make = Replay(0, REUSE, KEPT), Maker()
    for number in range(160):
        batch = replay(number, make)
        assert batch.targets["number"].tolist() == [float(replay.source(number))] * 2
        assert len(replay.batches) <= KEPT
    assert {*make.made} == set(range(160 // REUSE))
    assert len(make.made) <= 1.5 * 160 // REUSE  # some were forgotten, and made again


def test_what_is_used_again_is_a_copy_in_16_bits() -> None:
    replay, make = Replay(0, REUSE, KEPT), Maker()
    first, again = replay(0, make), replay(0, make)
    assert make.made == [0]
    whole = Maker()(0)
    # half a step of 16 bits, of each sound's own peak
    assert ((first.audio - whole.audio).abs() <= 0.51 / 32767 * whole.audio.abs().amax()).all()
    first.audio.zero_()
    first.features["level"].zero_()
    assert torch.equal(again.audio, replay(0, make).audio)
    assert again.features["level"].any()


def test_a_stream_needs_nothing_of_the_others() -> None:
    alone, together = Maker(), Maker()
    one, all_of_them = Replay(0, REUSE, KEPT), Replay(0, REUSE, KEPT)
    for number in range(0, 160, STREAMS):
        one(number, alone)
    for number in range(160):
        all_of_them(number, together)
    assert alone.made == [source for source in together.made if source % STREAMS == 0]


def test_nothing_is_kept_that_is_used_once() -> None:
    replay, make = Replay(0, 1, KEPT), Maker()
    assert [int(replay(number, make).targets["number"][0]) for number in (5, 3, 5)] == [5, 3, 5]
    assert make.made == [5, 3, 5]
    assert not replay.batches
