"""Variational auto-encoder of magnitude spectra."""

from vschaos.latents.gaussian import GaussianLatent
from vschaos.models.spectral_vae.corruption import (
    Corruption,
    FrequencyMask,
    MagnitudeNoise,
    TimeMask,
)
from vschaos.models.spectral_vae.generating import GeneratingStream
from vschaos.models.spectral_vae.interpolation import InterpolationLoss
from vschaos.models.spectral_vae.model import SpectralVAE
from vschaos.models.spectral_vae.outputs import BernoulliOutput, GaussianOutput, Output
from vschaos.models.spectral_vae.stream import SpectralStream

__all__ = [
    "BernoulliOutput",
    "Corruption",
    "FrequencyMask",
    "GaussianLatent",
    "GaussianOutput",
    "GeneratingStream",
    "InterpolationLoss",
    "MagnitudeNoise",
    "Output",
    "SpectralStream",
    "SpectralVAE",
    "TimeMask",
]
