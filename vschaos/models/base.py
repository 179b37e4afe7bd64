"""What every model family offers to training, generation and export."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vschaos.dsp import STFT
from vschaos.labels import Labels, Vocabulary
from vschaos.layers import LatentPrior

IMPORTANT_SHARE = 0.9  # share of what all latents change, that those bring which matter


class Control(NamedTuple):
    """A value that flows in or out while an instrument is played.

    Attributes:
        name: what is written on the inlet or outlet.
        low, high: the range it is made for.
        unit: `amplitude`, `deviation` (standard deviations of the prior), `class` (a number), ...
        classes: names by class number.
        unknown_below: lower values say that nothing is known; none if something always is.
        importance_db: what a latent changes in the sound, as `Model.importance` says.
        unseen: numbers of the classes that no sound of the training has.
    """

    name: str
    low: float
    high: float
    unit: str
    classes: tuple[str, ...] = ()
    unknown_below: float | None = None
    importance_db: float | None = None
    unseen: tuple[int, ...] = ()

    @property
    def unseen_names(self) -> list[str]:
        return [self.classes[number] for number in self.unseen]


def num_important(importance: Sequence[float]) -> int:
    """The fewest latents that together bring 90 % of what all of them change; what adds up are
    powers.

    Args:
        importance: of a model's latents, dB, the most important first.

    >>> how_many_matter([3.0, 2.0, 0.5, 0.1])
    2
    """
    powers = [change**2 for change in importance]
    sums = [sum(powers[: count + 1]) for count in range(len(powers))]
    return next(
        (n for n, power in enumerate(sums, 1) if power >= IMPORTANT_SHARE * sums[-1] > 0), 0
    )


class Method(NamedTuple):
    """Something an instrument does to a stream.

    Attributes:
        name: of the stream's method.
        inlets, outlets: controls in the order of the channels.
        in_ratio, out_ratio: samples per value on the inlets and on the outlets (1: audio rate).
    """

    name: str
    inlets: list[Control]
    in_ratio: int
    outlets: list[Control]
    out_ratio: int


class Attribute(NamedTuple):
    """A setting of an instrument: the stream has `set_<name>(value) -> int`, 0 if taken, and
    `get_<name>() -> value`.

    Attributes:
        name: what a patch calls it.
        type: `bool`, `int`, `float` or `str`.
        description: one line for whoever plays.
        default: its value when the model is loaded.
        low, high: the range of a number.
        unit: of a number.
        choices: the words that are taken.
        is_read_only: it can be asked for and not set.
    """

    name: str
    type: str
    description: str
    default: bool | int | float | str
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    choices: tuple[str, ...] = ()
    is_read_only: bool = False


class Stream(nn.Module):
    """A model set up to be played block by block; scriptable.

    Each of `methods` is a method `[B, inlets, T / in_ratio] -> [B, outlets, T / out_ratio]` that
    may be called with any whole number of hops T and any B, and gives the same whatever the blocks.

    Args:
        methods, attributes: what can be called and set, in the order of the instrument.
        hop_length: samples; every call brings a multiple of it.
        delay: samples by which the output of `forward` lags behind its input.
    """

    def __init__(
        self, methods: list[Method], attributes: list[Attribute], hop_length: int, delay: int
    ) -> None:
        super().__init__()
        self.methods = methods
        self.attributes = attributes
        self.hop_length = hop_length
        self.delay = delay

    def reset(self) -> None:
        """Forgets all that was heard, at once, and clicks if it is listened to."""
        raise NotImplementedError

    @torch.jit.export
    def restart(self) -> None:
        """Begins anew without a click: what sounds dies away by itself."""
        self.reset()

    def get_delay(self) -> int:
        """The delay as the stream is set now."""
        raise NotImplementedError


class Representation(NamedTuple):
    """How a family sees sound, if it works on magnitudes; to compare it with others that do.

    Attributes:
        transform: waveform <-> spectrum.
        contrast: magnitudes `[B, F, N]` -> what its networks see, with an `inverse`; none if they
            see something else.
    """

    transform: STFT
    log_magnitude: nn.Module | None = None


class Model(nn.Module, ABC):
    """A neural instrument that learns from sounds.

    Attributes:
        sample_rate: Hz.
        hop_length: samples per latent frame.
        excerpt_length: samples in an example for training.
        excerpt_centres: samples in it at which the labels of its frames are read.
        latent_dim: Z, numbers in a latent frame.
        vocabularies: of the L labels that the model knows, in the order of its `Labels`.
        conditioning_tasks: those of them that condition it; they may be stated, and may be unknown.
        predicted_tasks: those of them that it predicts.
        inversions: ways to get from latents to sound, the default first.
    """

    sample_rate: int
    hop_length: int
    excerpt_length: int
    excerpt_centres: list[int]
    latent_dim: int
    vocabularies: dict[str, Vocabulary]
    conditioning_tasks: list[str]
    predicted_tasks: list[str]
    inversions: tuple[str, ...]

    @abstractmethod
    def fit(self, audio: Tensor, is_usual: Tensor | None = None) -> None:
        """Takes statistics (levels, means) from excerpts `[B, T]` before training begins.

        Those that are not usual `[B]` (bool; by default all are) are of files far louder than all
        others, and move nothing but the highest level that can be made.
        """

    @abstractmethod
    def centres(self, length: int) -> Tensor:
        """The samples `[N]` at which the labels of a whole sound's frames are read."""

    @abstractmethod
    def losses(self, audio: Tensor, labels: Labels) -> dict[str, Tensor]:
        """Excerpts `[B, T]` and the labels of their frames -> named scalar terms, unweighted."""

    @abstractmethod
    def distances(self, audio: Tensor, labels: Labels) -> dict[str, Tensor]:
        """A whole held-out sound `[1, T]` -> named scalars that judge its reconstruction, and the
        share of its labels that were heard right."""

    @abstractmethod
    def encode(
        self, audio: Tensor, labels: Labels | None = None, temperature: float = 0.0
    ) -> Tensor:
        """`[B, T]` -> latents `[B, Z, N]`, each with about zero mean and unit deviation over the
        training's sounds, the most important first; `temperature` 0 gives the likeliest."""

    @abstractmethod
    def decode(
        self, latents: Tensor, labels: Labels | None = None, inversion: str | None = None
    ) -> Tensor:
        """Latents `[B, Z, N]` -> sound `[B, T]`; `inversion` is one of `inversions`."""

    @abstractmethod
    def predict(self, audio: Tensor) -> Tensor:
        """`[B, T]` -> what it hears of the P labels in `heard`, class numbers or numbers
        `[B, P, N]`."""

    @abstractmethod
    def reconstruct(
        self,
        audio: Tensor,
        labels: Labels | None = None,
        temperature: float = 0.0,
        inversion: str | None = None,
    ) -> Tensor:
        """`[B, T]` -> the same sounds through the latent space, `[B, T]`, in time with them."""

    def decode_magnitudes(self, latents: Tensor, labels: Labels | None = None) -> Tensor:
        """Latents `[B, Z, N]` -> magnitudes `[B, F, M]` of what `decode` makes of them; a family
        that finds the phase last gives those before it."""
        transform = self.representation().transform.to(latents.device)
        return transform(self.decode(latents, labels)).abs()

    def representation(self) -> Representation:
        """What `decode_magnitudes` speaks of: the transform of these magnitudes."""
        return Representation(STFT(2048, 512))

    def order_latents(self) -> None:
        """Puts the latents in order, the most important first, and gives them signs, by what they
        change in the sound; nothing of what is learnt changes, and nothing is drawn."""

    def importance(self) -> list[float]:
        """What each latent changes in the sound, dB, the most important first; none if a family
        does not tell, or its latents are in no order yet."""
        return []

    def complete(self, latents: Tensor) -> Tensor:
        """The first K latents `[B, K, N]` -> all of them `[B, Z, N]`, the others as they are likely
        to be."""
        return nn.functional.pad(latents, (0, 0, 0, self.latent_dim - latents.shape[1]))

    def divergences(self, audio: Tensor, labels: Labels | None = None) -> Tensor | None:
        """`[B, T]` -> nats a frame `[Z]` that each latent says of these sounds: the divergence of
        its posteriors from its prior, both in deviations as players see them; near 0 for a latent
        that says nothing. None if a family has no posteriors."""
        return None

    @abstractmethod
    def stream(
        self,
        max_delay: int | None = None,
        num_latents: int | None = None,
        prior: LatentPrior | None = None,
    ) -> Stream:
        """The model as it is played live.

        Args:
            max_delay: samples by which the stream may lag behind its input, at the cost of how it
                sounds; as many as suit it if not given.
            num_latents: of those that a player sees, the most important ones; all if not given.
            prior: of the model's latents in time, by which the stream plays by itself too.

        Raises:
            ValueError: it cannot lag so little, or has not so many latents.
        """
