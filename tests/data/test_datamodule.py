"""Batches hang on their number alone, and their samples are those of the files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import pytorch_lightning as lightning
import torch
from torch import Tensor

from vschaos.audio import write_audio
from vschaos.data import datamodule as datamodule_module
from vschaos.data.augment import Gain, Varispeed
from vschaos.data.datamodule import Batch, Excerpts, Frames, Loading, SoundData
from vschaos.data.split import Split
from vschaos.data.store import SoundStore, open_store

RATE = 8000
LOADING = Loading(8, 3, 0)
MakeStore = Callable[..., SoundStore]


@pytest.fixture
def make_store(tmp_path: Path) -> MakeStore:
    """A store of ramps that count on from file to file: a value tells where it comes from."""

    def make(*lengths: int) -> SoundStore:
        first = 1
        for number, length in enumerate(lengths):
            ramp = np.arange(first, first + length, dtype=np.float32)
            write_audio(tmp_path / f"{number:03}.wav", ramp, RATE)
            first += length
        return open_store(tmp_path, RATE, "mix", min_length=1)

    return make


def _frames(length: int) -> Frames:
    """A label in the middle of an excerpt, and one every ten samples of a whole sound."""
    return Frames(length, [length // 2], lambda samples: torch.arange(5, samples, 10))


def _data(
    store: SoundStore,
    split: Split,
    length: int = 32,
    loading: Loading = LOADING,
    seed: int = 0,
    gain: Gain | None = None,
    varispeed: Varispeed | None = None,
) -> SoundData:
    return SoundData(store, split, {}, {}, _frames(length), loading, seed, gain, varispeed)


def _excerpts(
    store: SoundStore,
    length: int,
    batch_size: int,
    seed: int = 0,
    gain: Gain | None = None,
    varispeed: Varispeed | None = None,
) -> Excerpts:
    loading = Loading(batch_size, 3, 0)
    return _data(store, _whole_split(store), length, loading, seed, gain, varispeed).excerpts


def _whole_split(store: SoundStore) -> Split:
    return Split(train=[file.name for file in store.files], held_out=[])


def test_a_batch_hangs_on_its_number_and_the_seed_alone(make_store: MakeStore) -> None:
    store = make_store(500, 700)
    augmentations = (Gain(6.0), Varispeed(4.0, 0.8))
    excerpts = _excerpts(store, 128, 16, 0, *augmentations)
    fresh = _excerpts(store, 128, 16, 0, *augmentations)
    other = _excerpts(store, 128, 16, 1, *augmentations)
    batches = [excerpts[number].audio for number in range(6)]
    np.random.default_rng(0).random()
    torch.rand(3)
    for number in (4, 0, 5, 4):
        assert torch.equal(fresh[number].audio, batches[number])
        assert not torch.equal(other[number].audio, batches[number])
        assert all(batch.shape == (16, 128) and batch.dtype == torch.float32 for batch in batches)
    assert all(
        not torch.equal(batches[one], batches[two]) for one in range(6) for two in range(one)
    )


def test_every_sample_is_that_of_the_file(make_store: MakeStore) -> None:
    store = make_store(50, 20, 300)
    edges = np.cumsum([0, 50, 20, 300])
    for row in torch.cat([_excerpts(store, 40, 32)[n].audio for n in range(20)]).numpy():
        heard = np.flatnonzero(row)
        assert len(heard)
        number = int(np.searchsorted(edges, row[heard[0]])) - 1
        ramp = np.pad(np.arange(edges[number] + 1.0, edges[number + 1] + 1), 40)
        start = int(row[heard[0]]) - edges[number] - 1 - heard[0]
        np.testing.assert_array_equal(row, ramp[40 + start :][:40])


def test_all_positions_are_drawn_as_often(make_store: MakeStore) -> None:
    store = make_store(5, 2)
    batch = _excerpts(store, 3, 10_000)[0].audio
    rows, counts = torch.unique(batch.int(), dim=0, return_counts=True)
    first = [[0, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 0], [5, 0, 0]]
    second = [[0, 0, 6], [0, 6, 7], [6, 7, 0], [7, 0, 0]]
    assert sorted(rows.tolist()) == sorted(first + second)
    assert counts.float().div(10_000).sub(1 / 11).abs().max() < 0.012  # four deviations


def test_excerpts_may_be_longer_than_the_sounds(make_store: MakeStore) -> None:
    store = make_store(3)
    assert set(_excerpts(store, 64, 100)[0].audio.unique().tolist()) == {0, 1, 2, 3}


@pytest.mark.parametrize("workers", [0, 2])
def test_epochs_go_on_with_new_batches(make_store: MakeStore, workers: int) -> None:
    store = make_store(500)
    data = _data(store, _whole_split(store), loading=Loading(8, 3, workers))
    loader = data.train_dataloader()
    assert len(loader) == 3
    for step in (0, 3, 7):  # a training may be gone on with in the middle of an epoch
        data.trainer = SimpleNamespace(global_step=step, accumulate_grad_batches=2)
        for number, batch in enumerate(loader):
            assert torch.equal(batch.audio, data.excerpts[2 * step + number].audio)
        assert number == 2


class _Listener(lightning.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.train_batches: list[Tensor] = []
        self.held_out_batches: list[Tensor] = []

    def training_step(self, batch: Batch) -> Tensor:
        self.train_batches.append(batch.audio)
        return self.weight * batch.audio.mean()

    def validation_step(self, batch: Batch) -> None:
        self.held_out_batches.append(batch.audio)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
@pytest.mark.filterwarnings("ignore:.*LeafSpec.* is deprecated:FutureWarning")  # Lightning
def test_lightning_asks_for_the_batches_in_their_order(make_store: MakeStore) -> None:
    store = make_store(500, 60)
    data = _data(store, Split(train=["000.wav"], held_out=["001.wav"]))
    listener = _Listener()
    trainer = lightning.Trainer(
        accelerator="cpu",
        max_epochs=2,
        num_sanity_val_steps=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(listener, data)
    assert torch.equal(
        torch.cat(listener.train_batches), torch.cat([data.excerpts[n].audio for n in range(6)])
    )
    assert torch.cat(listener.train_batches).max() <= 500  # nothing held out is learnt from
    assert [batch.shape for batch in listener.held_out_batches] == [(1, 60)] * 2


def test_held_out_sounds_are_whole_up_to_a_length(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datamodule_module, "HELD_OUT_SECONDS", 0.01)  # 80 samples
    store = make_store(50, 80, 100)
    split = Split(train=["000.wav"], held_out=["000.wav", "001.wav", "002.wav"])
    short, just, long = (batch.audio for batch in _data(store, split).val_dataloader())
    assert torch.equal(short, torch.arange(1.0, 51.0).unsqueeze(0))
    assert torch.equal(just, torch.arange(51.0, 131.0).unsqueeze(0))
    assert torch.equal(long, torch.arange(141.0, 221.0).unsqueeze(0))  # its middle


def test_held_out_sounds_are_few_and_spread(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datamodule_module, "HELD_OUT_FILES", 3)
    store = make_store(*[10] * 9)
    names = [file.name for file in store.files]
    data = _data(store, Split(train=names[:1], held_out=names))
    assert [file.name for file in data.held_out.files] == ["000.wav", "004.wav", "008.wav"]


def test_without_a_held_out_side_the_training_sounds_are_judged(make_store: MakeStore) -> None:
    store = make_store(50, 60)
    data = _data(store, _whole_split(store))
    assert [sound.audio.shape for sound in data.val_dataloader()] == [(1, 50), (1, 60)]


@pytest.mark.parametrize("loading", [Loading(0, 3, 0), Loading(8, 0, 0), Loading(8, 3, -1)])
def test_sizes_that_make_no_batch_are_refused(make_store: MakeStore, loading: Loading) -> None:
    store = make_store(500)
    with pytest.raises(ValueError, match=r"data\.loading\.\w+ must be a whole number"):
        _data(store, _whole_split(store), loading=loading)
