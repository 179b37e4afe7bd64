"""Reconstructions that are compared: of the model, of PCA of its size, of the transform alone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vschaos.dsp import INVERSIONS, invert
from vschaos.evaluation.excerpts import Excerpt, infer_labels
from vschaos.evaluation.pca import fit_pca
from vschaos.evaluation.rendered import is_rendered
from vschaos.evaluation.resynthesis import Resynthesis, resyntheses_of
from vschaos.evaluation.spectra import reconstruct_magnitudes, representation_of
from vschaos.generation.material import Material
from vschaos.models.capabilities import Autoencoder, Pitched, Representation, Spectral

TRANSFORM, SILENCE = "transform alone", "silence"
KEEPS_INPUT = "keep_input"  # the phase of the input, which `forward` has and `decode` has not
logger = logging.getLogger(__name__)


class ModelReconstruction(NamedTuple):
    """A trained model, conditioned on the known labels of a sound, else on those it predicts."""

    model: Autoencoder
    name: str = "model"

    def magnitudes(self, excerpt: Excerpt) -> Tensor:
        """`[1, F, N]`, before the phase is estimated."""
        return reconstruct_magnitudes(self.model, excerpt.audio, infer_labels(self.model, excerpt))

    def sound(self, excerpt: Excerpt, inversion: str) -> Tensor:
        """`[1, T]`."""
        labels = infer_labels(self.model, excerpt)
        if isinstance(self.model, Spectral):
            if inversion == KEEPS_INPUT:
                return self.model.reconstruct(excerpt.audio, labels, inversion=inversion)
            latents = self.model.encode(excerpt.audio, labels)
            # whole frames: of a sound that ends between two of them silence follows
            return self.model.decode(latents, labels, inversion)[:, : excerpt.audio.shape[1]]
        return self.model.reconstruct(excerpt.audio, labels)


class Baseline(NamedTuple):
    """A code of single frames, with the transform and the phase of the model.

    Attributes:
        name: in tables.
        representation: of the model.
        code: magnitudes `[1, F, N]` -> the same, coded and decoded.
    """

    name: str
    representation: Representation
    code: Callable[[Tensor], Tensor]

    def magnitudes(self, excerpt: Excerpt) -> Tensor:
        """`[1, F, N]`, before the phase is estimated."""
        return self.code(self.representation.transform(excerpt.audio).abs())

    def sound(self, excerpt: Excerpt, inversion: str) -> Tensor:
        """`[1, T]`."""
        transform, length = self.representation.transform, excerpt.audio.shape[1]
        # an inversion of the family's own needs no estimated phase: that of the input is kept
        known = inversion if inversion in INVERSIONS else KEEPS_INPUT
        phase = transform(excerpt.audio)
        return invert(transform, self.magnitudes(excerpt), length, known, phase)


Reconstruction = ModelReconstruction | Baseline | Resynthesis


def reconstructions_of(model: Autoencoder, material: Material) -> list[Reconstruction]:
    """The model; PCA of the training's sounds and the transform alone (the error of the phase), if
    the model is spectral; its synthesiser with other spectra, if it is pitched; silence, the scale
    of the error measures."""
    representation = representation_of(model)
    baselines: list[Reconstruction] = []
    if isinstance(model, Spectral):
        components = fit_pca(material, representation, model.latent_dim)
        if not components and not is_rendered(material.run):
            logger.warning("left out PCA: the training files are not in %s", material.root)
        for pca in components:
            name = f"PCA-{model.latent_dim}, {pca.name}"
            baselines.append(Baseline(name, representation, pca.reconstruct))
        baselines.append(Baseline(TRANSFORM, representation, nn.Identity()))
    if isinstance(model, Pitched):
        baselines += resyntheses_of(model, material)
    silence = Baseline(SILENCE, representation, torch.zeros_like)
    return [ModelReconstruction(model), *baselines, silence]
