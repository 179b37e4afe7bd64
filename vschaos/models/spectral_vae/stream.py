"""The spectral VAE as it is played live: any whole number of hops a call, scriptable."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from vschaos.layers import sample
from vschaos.models.base import Attribute, Control, Method, Stream
from vschaos.models.spectral_vae.latent import GaussianLatent
from vschaos.transforms import STFT, LogMagnitude, PhaseScan, StreamingSTFT, apply_phase

ATTRIBUTES = [
    Attribute("inversion_mode", "str", "phase: keep_input (forward only), scan, random"),
    Attribute("temperature", "float", "0: the likeliest latents; 1: as uncertain as learnt"),
]


class SpectralStream(Stream):
    """Encode, decode and forward on a stream, with a past of its own for each of the three.

    Where phases are scanned, the network runs frame by frame: the last digits of a matrix product
    depend on how many frames go into it, a scan never forgets them, and blocks would be heard.

    Args:
        transform, contrast, encoder, decoder, latent: of the trained model.
    """

    def __init__(
        self,
        transform: STFT,
        contrast: LogMagnitude,
        encoder: nn.Module,
        decoder: nn.Module,
        latent: GaussianLatent,
    ) -> None:
        super().__init__(
            _methods(latent.dim, transform.hop_length),
            ATTRIBUTES,
            transform.hop_length,
            delay=transform.n_fft - transform.hop_length,
        )
        self.contrast = contrast
        self.encoder = encoder
        self.latent = latent
        self.decoder = decoder
        self.encode_stft = StreamingSTFT(transform)
        self.decode_stft = StreamingSTFT(transform)
        self.forward_stft = StreamingSTFT(transform)
        self.decode_scan = PhaseScan(transform.n_fft, transform.hop_length)
        self.forward_scan = PhaseScan(transform.n_fft, transform.hop_length)
        self.inversion_mode = "keep_input"
        self.temperature = 0.0

    @torch.jit.export
    def reset(self) -> None:
        self.encode_stft.reset()
        self.decode_stft.reset()
        self.forward_stft.reset()
        self.decode_scan.reset()
        self.forward_scan.reset()

    @torch.jit.export
    def encode(self, audio: Tensor) -> Tensor:
        """`[B, 1, T]` -> latents `[B, Z, T / hop_length]`."""
        return self._latents(self.encode_stft.analyse(audio[:, 0]).abs())

    @torch.jit.export
    def decode(self, latents: Tensor) -> Tensor:
        """Latents `[B, Z, N]` -> `[B, 1, N * hop_length]`."""
        frames = torch.jit.annotate(list[Tensor], [])
        for n in range(latents.shape[2]):
            frames.append(self._magnitudes(latents[:, :, n : n + 1]))
        output = torch.cat(frames, dim=2)
        phases = self.decode_scan(output)
        if self.inversion_mode == "random":
            phases = _random_phases(output)
        return self.decode_stft.synthesise(apply_phase(output, phases)).unsqueeze(1)

    def forward(self, audio: Tensor) -> Tensor:
        """`[B, 1, T]` -> `[B, 1, T]`, `delay` samples later."""
        spectrum = self.forward_stft.analyse(audio[:, 0])
        magnitudes = spectrum.abs()
        if self.inversion_mode == "keep_input":
            output = self._magnitudes(self._latents(magnitudes))
            spectrum = torch.polar(output, torch.angle(spectrum))
        else:
            frames = torch.jit.annotate(list[Tensor], [])
            for n in range(magnitudes.shape[2]):
                frames.append(self._magnitudes(self._latents(magnitudes[:, :, n : n + 1])))
            output = torch.cat(frames, dim=2)
            phases = self.forward_scan(output)
            if self.inversion_mode == "random":
                phases = _random_phases(output)
            spectrum = apply_phase(output, phases)
        return self.forward_stft.synthesise(spectrum).unsqueeze(1)

    @torch.jit.export
    def set_inversion_mode(self, mode: str) -> int:
        if mode == "pghi":  # its name in other toolkits
            mode = "scan"
        if mode not in ["keep_input", "scan", "random"]:
            return -1
        self.inversion_mode = mode
        return 0

    @torch.jit.export
    def get_inversion_mode(self) -> str:
        return self.inversion_mode

    @torch.jit.export
    def set_temperature(self, temperature: float) -> int:
        if not 0.0 <= temperature <= 10.0:  # false for NaN too
            return -1
        self.temperature = temperature
        return 0

    @torch.jit.export
    def get_temperature(self) -> float:
        return self.temperature

    def _latents(self, magnitudes: Tensor) -> Tensor:
        posterior = self.latent(self.encoder(self.contrast(magnitudes)))
        return sample(posterior, self.temperature)

    def _magnitudes(self, latents: Tensor) -> Tensor:
        return self.contrast.inverse(self.decoder(latents))


def _random_phases(magnitudes: Tensor) -> Tensor:
    return 2 * math.pi * torch.rand_like(magnitudes)


def _methods(latent_dim: int, hop_length: int) -> list[Method]:
    audio = [Control("audio", -1.0, 1.0, "amplitude")]
    latents = [Control(f"latent {k + 1}", -3.0, 3.0, "deviation") for k in range(latent_dim)]
    return [
        Method("encode", audio, 1, latents, hop_length),
        Method("decode", latents, hop_length, audio, 1),
        Method("forward", audio, 1, audio, 1),
    ]
