"""A spectral VAE that is built: from sound to latents, from latents to sound, and on a stream."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from vschaos.dsp import INVERSIONS, STFT, LogMagnitude, invert
from vschaos.instrument.controls import Control
from vschaos.labels import Labels, Vocabulary
from vschaos.latents.gaussian import GaussianLatent
from vschaos.layers import Gaussian, Labelling, LatentPrior, Network, sample
from vschaos.models.capabilities import (
    Labelled,
    LatentStatistics,
    Representation,
    Spectral,
)
from vschaos.models.spectral_vae.controls import latent_controls
from vschaos.models.spectral_vae.generating import GeneratingStream
from vschaos.models.spectral_vae.outputs import Output
from vschaos.models.spectral_vae.silence import Silence
from vschaos.models.spectral_vae.stream import SpectralStream

SETTLING = 4  # times the context of an encoder, in which it comes to rest


class SpectralCoder(Spectral, LatentStatistics, Labelled):
    """What is done with the parts of a spectral VAE once they are there; how they learn is left to
    others.

    Args:
        vocabularies: of all labels that are known.
        sample_rate: Hz.
        transform, contrast, labelling, output, encoder, decoder, latent: see `SpectralVAE`; built.
    """

    inversions = INVERSIONS

    def __init__(
        self,
        vocabularies: Mapping[str, Vocabulary],
        sample_rate: int,
        transform: STFT,
        log_magnitude: LogMagnitude,
        labelling: Labelling,
        output: Output,
        encoder: Network,
        decoder: Network,
        latent: GaussianLatent,
    ) -> None:
        super().__init__()
        self.sample_rate = sample_rate
        self.hop_length = transform.hop_length
        self.latent_dim = latent.dim
        self.vocabularies = {task: vocabularies[task] for task in labelling.tasks}
        self.conditioning_tasks = [labelling.tasks[index] for index in labelling.conditioning_tasks]
        self.predicted_tasks = [labelling.tasks[index] for index in labelling.predicted_tasks]
        self.transform = transform
        self.log_magnitude = log_magnitude
        self.labelling = labelling
        self.output = output
        self.encoder = encoder
        self.decoder = decoder
        self.latent = latent

    @property
    def context(self) -> int:
        """Frames before one that matter to what is decoded of it."""
        return self.encoder.context + self.decoder.context

    def centres(self, length: int) -> Tensor:
        return self.transform.centres(length)

    def frame_controls(self) -> list[Control]:
        return latent_controls(self.latent, self.latent_dim)

    def encode(
        self, audio: Tensor, labels: Labels | None = None, temperature: float = 0.0
    ) -> Tensor:
        """`[B, T]` -> latents `[B, Z, N]`, `N = transform.num_frames(T)`."""
        log_magnitude = self.log_magnitude(self.transform(audio).abs())
        probabilities, known = self.labelling.infer_labels(
            log_magnitude, self._given(labels, log_magnitude)
        )
        posterior = self._posterior(log_magnitude, probabilities, known)
        return self.latent.standardize(sample(posterior, temperature))

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
        inner = self.latent.unstandardize(latents)
        magnitudes = self._magnitudes(inner, self.labelling.stated(given), given.known)
        return magnitudes * self._silence()(latents)

    def predict(self, audio: Tensor) -> Tensor:
        """`[B, T]` -> `[B, P, N]`, `N = transform.num_frames(T)`."""
        return self.labelling.predicted(self.log_magnitude(self.transform(audio).abs()))

    def reconstruct(
        self,
        audio: Tensor,
        labels: Labels | None = None,
        temperature: float = 0.0,
        inversion: str | None = None,
    ) -> Tensor:
        spectrum = self.transform(audio)
        log_magnitude = self.log_magnitude(spectrum.abs())
        probabilities, known = self.labelling.infer_labels(
            log_magnitude, self._given(labels, log_magnitude)
        )
        latents = sample(self._posterior(log_magnitude, probabilities, known), temperature)
        magnitudes = self._magnitudes(latents, probabilities, known)
        magnitudes = magnitudes * self._silence()(self.latent.standardize(latents))
        way = inversion or self.inversions[0]
        return invert(self.transform, magnitudes, audio.shape[1], way, spectrum)

    def representation(self) -> Representation:
        return Representation(self.transform, self.log_magnitude)

    def importance(self) -> list[float]:
        found: list[float] = self.latent.importance.tolist()
        return found if any(found) else []

    def complete(self, latents: Tensor) -> Tensor:
        completed: Tensor = self.latent.kept(latents.shape[1])(latents)
        return completed

    def divergences(self, audio: Tensor, labels: Labels | None = None) -> Tensor:
        log_magnitude = self.log_magnitude(self.transform(audio).abs())
        probabilities, known = self.labelling.infer_labels(
            log_magnitude, self._given(labels, log_magnitude)
        )
        return self.latent.information(self._posterior(log_magnitude, probabilities, known))

    def stream(
        self,
        max_delay: int | None = None,
        num_latents: int | None = None,
        prior: LatentPrior | None = None,
    ) -> SpectralStream:
        parts = (
            self.vocabularies,
            self.transform if max_delay is None else self.transform.within(max_delay),
            self.log_magnitude,
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
        silent = self.log_magnitude(torch.zeros_like(self.log_magnitude.mean).unsqueeze(0))
        log_magnitude = torch.cat([silent, torch.zeros_like(silent)])
        log_magnitude = log_magnitude.expand(-1, -1, 1 + SETTLING * self.encoder.context)
        probabilities, known = self.labelling.infer_labels(
            log_magnitude, self.labelling.unknown(log_magnitude)
        )
        posterior = self._posterior(log_magnitude, probabilities, known)
        latents = self.latent.standardize(posterior.mean)[:, :, -1:].detach()
        return Silence(latents[0], latents[1])

    def _given(self, labels: Labels | None, frames: Tensor) -> Labels:
        if labels is None:
            return self.labelling.unknown(frames)
        return labels

    def _posterior(
        self, log_magnitude: Tensor, probabilities: list[Tensor], known: Tensor
    ) -> Gaussian:
        return self.latent(
            self.encoder(self.labelling.to_encoder(log_magnitude, probabilities, known))
        )

    def _magnitudes(self, latents: Tensor, probabilities: list[Tensor], known: Tensor) -> Tensor:
        told = self.labelling.to_decoder(latents, probabilities, known)
        return self.log_magnitude.inverse(self.output(self.decoder(told)))
