"""Sound matching in a report: targets beside what was found, and how right it is, knob by knob."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from torch import Tensor

from vschaos.evaluation.matching import MODEL, distances, match_held_out, matching_facts
from vschaos.evaluation.own_sounds import OwnSounds, match_own, own_facts
from vschaos.models.capabilities import Matching
from vschaos.pictures.diagram import picture_of_diagram
from vschaos.report.media import draw_spectrograms, encode_picture, encode_sound
from vschaos.runs import Run

SOUNDS, NEIGHBOURS = 64, 256  # that are measured, and training sounds beside them
PLAYED = 6  # of the sounds, to be heard
logger = logging.getLogger(__name__)


def describe_matching(run: Run, model: Matching) -> dict[str, Any]:
    """`rows` and `knobs` of `matching_facts`, `matrices` of steps and switches, `pairs` of sounds
    to be heard, if what plays them is there, and the `diagram` of the chain, if there is one."""
    try:
        matched = match_held_out(run, SOUNDS, NEIGHBOURS)
    except (ImportError, OSError, ValueError) as error:
        logger.warning("what was found cannot be played: %s", error)
        matched = match_held_out(run, SOUNDS, NEIGHBOURS, plays=False)
    facts = matching_facts(model, matched)
    own = match_own(run, matched) if matched.sounds else None
    if own is not None:
        facts["own"] = {**own_facts(own), "pairs": _own_pairs(run, own)}
    matrices = [
        {
            "task": name,
            "is_class": True,
            "accuracy": row["right"],
            "names": row["confusion"]["classes"],
            "counts": row["confusion"]["counts"],
            "of": "sounds",
        }
        for name, row in facts["knobs"].items()
        if "confusion" in row
    ]
    pairs = []
    if MODEL in matched.sounds:
        away = distances(matched.sounds[MODEL], matched.audio)
        for row in _from_near_to_far(away):
            pair = [sounds[row].numpy() for sounds in (matched.audio, matched.sounds[MODEL])]
            pairs.append(_pair(run, f"sound {row + 1}", pair, float(away[row])))
    diagram = model.diagram()
    return {
        **facts,
        "matrices": matrices,
        "pairs": pairs,
        "diagram": None if diagram is None else encode_picture(picture_of_diagram(*diagram)),
    }


def _own_pairs(run: Run, own: OwnSounds) -> list[dict[str, Any]]:
    away = own.distances(MODEL)
    return [
        _pair(run, own.names[row], [own.notes[row].numpy(), own.sounds[MODEL][row].numpy()], lsd)
        for row, lsd in ((row, float(away[row])) for row in _from_near_to_far(away))
    ]


def _from_near_to_far(away: Tensor) -> list[int]:
    """Rows of a few sounds, evenly from the nearest to the farthest."""
    places = np.linspace(0, len(away) - 1, min(PLAYED, len(away))).round().astype(int)
    rows: list[int] = away.argsort()[places].tolist()
    return rows


def _pair(run: Run, name: str, sounds: list[np.ndarray], lsd: float) -> dict[str, Any]:
    pictures = draw_spectrograms(sounds, run.sample_rate)
    players = [
        {
            "title": title,
            "seconds": round(len(sound) / run.sample_rate, 3),
            "sound": encode_sound(sound, run.sample_rate),
            "picture": picture,
            "marks": [],
            "curves": {},
        }
        for title, sound, picture in zip(("target", "found"), sounds, pictures, strict=True)
    ]
    return {"name": name, "players": players, "metrics": f"LSD {lsd:.2f} dB"}
