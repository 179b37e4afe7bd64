"""Capabilities that a model family may have beside the contract of `base`.

Evaluation, report, monitoring, generation, patches and export ask `isinstance(model, Spectral)` and
leave out what is missing; none of them knows a family by name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

from torch import Tensor, nn

from vschaos.batch import Batch
from vschaos.dsp.stft import STFT
from vschaos.instrument.controls import Control
from vschaos.instrument.fit import TrainedRange
from vschaos.instrument.stream import Stream
from vschaos.instrument.synthesiser import Knob, Synthesiser
from vschaos.labels import Labels
from vschaos.latents.prior import LatentPrior
from vschaos.models.base import Model


class Autoencoder(Model, ABC):
    """Encodes sound into Z numbers a frame, and decodes sound from them.

    Attributes:
        latent_dim: Z, numbers in a frame.
    """

    latent_dim: int

    @abstractmethod
    def frame_controls(self) -> list[Control]:
        """The controls of the Z numbers of a frame, in their order: their units and ranges, and how
        a trajectory moves them. They are the inlets of a stream's `decode`, labels apart."""

    @abstractmethod
    def encode(
        self, audio: Tensor, labels: Labels | None = None, temperature: float = 0.0
    ) -> Tensor:
        """`[B, T]` -> `[B, Z, N]`; `temperature` 0 gives the posterior mean, 1 a sample."""

    @abstractmethod
    def decode(self, latents: Tensor, labels: Labels | None = None) -> Tensor:
        """`[B, Z, N]` -> sound `[B, T]`."""

    @abstractmethod
    def reconstruct(
        self, audio: Tensor, labels: Labels | None = None, temperature: float = 0.0
    ) -> Tensor:
        """`[B, T]` -> the same sounds through the model, `[B, T]`, in time with them."""


class Representation(NamedTuple):
    """The spectral representation of a family.

    Attributes:
        transform: waveform <-> spectrum.
        log_magnitude: magnitudes `[B, F, N]` -> normalised log-magnitudes, the input of its
            networks, with an `inverse`; none for other inputs.
    """

    transform: STFT
    log_magnitude: nn.Module | None = None


class Spectral(Autoencoder, ABC):
    """Decodes magnitudes, and reconstructs their phase afterwards.

    Attributes:
        inversions: methods from magnitudes to sound, the default first.
    """

    inversions: tuple[str, ...]

    @abstractmethod
    def representation(self) -> Representation:
        """The transform of the magnitudes of `decode_magnitudes`."""

    @abstractmethod
    def decode_magnitudes(self, latents: Tensor, labels: Labels | None = None) -> Tensor:
        """`[B, Z, N]` -> magnitudes `[B, F, N]`, before phase reconstruction."""

    @abstractmethod
    def decode(
        self, latents: Tensor, labels: Labels | None = None, inversion: str | None = None
    ) -> Tensor:
        """`[B, Z, N]` -> sound `[B, T]`; `inversion` is one of `inversions`."""

    @abstractmethod
    def reconstruct(
        self,
        audio: Tensor,
        labels: Labels | None = None,
        temperature: float = 0.0,
        inversion: str | None = None,
    ) -> Tensor:
        """`[B, T]` -> the same sounds through the model, `[B, T]`, in time with them."""


class Textured(Spectral, ABC):
    """Finishes decoded spectra: noise gets its scatter, and frames the level of their input.

    Both are settings of its streams, with the same defaults.

    Attributes:
        has_texture: whether it was trained to tell noise; if not, `texture` does nothing.
        texture: 0..1, how much scatter `decode` and `reconstruct` give; 0 leaves the magnitudes of
            `decode_magnitudes` as they are.
        match: 0..1, how far `reconstruct` gives each frame the level of its input.
    """

    has_texture: bool
    texture: float
    match: float


class LatentStatistics(Autoencoder, ABC):
    """Standardizes its latents: each has about zero mean and unit standard deviation over the
    training's sounds; they are ordered, the most important first, and the last may be left out."""

    @abstractmethod
    def order_latents(self) -> None:
        """Orders the latents by importance and chooses their signs; changes no weights and draws
        no random numbers."""

    @abstractmethod
    def importance(self) -> list[float]:
        """Change of the sound along each latent, dB, the largest first; empty before the latents
        are ordered."""

    @abstractmethod
    def complete(self, latents: Tensor) -> Tensor:
        """The first K latents `[B, K, N]` -> all of them `[B, Z, N]`, the others at their expected
        values."""

    def near_sounds(self, latents: Tensor) -> Tensor:
        """The first K latents `[B, K, N]` -> the same, moved to where sounds are, in small steps
        where they were: trajectories through a whole space pass places of which the decoder never
        heard. Latents stay where they are by default."""
        return latents

    @abstractmethod
    def divergences(self, audio: Tensor, labels: Labels | None = None) -> Tensor:
        """`[B, T]` -> nats a frame `[Z]`: the divergence of each latent's posteriors from its
        prior; near 0 for an inactive latent."""

    @abstractmethod
    def stream(
        self,
        max_delay: int | None = None,
        num_latents: int | None = None,
        prior: LatentPrior | None = None,
    ) -> Stream:
        """As `Model.stream`.

        Args:
            num_latents: of `encode` and `decode`, the most important ones; all if not given.
            prior: temporal prior of the latents; adds a method `generate`.
        """


class Analysis(NamedTuple):
    """A sound as the synthesiser of a pitched family plays it.

    Attributes:
        played: pitch, confidence and loudness, `[B, 3, N]`.
        spectra: levels of all that it adds up (partials, noise bands) relative to the loudness, dB
            `[B, C, N]`; -100 where there is nothing.
    """

    played: Tensor
    spectra: Tensor


class Pitched(Autoencoder, ABC):
    """Its frames begin with pitch (MIDI note), confidence (0..1) and loudness (dB(A), -80 is
    silence). It plays at the pitch and as loud as these say, whatever the other numbers are.

    The usual ranges of the first and the third of `frame_controls` are those of the training.
    """

    def decode_blocks(self, latents: Tensor, labels: Labels | None = None) -> Iterator[Tensor]:
        """As `decode`, in blocks `[B, T]` that go on without a seam: long sounds need no more
        memory than a block, if a family makes them one by one."""
        yield self.decode(latents, labels)

    @abstractmethod
    def trained_range(self) -> TrainedRange:
        """Where `fit` moves the sound of others to."""

    @abstractmethod
    def analyse(self, batch: Batch) -> Analysis:
        """Sounds `[B, T]` with the features of the training -> what the synthesiser would have to
        play, without the network."""

    @abstractmethod
    def synthesise(self, analysis: Analysis, num_samples: int) -> Tensor:
        """Plays that, as loud as it says whatever the spectra are: `[B, num_samples]`, in time
        with the sound that was analysed."""

    @abstractmethod
    def impulse_response(self) -> Tensor | None:
        """Of the room that was learnt, `[L]`; None for dry models."""


class SingleCycle(Pitched, ABC):
    """Its tone is one cycle, read again and again: what a wavetable holds.

    All partials of a cycle are sines that begin at 0, with positive amplitudes: this rule of the
    phases makes any two cycles cross-fade without a partial that is lost on the way.

    Attributes:
        descriptors: names of those of `frame_controls` that describe the timbre, in standard
            deviations of the training's sounds. Measured again on what is played, each is as it was
            asked for, within what the pitch allows.
        num_partials: P, the first of the spectra of `analyse`.
    """

    descriptors: tuple[str, ...]
    num_partials: int

    @abstractmethod
    def hear(self, batch: Batch) -> Tensor:
        """Sounds `[B, T]` with the features of the training -> their frames `[B, Z, N]`, in time
        with those of `analyse`."""

    @abstractmethod
    def cycle_amplitudes(self, latents: Tensor, labels: Labels | None = None) -> Tensor:
        """Frames `[B, Z, N]` -> peak amplitudes `[B, P, N]` of the partials of one cycle, of which
        the strongest is 1; 0 where the pitch leaves no room below the Nyquist frequency."""


class Heard(NamedTuple):
    """What sounds were made with, as far as it can be heard.

    Attributes:
        positions: of the knobs, 0..1, `[B, P]`. Of settings that sound the same they are always
            the same ones.
        audible: whether a knob makes a difference to that sound, bool `[B, P]`.
        pitch: MIDI notes, `[B]`.
        velocity: 0..1, `[B]`.
        held_seconds: until the note was released, `[B]`.
    """

    positions: Tensor
    audible: Tensor
    pitch: Tensor
    velocity: Tensor
    held_seconds: Tensor


class Diagram(NamedTuple):
    """How the modules of a synthesiser are connected.

    Attributes:
        sounds: modules that give sound, in its order; all others control them.
        cables: from a module, to a module, and the knob that says how much; empty where all of it
            goes on.
    """

    sounds: tuple[str, ...]
    cables: tuple[tuple[str, str, str], ...]


class Matching(Model, ABC):
    """Finds the settings of a synthesiser in a sound.

    Attributes:
        knobs: what is found, P of them.
        chosen: numbers of the knobs that are chosen rather than turned: switches, steps, and
            amounts that can be off.
        off: of these amounts, the positions at which they are off, by their numbers.
    """

    knobs: tuple[Knob, ...]
    chosen: list[int]
    off: dict[int, float]

    @abstractmethod
    def propose(self, audio: Tensor, pitch: Tensor, count: int = 1, seed: int = 0) -> Tensor:
        """Settings that may have made a sound.

        Args:
            audio: `[B, T]` from the onset of a note on; any level, any length.
            pitch: MIDI notes `[B]`.
            count: K, hypotheses.
            seed: of those that are drawn.

        Returns:
            Positions 0..1 `[B, K, P]` in the order of `knobs`: the likeliest, then others as they
            are drawn from what is likely.
        """

    @abstractmethod
    def synthesiser(self) -> Synthesiser:
        """What plays them, its `parameters` the knobs."""

    def diagram(self) -> Diagram | None:
        """Of what is set; None if nobody knows."""
        return None

    @abstractmethod
    def heard(self, batch: Batch) -> Heard:
        """What the sounds of a batch were made with, by its targets."""

    @abstractmethod
    def are_right(self, found: Tensor, positions: Tensor) -> Tensor:
        """Positions `[B, P]`, twice -> which of `chosen` are the same: bool `[B, S]`."""

    @abstractmethod
    def errors(self, found: Tensor, heard: Heard) -> dict[str, Tensor]:
        """How far positions `[B, P]` are from what can be heard: by `knob_error`, the mean error
        of the continuous ones, 0..1, and `steps_right`, the share of `chosen` that is right, %."""


class Labelled(Model, ABC):
    """Is conditioned on labels, or predicts them.

    Attributes:
        conditioning_tasks: labels that condition it; each may be given, and may be unknown.
        predicted_tasks: the P labels that it predicts.
    """

    conditioning_tasks: list[str]
    predicted_tasks: list[str]

    @abstractmethod
    def predict(self, audio: Tensor) -> Tensor:
        """`[B, T]` -> predictions, class numbers or numbers, `[B, P, N]`."""
