"""The spectral VAE: magnitudes of a frame -> a few latent numbers -> magnitudes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from vschaos.labels import Labels, Vocabulary
from vschaos.layers import (
    Adversary,
    Gaussian,
    Labelling,
    LatentPrior,
    Network,
    sample,
    self_taught,
)
from vschaos.losses import (
    Discrepancy,
    Distance,
    FrameConvergence,
    LogSpectralDistance,
    MeanSquare,
    SpectralConvergence,
)
from vschaos.models.base import Model, Representation
from vschaos.models.spectral_vae.corruption import Corruption
from vschaos.models.spectral_vae.generating import GeneratingStream
from vschaos.models.spectral_vae.latent import GaussianLatent
from vschaos.models.spectral_vae.outputs import Output
from vschaos.models.spectral_vae.silence import Silence
from vschaos.models.spectral_vae.stream import SpectralStream
from vschaos.transforms import INVERSIONS, STFT, LogMagnitude, invert

SETTLING = 4  # times the context of an encoder, in which it comes to rest


class SpectralVAE(Model):
    """Variational auto-encoder (Kingma & Welling 2014) of the frames of a magnitude spectrum.

    Encoder and decoder see the contrast of the magnitudes, F numbers a frame; what the decoder
    lacks is the phase, found again by one of `inversions`.

    Args:
        vocabularies: of the labels that `conditioning` and `prediction` name.
        sample_rate: Hz, of all sound that comes in and goes out.
        transform: waveform <-> spectrum.
        contrast: makes the module for F bins.
        encoder: makes the network from F features of a frame, and labels, to 2 Z.
        decoder: makes the network from Z features, and labels, to F, or what `output` takes.
        latent: the space between, of Z dimensions.
        conditioning: by label, to whom it is told and how (see `layers.Labelling`).
        prediction: by label, the head that hears it in the contrast of a frame.
        adversary_dims: hidden widths of the heads that keep the latents free of the labels told to
            the decoder; none for no adversary.
        label_dropout: share of the frames whose labels are hidden in training, 0 to 1: so the
            decoder learns to do without.
        corruption: of what encoder and heads get in training, or none.
        output: what the decoder says of a contrast; by default the contrast itself.
        reconstruction: by name, distances of what is decoded that make terms of the loss; by
            default `contrast`, mean squares, and `convergence`, of each frame.
        regularisation: by name, further terms: discrepancies of the latents from their prior.
        excerpt_frames: frames of an example for training, those apart that are context.
        burn_in: frames at the beginning of an example of which no loss is taken.
    """

    inversions = INVERSIONS

    def __init__(
        self,
        vocabularies: Mapping[str, Vocabulary],
        sample_rate: int,
        transform: STFT,
        contrast: Callable[[int], LogMagnitude],
        encoder: Callable[[int, int], Network],
        decoder: Callable[[int, int], Network],
        latent: GaussianLatent,
        conditioning: Mapping[str, Mapping[str, Any]] | None = None,
        prediction: Mapping[str, Mapping[str, Any]] | None = None,
        adversary_dims: list[int] | None = None,
        label_dropout: float = 0.0,
        corruption: Corruption | None = None,
        output: Callable[[LogMagnitude], Output] = Output,
        reconstruction: Mapping[str, Distance | None] | None = None,
        regularisation: Mapping[str, Discrepancy | None] | None = None,
        excerpt_frames: int = 1,
        burn_in: int = 0,
    ) -> None:
        super().__init__()
        num_bins = transform.num_bins
        labelling = Labelling(vocabularies, conditioning or {}, prediction or {}, num_bins)
        self.sample_rate = sample_rate
        self.hop_length = transform.hop_length
        self.latent_dim = latent.dim
        self.vocabularies = {task: vocabularies[task] for task in labelling.tasks}
        self.told = [labelling.tasks[index] for index in labelling.told]
        self.heard = [labelling.tasks[index] for index in labelling.heard]
        self.transform = transform
        self.contrast = contrast(num_bins)
        self.labelling = labelling
        self.output = output(self.contrast)
        self.encoder = encoder(num_bins + labelling.to_encoder.num_features, latent.num_parameters)
        self.decoder = decoder(
            latent.dim + labelling.to_decoder.num_features, num_bins * self.output.per_bin
        )
        self.latent = latent
        self.adversary = _adversary(latent.dim, labelling, vocabularies, adversary_dims)
        self.label_dropout = label_dropout
        self.corruption = corruption
        self.burn_in = burn_in
        num_frames = _excerpt_frames(excerpt_frames, burn_in, self.context)
        self.excerpt_length = transform.n_fft + (num_frames - 1) * transform.hop_length
        self.excerpt_centres = [
            transform.n_fft // 2 + n * transform.hop_length for n in range(num_frames)
        ]
        default: dict[str, Distance] = {"contrast": MeanSquare(), "convergence": FrameConvergence()}
        # an entry may be none, which switches it off
        terms = default if reconstruction is None else reconstruction
        self.reconstruction = {name: term for name, term in terms.items() if term}
        self.regularisation = {n: term for n, term in (regularisation or {}).items() if term}
        self.convergence = SpectralConvergence()
        self.log_spectral_distance = LogSpectralDistance()

    @property
    def context(self) -> int:
        """Frames before one that matter to what is decoded of it."""
        return self.encoder.context + self.decoder.context

    def fit(self, audio: Tensor) -> None:
        self.contrast.fit(self.transform.magnitudes(audio))

    def centres(self, length: int) -> Tensor:
        return self.transform.centres(length)

    def losses(self, audio: Tensor, labels: Labels) -> dict[str, Tensor]:
        """Excerpts `[B, T]` and labels `[B, L, N]` -> the terms of `reconstruction`, by default
        `contrast` (mean squared error) and `convergence`; `kl` (nats); those of `regularisation`
        and of `output`; and what labels add, in nats: for each that is predicted
        `pitch_prediction`, and `pitch_self_taught` if the decoder is told it; with an adversary,
        `adversary` and `leak`."""
        magnitudes = self.transform.magnitudes(audio)
        contrast = self.contrast(magnitudes)
        seen = self._corrupted(audio, magnitudes, contrast)
        beliefs, known = self.labelling.believed(seen, labels)
        shown = known & (torch.rand_like(contrast[:, :1]) >= self.label_dropout)
        posterior = self._posterior(seen, beliefs, shown)
        self.latent.watch(Gaussian(*self._judged(*posterior)))
        latents = sample(posterior)
        parameters = self.decoder(self.labelling.to_decoder(latents, beliefs, shown)).float()
        posterior, labels = Gaussian(*self._judged(*posterior)), Labels(*self._judged(*labels))
        parameters, contrast, magnitudes, seen, latents, known, *beliefs = self._judged(
            parameters, contrast, magnitudes, seen, latents, known, *beliefs
        )
        return {
            **self._distances(parameters, contrast, magnitudes),
            "kl": self.latent.divergence(posterior),
            **{name: term(posterior, latents) for name, term in self.regularisation.items()},
            **self._label_losses(contrast, seen, latents, beliefs, known, labels),
        }

    def _judged(self, *values: Tensor) -> list[Tensor]:
        """Of each `[B, C, N]` the frames of which a loss is taken: the first ones may be there to
        warm memories."""
        return [part[:, :, self.burn_in :] for part in values]

    def _distances(
        self, parameters: Tensor, contrast: Tensor, magnitudes: Tensor
    ) -> dict[str, Tensor]:
        """Of what a decoder gives from what is true of the same frames."""
        output = self.output(parameters)
        pairs = {
            "contrast": (output, contrast),
            "magnitudes": (self.contrast.inverse(output), magnitudes),
        }
        losses = {name: term(*pairs[term.of]) for name, term in self.reconstruction.items()}
        return losses | self.output.losses(parameters, contrast)

    def _corrupted(self, audio: Tensor, magnitudes: Tensor, contrast: Tensor) -> Tensor:
        """The contrast that the encoder gets of sounds `[B, T]`."""
        if self.corruption is None:
            return contrast
        corrupted = self.corruption(audio, magnitudes, self.transform.magnitudes)
        return contrast if corrupted is magnitudes else self.contrast(corrupted)

    def _label_losses(
        self,
        contrast: Tensor,
        seen: Tensor,
        latents: Tensor,
        beliefs: list[Tensor],
        known: Tensor,
        labels: Labels,
    ) -> dict[str, Tensor]:
        """What the heads learn, and what keeps labels out of the latents: those that are known and
        those that are heard, `known` by either."""

        def decode(points: Tensor, told: list[Tensor], all_known: Tensor) -> Tensor:
            return self.output(self.decoder(self.labelling.to_decoder(points, told, all_known)))

        losses = self.labelling.surprise(seen, labels)
        losses |= self_taught(
            self.labelling, contrast, latents.detach(), beliefs, labels.known, decode
        )
        if self.adversary is not None:
            losses |= self.adversary.losses(latents, beliefs, known)
        return losses

    def distances(self, audio: Tensor, labels: Labels) -> dict[str, Tensor]:
        """`log_spectral_distance` and `spectral_convergence`, in dB, of the magnitudes decoded;
        for each label predicted `pitch_accuracy` (share of the frames heard right, 0 to 1) or,
        if it is a number, `loudness_error` (mean of absolutes)."""
        magnitudes = self.transform(audio).abs()
        contrast = self.contrast(magnitudes)
        beliefs, known = self.labelling.believed(contrast, labels)
        latents = self._posterior(contrast, beliefs, known).mean
        output = self._magnitudes(latents, beliefs, known)
        convergence = self.convergence(output, magnitudes)
        return {
            "log_spectral_distance": self.log_spectral_distance(output, magnitudes),
            "spectral_convergence": 20 * torch.log10(convergence.clamp_min(1e-7)),
            **self.labelling.accuracy(contrast, labels),
        }

    def encode(
        self, audio: Tensor, labels: Labels | None = None, temperature: float = 0.0
    ) -> Tensor:
        """`[B, T]` -> latents `[B, Z, N]`, `N = transform.num_frames(T)`."""
        contrast = self.contrast(self.transform(audio).abs())
        beliefs, known = self.labelling.believed(contrast, self._given(labels, contrast))
        posterior = self._posterior(contrast, beliefs, known)
        return self.latent.outward(sample(posterior, temperature))

    def decode(
        self, latents: Tensor, labels: Labels | None = None, inversion: str | None = None
    ) -> Tensor:
        """Latents `[B, Z, N]` -> `[B, T]`, the sound that has N frames:
        `T = (N + 1) * hop_length - n_fft`."""
        length = (latents.shape[2] + 1) * self.hop_length - self.transform.n_fft
        if length < 1:
            raise ValueError(
                f"at least {self.transform.overlap} latent frames make a sound, "
                f"{latents.shape[2]} came"
            )
        magnitudes = self.decode_magnitudes(latents, labels)
        return invert(self.transform, magnitudes, length, inversion or self.inversions[0])

    def decode_magnitudes(self, latents: Tensor, labels: Labels | None = None) -> Tensor:
        """Latents `[B, Z, N]` -> `[B, F, N]`; what `labels` leave open is unknown."""
        given = self._given(labels, latents)
        inner = self.latent.inward(latents)
        magnitudes = self._magnitudes(inner, self.labelling.stated(given), given.known)
        return magnitudes * self._silence()(latents)

    def representation(self) -> Representation:
        return Representation(self.transform, self.contrast)

    def arrange(self) -> None:
        """Under labels drawn evenly: a decoder that is told some hardly sounds without."""

        def decode(latents: Tensor) -> Tensor:
            labels = self.labelling.any_of(latents)
            return self._magnitudes(latents, self.labelling.stated(labels), labels.known)

        was_training = self.training
        self.eval()
        self.latent.arrange(decode)
        self.train(was_training)

    def importance(self) -> list[float]:
        found: list[float] = self.latent.importance.tolist()
        return found if any(found) else []

    def complete(self, latents: Tensor) -> Tensor:
        completed: Tensor = self.latent.kept(latents.shape[1])(latents)
        return completed

    def divergences(self, audio: Tensor, labels: Labels | None = None) -> Tensor:
        contrast = self.contrast(self.transform(audio).abs())
        beliefs, known = self.labelling.believed(contrast, self._given(labels, contrast))
        return self.latent.information(self._posterior(contrast, beliefs, known))

    def predict(self, audio: Tensor) -> Tensor:
        """`[B, T]` -> `[B, P, N]`, `N = transform.num_frames(T)`."""
        return self.labelling.predicted(self.contrast(self.transform(audio).abs()))

    def reconstruct(
        self,
        audio: Tensor,
        labels: Labels | None = None,
        temperature: float = 0.0,
        inversion: str | None = None,
    ) -> Tensor:
        spectrum = self.transform(audio)
        contrast = self.contrast(spectrum.abs())
        beliefs, known = self.labelling.believed(contrast, self._given(labels, contrast))
        latents = sample(self._posterior(contrast, beliefs, known), temperature)
        magnitudes = self._magnitudes(latents, beliefs, known)
        magnitudes = magnitudes * self._silence()(self.latent.outward(latents))
        way = inversion or self.inversions[0]
        return invert(self.transform, magnitudes, audio.shape[1], way, spectrum)

    def stream(
        self,
        max_delay: int | None = None,
        num_latents: int | None = None,
        prior: LatentPrior | None = None,
    ) -> SpectralStream:
        parts = (
            self.vocabularies,
            self.transform if max_delay is None else self.transform.within(max_delay),
            self.contrast,
            self.labelling,
            self.encoder,
            self.decoder,
            self.output,
            self.latent,
            self._silence(),
            self.sample_rate,
            num_latents,
        )
        return (
            SpectralStream(*parts)
            if prior is None
            else GeneratingStream(prior, self.decoder, *parts)
        )

    def _silence(self) -> Silence:
        """As it is encoded without a label, beside a sound of the mean contrast, once either has
        lasted."""
        silent = self.contrast(torch.zeros_like(self.contrast.mean).unsqueeze(0))
        contrast = torch.cat([silent, torch.zeros_like(silent)])
        contrast = contrast.expand(-1, -1, 1 + SETTLING * self.encoder.context)
        beliefs, known = self.labelling.believed(contrast, self.labelling.unknown(contrast))
        posterior = self._posterior(contrast, beliefs, known)
        latents = self.latent.outward(posterior.mean)[:, :, -1:].detach()
        return Silence(latents[0], latents[1])

    def _given(self, labels: Labels | None, frames: Tensor) -> Labels:
        if labels is None:
            return self.labelling.unknown(frames)
        return labels

    def _posterior(self, contrast: Tensor, beliefs: list[Tensor], known: Tensor) -> Gaussian:
        return self.latent(self.encoder(self.labelling.to_encoder(contrast, beliefs, known)))

    def _magnitudes(self, latents: Tensor, beliefs: list[Tensor], known: Tensor) -> Tensor:
        told = self.labelling.to_decoder(latents, beliefs, known)
        return self.contrast.inverse(self.output(self.decoder(told)))


def _excerpt_frames(seen: int, burn_in: int, context: int) -> int:
    if seen < 1:
        raise ValueError(f"model.excerpt_frames must be at least 1, {seen} came")
    if not 0 <= burn_in <= context:
        raise ValueError(
            f"model.burn_in must be from 0 to the {context} frames that the networks look back, "
            f"{burn_in} came"
        )
    return context + seen


def _adversary(
    latent_dim: int,
    labelling: Labelling,
    vocabularies: Mapping[str, Vocabulary],
    hidden_dims: list[int] | None,
) -> Adversary | None:
    told = labelling.to_decoder.tasks
    if not hidden_dims or not told:
        return None
    known = [vocabularies[labelling.tasks[task]] for task in told]
    return Adversary(latent_dim, known, told, hidden_dims)
