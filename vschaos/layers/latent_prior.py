"""What sounds go through in time, learnt from the latents of whole sounds."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from vschaos.labels import Labels, Vocabulary
from vschaos.layers.chance import Chance
from vschaos.layers.conditioning import Conditioning, OneHot, Plain, code

STARTS = 64  # places to begin at


DOUBTS = (0.01, 0.3)  # deviations by which latents may be off that a prior goes on from
WALKED_DOUBT = 0.1  # that a walk has of what it said itself


class Outlook(nn.Module):
    """What may come next, from what a network remembers: one of M ways to go on, or of P places.

    A way to go on is about the latents of before, kept to some share, and moved. A place is the
    same whatever came before: where many a sound begins, a few wide ways would meet in the middle
    of all, where none is.

    Args:
        width: features of the memory.
        latent_dim: Z.
        num_ways: M.
        num_places: P.
    """

    def __init__(self, width: int, latent_dim: int, num_ways: int, num_places: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.num_ways = num_ways
        self.num_places = num_places
        self.hidden = nn.Sequential(nn.Linear(width, width), nn.SiLU())
        self.choice = nn.Linear(width, num_ways + num_places)
        self.ways = nn.Linear(width, num_ways * (2 * latent_dim + 1))
        self.places = nn.Parameter(torch.randn(num_places, latent_dim))
        self.spreads = nn.Parameter(torch.full([num_places, latent_dim], -1.0))

    def forward(self, memory: Tensor, last: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """`[B, N, H]` and latents of the frames before `[B, N, Z]` -> log-shares of all
        `[B, N, M + P]`, means and log-deviations of the ways `[B, N, M, Z]`."""
        hidden, dim = self.hidden(memory), self.latent_dim
        parts = self.ways(hidden).unflatten(2, [self.num_ways, 2 * dim + 1])
        kept = torch.sigmoid(parts[..., :1] + 2.0)
        means = kept * last.unsqueeze(2) + parts[..., 1 : 1 + dim]
        # between -5 and 1: neither a point, which nothing comes back to, nor all of the space
        log_deviations = 6.0 * torch.sigmoid(parts[..., 1 + dim :]) - 5.0
        return torch.log_softmax(self.choice(hidden), dim=2), means, log_deviations

    def place_deviations(self) -> Tensor:
        """Their logarithms `[P, Z]`."""
        return self.spreads.clamp(-3.0, 1.0)

    @torch.jit.unused
    def likelihood(self, latents: Tensor, means: Tensor, log_deviations: Tensor) -> Tensor:
        """Nats of latents `[B, N, Z]` by each way and each place `[B, N, M + P]`."""
        distance = (latents.unsqueeze(2) - means) * torch.exp(-log_deviations)
        ways = -(0.5 * distance.square() + log_deviations).sum(dim=3)
        spreads = self.place_deviations()
        sharpness = torch.exp(-2.0 * spreads)
        constant = (0.5 * self.places.square() * sharpness + spreads).sum(dim=1)
        places = latents @ (self.places * sharpness).T - 0.5 * latents.square() @ sharpness.T
        nats = torch.cat([ways, places - constant], dim=2)
        return nats - 0.5 * math.log(2 * math.pi) * self.latent_dim


class LatentPrior(nn.Module):
    """A recurrent network (GRU, Cho et al. 2014) that tells, from the latents so far, how those of
    the next frame are distributed: a mixture of normal distributions (Bishop 1994), see `Outlook`.

    It is told its doubt, by how much the latents may be off that it goes on from, and learns with
    more and with less of it (as Ho et al. 2022 do where one network goes on from another). So a
    walk, which goes on from what it said itself, comes back to where sounds are, and steps need be
    no rougher than they are.

    Args:
        latent_dim: Z.
        vocabularies: of the labels of a model, in their order.
        told: numbers of those that it is told.
        width: H, features that it remembers by.
        num_ways, num_places: of the mixture.

    Attributes:
        low, high: the lowest and highest latents of the training `[Z]`, never left.
        starts: latents to begin with `[STARTS, Z]`.
        loudest: norm of the magnitudes of the loudest frame of the training, never exceeded.
    """

    low: Tensor
    high: Tensor
    starts: Tensor
    loudest: Tensor

    def __init__(
        self,
        latent_dim: int,
        vocabularies: Mapping[str, Vocabulary],
        told: Sequence[int],
        width: int = 128,
        num_ways: int = 8,
        num_places: int = 256,
    ) -> None:
        super().__init__()
        known = list(vocabularies.values())
        self.latent_dim = latent_dim
        self.width = width
        self.codes = nn.ModuleList([code(vocabulary) for vocabulary in known])
        self.conditioning = Conditioning(
            [
                OneHot(len(known[task].classes), task) if known[task].is_class else Plain(task)
                for task in told
            ]
        )
        self.memory = nn.GRU(
            latent_dim + 1 + self.conditioning.num_features, width, batch_first=True
        )
        self.outlook = Outlook(width, latent_dim, num_ways, num_places)
        self.register_buffer("low", torch.full([latent_dim], -3.0))
        self.register_buffer("high", torch.full([latent_dim], 3.0))
        self.register_buffer("starts", torch.zeros(STARTS, latent_dim))
        self.register_buffer("loudest", torch.tensor(1.0))

    def forward(
        self, last: Tensor, doubt: Tensor, labels: Labels, state: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Latents of the frames before `[B, Z, N]`, the doubt of them `[B, 1, N]`, labels of these
        frames `[B, L, N]`, and the memory `[1, B, H]` -> log-shares, means, log-deviations as of
        `Outlook`, and the memory."""
        beliefs = torch.jit.annotate(list[Tensor], [])
        for index, coded in enumerate(self.codes):
            beliefs.append(coded(labels.values[:, index]))
        frames = torch.cat([last, torch.log(doubt)], dim=1)
        told = self.conditioning(frames, beliefs, labels.known).transpose(1, 2)
        memory, state = self.memory(told, state)
        shares, means, log_deviations = self.outlook(memory, last.transpose(1, 2))
        return shares, means, log_deviations, state

    @torch.jit.unused
    def surprise(
        self, latents: Tensor, last: Tensor, doubt: Tensor, labels: Labels, state: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Latents `[B, Z, N]` after `last`, which are off by `doubt` `[B, 1, N]` -> nats a frame,
        scalar, and the memory."""
        shares, means, log_deviations, state = self(last, doubt, labels, state)
        nats = self.outlook.likelihood(latents.transpose(1, 2), means, log_deviations)
        return -torch.logsumexp(shares + nats, dim=2).mean(), state

    @torch.jit.unused
    def doubted(self, last: Tensor) -> tuple[Tensor, Tensor]:
        """Latents `[B, Z, N]` -> the same, off by so much as is drawn for each row, and how much
        that is `[B, 1, N]`."""
        low, high = math.log(DOUBTS[0]), math.log(DOUBTS[1])
        drawn = low + (high - low) * torch.rand_like(last[:, :1, :1])
        doubt = torch.exp(drawn).expand(-1, -1, last.shape[2])
        return last + doubt * torch.randn_like(last), doubt

    @torch.jit.unused
    def fresh(self, num_rows: int) -> Tensor:
        """A memory of nothing `[1, B, H]`."""
        return self.low.new_zeros(1, num_rows, self.width)


class PriorWalk(nn.Module):
    """A prior that is asked frame after frame, and goes on from what it said; scriptable.

    It ends nowhere and stays where the training was, and is the same for the same seed whatever the
    blocks and whatever else is drawn.

    Args:
        prior: trained.
    """

    last: Tensor
    state: Tensor

    def __init__(self, prior: LatentPrior) -> None:
        super().__init__()
        self.prior = prior
        self.chance = Chance()
        self.doubt = WALKED_DOUBT
        self.is_new = True
        self.register_buffer("last", torch.zeros(1, prior.latent_dim, 1), persistent=False)
        self.register_buffer("state", torch.zeros(1, 1, prior.width), persistent=False)

    @torch.jit.export
    def begin(self, seed: int) -> None:
        """The walk of that seed, from its beginning."""
        self.chance.begin(seed)
        self.is_new = True

    def forward(self, temperature: Tensor, labels: Labels) -> Tensor:
        """Temperatures `[B, N]` and labels `[B, L, N]` -> the next latents `[B, Z, N]`.

        Temperature scales the deviations; which of the ways and places it is, is always drawn as it
        was learnt: so 0 still goes from sound to sound, each as it is likeliest.
        """
        self._welcome(temperature.shape[0])
        frames = torch.jit.annotate(list[Tensor], [])
        for n in range(temperature.shape[1]):
            now = Labels(labels.values[:, :, n : n + 1], labels.known[:, :, n : n + 1])
            frames.append(self._next(temperature[:, n], now))
        return torch.cat(frames, dim=2)

    def _welcome(self, num_rows: int) -> None:
        """Rows that were not there before begin somewhere."""
        if self.is_new:
            self.last = self.last[:0]
            self.state = self.state[:, :0]
            self.is_new = False
        there = self.last.shape[0]
        if there < num_rows:
            starts = self.prior.starts
            places = (self.chance(num_rows, 1)[there:, 0] * starts.shape[0]).long()
            new = starts.index_select(0, places.to(starts.device)).unsqueeze(2)
            self.last = torch.cat([self.last, new], dim=0)
            self.state = nn.functional.pad(self.state, (0, 0, 0, num_rows - there))
        self.last = self.last[:num_rows].clone()
        self.state = self.state[:, :num_rows].clone()

    def _next(self, temperature: Tensor, labels: Labels) -> Tensor:
        last = self.last
        doubt = torch.full_like(last[:, :1], self.doubt)
        shares, means, log_deviations, state = self.prior(last, doubt, labels, self.state)
        rows, dim = last.shape[0], last.shape[1]
        sums = torch.exp(shares[:, 0]).cumsum(dim=1)  # [B, M + P]
        drawn = self.chance(rows, 1).to(last)
        which = (sums < drawn * sums[:, -1:]).sum(dim=1).clamp(max=sums.shape[1] - 1)
        outlook = self.prior.outlook
        places = outlook.places.expand(rows, -1, -1)
        spreads = outlook.place_deviations().expand(rows, -1, -1)
        index = which.view(-1, 1, 1).expand(-1, 1, dim)
        mean = torch.cat([means[:, 0], places], dim=1).gather(1, index)[:, 0]
        log_deviation = torch.cat([log_deviations[:, 0], spreads], dim=1).gather(1, index)[:, 0]
        deviation = torch.exp(log_deviation)
        noise = self.chance.normal(rows, dim).to(last)
        latents = mean + temperature.unsqueeze(1) * deviation * noise
        latents = torch.minimum(torch.maximum(latents, self.prior.low), self.prior.high)
        self.last = latents.unsqueeze(2)
        self.state = state
        return self.last
