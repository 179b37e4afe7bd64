"""What the synthesiser of a pitched model could do: baselines at the pitch and loudness of a sound.

All of them are played by the same synthesiser and as loud as the sound; they differ in spectrum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from vschaos.evaluation.excerpts import Excerpt, excerpt_of
from vschaos.evaluation.spectra import magnitudes_of
from vschaos.generation.material import Material, spread
from vschaos.models.capabilities import Analysis, Pitched

ORACLE, MEAN, NEAREST = "oracle", "mean spectrum", "nearest frame"
FILES, SECONDS = 48, 240.0  # of the training, that are known
AUDIBLE_DB, SURE = -70.0, 0.5  # frames that the mean is taken of
RANGE_DB = 60.0  # below the loudness; less does not pull the mean down
PITCH_SCALE, CONFIDENCE_SCALE, LOUDNESS_SCALE = 1.0, 0.1, 3.0  # of neighbours: semitones, -, dB
FRAMES_AT_ONCE = 256


class Resynthesis(NamedTuple):
    """The synthesiser of a pitched model, without its network.

    Attributes:
        name: in tables.
        model: whose synthesiser it is.
        spectra: the spectra `[1, C, N]` that it plays in place of those of an analysis.
    """

    name: str
    model: Pitched
    spectra: Callable[[Analysis], Tensor]

    def magnitudes(self, excerpt: Excerpt) -> Tensor:
        """`[1, F, N]`, of the sound."""
        return magnitudes_of(self.model, self.sound(excerpt, ""))

    def sound(self, excerpt: Excerpt, inversion: str) -> Tensor:
        """`[1, T]`; there is no inversion."""
        analysis = self.model.analyse(excerpt.batch)
        played = analysis._replace(spectra=self.spectra(analysis))
        return self.model.synthesise(played, excerpt.audio.shape[1])


def resyntheses_of(model: Pitched, material: Material) -> list[Resynthesis]:
    """The `oracle`, the spectra as they were analysed in the sound itself; the `mean spectrum` of
    the training; and the spectrum of the `nearest frame` of the training, in pitch, confidence and
    loudness. The last two are left out if the training's sounds are gone."""
    found = [Resynthesis(ORACLE, model, lambda analysis: analysis.spectra)]
    known = _training_frames(model, material)
    if known is None:
        return found
    mean = _mean_spectrum(known)
    return [
        *found,
        Resynthesis(MEAN, model, lambda analysis: mean.expand_as(analysis.spectra)),
        Resynthesis(NEAREST, model, lambda analysis: _nearest_spectra(known, analysis)),
    ]


def _training_frames(model: Pitched, material: Material) -> Analysis | None:
    """Frames of some training sounds, one after the other, `[1, C, M]`."""
    names = spread(material.names("train"), FILES)
    clips = [material.clip(name, SECONDS / len(names), "train") for name in names]
    parts = [
        model.analyse(excerpt_of(material.run, material, clip).batch)
        for clip in clips
        if clip is not None
    ]
    if not parts:
        return None
    return Analysis(*(torch.cat(rows, dim=2) for rows in zip(*parts, strict=True)))


def _mean_spectrum(known: Analysis) -> Tensor:
    """`[1, C, 1]`, dB, of the frames that have a pitch, or of all that are audible."""
    _, confidence, loudness = known.played[0]
    is_audible = loudness > AUDIBLE_DB
    is_sure = is_audible & (confidence >= SURE)
    for chosen in (is_sure, is_audible):
        if chosen.any():
            return known.spectra[:, :, chosen].clamp_min(-RANGE_DB).mean(dim=2, keepdim=True)
    return known.spectra.mean(dim=2, keepdim=True)


def _nearest_spectra(known: Analysis, analysis: Analysis) -> Tensor:
    scales = torch.tensor([[PITCH_SCALE], [CONFIDENCE_SCALE], [LOUDNESS_SCALE]])
    there, here = ((one.played[0] / scales).T.contiguous() for one in (known, analysis))
    numbers = [torch.cdist(part, there).argmin(dim=1) for part in here.split(FRAMES_AT_ONCE)]
    return known.spectra[:, :, torch.cat(numbers)]
