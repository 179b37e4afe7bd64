"""Rendered batches depend on seed and number alone, and validation shares no parameters."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.training.stub import Level, Sine
from vschaos.data.loading import Loading
from vschaos.data.rendered import Rendered, Renderer

MODEL = Level({}, 8000, 16, "amplitude")


def _opened(seed: int = 0, renderer: Renderer | None = None, **settings: float) -> Rendered:
    data = Rendered(seed, renderer or Sine(1000.0), Loading(32, 3, 0), **settings)  # type: ignore[arg-type]
    data.open(MODEL)
    return data


def test_a_batch_depends_on_its_number_and_the_seed_alone() -> None:
    data, fresh, other = _opened(), _opened(), _opened(1)
    batches = [data.training[number] for number in range(4)]
    np.random.default_rng(0).random()
    torch.rand(3)
    for number in (3, 0, 2, 0, 1):
        again = fresh.training[number]
        assert torch.equal(again.audio, batches[number].audio)
        assert torch.equal(again.targets["frequency"], batches[number].targets["frequency"])
        assert not torch.equal(other.training[number].audio, batches[number].audio)
    assert not torch.equal(batches[0].audio, batches[1].audio)


def test_audio_is_that_of_the_targets() -> None:
    batch = _opened().training[0]
    assert batch.audio.shape == (32, MODEL.excerpt_length)
    assert batch.audio.dtype == batch.targets["amplitude"].dtype == torch.float32
    assert torch.equal(batch.audio, Sine(0.0).render(batch.targets, 8000, MODEL.excerpt_length))
    assert batch.labels.values.shape == (32, 0, 1)


class Steps(Sine):
    """Only twenty different sounds."""

    def draw(self, random: np.random.Generator, count: int) -> dict[str, Tensor]:
        frequencies_hz = 50.0 + random.integers(20, size=count)
        return {"amplitude": torch.ones(count), "frequency": torch.from_numpy(frequencies_hz)}


class Counting(Sine):
    """Counts what it renders."""

    count = 0

    def render(self, parameters: Mapping[str, Tensor], sample_rate: int, length: int) -> Tensor:
        self.count += 1
        return super().render(parameters, sample_rate, length)


def test_batches_are_used_again_and_a_resumed_training_sees_the_same_ones() -> None:
    renderer = Counting(1000.0)
    data, resumed = _opened(renderer=renderer, reuse=4, kept=8), _opened(reuse=4, kept=8)
    whole = [data.training[number] for number in range(160)]
    # a new one of four, now and then one that was forgotten
    assert 160 // 4 <= renderer.count <= 160 // 4 + 12
    assert len(data.training.replay.batches) <= 8
    sources = [data.training.replay.source(number) for number in range(160)]
    assert {*sources} == set(range(160 // 4))
    assert all(source % 4 == number % 4 for number, source in enumerate(sources))
    assert all(
        number // 4 - 12 < source <= number // 4 + 3 for number, source in enumerate(sources)
    )
    for number in (100, 101, 102, 159, 3):
        assert torch.equal(resumed.training[number].audio, whole[number].audio)
    # 16 bits of its peak
    anew = _opened().training[0].audio
    torch.testing.assert_close(whole[0].audio, anew, atol=2e-5 * float(anew.abs().max()), rtol=0.0)
    assert data.training[0].audio.data_ptr() != data.training[0].audio.data_ptr()


class Louder(Counting):
    """Can change the level of a sound."""

    def open(self, parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {**parameters, "amplitude": torch.ones_like(parameters["amplitude"])}

    def vary(
        self, parameters: Mapping[str, Tensor], random: np.random.Generator
    ) -> dict[str, Tensor]:
        amplitude = random.random(len(parameters["amplitude"]))
        return {**parameters, "amplitude": torch.from_numpy(amplitude).float()}

    def shape(self, audio: Tensor, parameters: Mapping[str, Tensor], sample_rate: int) -> Tensor:
        return audio * parameters["amplitude"][:, None]


def test_each_use_is_another_sound_where_the_renderer_can_vary_it() -> None:
    renderer = Louder(1000.0)
    data, again = (
        _opened(renderer=renderer, reuse=8, held_out=0.3, varies=True),
        _opened(renderer=Louder(1000.0), reuse=8, held_out=0.3, varies=True),
    )
    batches = [data.training[number] for number in range(0, 32, 4)]  # all of one draw
    assert renderer.count == 1
    for one, other in pairwise(batches):
        assert torch.equal(one.targets["frequency"], other.targets["frequency"])
        assert not (one.targets["amplitude"] == other.targets["amplitude"]).any()
    for place, batch in enumerate(batches):
        expected = Sine(0.0).render(batch.targets, 8000, MODEL.excerpt_length)
        torch.testing.assert_close(batch.audio, expected, atol=1e-4, rtol=0.0)
        assert not data.training.drawing._are_held_out(batch.targets).any()
        assert torch.equal(again.training[4 * place].audio, batch.audio)


def test_no_parameters_are_on_both_sides() -> None:
    data = _opened(renderer=Steps(0.0), held_out=0.4)
    trained = {value for n in range(20) for value in data.training[n].targets["frequency"].tolist()}
    validated = {sound.targets["frequency"].item() for sound in data.val_dataloader()}
    assert trained
    assert validated
    assert not trained & validated
    assert len(trained | validated) == 20


def test_the_share_that_is_held_out_is_that_of_the_settings() -> None:
    drawing = _opened(held_out=0.3).training.drawing  # type: ignore[attr-defined]
    drawn = {
        name: v.float() for name, v in Sine(1000.0).draw(np.random.default_rng(0), 4000).items()
    }
    share = drawing._are_held_out(drawn).mean()
    assert share == pytest.approx(0.3, abs=0.03)  # four standard deviations


def test_validation_sounds_have_the_length_of_the_settings() -> None:
    data = _opened(validation_sounds=3, validation_seconds=0.1)
    sounds = list(data.val_dataloader())
    assert [sound.audio.shape for sound in sounds] == [(1, 800)] * 3
    assert [len(sound.targets["amplitude"]) for sound in sounds] == [1] * 3
    assert sounds[0].labels.values.shape == (1, 0, 50)
    assert data.validation.names == ["rendered 0", "rendered 1", "rendered 2"]


class One(Sine):
    def draw(self, random: np.random.Generator, count: int) -> dict[str, Tensor]:
        return {"amplitude": torch.ones(count), "frequency": torch.full((count,), 100.0)}


class Short(Sine):
    def render(self, parameters: Mapping[str, Tensor], sample_rate: int, length: int) -> Tensor:
        return super().render(parameters, sample_rate, length - 1)


class Loud(Sine):
    def render(self, parameters: Mapping[str, Tensor], sample_rate: int, length: int) -> Tensor:
        return super().render(parameters, sample_rate, length) / 0.0


class Stereo(Sine):
    def draw(self, random: np.random.Generator, count: int) -> dict[str, Tensor]:
        return {"amplitude": torch.ones(count, 2)}


@pytest.mark.parametrize(
    ("renderer", "message"),
    [
        (One(0.0), r"must draw different parameters, got 0 sets of 32 to \w+ with in 32000 draws"),
        (Short(500.0), r"finite audio of shape \[32, 128\], got \[32, 127\]"),
        (Loud(500.0), r"got numbers that are not finite in \[32, 128\]"),
        (Stereo(500.0), r"parameters of shape \[32\] by name, got \{'amplitude': \[32, 2\]\}"),
    ],
)
def test_a_renderer_that_does_not_keep_its_contract_is_refused(
    renderer: Renderer, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        _opened(renderer=renderer).training[0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"held_out": 0.0}, r"data\.held_out must be above 0 and below 1, got 0\.0"),
        ({"reuse": 0}, r"data\.reuse must be a whole number from 1 on, got 0"),
        ({"kept": 2.5}, r"data\.kept must be a whole number from 1 on, got 2\.5"),
        ({"varies": True, "reuse": 2}, r"data\.varies needs .* got Sine and 2"),
        ({"validation_sounds": 0}, r"data\.validation_sounds must be at least 1, got 0"),
    ],
)
def test_settings_that_make_no_sounds_are_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _opened(**settings)
