"""What looks drawn is spread as it should be, and the same for a seed."""

import torch

from vschaos.counter_random import Chance


def drawn(seed: int, rows: int = 4, columns: int = 4000) -> torch.Tensor:
    chance = Chance()
    chance.begin(seed)
    return torch.stack([chance(rows, columns) for _ in range(3)])


def test_numbers_are_even_and_have_nothing_to_do_with_each_other() -> None:
    numbers = drawn(0)
    assert float(numbers.min()) > 0.0
    assert float(numbers.max()) < 1.0
    counts = torch.histc(numbers, 20, 0.0, 1.0) / numbers.numel()
    torch.testing.assert_close(counts, torch.full([20], 0.05), atol=0.005, rtol=0.0)
    rows = torch.cat([numbers.flatten(0, 1), drawn(1).flatten(0, 1)])
    related = torch.corrcoef(rows) - torch.eye(len(rows))
    assert float(related.abs().max()) < 0.08  # 5 deviations of what chance does
    for lag in (1, 2, 16):
        pair = torch.stack([numbers[..., lag:].flatten(), numbers[..., :-lag].flatten()])
        assert abs(float(torch.corrcoef(pair)[0, 1])) < 0.03


def test_normal_numbers_are_normal() -> None:
    chance = Chance()
    numbers = chance.normal(8, 5000)
    assert abs(float(numbers.mean())) < 0.02
    assert abs(float(numbers.std()) - 1.0) < 0.02
    assert abs(float((numbers.abs() < 1.0).float().mean()) - 0.683) < 0.01
    assert 3.5 < float(numbers.abs().max()) < 6.0


def test_a_seed_gives_the_same_whatever_else_is_drawn() -> None:
    first = drawn(7)
    torch.manual_seed(1)
    torch.rand(5)
    assert torch.equal(first, drawn(7))
    assert not torch.equal(first, drawn(8))
    torch.testing.assert_close(drawn(7, rows=2), first[:, :2])


def test_it_scripts() -> None:
    scripted = torch.jit.script(Chance())
    scripted.begin(7)
    torch.testing.assert_close(scripted(4, 4000), drawn(7)[0])
