"""The spectral VAE: its construction, losses and metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from vschaos.batch import Batch
from vschaos.dsp import STFT, LogMagnitude, magnitudes_of
from vschaos.labels import Labels, Vocabulary
from vschaos.latents.gaussian import GaussianLatent
from vschaos.layers import (
    Adversary,
    Gaussian,
    Labelling,
    Network,
    sample,
    semi_supervised,
)
from vschaos.losses import (
    Discrepancy,
    Distance,
    FrameConvergence,
    LogSpectralDistance,
    MeanSquare,
    SpectralConvergence,
)
from vschaos.models.base import Metric
from vschaos.models.spectral_vae.coder import SpectralCoder
from vschaos.models.spectral_vae.corruption import Corruption
from vschaos.models.spectral_vae.interpolation import InterpolationLoss
from vschaos.models.spectral_vae.outputs import Output
from vschaos.models.spectral_vae.texture import Noisiness


class SpectralVAE(SpectralCoder):
    """Variational auto-encoder (Kingma & Welling 2014) of the frames of a magnitude spectrum.

    The networks work on the log-magnitudes of F bins; phases are reconstructed by one of
    `inversions`.

    Args:
        vocabularies: of the labels that `conditioning` and `prediction` name.
        sample_rate: Hz, of all sound that comes in and goes out.
        transform: waveform <-> spectrum.
        log_magnitude: makes the module for F bins.
        encoder: makes the network from F features and labels to 2 Z.
        decoder: makes the network from Z features and labels to the input of `output`.
        latent: space of Z dimensions.
        conditioning: by label, its target and embedding (see `layers.Labelling`).
        prediction: by label, its predictor from the log-magnitudes of a frame.
        adversary_dims: hidden widths of the adversary that keeps the decoder's labels out of the
            latents; none for no adversary.
        label_dropout: share of the frames whose labels are hidden in training, 0 to 1, so that the
            decoder also works without.
        corruption: of the input of encoder and predictors in training, or none.
        output: distribution of log-magnitudes; by default their value alone.
        reconstruction: by name, distances of the decoded frames; by default `log_magnitude`, mean
            squares, and `convergence`, of each frame.
        regularisation: by name, further terms: discrepancies of the latents from their prior.
        interpolation: loss of levels between two latents, or none.
        texture_bands: K, bands of which the decoder also says how noise-like they are; 0 for none.
        excerpt_frames: frames of an example for training, beside its context.
        burn_in: first frames of an example, without a loss.
    """

    tracked_metrics = (
        Metric("log_spectral_distance", "LSD", "dB", 2),
        Metric("spectral_convergence", "SC", "dB", 1),
    )

    def __init__(
        self,
        vocabularies: Mapping[str, Vocabulary],
        sample_rate: int,
        transform: STFT,
        log_magnitude: Callable[[int], LogMagnitude],
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
        interpolation: InterpolationLoss | None = None,
        texture_bands: int = 0,
        excerpt_frames: int = 1,
        burn_in: int = 0,
    ) -> None:
        num_bins = transform.num_bins
        labelling = Labelling(vocabularies, conditioning or {}, prediction or {}, num_bins)
        magnitudes = log_magnitude(num_bins)
        decoded = output(magnitudes)
        to_encoder = num_bins + labelling.to_encoder.num_features
        to_decoder = latent.dim + labelling.to_decoder.num_features
        super().__init__(
            vocabularies,
            sample_rate,
            transform,
            magnitudes,
            labelling,
            decoded,
            encoder(to_encoder, latent.num_parameters),
            decoder(to_decoder, num_bins * decoded.per_bin + texture_bands),
            latent,
            texture_bands,
        )
        self.noisiness = Noisiness(transform, texture_bands) if texture_bands else None
        self.adversary = _adversary(latent.dim, labelling, vocabularies, adversary_dims)
        self.label_dropout = label_dropout
        self.corruption = corruption
        self.burn_in = burn_in
        num_frames = _excerpt_frames(excerpt_frames, burn_in, self.context)
        self.excerpt_length = transform.n_fft + (num_frames - 1) * transform.hop_length
        self.excerpt_centres = [
            transform.n_fft // 2 + n * transform.hop_length for n in range(num_frames)
        ]
        default: dict[str, Distance] = {
            "log_magnitude": MeanSquare(),
            "convergence": FrameConvergence(),
        }
        # a term that is none is off
        terms = default if reconstruction is None else reconstruction
        self.reconstruction = {name: term for name, term in terms.items() if term}
        self.regularisation = {n: term for n, term in (regularisation or {}).items() if term}
        self.interpolation = interpolation
        self.convergence = SpectralConvergence()
        self.log_spectral_distance = LogSpectralDistance()

    def fit(self, batch: Batch, is_usual: Tensor | None = None) -> None:
        self.log_magnitude.fit(self.transform.magnitudes(batch.audio), is_usual)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Excerpts `[B, T]` and labels `[B, L, N]` -> the terms of `reconstruction`, by default
        `log_magnitude` (mean squared error) and `convergence`; `kl` (nats); those of
        `regularisation` and of `output`; `interpolation` (nepers); `texture` (mean squared error
        of the noisiness); for each predicted label
        `pitch_prediction`, and `pitch_semi_supervised` if it conditions the decoder (nats); with
        an adversary, `adversary` and `leak` (nats)."""
        audio, labels = batch.audio, batch.labels
        magnitudes = self.transform.magnitudes(audio)
        log_magnitude = self.log_magnitude(magnitudes)
        seen = self._corrupted(audio, magnitudes, log_magnitude)
        probabilities, known = self.labelling.infer_labels(seen, labels)
        shown = known & (torch.rand_like(log_magnitude[:, :1]) >= self.label_dropout)
        posterior = self.posterior(self.encoder, seen, probabilities, shown)
        self.latent.update_statistics(Gaussian(*self._scored(*posterior)))
        latents = sample(posterior)
        parameters, noisiness = self.decoder_output(self.decoder, latents, probabilities, shown)
        parameters = parameters.float()
        texture = self._texture_loss(noisiness, audio)
        interpolation = self._interpolation(latents, magnitudes, probabilities, shown)
        posterior, labels = Gaussian(*self._scored(*posterior)), Labels(*self._scored(*labels))
        parameters, log_magnitude, magnitudes, seen, latents, known, *probabilities = self._scored(
            parameters, log_magnitude, magnitudes, seen, latents, known, *probabilities
        )
        return {
            **self._distances(parameters, log_magnitude, magnitudes),
            "kl": self.latent.divergence(posterior),
            **{name: term(posterior, latents) for name, term in self.regularisation.items()},
            **interpolation,
            **texture,
            **self._label_losses(log_magnitude, seen, latents, probabilities, known, labels),
        }

    def _scored(self, *values: Tensor) -> list[Tensor]:
        """Each `[B, C, N]` without the burn-in."""
        return [part[:, :, self.burn_in :] for part in values]

    def _distances(
        self, parameters: Tensor, log_magnitude: Tensor, magnitudes: Tensor
    ) -> dict[str, Tensor]:
        """Decoder output and true frames -> terms of `reconstruction` and `output`."""
        output = self.output(parameters)
        pairs = {
            "log_magnitude": (output, log_magnitude),
            "magnitudes": (self.log_magnitude.inverse(output), magnitudes),
        }
        losses = {name: term(*pairs[term.of]) for name, term in self.reconstruction.items()}
        return losses | self.output.losses(parameters, log_magnitude)

    def _interpolation(
        self, latents: Tensor, magnitudes: Tensor, probabilities: list[Tensor], known: Tensor
    ) -> dict[str, Tensor]:
        """The interpolation loss, under the labels of the first of each pair."""
        if self.interpolation is None:
            return {}

        def decode(points: Tensor) -> Tensor:
            count = len(points)
            given = [part[:count] for part in probabilities]
            decoded, _ = self.decoder_output(self.decoder, points, given, known[:count])
            (parameters,) = self._scored(decoded.float())
            return self.log_magnitude.inverse(self.output(parameters))

        return {"interpolation": self.interpolation(latents, *self._scored(magnitudes), decode)}

    def _texture_loss(self, noisiness: Tensor, audio: Tensor) -> dict[str, Tensor]:
        """The loss of decoded noisiness `[B, K, N]` of sounds `[B, T]`."""
        if self.noisiness is None:
            return {}
        target = self.noisiness(audio, self.log_magnitude.floor)
        decoded, target = self._scored(noisiness.float(), target)
        return {"texture": torch.nn.functional.mse_loss(decoded, target)}

    def _corrupted(self, audio: Tensor, magnitudes: Tensor, log_magnitude: Tensor) -> Tensor:
        """The log-magnitudes that the encoder gets of sounds `[B, T]`."""
        if self.corruption is None:
            return log_magnitude
        corrupted = self.corruption(audio, magnitudes, self.transform.magnitudes)
        return log_magnitude if corrupted is magnitudes else self.log_magnitude(corrupted)

    def _label_losses(
        self,
        log_magnitude: Tensor,
        seen: Tensor,
        latents: Tensor,
        probabilities: list[Tensor],
        known: Tensor,
        labels: Labels,
    ) -> dict[str, Tensor]:
        """Losses of the predictors and of the adversary; `known` includes predicted labels."""

        def decode(points: Tensor, given: list[Tensor], all_known: Tensor) -> Tensor:
            return self.output(self.decoder_output(self.decoder, points, given, all_known)[0])

        losses = self.labelling.negative_log_likelihood(seen, labels)
        losses |= semi_supervised(
            self.labelling, log_magnitude, latents.detach(), probabilities, labels.known, decode
        )
        if self.adversary is not None:
            losses |= self.adversary.losses(latents, probabilities, known)
        return losses

    def metrics(self, batch: Batch) -> dict[str, Tensor]:
        """`log_spectral_distance` (over the band of the batch) and `spectral_convergence`, in dB,
        of the decoded magnitudes; for each predicted label
        `pitch_accuracy` (share of the frames, 0 to 1) or, if it is a number, `loudness_error`
        (mean absolute error)."""
        labels = batch.labels
        magnitudes = magnitudes_of(self.transform(batch.audio))
        log_magnitude = self.log_magnitude(magnitudes)
        encoding = self.encode_frames(self.encoder, log_magnitude, labels, temperature=0.0)
        output = self.decode_frames(self.decoder, *encoding).magnitudes
        convergence = self.convergence(output, magnitudes)
        return {
            "log_spectral_distance": self.log_spectral_distance(output, magnitudes, batch.band),
            "spectral_convergence": 20 * torch.log10(convergence.clamp_min(1e-7)),
            **self.labelling.accuracy(log_magnitude, labels),
        }

    def order_latents(self) -> None:
        """Decodes under random labels: a conditioned decoder is quiet without."""

        def decode(latents: Tensor) -> Tensor:
            labels = self.labelling.random_labels(latents)
            probabilities = self.labelling.probabilities(labels)
            return self.decoded(self.decoder, latents, probabilities, labels.known).magnitudes

        was_training = self.training
        self.eval()
        self.latent.order_latents(decode)
        self.train(was_training)


def _excerpt_frames(seen: int, burn_in: int, context: int) -> int:
    if seen < 1:
        raise ValueError(f"model.excerpt_frames must be at least 1, got {seen}")
    if not 0 <= burn_in <= context:
        raise ValueError(
            f"model.burn_in must be from 0 to the {context} frames of context of the networks, "
            f"got {burn_in}"
        )
    return context + seen


def _adversary(
    latent_dim: int,
    labelling: Labelling,
    vocabularies: Mapping[str, Vocabulary],
    hidden_dims: list[int] | None,
) -> Adversary | None:
    tasks = labelling.to_decoder.tasks
    if not hidden_dims or not tasks:
        return None
    known = [vocabularies[labelling.tasks[task]] for task in tasks]
    return Adversary(latent_dim, known, tasks, hidden_dims)
