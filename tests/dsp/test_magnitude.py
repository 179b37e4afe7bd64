"""The contrast of magnitudes and its inverse."""

import pytest
import torch

from vschaos.dsp import LogMagnitude
from vschaos.losses import FrameRMSE


def fitted(scale: float = 1.0) -> tuple[LogMagnitude, torch.Tensor]:
    magnitudes = scale * torch.rand(8, 65, 10, generator=torch.Generator().manual_seed(0)) ** 4
    log_magnitude = LogMagnitude(65, floor_db=-80.0)
    log_magnitude.fit(magnitudes)
    return log_magnitude, magnitudes


@pytest.mark.parametrize("scale", [1e-4, 1.0, 100.0])
def test_the_inverse_undoes_it_at_any_level(scale: float) -> None:
    log_magnitude, magnitudes = fitted(scale)
    back = log_magnitude.inverse(log_magnitude(magnitudes))
    assert torch.allclose(back, magnitudes, rtol=1e-3, atol=1e-6 * scale)


def test_training_magnitudes_get_unit_variance_and_no_mean() -> None:
    log_magnitude, magnitudes = fitted()
    seen = log_magnitude(magnitudes)
    assert float(seen.square().mean()) == pytest.approx(1.0, abs=1e-3)
    assert float(seen.mean(dim=(0, 2)).abs().max()) < 1e-4


def test_the_inverse_is_bounded_and_never_negative() -> None:
    log_magnitude, magnitudes = fitted()
    wild = torch.tensor([-1e9, -50.0, 50.0, 1e9]).repeat(1, 65, 1)
    back = log_magnitude.inverse(wild)
    assert float(back.min()) == 0.0
    assert float(back.max()) <= float(magnitudes.max()) * 10 ** (12 / 20) * 1.01


def test_what_is_far_too_loud_raises_the_top_alone() -> None:
    log_magnitude, magnitudes = fitted()
    outlier = 30_000.0 * magnitudes[:1]
    other = LogMagnitude(65, floor_db=-80.0)
    other.fit(torch.cat([magnitudes, outlier]), torch.tensor([True] * 8 + [False]))
    for name in ("floor", "mean", "deviation"):
        assert torch.equal(getattr(other, name), getattr(log_magnitude, name))
    assert torch.allclose(other.inverse(other(outlier)), outlier, rtol=1e-3)


def test_silence_can_be_fitted() -> None:
    log_magnitude = LogMagnitude(5, floor_db=-80.0)
    log_magnitude.fit(torch.zeros(1, 5, 3))
    assert torch.isfinite(log_magnitude(torch.zeros(1, 5, 3))).all()


def test_its_numbers_are_saved_with_the_weights() -> None:
    log_magnitude, magnitudes = fitted()
    other = LogMagnitude(65, floor_db=-80.0)
    other.load_state_dict(log_magnitude.state_dict(), strict=True)
    assert torch.equal(other(magnitudes), log_magnitude(magnitudes))


def test_bins_that_are_always_empty_count_neither_for_nor_against() -> None:
    _, magnitudes = fitted()
    generator = torch.Generator().manual_seed(1)
    errors = torch.exp(0.3 * torch.randn(magnitudes.shape, generator=generator))
    losses = []
    for num_empty in (0, 260):
        empty = torch.zeros(8, num_empty, 10)
        sounds, output = (torch.cat([m, empty], 1) for m in (magnitudes, magnitudes * errors))
        log_magnitude = LogMagnitude(65 + num_empty, floor_db=-80.0)
        log_magnitude.fit(sounds)
        losses.append(float(FrameRMSE()(log_magnitude(output), log_magnitude(sounds))))
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)  # float32
