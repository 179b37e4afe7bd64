"""What an encoder is given is damaged, and what it shall give is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from tests.batches import unlabelled
from tests.models.test_spectral_vae import FULL, some_labels, tiny, tones
from tests.tolerances import ROUNDING
from vschaos.batch import Batch
from vschaos.labels import Labels
from vschaos.models.spectral_vae import Corruption, FrequencyMask, MagnitudeNoise, TimeMask


def corruption(probability: float) -> Corruption:
    return Corruption(
        TimeMask(0.5, probability),
        FrequencyMask(0.5, probability),
        MagnitudeNoise(6.0, probability),
    )


def hidden(sounds: Tensor) -> Tensor:
    """The share that is silent of each row of a batch of ones; it is one stretch."""
    is_hidden = sounds.flatten(1) == 0
    edges = is_hidden.int().diff(dim=1).abs().sum(dim=1)
    assert edges.max() <= 2
    return is_hidden.float().mean(dim=1)


@pytest.mark.parametrize("mask", [TimeMask(0.4, 1.0), FrequencyMask(0.4, 1.0)])
def test_masks_hide_one_stretch_of_any_length(mask: Callable[[Tensor], Tensor]) -> None:
    torch.manual_seed(0)
    shape = (500, 200) if isinstance(mask, TimeMask) else (500, 200, 1)
    shares = hidden(mask(torch.ones(shape)))
    assert shares.max() <= 0.405
    assert 0.17 < shares.mean() < 0.23
    assert len(shares.unique()) > 50


def test_noise_has_its_deviation_and_leaves_silence_silent() -> None:
    torch.manual_seed(0)
    magnitudes = torch.ones(20, 500, 1)
    magnitudes[:, 250:] = 0.0
    noisy = MagnitudeNoise(6.0, 1.0)(magnitudes)
    levels_db = 20 * torch.log10(noisy[:, :250])
    assert levels_db.mean().abs() < 0.4
    assert float(levels_db.std()) == pytest.approx(6.0, abs=0.3)
    assert not noisy[:, 250:].any()


@pytest.mark.parametrize(
    "change", [TimeMask(0.9, 0.3), FrequencyMask(0.9, 0.3), MagnitudeNoise(6.0, 0.3)]
)
def test_a_share_of_the_sounds_is_changed(change: Callable[[Tensor], Tensor]) -> None:
    torch.manual_seed(0)
    sounds = torch.rand(1000, 300) + 0.1
    is_audio = isinstance(change, TimeMask)
    changed = change(sounds if is_audio else sounds.unsqueeze(2)).flatten(1)
    assert 0.22 < (changed != sounds).any(dim=1).float().mean() < 0.36


def test_without_a_chance_nothing_is_drawn_or_changed() -> None:
    audio = tones(4, 512)
    magnitudes = audio.abs().unsqueeze(2)
    torch.manual_seed(0)
    state = torch.get_rng_state()
    assert corruption(0.0)(audio, magnitudes, torch.fft.rfft) is magnitudes
    assert torch.equal(torch.get_rng_state(), state)


def losses(corrupted: Corruption | None, audio: Tensor, labels: Labels, step: int) -> list[Tensor]:
    model = tiny(**FULL, corruption=corrupted)
    model.fit(unlabelled(audio))
    torch.manual_seed(step)
    return list(model.losses(Batch(audio, labels)).values())


def test_losses_hang_on_the_step_alone_and_are_the_same_without_a_chance() -> None:
    audio, labels = tones(32, 512), some_labels(tiny(**FULL), 32)
    plain = losses(None, audio, labels, 1)
    assert losses(corruption(0.0), audio, labels, 1) == plain
    once = losses(corruption(0.5), audio, labels, 1)
    assert losses(corruption(0.5), audio, labels, 1) == once
    assert losses(corruption(0.5), audio, labels, 2) != once
    assert once != plain
    assert all(torch.isfinite(loss) for loss in once)


def test_what_shall_come_out_is_clean() -> None:
    """A network that gives the clean contrast, whatever it hears, makes no error."""
    audio = tones(1, 512).expand(16, 512)
    model = tiny(corruption=Corruption(noise=MagnitudeNoise(40.0, 1.0)))
    model.fit(unlabelled(audio))
    clean = model.log_magnitude(model.transform.analyse(audio).abs())
    model.decoder.forward = lambda *_: clean  # type: ignore[method-assign]
    found = model.losses(Batch(audio, some_labels(model, 16)))
    # squares of rounding: the contrast of the same sound, by the same rule, in two batches
    assert float(found["log_magnitude"].detach()) < ROUNDING
    assert float(found["convergence"].detach()) < 1e-4


def test_silence_and_extremes_are_finite() -> None:
    model = tiny(corruption=corruption(1.0))
    model.fit(unlabelled(tones(8, 512)))
    for audio in (torch.zeros(4, 512), 1e4 * tones(4, 512)):
        found = model.losses(Batch(audio, some_labels(model, 4)))
        assert all(torch.isfinite(loss) for loss in found.values())


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (lambda: TimeMask(1.5, 0.0), "time_mask.max_share"),
        (lambda: FrequencyMask(0.5, -1.0), "frequency_mask.probability"),
        (lambda: MagnitudeNoise(-1.0, 0.0), "noise.deviation_db"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], object], key: str) -> None:
    with pytest.raises(ValueError, match=rf"model\.corruption\.{key}"):
        make()
