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
from vschaos.models.spectral_vae.between import Between
from vschaos.models.spectral_vae.coder import SpectralCoder
from vschaos.models.spectral_vae.corruption import Corruption
from vschaos.models.spectral_vae.latent import GaussianLatent
from vschaos.models.spectral_vae.outputs import Output
from vschaos.transforms import STFT, LogMagnitude


class SpectralVAE(SpectralCoder):
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
        between: how far levels fall between two sounds, as a term `between`, or none.
        excerpt_frames: frames of an example for training, those apart that are context.
        burn_in: frames at the beginning of an example of which no loss is taken.
    """

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
        between: Between | None = None,
        excerpt_frames: int = 1,
        burn_in: int = 0,
    ) -> None:
        num_bins = transform.num_bins
        labelling = Labelling(vocabularies, conditioning or {}, prediction or {}, num_bins)
        magnitudes = contrast(num_bins)
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
            decoder(to_decoder, num_bins * decoded.per_bin),
            latent,
        )
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
        self.between = between
        self.convergence = SpectralConvergence()
        self.log_spectral_distance = LogSpectralDistance()

    def fit(self, audio: Tensor, is_usual: Tensor | None = None) -> None:
        self.contrast.fit(self.transform.magnitudes(audio), is_usual)

    def losses(self, audio: Tensor, labels: Labels) -> dict[str, Tensor]:
        """Excerpts `[B, T]` and labels `[B, L, N]` -> the terms of `reconstruction`, by default
        `contrast` (mean squared error) and `convergence`; `kl` (nats); those of `regularisation`
        and of `output`; `between` (nepers); and what labels add, in nats: for each that is
        predicted `pitch_prediction`, and `pitch_self_taught` if the decoder is told it; with an
        adversary, `adversary` and `leak`."""
        magnitudes = self.transform.magnitudes(audio)
        contrast = self.contrast(magnitudes)
        seen = self._corrupted(audio, magnitudes, contrast)
        beliefs, known = self.labelling.believed(seen, labels)
        shown = known & (torch.rand_like(contrast[:, :1]) >= self.label_dropout)
        posterior = self._posterior(seen, beliefs, shown)
        self.latent.watch(Gaussian(*self._judged(*posterior)))
        latents = sample(posterior)
        parameters = self.decoder(self.labelling.to_decoder(latents, beliefs, shown)).float()
        falls = self._between(latents, magnitudes, beliefs, shown)
        posterior, labels = Gaussian(*self._judged(*posterior)), Labels(*self._judged(*labels))
        parameters, contrast, magnitudes, seen, latents, known, *beliefs = self._judged(
            parameters, contrast, magnitudes, seen, latents, known, *beliefs
        )
        return {
            **self._distances(parameters, contrast, magnitudes),
            "kl": self.latent.divergence(posterior),
            **{name: term(posterior, latents) for name, term in self.regularisation.items()},
            **falls,
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

    def _between(
        self, latents: Tensor, magnitudes: Tensor, beliefs: list[Tensor], known: Tensor
    ) -> dict[str, Tensor]:
        """How far levels fall between two examples, under the labels of the first."""
        if self.between is None:
            return {}

        def decode(points: Tensor) -> Tensor:
            count = len(points)
            told = [belief[:count] for belief in beliefs]
            decoded = self.decoder(self.labelling.to_decoder(points, told, known[:count]))
            (parameters,) = self._judged(decoded.float())
            return self.contrast.inverse(self.output(parameters))

        return {"between": self.between(latents, *self._judged(magnitudes), decode)}

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

    def arrange(self) -> None:
        """Under labels drawn evenly: a decoder that is told some hardly sounds without."""

        def decode(latents: Tensor) -> Tensor:
            labels = self.labelling.any_of(latents)
            return self._magnitudes(latents, self.labelling.stated(labels), labels.known)

        was_training = self.training
        self.eval()
        self.latent.arrange(decode)
        self.train(was_training)


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
