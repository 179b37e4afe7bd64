"""Whether a pitched model plays at the pitch and as loud as it is asked to.

Its sound is heard by the model itself: by the tracker and the meter that it plays by. The pitch
trackers of `vschaos.evaluation.pitch` are a second opinion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vschaos.evaluation.excerpts import Excerpt, infer_labels
from vschaos.evaluation.measures import Measured
from vschaos.evaluation.pitch import IN_TUNE_CENTS
from vschaos.evaluation.resynthesis import MEAN, ORACLE
from vschaos.generation.material import spread
from vschaos.losses import MultiResolutionDistance
from vschaos.models.capabilities import Pitched
from vschaos.progress import Progress

INTERVALS = (0, -12, -7, -1, 1, 7, 12)  # semitones
FILES, SECONDS = 24, 6.0  # the loudest ones of a file
RANGE_DB = 40.0  # below the loudest frame; softer ones do not count
SURE = 0.5  # confidence of frames that have a pitch
CONFIRMED = 31.0, 95.0  # notes asked for whose pitch can be heard: 49 Hz to 2 kHz


def evaluate_pitched(
    model: Pitched, excerpts: Sequence[Excerpt], sounds: Mapping[str, Measured]
) -> dict[str, Any]:
    """`obedience` by interval, see `_obedience`; `distances`, the multi-resolution distances of the
    model and its baselines, silence among them, and `of_way`, the share of the way from the mean
    spectrum to the oracle.

    Args:
        model: evaluated.
        excerpts: the sounds.
        sounds: measures of the reconstructions of all of them, by name.
    """
    names = spread([excerpt.name for excerpt in excerpts], FILES)
    picked = [one.loudest(model, SECONDS) for one in excerpts if one.name in names]
    distances = {name: row["multi_resolution"] for name, row in sounds.items()}
    return {
        "obedience": _obedience(model, picked),
        "distances": {**distances, "silence": _distance_of_silence(excerpts)},
        "of_way": _of_way(distances),
    }


def _of_way(distances: Measured) -> float | None:
    made, best, mean = (distances.get(name) for name in ("model", ORACLE, MEAN))
    if made is None or best is None or mean is None or mean <= best:
        return None
    return (mean - made) / (mean - best)


def _distance_of_silence(excerpts: Sequence[Excerpt]) -> float:
    distance = MultiResolutionDistance()
    audios = [excerpt.audio for excerpt in excerpts]
    return float(np.mean([float(distance(torch.zeros_like(audio), audio)) for audio in audios]))


def _obedience(model: Pitched, excerpts: Sequence[Excerpt]) -> dict[str, Measured]:
    """The sounds as they are and transposed, by semitones: over all frames within 40 dB of the
    loudest of their sound `loudness_error` and `loudness_bias` (dB), and over those with a pitch
    `cents`, the median error, and `in_tune` (per cent within 50 cents)."""
    found: dict[int, list[tuple[Tensor, Tensor]]] = {interval: [] for interval in INTERVALS}
    for excerpt in Progress(excerpts, desc="pitch and loudness", unit="file"):
        labels = infer_labels(model, excerpt)
        frames = model.encode(excerpt.audio, labels)
        for interval in INTERVALS:
            wanted = frames.clone()
            wanted[:, 0] += interval
            heard = model.encode(model.decode(wanted, labels))
            found[interval].append(_errors(heard[0], wanted[0]))
    rows = {}
    for interval, errors in found.items():
        cents, decibels = (torch.cat(parts) for parts in zip(*errors, strict=True))
        has_pitch = len(cents) > 0
        rows[f"{interval:+d}" if interval else "as it is"] = {
            "cents": float(cents.median()) if has_pitch else None,
            "in_tune": 100 * float((cents <= IN_TUNE_CENTS).float().mean()) if has_pitch else None,
            "loudness_error": float(decibels.abs().mean()),
            "loudness_bias": float(decibels.mean()),
        }
    return rows


def _errors(heard: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Frames `[Z, N]` and at least as many -> cents and dB of those that count."""
    heard = heard[:, : wanted.shape[1]]
    pitch, confidence, loudness = wanted[:3]
    is_loud = loudness > loudness.amax() - RANGE_DB
    can_be_heard = (pitch >= CONFIRMED[0]) & (pitch <= CONFIRMED[1])
    is_sung = is_loud & (confidence >= SURE) & can_be_heard
    return 100 * (heard[0] - pitch)[is_sung].abs(), (heard[2] - loudness)[is_loud]
