"""A spectral VAE that is built: encode, decode, predict labels, and make streams."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from vschaos.dsp import INVERSIONS, STFT, LogMagnitude, invert, magnitudes_of
from vschaos.instrument.controls import Control
from vschaos.labels import Labels, Vocabulary
from vschaos.latents.gaussian import GaussianLatent
from vschaos.latents.nearness import near_known
from vschaos.latents.prior import LatentPrior
from vschaos.layers import Labelling, Network
from vschaos.models.capabilities import (
    Labelled,
    LatentStatistics,
    Representation,
    Textured,
)
from vschaos.models.spectral_vae.controls import MATCH, TEXTURE, latent_controls
from vschaos.models.spectral_vae.frames import Decoded, Encoding, FramePath
from vschaos.models.spectral_vae.generating import GeneratingStream
from vschaos.models.spectral_vae.level_match import LevelMatch
from vschaos.models.spectral_vae.outputs import Output
from vschaos.models.spectral_vae.silence import Silence
from vschaos.models.spectral_vae.stream import SpectralStream
from vschaos.models.spectral_vae.texture import Texture

LOUD_QUANTILE, SOUNDING_DB = 0.95, 25.0  # of levels, and below it: frames that sound
SETTLING = 4  # times the context of an encoder, after which its output is constant


class SpectralCoder(FramePath, Textured, LatentStatistics, Labelled):
    """A spectral VAE without its training.

    Args:
        vocabularies: of all known labels.
        sample_rate: Hz.
        transform, log_magnitude, labelling, output, encoder, decoder, latent: see `SpectralVAE`;
            built.
        num_bands: see `FramePath`.
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
        num_bands: int = 0,
    ) -> None:
        super().__init__(log_magnitude, labelling, output, latent, num_bands)
        self.sample_rate = sample_rate
        self.hop_length = transform.hop_length
        self.latent_dim = latent.dim
        self.vocabularies = {task: vocabularies[task] for task in labelling.tasks}
        self.conditioning_tasks = [labelling.tasks[index] for index in labelling.conditioning_tasks]
        self.predicted_tasks = [labelling.tasks[index] for index in labelling.predicted_tasks]
        self.transform = transform
        self.encoder = encoder
        self.decoder = decoder
        self.has_texture = num_bands > 0
        self.texture = TEXTURE
        self.match = MATCH

    @property
    def context(self) -> int:
        """Earlier frames that influence a decoded frame."""
        return self.encoder.context + self.decoder.context

    def centres(self, length: int) -> Tensor:
        return self.transform.centres(length)

    def frame_controls(self) -> list[Control]:
        return latent_controls(self.latent, self.latent_dim)

    def encode(
        self, audio: Tensor, labels: Labels | None = None, temperature: float = 0.0
    ) -> Tensor:
        """`[B, T]` -> latents `[B, Z, N]`, `N = transform.num_frames(T)`."""
        return self._encoded(magnitudes_of(self.transform(audio)), labels, temperature).latents

    def decode(
        self, latents: Tensor, labels: Labels | None = None, inversion: str | None = None
    ) -> Tensor:
        """Latents `[B, Z, N]` -> `[B, T]`, the sound that has N frames:
        `T = (N + 1) * hop_length - n_fft`."""
        length = (latents.shape[2] + 1) * self.hop_length - self.transform.n_fft
        if length < 1:
            raise ValueError(
                f"a sound needs at least {self.transform.n_fft // self.hop_length} latent frames, "
                f"got {latents.shape[2]}"
            )
        magnitudes = self._texture()(*self._decode(latents, labels), self.texture)
        return invert(self.transform, magnitudes, length, inversion or self.inversions[0])

    def decode_magnitudes(self, latents: Tensor, labels: Labels | None = None) -> Tensor:
        """Latents `[B, Z, N]` -> `[B, F, N]`; labels that are not given are unknown."""
        return self._decode(latents, labels).magnitudes

    def predict(self, audio: Tensor) -> Tensor:
        """`[B, T]` -> `[B, P, N]`, `N = transform.num_frames(T)`."""
        return self.labelling.predicted(self.log_magnitude(magnitudes_of(self.transform(audio))))

    def reconstruct(
        self,
        audio: Tensor,
        labels: Labels | None = None,
        temperature: float = 0.0,
        inversion: str | None = None,
    ) -> Tensor:
        spectrum = self.transform(audio)
        chosen = inversion or self.inversions[0]
        heard = magnitudes_of(spectrum)
        decoded = self._decoded(self._encoded(heard, labels, temperature))
        texture = self._texture()
        if chosen == "keep_input":
            magnitudes = texture.follow(*decoded, self.texture, heard)
        else:
            magnitudes = texture(*decoded, self.texture)
        level = LevelMatch(self.hop_length, self.sample_rate, float(self.log_magnitude.floor))
        magnitudes = magnitudes * level(heard, magnitudes, self.match, is_frozen=False)
        return invert(self.transform, magnitudes, audio.shape[1], chosen, spectrum)

    def representation(self) -> Representation:
        return Representation(self.transform, self.log_magnitude)

    def importance(self) -> list[float]:
        found: list[float] = self.latent.importance.tolist()
        return found if any(found) else []

    def complete(self, latents: Tensor) -> Tensor:
        completed: Tensor = self.latent.completion(latents.shape[1])(latents)
        return completed

    def near_sounds(self, latents: Tensor) -> Tensor:
        known = self._sounding()[: latents.shape[1]].to(latents)
        if not known.shape[1]:
            return latents
        return torch.stack([near_known(row, known) for row in latents])

    def divergences(self, audio: Tensor, labels: Labels | None = None) -> Tensor:
        log_magnitude = self.log_magnitude(magnitudes_of(self.transform(audio)))
        given = self._given(labels, log_magnitude)
        probabilities, known = self.labelling.infer_labels(log_magnitude, given)
        posterior = self.posterior(self.encoder, log_magnitude, probabilities, known)
        return self.latent.information(posterior)

    def stream(
        self,
        max_delay: int | None = None,
        num_latents: int | None = None,
        prior: LatentPrior | None = None,
    ) -> SpectralStream:
        transform = self.transform if max_delay is None else self.transform.within(max_delay)
        if prior is None:
            return SpectralStream(self, transform, num_latents)
        return GeneratingStream(prior, self, transform, num_latents)

    def silence(self) -> Silence:
        """The gate between the latents of silence and those of the mean log-magnitude, both
        encoded without labels for longer than the encoder remembers."""
        silent = self.log_magnitude(torch.zeros_like(self.log_magnitude.mean).unsqueeze(0))
        log_magnitude = torch.cat([silent, torch.zeros_like(silent)])
        log_magnitude = log_magnitude.expand(-1, -1, 1 + SETTLING * self.encoder.context)
        unknown = self.labelling.unknown(log_magnitude)
        encoding = self.encode_frames(self.encoder, log_magnitude, unknown, temperature=0.0)
        latents = encoding.latents[:, :, -1:].detach()
        return Silence(latents[0], latents[1])

    def _sounding(self) -> Tensor:
        """Latents of the training's frames that are about as loud as its loudest, `[Z, M]`."""
        drawn = self.latent.drawn_standardized()
        if not drawn.shape[1]:
            return drawn
        latents = drawn[None].to(self.latent.drawn)
        labels = self.labelling.random_labels(latents)  # without, a conditioned decoder is quiet
        probabilities = self.labelling.probabilities(labels)
        with torch.no_grad():
            decoded = self.decode_frames(self.decoder, latents, probabilities, labels.known)
        levels = decoded.magnitudes[0].norm(dim=0)
        loud = torch.quantile(levels, LOUD_QUANTILE) * 10 ** (-SOUNDING_DB / 20)
        return drawn[:, (levels >= loud).cpu()]

    def _encoded(self, heard: Tensor, labels: Labels | None, temperature: float) -> Encoding:
        """Frames of magnitudes `[B, F, N]`."""
        log_magnitude = self.log_magnitude(heard)
        given = self._given(labels, log_magnitude)
        return self.encode_frames(self.encoder, log_magnitude, given, temperature)

    def _decode(self, latents: Tensor, labels: Labels | None) -> Decoded:
        given = self._given(labels, latents)
        return self._decoded(Encoding(latents, self.labelling.probabilities(given), given.known))

    def _decoded(self, encoding: Encoding) -> Decoded:
        """Frames, silent where the latents are those of silence."""
        decoded = self.decode_frames(self.decoder, *encoding)
        audible = self.silence()(encoding.latents)
        return decoded._replace(magnitudes=decoded.magnitudes * audible)

    def _texture(self) -> Texture:
        floor = self.log_magnitude.floor
        return Texture(self.transform, self.num_bands, float(floor)).to(floor.device)

    def _given(self, labels: Labels | None, frames: Tensor) -> Labels:
        return self.labelling.unknown(frames) if labels is None else labels
