"""The spectral VAE: magnitudes of a frame -> a few latent numbers -> magnitudes."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from vschaos.layers import Gaussian, sample
from vschaos.losses import FrameConvergence, LogSpectralDistance, SpectralConvergence
from vschaos.models.base import Model
from vschaos.models.spectral_vae.latent import GaussianLatent
from vschaos.models.spectral_vae.stream import SpectralStream
from vschaos.transforms import STFT, LogMagnitude, PhaseScan, apply_phase, griffin_lim


class SpectralVAE(Model):
    """Variational auto-encoder (Kingma & Welling 2014) of the frames of a magnitude spectrum.

    Encoder and decoder see the contrast of the magnitudes, F numbers a frame; what the decoder
    lacks is the phase, found again by one of `inversions`.

    Args:
        sample_rate: Hz, of all sound that comes in and goes out.
        transform: waveform <-> spectrum.
        contrast: makes the module for F bins.
        encoder: makes the network from F features of a frame to 2 Z.
        decoder: makes the network from Z features to F.
        latent: the space between, of Z dimensions.
    """

    inversions = ("griffin_lim", "keep_input", "scan", "random")

    def __init__(
        self,
        sample_rate: int,
        transform: STFT,
        contrast: Callable[[int], LogMagnitude],
        encoder: Callable[[int, int], nn.Module],
        decoder: Callable[[int, int], nn.Module],
        latent: GaussianLatent,
    ) -> None:
        super().__init__()
        self.sample_rate = sample_rate
        self.hop_length = transform.hop_length
        self.excerpt_length = transform.n_fft
        self.latent_dim = latent.dim
        self.transform = transform
        self.contrast = contrast(transform.num_bins)
        self.encoder = encoder(transform.num_bins, latent.num_parameters)
        self.decoder = decoder(latent.dim, transform.num_bins)
        self.latent = latent
        self.frame_convergence = FrameConvergence()
        self.convergence = SpectralConvergence()
        self.log_spectral_distance = LogSpectralDistance()

    def fit(self, audio: Tensor) -> None:
        self.contrast.fit(self.transform.analyse(audio).abs())

    def losses(self, audio: Tensor) -> dict[str, Tensor]:
        """Excerpts `[B, T]` -> `contrast` (mean squared error), `convergence`, `kl` (nats)."""
        magnitudes = self.transform.analyse(audio).abs()
        contrast = self.contrast(magnitudes)
        posterior = self.latent(self.encoder(contrast))
        output = self.decoder(sample(posterior))
        return {
            "contrast": nn.functional.mse_loss(output, contrast),
            "convergence": self.frame_convergence(self.contrast.inverse(output), magnitudes),
            "kl": self.latent.divergence(posterior),
        }

    def distances(self, audio: Tensor) -> dict[str, Tensor]:
        """`log_spectral_distance` and `spectral_convergence`, in dB, of the magnitudes decoded."""
        magnitudes = self.transform(audio).abs()
        output = self.decode_magnitudes(self._posterior(magnitudes).mean)
        convergence = self.convergence(output, magnitudes)
        return {
            "log_spectral_distance": self.log_spectral_distance(output, magnitudes),
            "spectral_convergence": 20 * torch.log10(convergence.clamp_min(1e-7)),
        }

    def encode(self, audio: Tensor, temperature: float = 0.0) -> Tensor:
        """`[B, T]` -> latents `[B, Z, N]`, `N = transform.num_frames(T)`."""
        return sample(self._posterior(self.transform(audio).abs()), temperature)

    def decode(self, latents: Tensor, inversion: str | None = None) -> Tensor:
        """Latents `[B, Z, N]` -> `[B, T]`, the sound that has N frames:
        `T = (N + 1) * hop_length - n_fft`."""
        length = (latents.shape[2] + 1) * self.hop_length - self.transform.n_fft
        if length < 1:
            raise ValueError(
                f"at least {self.transform.overlap} latent frames make a sound, "
                f"{latents.shape[2]} came"
            )
        if inversion == "keep_input":
            raise ValueError("inversion keep_input needs an input to keep the phase of")
        return self._invert(self.decode_magnitudes(latents), length, inversion)

    def decode_magnitudes(self, latents: Tensor) -> Tensor:
        """Latents `[B, Z, N]` -> magnitudes `[B, F, N]`."""
        return self.contrast.inverse(self.decoder(latents))

    def reconstruct(
        self, audio: Tensor, temperature: float = 0.0, inversion: str | None = None
    ) -> Tensor:
        spectrum = self.transform(audio)
        latents = sample(self._posterior(spectrum.abs()), temperature)
        magnitudes = self.decode_magnitudes(latents)
        if inversion == "keep_input":
            kept = torch.polar(magnitudes, torch.angle(spectrum))
            return self.transform.inverse(kept, audio.shape[1])
        return self._invert(magnitudes, audio.shape[1], inversion)

    def stream(self) -> SpectralStream:
        return SpectralStream(
            self.transform, self.contrast, self.encoder, self.decoder, self.latent
        )

    def _posterior(self, magnitudes: Tensor) -> Gaussian:
        return self.latent(self.encoder(self.contrast(magnitudes)))

    def _invert(self, magnitudes: Tensor, length: int, inversion: str | None) -> Tensor:
        if inversion in (None, "griffin_lim"):
            return griffin_lim(self.transform, magnitudes, length)
        if inversion == "scan":
            scan = PhaseScan(self.transform.n_fft, self.hop_length).to(magnitudes.device)
            phases = scan.whole(magnitudes)
        elif inversion == "random":
            phases = 2 * math.pi * torch.rand_like(magnitudes)
        else:
            raise ValueError(f"inversion must be one of {self.inversions}, {inversion!r} came")
        return self.transform.inverse(apply_phase(magnitudes, phases), length)
