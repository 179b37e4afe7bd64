"""Batches depend on their number alone, and their samples are those of the files."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import pytorch_lightning as lightning
import torch
from torch import Tensor

from tests.data.serving import serve
from vschaos.audio.files import write_audio
from vschaos.batch import Batch
from vschaos.data import excerpts as excerpts_module
from vschaos.data import sounds as sounds_module
from vschaos.data.augment import Augmentations, Gain, Varispeed
from vschaos.data.cache.store import SoundStore, open_store
from vschaos.data.datamodule import Frames
from vschaos.data.draw import BalancedDraw
from vschaos.data.excerpts import Excerpts
from vschaos.data.loading import BATCHES_PER_BLOCK, Loading
from vschaos.data.metadata.labels import LabelTrack
from vschaos.data.metadata.tracks import Segment
from vschaos.data.pitch.notes import PITCH_CLASSES
from vschaos.data.sounds import Sounds
from vschaos.data.split import Split
from vschaos.labels import Vocabulary

RATE = 8000
LOADING = Loading(8, 3, 0)
PLAIN = Augmentations()
MakeStore = Callable[..., SoundStore]
NUMBER = Vocabulary(low=0.0, high=9.0)


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
    augmentations: Augmentations = PLAIN,
) -> Sounds:
    return serve(store, split, {}, {}, _frames(length), loading, seed, augmentations)


def _excerpts(
    store: SoundStore,
    length: int,
    batch_size: int,
    seed: int = 0,
    augmentations: Augmentations = PLAIN,
) -> Excerpts:
    loading = Loading(batch_size, 3, 0)
    return _data(store, _whole_split(store), length, loading, seed, augmentations).training


def _whole_split(store: SoundStore) -> Split:
    return Split(train=[file.name for file in store.files], held_out=[])


def test_a_batch_depends_on_its_number_and_the_seed_alone(make_store: MakeStore) -> None:
    store = make_store(500, 700)
    augmentations = Augmentations(Gain(6.0), Varispeed(4.0, 0.8))
    excerpts = _excerpts(store, 128, 16, 0, augmentations)
    fresh = _excerpts(store, 128, 16, 0, augmentations)
    other = _excerpts(store, 128, 16, 1, augmentations)
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
        found = np.flatnonzero(row)
        assert len(found)
        number = int(np.searchsorted(edges, row[found[0]])) - 1
        ramp = np.pad(np.arange(edges[number] + 1.0, edges[number + 1] + 1), 40)
        start = int(row[found[0]]) - edges[number] - 1 - found[0]
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
        data.trainer = SimpleNamespace(
            global_step=step, accumulate_grad_batches=2, world_size=1, global_rank=0
        )
        for number, batch in enumerate(loader):
            assert torch.equal(batch.audio, data.training[2 * step + number].audio)
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
        torch.cat(listener.train_batches), torch.cat([data.training[n].audio for n in range(6)])
    )
    assert torch.cat(listener.train_batches).max() <= 500  # nothing held out is learnt from
    assert [batch.shape for batch in listener.held_out_batches] == [(1, 60)] * 2


def test_held_out_sounds_are_whole_up_to_a_length(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excerpts_module, "HELD_OUT_SECONDS", 0.01)  # 80 samples
    store = make_store(50, 80, 100)
    split = Split(train=["000.wav"], held_out=["000.wav", "001.wav", "002.wav"])
    short, just, long = (batch.audio for batch in _data(store, split).val_dataloader())
    assert torch.equal(short, torch.arange(1.0, 51.0).unsqueeze(0))
    assert torch.equal(just, torch.arange(51.0, 131.0).unsqueeze(0))
    assert torch.equal(long, torch.arange(141.0, 221.0).unsqueeze(0))  # its middle


def test_held_out_sounds_are_few_and_spread(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sounds_module, "HELD_OUT_FILES", 3)
    store = make_store(*[10] * 9)
    names = [file.name for file in store.files]
    data = _data(store, Split(train=names[:1], held_out=names))
    assert data.validation.names == ["000.wav", "004.wav", "008.wav"]


def test_held_out_sounds_tell_the_band_that_their_files_can_have(tmp_path: Path) -> None:
    for name, rate in (("a", RATE // 4), ("b", RATE), ("c", 2 * RATE)):
        write_audio(tmp_path / f"{name}.wav", np.full(rate, 0.1, np.float32), rate)
    store = open_store(tmp_path, RATE, "mix", min_length=1)
    bands = [sound.band for sound in _data(store, _whole_split(store)).val_dataloader()]
    assert bands == [0.25, 1.0, 1.0]


def test_without_a_held_out_side_the_training_sounds_are_judged(make_store: MakeStore) -> None:
    store = make_store(50, 60)
    data = _data(store, _whole_split(store))
    assert [sound.audio.shape for sound in data.val_dataloader()] == [(1, 50), (1, 60)]


@pytest.mark.parametrize("loading", [Loading(0, 3, 0), Loading(8, 0, 0), Loading(8, 3, -1)])
def test_sizes_that_make_no_batch_are_refused(make_store: MakeStore, loading: Loading) -> None:
    store = make_store(500)
    with pytest.raises(ValueError, match=r"data\.loading\.\w+ must be a whole number"):
        _data(store, _whole_split(store), loading=loading)


SEGMENTS = {
    "000.wav": [Segment(0.0, 0.0125, 1.0), Segment(0.0125, 0.02, 2.0), Segment(0.05, 0.06, 3.0)],
    "002.wav": [Segment(0.0, math.inf, 4.0)],
}


def _labelled(store: SoundStore, split: Split) -> Sounds:
    """For a model that wants the label `it`, read at three samples of an excerpt of 64."""
    frames = Frames(64, [8, 32, 60], lambda samples: torch.arange(-5, samples + 15, 10))
    unwanted = LabelTrack(store.files, {}, RATE)
    tracks = {"unwanted": unwanted, "it": LabelTrack(store.files, SEGMENTS, RATE)}
    return serve(store, split, tracks, {"it": NUMBER}, frames, Loading(64, 3, 0), 0)


def _of_ramp(store: SoundStore, sample: float) -> float:
    """The label of a sample whose value tells where it comes from, NaN where it is unknown."""
    for file in store.files:
        position = sample - 1 - file.start
        for onset, offset, value in SEGMENTS.get(file.name, []):
            if 0 <= position < file.length and onset * RATE <= position < offset * RATE:
                return value
    return math.nan


def test_labels_are_those_of_the_samples_in_the_middle_of_frames(make_store: MakeStore) -> None:
    store = make_store(600, 90, 300)  # the one in the middle has no label
    data = _labelled(store, _whole_split(store))
    counts = {1.0: 0, 2.0: 0, 3.0: 0, 4.0: 0, math.nan: 0}
    for number in range(5):
        audio, labels, *_ = data.training[number]
        assert labels.values.shape == labels.known.shape == (64, 1, 3)
        assert (labels.values.dtype, labels.known.dtype) == (torch.float32, torch.bool)
        samples = audio[:, [8, 32, 60]]
        expected = torch.tensor([[_of_ramp(store, float(s)) for s in row] for row in samples])
        found = torch.where(labels.known, labels.values, math.nan)[:, 0]
        torch.testing.assert_close(found, expected, rtol=0, atol=0, equal_nan=True)
        for value in found.flatten().tolist():
            counts[math.nan if math.isnan(value) else value] += 1
    assert min(counts.values()) > 20  # all of them are there, and what is outside too


def test_labels_of_held_out_sounds_are_those_of_their_frames(
    make_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excerpts_module, "HELD_OUT_SECONDS", 0.04)  # 320 samples, of the middle
    store = make_store(600, 90, 300)
    data = _labelled(store, Split(["001.wav"], ["000.wav", "002.wav"]))
    seen = set()
    for sound in data.val_dataloader():
        length = sound.audio.shape[1]
        assert sound.labels.values.shape == (1, 1, len(range(-5, length + 15, 10)))
        found = torch.where(sound.labels.known, sound.labels.values, math.nan)[0, 0].tolist()
        for centre, value in zip(range(-5, length + 15, 10), found, strict=True):
            # a file goes on beyond the part of it that is taken, and its labels with it
            expected = _of_ramp(store, float(sound.audio[0, 0]) + centre)
            assert value == expected or (math.isnan(value) and math.isnan(expected))
            seen.add(0.0 if math.isnan(value) else value)
    assert seen == {0.0, 2.0, 3.0, 4.0}


def test_speeds_are_many_in_a_batch_and_those_of_its_series(
    tmp_path: Path, tone: Callable[..., np.ndarray], listen: Callable[..., tuple[float, float]]
) -> None:
    write_audio(tmp_path / "000.wav", tone(440.0, RATE, 60.0), RATE)
    store = open_store(tmp_path, RATE, "mix", min_length=1)
    excerpts = _excerpts(store, 2048, 32, 0, Augmentations(None, Varispeed(6.0, 1.0)))

    def found(number: int) -> set[float]:
        audio = excerpts[number].audio
        inside = audio.square().mean(dim=1) > 0.9 * audio.square().mean(dim=1).amax()
        return {
            round(12 * np.log2(listen(row.numpy(), RATE)[0] / 440.0), 1) for row in audio[inside]
        }

    first, last, beyond = found(0), found(BATCHES_PER_BLOCK - 1), found(BATCHES_PER_BLOCK)
    assert len(first) >= 10
    assert max(first) - min(first) > 6.0
    assert len(first & last) > 8 > len(first & beyond)


def test_labels_stay_with_the_sound_at_any_speed(tmp_path: Path) -> None:
    """A sound whose level is its label: after a change of speed it still is."""
    levels = np.random.default_rng(0).permutation(np.arange(80) % 8 + 1)
    write_audio(tmp_path / "000.wav", np.repeat(levels, 100).astype(np.float32), RATE)
    segments = {
        "000.wav": [
            Segment(100 * number / RATE, 100 * (number + 1) / RATE, float(level))
            for number, level in enumerate(levels)
        ]
    }
    store = open_store(tmp_path, RATE, "mix", min_length=1)
    frames = Frames(512, [128, 400], lambda samples: torch.arange(samples))
    data = serve(
        *(store, _whole_split(store), {"it": LabelTrack(store.files, segments, RATE)}),
        *({"it": NUMBER}, frames, Loading(64, 3, 0), 0, Augmentations(None, Varispeed(6.0, 1.0))),
    )
    judged = 0
    for number in range(10):
        audio, labels, *_ = data.training[number]
        for column, centre in enumerate(frames.excerpt_centres):
            near = audio[:, centre - 12 : centre + 13]
            is_flat = (near.amax(dim=1) - near.amin(dim=1) < 0.5) & labels.known[:, 0, column]
            level, label = near.mean(dim=1), labels.values[:, 0, column]
            assert ((level - label)[is_flat].abs() < 0.5).all()
            judged += int(is_flat.sum())
    assert judged > 500


def test_tones_and_their_notes_move_together(
    tmp_path: Path, tone: Callable[..., np.ndarray], listen: Callable[..., tuple[float, float]]
) -> None:
    write_audio(tmp_path / "000.wav", tone(440.0, RATE, 3.0), RATE)
    store = open_store(tmp_path, RATE, "mix", min_length=1)
    vocabularies = {
        "octave": Vocabulary(tuple("01234567")),
        "pitch": Vocabulary(PITCH_CLASSES),
    }
    tracks = {
        task: LabelTrack(store.files, {"000.wav": [Segment(0.0, math.inf, value)]}, RATE)
        for task, value in (("pitch", 0.0), ("octave", 4.0))
    }
    followed = {"pitch": "pitch_class", "octave": "octave", "not known here": "octave"}
    frames = Frames(2048, [1024], lambda samples: torch.arange(samples))
    data = serve(
        *(store, _whole_split(store), tracks, vocabularies, frames, Loading(32, 3, 0)),
        *(0, Augmentations(None, Varispeed(6.0, 0.9, followed))),
    )
    found = set()
    for number in (0, BATCHES_PER_BLOCK):
        audio, labels, *_ = data.training[number]
        level = audio.square().mean(dim=1)
        for row in (level > 0.9 * level.amax()).nonzero()[:, 0].tolist():  # within the sound
            frequency_hz, _ = listen(audio[row].numpy(), RATE)
            octave, pitch = labels.values[row, :, 0].int().tolist()
            semitones = 12 * (octave - 4) + pitch - (12 if pitch >= 3 else 0)
            assert labels.known[row].all()
            assert abs(12 * np.log2(frequency_hz / 440.0) - semitones) < 0.15
            found.add(semitones)
    assert len(found) > 5


def test_balance_may_go_by_a_label_that_the_model_does_not_know(make_store: MakeStore) -> None:
    store = make_store(600, 90, 300)
    segments = {"000.wav": [Segment(0.0, math.inf, 0.0)], "001.wav": [Segment(0.0, math.inf, 1.0)]}
    track = LabelTrack(store.files, segments, RATE)
    frames = _frames(32)
    data = serve(
        *(store, Split(["000.wav", "001.wav"], ["002.wav"]), {"kind": track}, {}, frames),
        *(Loading(2000, 3, 0, ["kind"]), 0),
    )
    assert isinstance(data.training.draw, BalancedDraw)
    batch = data.training[0]
    assert batch.labels.values.shape == (2000, 0, 1)
    of_the_short = (batch.audio[:, 16] > 600).float().mean()
    assert float(of_the_short) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("gathered", [1, 2])
def test_processes_share_out_the_batches_of_one(make_store: MakeStore, gathered: int) -> None:
    store = make_store(500)
    data = _data(store, _whole_split(store), loading=Loading(4, 2 * gathered, 0))

    def batches(step: int, processes: int, rank: int) -> list[Tensor]:
        data.trainer = SimpleNamespace(
            global_step=step,
            accumulate_grad_batches=gathered,
            world_size=processes,
            global_rank=rank,
        )
        return [batch.audio for batch in data.train_dataloader()]

    first, second = batches(1, 2, 0), batches(1, 2, 1)
    shared = [batch for pair in zip(first, second, strict=True) for batch in pair]
    one = [*batches(2, 1, 0), *batches(4, 1, 0)]
    assert len(shared) == len(one) == 4 * gathered
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(shared, one, strict=True))
