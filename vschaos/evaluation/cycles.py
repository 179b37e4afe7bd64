"""Whether a model whose tone is one cycle has the right spectra, and obeys its descriptors.

Spectra are compared to those that were analysed in the sounds, frame by frame; beside the model
stand the mean spectrum of the training, the training's frame that is nearest in descriptors and
pitch, and the network before it has learnt anything.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from vschaos.evaluation.excerpts import Excerpt, excerpt_of, infer_labels
from vschaos.evaluation.measures import Measured
from vschaos.generation.material import Material, spread
from vschaos.models.capabilities import SingleCycle
from vschaos.progress import Progress

FILES, SECONDS = 48, 240.0  # of the training, that are known
HELD_OUT, HELD_OUT_SECONDS = 24, 10.0  # files, and the loudest ones of each
RANGE_DB = 60.0  # below the strongest partial; weaker ones do not count
FLOOR_DB = -80.0  # below it no level is told from another
AUDIBLE_DB, SURE = 40.0, 0.5  # below the loudest frame, confidence: frames that count
SEMITONES = 1.0  # that are as near as a neighbour's descriptors half a deviation off
DEVIATIONS = 0.5
FRAMES_AT_ONCE = 256
SWEEP = tuple(np.linspace(-2.0, 2.0, 7).tolist())  # standard deviations
SWEEP_SECONDS, SETTLING_SECONDS = 0.6, 0.3  # of each place, and of that what is not measured
REGISTERS = 2  # notes at which descriptors are swept, evenly in the register
LEVEL_OCTAVES = (-24, -12, 0, 12, 24)  # semitones about the middle of the register


class Frames(NamedTuple):
    """Frames that count, one after the other.

    Attributes:
        controls: `[M, Z]`.
        spectra: levels of the partials relative to the strongest, dB `[M, P]`.
    """

    controls: Tensor
    spectra: Tensor


@torch.inference_mode()
def evaluate_cycles(
    model: SingleCycle, excerpts: Sequence[Excerpt], material: Material
) -> dict[str, Any]:
    """`spectrum`, RMS error (dB) of the partials within 60 dB of the strongest, in frames with a
    pitch: of the `model`, the `mean spectrum`, the `nearest frame` and `untrained`; the second and
    the third are left out if the training's sounds are gone. `descriptors`: by name, see
    `_obedience`. `level_db`: the largest error of the loudness over four octaves."""
    names = spread([excerpt.name for excerpt in excerpts], HELD_OUT)
    picked = [one.loudest(model, HELD_OUT_SECONDS) for one in excerpts if one.name in names]
    return {
        "spectrum": _spectra(model, picked, _training_excerpts(model, material)),
        "descriptors": {name: _obedience(model, name) for name in model.descriptors},
        "level_db": _level(model),
    }


def _training_excerpts(model: SingleCycle, material: Material) -> list[Excerpt]:
    names = spread(material.names("train"), FILES)
    clips = [material.clip(name, SECONDS / len(names), "train") for name in names]
    return [excerpt_of(material.run, material, clip) for clip in clips if clip is not None]


def _spectra(
    model: SingleCycle, excerpts: Sequence[Excerpt], training: Sequence[Excerpt]
) -> Measured:
    untrained = _untrained(model)
    errors: dict[str, list[Tensor]] = {}
    known = [_frames(model, one)[0] for one in training]
    known = [frames for frames in known if len(frames.spectra)]
    learnt = Frames(*map(torch.cat, zip(*known, strict=True))) if known else None
    for excerpt in Progress(excerpts, desc="spectra", unit="file"):
        meant, chosen = _frames(model, excerpt)
        if not len(meant.spectra):
            continue
        labels = infer_labels(model, excerpt)
        frames = model.hear(excerpt.batch)
        made = {
            "model": _relative(model.cycle_amplitudes(frames, labels)[0].T[chosen]),
            "untrained": _relative(untrained.cycle_amplitudes(frames, labels)[0].T[chosen]),
        }
        if learnt is not None:
            mean = learnt.spectra.clamp_min(-RANGE_DB).mean(0)
            made["mean spectrum"] = mean.expand_as(meant.spectra)
            made["nearest frame"] = learnt.spectra[_nearest(model, learnt, meant)]
        for name, spectra in made.items():
            errors.setdefault(name, []).append(_errors(spectra, meant.spectra))
    return {name: float(torch.cat(parts).mean().sqrt()) for name, parts in errors.items()}


def _frames(model: SingleCycle, excerpt: Excerpt) -> tuple[Frames, Tensor]:
    """Those with a pitch, and which of all frames they are."""
    analysis = model.analyse(excerpt.batch)
    _, confidence, loudness = analysis.played[0]
    chosen = (confidence >= SURE) & (loudness > loudness.amax() - AUDIBLE_DB)
    controls = model.hear(excerpt.batch)[0].T[chosen]
    levels = analysis.spectra[0, : model.num_partials].T[chosen]
    has_tone = levels.amax(1) > FLOOR_DB
    chosen[chosen.clone()] = has_tone
    levels = levels[has_tone]
    relative = levels - levels.amax(1, keepdim=True)
    return Frames(controls[has_tone], relative.clamp_min(FLOOR_DB)), chosen


def _relative(amplitudes: Tensor) -> Tensor:
    strongest = amplitudes.amax(1, keepdim=True).clamp_min(1e-12)
    return (20.0 * torch.log10((amplitudes / strongest).clamp_min(1e-12))).clamp_min(FLOOR_DB)


def _errors(made: Tensor, meant: Tensor) -> Tensor:
    """Mean squares of the differences over the partials that count, of spectra `[M, P]` that are
    made equally loud over them: `[M]`."""
    counts = (meant > -RANGE_DB).float()
    number = counts.sum(1, keepdim=True)
    difference = (made - meant) * counts
    difference = difference - counts * (difference.sum(1, keepdim=True) / number)
    return difference.square().sum(1) / number[:, 0]


def _nearest(model: SingleCycle, known: Frames, new: Frames) -> Tensor:
    """The known frame that is nearest in descriptors and pitch, `[M]`."""
    names = [control.name for control in model.frame_controls()]
    columns = [names.index("pitch"), *map(names.index, model.descriptors)]
    scales = torch.tensor([SEMITONES] + [DEVIATIONS] * len(model.descriptors))
    there, here = (frames.controls[:, columns] / scales for frames in (known, new))
    found = [torch.cdist(part, there).argmin(1) for part in here.split(FRAMES_AT_ONCE)]
    return torch.cat(found)


def _untrained(model: SingleCycle) -> SingleCycle:
    """The same with new weights; what was measured of the training's sounds before it stays."""
    other = copy.deepcopy(model)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for part in other.modules():
            reset = getattr(part, "reset_parameters", None)
            if callable(reset):
                reset()
    return other.eval()


def _obedience(model: SingleCycle, name: str) -> Measured:
    """One descriptor, from two standard deviations below the mean to two above, the others held:
    `rank`, the least rank correlation (Spearman 1904) of what is heard with what was asked, over
    notes of the register; `range`, how many of the four deviations are heard; `cents`, the most
    that the pitch moves."""
    names = [control.name for control in model.frame_controls()]
    row = names.index(name)
    ranks, ranges, cents = [], [], []
    for note in _register(model, REGISTERS):
        frames = _steady(model, note).repeat(len(SWEEP), 1, 1)
        frames[:, row] = torch.tensor(SWEEP).unsqueeze(1)
        heard = _heard(model, frames)
        ranks.append(_rank_correlation(heard[:, row]))
        ranges.append(float(heard[-1, row] - heard[0, row]) / (SWEEP[-1] - SWEEP[0]))
        cents.append(100 * float((heard[:, 0] - heard[:, 0].median()).abs().max()))
    return {"rank": min(ranks), "range": float(np.mean(ranges)), "cents": max(cents)}


def _rank_correlation(values: Tensor) -> float:
    """With the order that they are in; equal ones share a rank, and all equal have none."""
    below = (values.unsqueeze(0) < values.unsqueeze(1)).double().sum(1)
    alike = (values.unsqueeze(0) == values.unsqueeze(1)).double().sum(1)
    ranks = below + (alike - 1) / 2
    order = torch.arange(len(values), dtype=torch.float64)
    both = torch.stack([ranks, order]) - order.mean()
    spread_of_ranks = both.square().sum(1).prod().sqrt()
    return float(both.prod(0).sum() / spread_of_ranks) if spread_of_ranks > 0 else 0.0


def _level(model: SingleCycle) -> float:
    middle = _register(model, 1)[0]
    notes = [middle + step for step in LEVEL_OCTAVES]
    frames = torch.cat([_steady(model, note) for note in notes])
    # a window may be shorter than a period of low notes, and powers alone have a mean over these
    powers = torch.pow(10.0, _heard_frames(model, frames)[:, 2] / 10.0).mean(1)
    return float((10.0 * torch.log10(powers) - frames[:, 2, 0]).abs().max())


def _register(model: SingleCycle, count: int) -> list[float]:
    pitch = model.frame_controls()[0]
    places = np.linspace(pitch.low, pitch.high, count + 2)[1:-1]
    return [float(place) for place in places]


def _steady(model: SingleCycle, note: float) -> Tensor:
    """A tone of the mean loudness and timbre, `[1, Z, N]`."""
    frame = torch.tensor([control.statistics[0] for control in model.frame_controls()])
    frame[0], frame[1] = note, 1.0
    num_frames = round(SWEEP_SECONDS * model.sample_rate / model.hop_length)
    return frame[None, :, None].repeat(1, 1, num_frames)


def _heard(model: SingleCycle, frames: Tensor) -> Tensor:
    """Frames `[B, Z, N]` as they are heard in what is played, in the mean, `[B, Z]`."""
    return _heard_frames(model, frames).mean(2)


def _heard_frames(model: SingleCycle, frames: Tensor) -> Tensor:
    """Frames `[B, Z, N]` as they are heard in what is played, but for its beginning and end,
    `[B, Z, M]`; labels are unknown."""
    first = round(SETTLING_SECONDS * model.sample_rate / model.hop_length)
    heard = model.encode(model.decode(frames))
    return heard[:, :, first : -first // 4]
