"""Samples of a prior have the statistics of the training, are endless, and stay in its range."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from vschaos.labels import Labels, Vocabulary
from vschaos.latents import LatentPrior, PriorSampler, Stretch

VOCABULARIES = {"shape": Vocabulary(("low", "high")), "speed": Vocabulary(low=0.0, high=1.0)}


def labels_of(shape: float, batch: int, count: int, is_known: bool = True) -> Labels:
    values = torch.zeros(batch, 2, count)
    values[:, 0] = shape
    known = torch.zeros(batch, 2, count, dtype=torch.bool)
    known[:, 0] = is_known
    return Labels(values, known)


def square(batch: int, count: int) -> tuple[Tensor, Labels]:
    """Two latents: one changes sign at random, once in 20 frames on average; the other one is 1
    or -1, by the label."""
    flips = torch.where(torch.rand(batch, count) < 0.05, -1.0, 1.0).cumprod(dim=1)
    shape = (torch.rand(batch, 1) < 0.5).float().expand(-1, count)
    latents = torch.stack([flips, 2.0 * shape - 1.0], dim=1)
    return latents + 0.02 * torch.randn_like(latents), Labels(
        torch.stack([shape, torch.zeros_like(shape)], dim=1),
        torch.stack([torch.ones_like(shape) > 0, torch.zeros_like(shape) > 0], dim=1),
    )


def stretch_of(latents: Tensor, ages: Tensor, labels: Labels) -> Stretch:
    """Of streams `[B, Z, N + 1]`, ages `[B, N + 1]` and labels of as many frames."""
    return Stretch(
        latents=latents[:, :, 1:],
        begins=ages[:, 1:] == 0,
        last=latents[:, :, :-1],
        doubt=torch.zeros_like(latents[:, :1, 1:]),
        ages=ages[:, None, :-1],
        labels=Labels(labels.values[:, :, 1:], labels.known[:, :, 1:]),
    )


def learnt(prior: LatentPrior, streams: Callable[[], Stretch], num_steps: int) -> LatentPrior:
    optimizer = torch.optim.Adam(prior.parameters(), 1e-2)
    for _ in range(num_steps):
        stretch = streams()
        state = prior.fresh(len(stretch.latents))
        loss, _ = prior.negative_log_likelihood(prior.doubted(stretch), state)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return prior.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def prior() -> LatentPrior:
    torch.manual_seed(0)
    prior = LatentPrior(2, VOCABULARIES, [0, 1], width=24, num_ways=4, num_places=4)

    def streams() -> Stretch:
        latents, labels = square(16, 33)
        return stretch_of(latents, torch.arange(1.0, 34.0).expand(16, -1), labels)

    learnt(prior, streams, 500)
    prior.low.fill_(-1.2)
    prior.high.fill_(1.2)
    prior.starts.fill_(1.0)
    return prior


def test_samples_have_the_statistics_of_the_training(prior: LatentPrior) -> None:
    sampler = torch.jit.script(PriorSampler(prior))
    sampler.begin(0)
    latents = sampler(torch.ones(1, 1500), labels_of(1.0, 1, 1500))[0]
    turns = (latents[0].sign().diff().abs() > 0).float().mean()
    assert 0.02 < float(turns) < 0.12
    near = (latents[0].abs() - 1.0).abs()
    assert float((near < 0.3).float().mean()) > 0.8
    assert float((latents[1] > 0.7).float().mean()) > 0.75
    # the memory of the other label lasts for some ten frames, or a hundred, by chance
    low = sampler(torch.ones(1, 1500), labels_of(0.0, 1, 1500))[0]
    assert float((low[1] < -0.7).float().mean()) > 0.75


def test_temperature_0_still_changes_from_sound_to_sound(prior: LatentPrior) -> None:
    sampler = PriorSampler(prior)
    latents = sampler(torch.zeros(1, 400), labels_of(1.0, 1, 400))[0]
    assert (latents[0] > 0.5).any()
    assert (latents[0] < -0.5).any()


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_samples_stay_in_the_range_of_the_training(prior: LatentPrior, temperature: float) -> None:
    sampler = PriorSampler(prior)
    found = [
        sampler(torch.full([2, 200], temperature), labels_of(0.0, 2, 200, is_known=False))
        for _ in range(4)
    ]
    latents = torch.cat(found, dim=2)
    assert torch.isfinite(latents).all()
    assert float(latents.abs().max()) <= 1.2001


def test_a_seed_gives_the_same_samples_for_any_block_size(prior: LatentPrior) -> None:
    def sampled(seed: int, sizes: tuple[int, ...], rows: int = 1) -> Tensor:
        sampler = PriorSampler(prior)
        sampler.begin(seed)
        parts = [sampler(torch.ones(rows, size), labels_of(1.0, rows, size)) for size in sizes]
        return torch.cat(parts, dim=2)

    whole = sampled(3, (64,))
    torch.rand(3)
    assert torch.equal(sampled(3, (1, 2, 5, 56)), whole)
    torch.testing.assert_close(sampled(3, (64,), rows=3)[:1], whole)
    assert not torch.allclose(sampled(3, (64,), rows=3)[1:2], whole)
    assert not torch.allclose(sampled(4, (64,)), whole)


def test_the_number_of_voices_may_change(prior: LatentPrior) -> None:
    sampler = torch.jit.script(PriorSampler(prior))
    for rows in (1, 3, 2):
        assert sampler(torch.ones(rows, 4), labels_of(1.0, rows, 4)).shape == (rows, 2, 4)


def test_a_seed_restarts_the_sequence(prior: LatentPrior) -> None:
    sampler = PriorSampler(prior)
    sampler.begin(5)
    first = sampler(torch.ones(1, 10), labels_of(1.0, 1, 10))
    sampler.begin(5)
    assert torch.equal(sampler(torch.ones(1, 10), labels_of(1.0, 1, 10)), first)


@pytest.mark.slow
def test_a_steady_sound_ends_after_its_duration() -> None:
    """Notes of one frame that holds for 40, and then another one."""
    torch.manual_seed(0)
    prior = LatentPrior(1, {}, [], width=24, num_ways=2, num_places=8)
    prior.outlook.places.data.copy_(torch.linspace(-2.0, 2.0, 8)[:, None])

    def streams() -> Stretch:
        notes = 4.0 * torch.rand(16, 3).repeat_interleave(40, dim=1) - 2.0
        ages = torch.arange(120.0).remainder(40).expand(16, -1)
        first = int(torch.randint(40, ()))
        piece = slice(first, first + 81)
        empty = torch.zeros(16, 0, 81)
        noisy = notes[:, None, piece] + 0.02 * torch.randn(16, 1, 81)
        return stretch_of(noisy, ages[:, piece], Labels(empty, empty > 0))

    sampler = PriorSampler(learnt(prior, streams, 300))
    empty = torch.zeros(1, 0, 4000)
    latents = sampler(torch.ones(1, 4000), Labels(empty, empty > 0))[0, 0]
    lengths = (latents.diff().abs() > 0.25).nonzero()[:, 0].diff()
    lengths = lengths[lengths > 2]  # the first frames of a note may waver
    # where the next one is like the one before, two of them look like one
    assert float(((lengths > 34) & (lengths < 46)).float().mean()) > 0.6
    assert int(lengths.max()) < 240


def test_a_voice_does_not_depend_on_others(prior: LatentPrior) -> None:
    """Up to rounding in products of several rows."""
    sequences = []
    for sizes in ((1, 1, 1, 1), (1, 4, 2, 4)):
        sampler = PriorSampler(prior)
        sampler.begin(3)
        parts = [sampler(torch.ones(rows, 8), labels_of(1.0, rows, 8))[:1] for rows in sizes]
        sequences.append(torch.cat(parts, dim=2))
    torch.testing.assert_close(sequences[1], sequences[0], atol=1e-4, rtol=0.0)
