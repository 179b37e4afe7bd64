"""Samples a temporal prior frame by frame."""

import torch
from torch import Tensor, nn

from vschaos.counter_random import Chance
from vschaos.labels import Labels
from vschaos.latents.prior import LatentPrior
from vschaos.voices import with_new_rows, with_rows

SAMPLED_DOUBT = 0.02  # noise that a sampler assumes on its own latents, standard deviations


class PriorSampler(nn.Module):
    """Samples a prior autoregressively; scriptable.

    The sequence never ends and stays in the range of the training. A seed always gives the same
    sequence, whatever the block size and other random numbers.

    Args:
        prior: trained.
    """

    last: Tensor
    age: Tensor
    state: Tensor

    def __init__(self, prior: LatentPrior) -> None:
        super().__init__()
        self.prior = prior
        self.chance = Chance()
        self.chance_of_beginnings = Chance()  # new voices take no draw from the others
        self.doubt = SAMPLED_DOUBT
        self.is_new = True
        self.register_buffer("last", torch.zeros(1, prior.latent_dim, 1), persistent=False)
        self.register_buffer("age", torch.zeros(1), persistent=False)
        self.register_buffer("state", torch.zeros(1, 1, prior.width), persistent=False)

    @torch.jit.export
    def begin(self, seed: int) -> None:
        """Starts the sequence of a seed."""
        self.chance.begin(seed)
        self.chance_of_beginnings.begin(-1 - seed)
        self.is_new = True

    def forward(self, temperature: Tensor, labels: Labels) -> Tensor:
        """Temperatures `[B, N]` and labels `[B, L, N]` -> the next latents `[B, Z, N]`.

        Temperature scales the standard deviations; components of the mixture are always sampled at
        their probabilities, so 0 still moves from sound to sound, each at its mean.
        """
        self._start_rows(temperature.shape[0])
        frames = torch.jit.annotate(list[Tensor], [])
        for n in range(temperature.shape[1]):
            now = Labels(labels.values[:, :, n : n + 1], labels.known[:, :, n : n + 1])
            frames.append(self._next(temperature[:, n], now))
        return torch.cat(frames, dim=2)

    def _start_rows(self, num_rows: int) -> None:
        """New rows begin at random starts."""
        if self.is_new:
            self.last = self.last[:0]
            self.age = self.age[:0]
            self.state = self.state[:, :0]
            self.is_new = False
        if self.last.shape[0] < num_rows:
            starts = self.prior.starts
            drawn = self.chance_of_beginnings(num_rows, 1)[:, 0].to(starts.device)
            places = (drawn * starts.shape[0]).long()
            self.last = with_new_rows(self.last, starts.index_select(0, places).unsqueeze(2))
            self.age = with_new_rows(self.age, self.prior.start_ages.index_select(0, places))
        self.last = with_rows(self.last, num_rows).clone()
        self.age = with_rows(self.age, num_rows).clone()
        self.state = with_rows(self.state.transpose(0, 1), num_rows).transpose(0, 1).contiguous()

    def _next(self, temperature: Tensor, labels: Labels) -> Tensor:
        last = self.last
        doubt = torch.full_like(last[:, :1], self.doubt)
        shares, means, log_deviations, self.state = self.prior(
            last, doubt, self.age.view(-1, 1, 1), labels, self.state
        )
        outlook = self.prior.outlook
        which = self._sample(shares[:, 0])
        begins = which >= outlook.num_ways + outlook.num_places
        which = torch.where(begins, which - outlook.num_places, which)
        places = outlook.places.expand(last.shape[0], -1, -1)
        spreads = outlook.place_deviations().expand(last.shape[0], -1, -1)
        index = which.view(-1, 1, 1).expand(-1, 1, last.shape[1])
        mean = torch.cat([means[:, 0], places], dim=1).gather(1, index)[:, 0]
        log_deviation = torch.cat([log_deviations[:, 0], spreads], dim=1).gather(1, index)[:, 0]
        noise = self.chance.normal(last.shape[0], last.shape[1]).to(last)
        latents = mean + temperature.unsqueeze(1) * torch.exp(log_deviation) * noise
        latents = torch.minimum(torch.maximum(latents, self.prior.low), self.prior.high)
        self.last = latents.unsqueeze(2)
        self.age = torch.where(begins, torch.zeros_like(self.age), self.age + 1.0)
        return self.last

    def _sample(self, log_shares: Tensor) -> Tensor:
        """Log-shares `[B, K]` -> a sample of each row `[B]`."""
        sums = torch.exp(log_shares).cumsum(dim=1)
        drawn = self.chance(sums.shape[0], 1).to(sums)
        return (sums < drawn * sums[:, -1:]).sum(dim=1).clamp(max=sums.shape[1] - 1)
