"""Variational auto-encoder of magnitude spectra."""

from vschaos.models.spectral_vae.latent import GaussianLatent
from vschaos.models.spectral_vae.model import SpectralVAE
from vschaos.models.spectral_vae.stream import SpectralStream

__all__ = ["GaussianLatent", "SpectralStream", "SpectralVAE"]
