"""Matches as rows of a table, and as JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vschaos.instrument.synthesiser import Synthesiser
from vschaos.matching.match import Effort, Found, Match, Scores

COLUMNS = (
    *("sound", "file", "start_s", "seconds", "held_s", "level_db"),
    *("pitch", "confidence", "remarks", "preset", "found_by", "heard"),
    *("lsd_db", "mfcc_db", "multi_resolution", "pitch_cents", "repeat_lsd_db", "preset_level_db"),
)
LSD_OF = "lsd_db: "  # a column for each method


def row_of(match: Match, preset: str) -> dict[str, Any]:
    """The row of a match.

    Args:
        preset: name of its file; empty for none.
    """
    target, best = match.target, match.best
    row: dict[str, Any] = {
        "sound": target.name,
        "file": str(target.file),
        "start_s": round(target.start_seconds, 4),
        "seconds": round(target.seconds, 4),
        "held_s": round(target.held_seconds, 3),
        "level_db": round(target.level_db, 2),
        "pitch": round(target.pitch, 3),
        "confidence": round(target.confidence, 3),
        "remarks": "; ".join(match.remarks),
        "preset": preset,
    }
    if best is None:
        return row
    return {
        **row,
        "found_by": best.method,
        "heard": best.num_heard,
        **_rounded(best.scores),
        "repeat_lsd_db": round(match.repeat_db, 3),
        "preset_level_db": round(match.level_db, 2),
        **{f"{LSD_OF}{one.method}": round(one.scores.log_spectral, 3) for one in match.found},
    }


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """A line for each row, the columns of methods last."""
    methods = dict.fromkeys(key for row in rows for key in row if key.startswith(LSD_OF))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [*COLUMNS, *methods], restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def to_json(
    matches: Sequence[tuple[Match, str]], synthesiser: Synthesiser, effort: Effort, version: str
) -> dict[str, Any]:
    """All that was found, with the settings in their units."""
    matched = [match for match, _ in matches]
    return {
        "synthesiser": synthesiser.name,
        "vschaos": version,
        "effort": vars(effort),
        "mean_by_method": mean_by_method(matched),
        "sounds": [
            {
                **{key: value for key, value in row_of(match, preset).items() if key in COLUMNS},
                "methods": [_method(one, synthesiser) for one in match.found],
            }
            for match, preset in matches
        ],
    }


def mean_by_method(matches: Sequence[Match]) -> dict[str, dict[str, float]]:
    """Mean scores by method over the sounds that have them all, those of the best as `best`."""
    found = [match.found for match in matches if match.found]
    every = list(dict.fromkeys(one.method for ones in found for one in ones))
    whole = [m for m in matches if [one.method for one in m.found] == every]
    if not whole:
        return {}
    scores = {
        method: [next(one for one in m.found if one.method == method).scores for m in whole]
        for method in every
    }
    scores["best"] = [m.best.scores for m in whole if m.best is not None]
    return {
        method: {
            key: round(float(np.mean([_rounded(one)[key] for one in ones])), 4)
            for key in ("lsd_db", "mfcc_db", "multi_resolution")
        }
        for method, ones in scores.items()
    }


def _method(one: Found, synthesiser: Synthesiser) -> dict[str, Any]:
    settings = {
        knob.name: {
            "value": knob.text(float(position)),
            "position": round(float(knob.nearest(float(position))), 6),
        }
        for knob, position in zip(synthesiser.parameters, one.positions, strict=True)
    }
    return {
        "found_by": one.method,
        "heard": one.num_heard,
        **_rounded(one.scores),
        "settings": settings,
    }


def _rounded(scores: Scores) -> dict[str, Any]:
    cents = None if scores.pitch_cents is None else round(scores.pitch_cents, 2)
    return {
        "lsd_db": round(scores.log_spectral, 4),
        "mfcc_db": round(scores.mfcc, 4),
        "multi_resolution": round(scores.multi_resolution, 5),
        "pitch_cents": cents,
    }
