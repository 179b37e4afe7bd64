"""How well the settings of a synthesiser are found: by knob, and by ear, beside baselines.

Sounds are made with the settings that were found, brought to the level of their targets, and
measured against these. Beside them stand the nearest of many training sounds, the mean of the
training's settings, and the settings themselves, which say what the measure makes of noise.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from vschaos.batch import Batch
from vschaos.evaluation.turning import told_by_turning
from vschaos.instrument.synthesiser import CONTINUOUS, Differentiable, Synthesiser
from vschaos.models.capabilities import Heard, Matching
from vschaos.models.matching.distances import log_spectral_distances
from vschaos.progress import Progress
from vschaos.runs import Run
from vschaos.targets import build

if TYPE_CHECKING:
    # which brings Lightning, slow to load
    from vschaos.data.datamodule import DataModule, ValidationSounds

SOUNDS = 512  # held-out ones that are evaluated
NEIGHBOURS = 2048  # training sounds, of which the nearest is a baseline
TURNED = 128  # held-out ones of which each knob is turned
MOST_CLASSES = 12  # of a step whose confusions are shown
MODEL, NEIGHBOUR, MEAN, ITSELF = "model", "nearest training sound", "mean settings", "the same"
AT_ONCE = 32  # sounds


logger = logging.getLogger(__name__)


class Matched(NamedTuple):
    """Sounds, what they were made with, and what was found.

    Attributes:
        audio: `[B, T]`.
        heard: what they were made with.
        found: positions `[B, P]` by name: of the model, and of baselines.
        sounds: of these settings by the same names, `[B, T]`, as loud as `audio`.
        told: of the first M sounds, the knobs of which a turn is heard, bool `[M, P]`; none where
            what plays them would take too long.
        learnt: training sounds, and what they were made with: the nearest are among them.
    """

    audio: Tensor
    heard: Heard
    found: dict[str, Tensor]
    sounds: dict[str, Tensor]
    told: Tensor
    learnt: tuple[Tensor, Heard]


@torch.inference_mode()
def match_held_out(
    run: Run,
    count: int = SOUNDS,
    num_neighbours: int = NEIGHBOURS,
    plays: bool = True,
    num_turned: int = TURNED,
) -> Matched:
    """Finds the settings of the sounds that a run holds out.

    Args:
        count: of sounds, at most.
        num_neighbours: training sounds to be compared.
        plays: whether sounds are made as well: a plug-in may be missing where its run is read.
        num_turned: of the sounds, those of which each knob is turned.

    Raises:
        ValueError: the model finds no settings.
    """
    model = run.model
    if not isinstance(model, Matching):
        raise ValueError(f"expected a model that finds settings, got {type(model).__name__}")
    data = _opened(run, count)
    targets = _validation(data.validation, min(len(data.validation), count))
    audio = torch.cat([batch.audio for batch in targets])
    heard = _joined([model.heard(batch) for batch in targets])
    number = -(-num_neighbours // data.training.batch_size)
    pool = [data.training[k] for k in Progress(range(number), desc="neighbours", unit="batch")]
    learnt = _joined([model.heard(batch) for batch in pool])
    pooled = torch.cat([batch.audio for batch in pool])
    nearest = nearest_sounds(audio, pooled)
    proposals = zip(audio.split(AT_ONCE), heard.pitch.split(AT_ONCE), strict=True)
    found = {
        MODEL: torch.cat([model.propose(*part)[:, 0] for part in proposals]),
        NEIGHBOUR: learnt.positions[nearest],
        MEAN: mean_settings(model, learnt).expand(len(audio), -1),
        ITSELF: heard.positions,
    }
    try:
        synthesiser = model.synthesiser() if plays else None
    except FileNotFoundError as error:  # a plug-in that is not installed here
        logger.warning("settings are compared, but not heard: %s", error)
        synthesiser = None
    told = heard.audible[:0]
    if synthesiser is None:
        return Matched(audio, heard, found, {}, told, (pooled, learnt))
    try:
        sounds = {name: played(synthesiser, rows, audio, heard) for name, rows in found.items()}
        # a plug-in would take minutes for so many notes
        if isinstance(synthesiser, Differentiable):
            some = _first(heard, num_turned)
            told = told_by_turning(model, synthesiser, some, audio.shape[1])
    finally:
        synthesiser.close()
    sounds[NEIGHBOUR] = _as_loud(pooled[nearest], audio)
    return Matched(audio, heard, found, sounds, told, (pooled, learnt))


def matching_facts(model: Matching, matched: Matched) -> dict[str, Any]:
    """The table of an evaluation: `rows` by what was compared, and `knobs` by name. What begins
    with `told` is of the knobs of which a turn is heard."""
    rows = {}
    number = len(matched.told)
    turned = _first(matched.heard, number)._replace(audible=matched.told)
    for name, found in matched.found.items():
        row = {key: float(value) for key, value in model.errors(found, matched.heard).items()}
        if name in matched.sounds:
            lsd = distances(matched.sounds[name], matched.audio)
            row |= {"lsd": float(lsd.mean()), "median_lsd": float(lsd.median())}
        if number:
            told = model.errors(found[:number], turned)
            row |= {f"told_{key}": float(value) for key, value in told.items()}
        rows[name] = row
    return {"count": len(matched.audio), "rows": rows, "knobs": _by_knob(model, matched)}


def distances(sounds: Tensor, targets: Tensor) -> Tensor:
    """Log-spectral distance of each sound `[B, T]` from its target, dB `[B]`."""
    pairs = zip(sounds.split(1), targets, strict=True)
    return torch.cat([log_spectral_distances(sound, target) for sound, target in pairs])


def nearest_sounds(audio: Tensor, others: Tensor) -> Tensor:
    """Numbers of those of `others` `[M, T]` that are nearest to each of `audio` `[B, T]`: by the
    mean absolute difference of their levels in octave-like bands over time, relative to their
    loudest."""
    one, many = _profiles(audio), _profiles(others)
    return torch.cat([torch.cdist(rows, many, p=1.0).argmin(1) for rows in one.split(AT_ONCE)])


def mean_settings(model: Matching, heard: Heard) -> Tensor:
    """`[P]`: of turned knobs the mean where they are heard, of steps the most frequent."""
    columns = []
    for number, knob in enumerate(model.knobs):
        tells = heard.audible[:, number]
        values = heard.positions[tells if bool(tells.any()) else slice(None), number]
        is_turned = knob.kind == CONTINUOUS
        columns.append(values.mean() if is_turned else values.mode().values)
    return torch.stack(columns)


def _by_knob(model: Matching, matched: Matched) -> dict[str, dict[str, Any]]:
    found, heard = matched.found[MODEL], matched.heard
    right = model.are_right(found, heard.positions)
    table: dict[str, dict[str, Any]] = {}
    for number, knob in enumerate(model.knobs):
        tells = heard.audible[:, number]
        if not bool(tells.any()):
            continue
        away = {
            name: float((rows - heard.positions).abs()[tells, number].mean())
            for name, rows in matched.found.items()
        }
        row: dict[str, Any] = {
            "unit": knob.unit,
            "kind": knob.kind,
            "heard": float(tells.float().mean()),
            "error": away[MODEL],
            "mean_error": away[MEAN],
        }
        if len(matched.told):
            row["told"] = float(matched.told[:, number].float().mean())
        if number in model.chosen:
            row["right"] = float(right[tells, model.chosen.index(number)].float().mean())
        if 0 < knob.num_steps <= MOST_CLASSES:
            row["confusion"] = _confusion(knob.classes, found, heard.positions, tells, number)
        table[knob.name] = row
    return table


def _confusion(
    classes: Sequence[str], found: Tensor, positions: Tensor, tells: Tensor, number: int
) -> dict[str, Any]:
    """Counts, a row for each class."""
    last = len(classes) - 1
    given, said = ((rows[tells, number] * last).round().long() for rows in (positions, found))
    counts = torch.bincount(given * (last + 1) + said, minlength=(last + 1) ** 2)
    return {"classes": list(classes), "counts": counts.view(last + 1, -1).tolist()}


def _opened(run: Run, count: int) -> DataModule:
    """The examples of a run, with at least so many for validation where they are made as they are
    needed."""
    section = run.config["data"]
    if "validation_sounds" in section:
        section = {**section, "validation_sounds": count}
    if "reuse" in section:
        section = {**section, "reuse": 1}
    if "renderer" in section:  # sounds of which nobody knows the settings are matched by themselves
        section = {**section, "dataset": None}
    data: DataModule = build(section, run.config["seed"])
    data.open(run.model, run.split)
    return data


def _validation(sounds: ValidationSounds, count: int) -> list[Batch]:
    """The first `count` sounds."""
    firsts = Progress(range(0, count, AT_ONCE), desc="targets", unit="batch")
    return [sounds.some(first, min(first + AT_ONCE, count)) for first in firsts]


def _first(heard: Heard, number: int) -> Heard:
    return Heard(*(column[:number] for column in heard))


def _joined(parts: Sequence[Heard]) -> Heard:
    return Heard(*(torch.cat(columns) for columns in zip(*parts, strict=True)))


def played(synthesiser: Synthesiser, positions: Tensor, audio: Tensor, heard: Heard) -> Tensor:
    """Notes as those of the targets, by other settings, as loud as the targets."""
    seconds = audio.shape[1] / synthesiser.sample_rate
    settings, pitch, velocity = (rows.numpy() for rows in (positions, heard.pitch, heard.velocity))
    held = heard.held_seconds.numpy()
    sounds = np.zeros(audio.shape, np.float32)
    for length in np.unique(held):
        rows = np.flatnonzero(held == length)
        note = pitch[rows], velocity[rows]
        made = synthesiser.render(settings[rows], *note, seconds, float(length))
        sounds[rows, : made.shape[1]] = made[:, : audio.shape[1]]
    return _as_loud(torch.from_numpy(sounds), audio)


def _as_loud(sounds: Tensor, targets: Tensor) -> Tensor:
    levels = [rows.square().mean(1, keepdim=True).sqrt() for rows in (sounds, targets)]
    return sounds * (levels[1] / levels[0].clamp_min(1e-9))


def _profiles(audio: Tensor) -> Tensor:
    """`[B, T]` -> levels of 32 bands over time, dB from -60 on, `[B, 32 * N]`."""
    window = torch.hann_window(2048)
    # wider and wider, so that they are about as many in each octave
    edges = torch.logspace(0.0, 10.0, 33, 2.0).round().long()
    rows = []
    audio = nn.functional.pad(audio, [0, max(2048 - audio.shape[1], 0)])
    for sounds in audio.split(AT_ONCE):
        spectrum = torch.stft(sounds, 2048, 1024, window=window, return_complex=True)
        below = nn.functional.pad(spectrum.abs().square().cumsum(1), [0, 0, 1, 0])
        powers = below[:, edges[1:].clamp_min(1)] - below[:, edges[:-1]]
        relative = powers / powers.amax([1, 2], keepdim=True).clamp_min(1e-20)
        rows.append(10.0 * torch.log10(relative.clamp_min(1e-6)).flatten(1))
    return torch.cat(rows)
