"""A temporal prior of latents: a mixture density network with a recurrent memory."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vschaos.labels import Labels, Vocabulary
from vschaos.layers.conditioning import Conditioning, OneHot, Plain, code

STARTS = 64  # initial latents
DOUBTS = (0.01, 0.3)  # standard deviations of the noise on past latents in training
TICKS = 24  # of a clock, two for each doubling of an age: up to 2 ** 11.5 frames


class Stretch(NamedTuple):
    """Consecutive frames of several streams of sounds.

    Attributes:
        latents: `[B, Z, N]`.
        begins: where a sound begins `[B, N]`.
        last: latents of the frames before `[B, Z, N]`.
        doubt: standard deviation of the noise on them `[B, 1, N]`.
        ages: frames from the beginning of their sound to them `[B, 1, N]`.
        labels: of the frames `[B, L, N]`.
    """

    latents: Tensor
    begins: Tensor
    last: Tensor
    doubt: Tensor
    ages: Tensor
    labels: Labels


class Clock(nn.Module):
    """Encodes ages on a logarithmic scale."""

    ticks: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("ticks", 0.5 * torch.arange(TICKS), persistent=False)

    def forward(self, ages: Tensor) -> Tensor:
        """Frames `[B, 1, N]` -> proximity to each tick, `[B, TICKS, N]`."""
        octaves = torch.minimum(torch.log2(1.0 + ages), self.ticks[-1])
        return torch.exp(-2.0 * (octaves - self.ticks.unsqueeze(1)).square())


class Outlook(nn.Module):
    """A mixture of the next latents: M continuations (ways), P places, or a new sound at a place.

    The mean of a continuation is a share of the last latents plus an offset. A place is
    independent of the past: sounds begin at many, which a few wide continuations would average.
    Beginnings are separate from places, since training knows them: they are as frequent as in
    training, and at the same ages.

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
        self.sizes = [num_ways, num_places, num_places]
        self.hidden = nn.Sequential(nn.Linear(width, width), nn.SiLU())
        self.event = nn.Linear(width, 3)
        self.choice = nn.Linear(width, num_ways + 2 * num_places)
        self.ways = nn.Linear(width, num_ways * (2 * latent_dim + 1))
        self.places = nn.Parameter(torch.randn(num_places, latent_dim))
        self.spreads = nn.Parameter(torch.full([num_places, latent_dim], -1.0))

    def forward(self, memory: Tensor, last: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """`[B, N, H]` and latents of the frames before `[B, N, Z]` -> log-shares of all
        `[B, N, M + P + P]`, means and log-deviations of the ways `[B, N, M, Z]`."""
        hidden, dim = self.hidden(memory), self.latent_dim
        parts = self.ways(hidden).unflatten(2, [self.num_ways, 2 * dim + 1])
        share = torch.sigmoid(parts[..., :1] + 2.0)
        means = share * last.unsqueeze(2) + parts[..., 1 : 1 + dim]
        # -5 to 1: neither a point, to which nothing returns, nor the whole space
        log_deviations = 6.0 * torch.sigmoid(parts[..., 1 + dim :]) - 5.0
        return self._shares(hidden), means, log_deviations

    def _shares(self, hidden: Tensor) -> Tensor:
        # first the event, then its number: each of hundreds of unlikely places would have a share
        # too small to unlearn, and together they would end sounds too early
        events = torch.log_softmax(self.event(hidden), dim=2)
        ways, places, begins = self.choice(hidden).split(self.sizes, dim=2)
        return torch.cat(
            [
                events[..., :1] + torch.log_softmax(ways, dim=2),
                events[..., 1:2] + torch.log_softmax(places, dim=2),
                events[..., 2:] + torch.log_softmax(begins, dim=2),
            ],
            dim=2,
        )

    def place_deviations(self) -> Tensor:
        """Their logarithms `[P, Z]`."""
        return self.spreads.clamp(-3.0, 1.0)

    @torch.jit.unused
    def likelihood(
        self, latents: Tensor, begins: Tensor, means: Tensor, log_deviations: Tensor
    ) -> Tensor:
        """Nats of latents `[B, N, Z]`, of which some begin a sound `[B, N]`, by each way, each
        place to continue at and each to begin at `[B, N, M + P + P]`."""
        distance = (latents.unsqueeze(2) - means) * torch.exp(-log_deviations)
        ways = -(0.5 * distance.square() + log_deviations).sum(dim=3)
        spreads = self.place_deviations()
        sharpness = torch.exp(-2.0 * spreads)
        constant = (0.5 * self.places.square() * sharpness + spreads).sum(dim=1)
        places = latents @ (self.places * sharpness).T - 0.5 * latents.square() @ sharpness.T
        places = places - constant
        continued = torch.cat([ways, places], dim=2)
        nats = torch.cat(
            [
                continued.masked_fill(begins.unsqueeze(2), -math.inf),
                places.masked_fill(~begins.unsqueeze(2), -math.inf),
            ],
            dim=2,
        )
        return nats - 0.5 * math.log(2 * math.pi) * self.latent_dim


class LatentPrior(nn.Module):
    """A recurrent network (GRU, Cho et al. 2014) that predicts, from all latents so far, the
    distribution of those of the next frame: a mixture of normal distributions (Bishop 1994), see
    `Outlook`.

    Its inputs are augmented with noise (conditioning augmentation, Ho et al. 2022), and it is
    conditioned on the standard deviation of that noise, the doubt. So a sequence that it samples
    from its own outputs returns to regions where sounds are. It is also conditioned on the time
    since the sound began: in a steady sound all frames look the same, and a memory that does not
    change would never end it.

    Args:
        latent_dim: Z.
        vocabularies: of the labels of a model, in their order.
        conditioned_on: numbers of the labels that condition the prior.
        width: H, features of the memory.
        num_ways, num_places: of the mixture.

    Attributes:
        low, high: the lowest and highest latents of the training `[Z]`, the bounds of samples.
        starts: initial latents `[STARTS, Z]`.
        start_ages: frames from the beginning of their sounds to these `[STARTS]`.
        loudest: norm of the magnitudes of the loudest frame of the training, the bound of a frame.
    """

    low: Tensor
    high: Tensor
    starts: Tensor
    start_ages: Tensor
    loudest: Tensor

    def __init__(
        self,
        latent_dim: int,
        vocabularies: Mapping[str, Vocabulary],
        conditioned_on: Sequence[int],
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
                for task in conditioned_on
            ]
        )
        self.clock = Clock()
        num_features = latent_dim + 1 + TICKS + self.conditioning.num_features
        self.memory = nn.GRU(num_features, width, batch_first=True)
        self.outlook = Outlook(width, latent_dim, num_ways, num_places)
        self.register_buffer("low", torch.full([latent_dim], -3.0))
        self.register_buffer("high", torch.full([latent_dim], 3.0))
        self.register_buffer("starts", torch.zeros(STARTS, latent_dim))
        self.register_buffer("start_ages", torch.zeros(STARTS))
        self.register_buffer("loudest", torch.tensor(1.0))

    def forward(
        self, last: Tensor, doubt: Tensor, ages: Tensor, labels: Labels, state: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Latents of the frames before `[B, Z, N]`, the doubt of them and the frames since their
        sound began `[B, 1, N]`, labels of these frames `[B, L, N]`, and the memory `[1, B, H]` ->
        log-shares, means, log-deviations as of `Outlook`, and the memory."""
        probabilities = torch.jit.annotate(list[Tensor], [])
        for index, coded in enumerate(self.codes):
            probabilities.append(coded(labels.values[:, index]))
        frames = torch.cat([last, torch.log(doubt), self.clock(ages)], dim=1)
        features = self.conditioning(frames, probabilities, labels.known).transpose(1, 2)
        memory, state = self.memory(features, state)
        shares, means, log_deviations = self.outlook(memory, last.transpose(1, 2))
        return shares, means, log_deviations, state

    @torch.jit.unused
    def negative_log_likelihood(self, stretch: Stretch, state: Tensor) -> tuple[Tensor, Tensor]:
        """Nats a frame, scalar, and the memory."""
        shares, means, log_deviations, state = self(
            stretch.last, stretch.doubt, stretch.ages, stretch.labels, state
        )
        latents = stretch.latents.transpose(1, 2)
        nats = self.outlook.likelihood(latents, stretch.begins, means, log_deviations)
        return -torch.logsumexp(shares + nats, dim=2).mean(), state

    @torch.jit.unused
    def doubted(self, stretch: Stretch) -> Stretch:
        """The same with noise on the last latents, its standard deviation random for each row."""
        low, high = math.log(DOUBTS[0]), math.log(DOUBTS[1])
        drawn = low + (high - low) * torch.rand_like(stretch.last[:, :1, :1])
        doubt = torch.exp(drawn).expand(-1, -1, stretch.last.shape[2])
        last = stretch.last + doubt * torch.randn_like(stretch.last)
        return stretch._replace(last=last, doubt=doubt)

    @torch.jit.unused
    def fresh(self, num_rows: int) -> Tensor:
        """An empty memory `[1, B, H]`."""
        return self.low.new_zeros(1, num_rows, self.width)
