"""An evaluation as tables for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vschaos.evaluation.measures import MAGNITUDE_MEASURES, SOUND_MEASURES, Measure, Measured
from vschaos.evaluation.summary import describe_metrics
from vschaos.models.base import Metric

NAME_WIDTH = 24
DIRECTIONS = (
    "LSD, SC, multi-res., errors: lower is better. Loudness, highs, texture: 0 is best. "
    "Onsets, in tune, voicing: 100 % is best."
)
TOLD = (
    "told: of knobs of which a turn by a quarter of their way (of an amount that is on: turning it "
    "off) changes the sound by 1 dB."
)


def tables(facts: Mapping[str, Any]) -> str:
    """All measures of a run as text; sections that `facts` lack are left out."""
    parts = [_head(facts), _metrics(facts)]
    if "sounds" in facts:
        parts.append(_section("magnitudes", facts["magnitudes"], MAGNITUDE_MEASURES))
        for inversion, rows in facts["sounds"].items():
            parts.append(_section(f"sound, by {inversion}", rows, SOUND_MEASURES))
        parts.append(DIRECTIONS)
    if "pitched" in facts:
        parts.append(_pitched(facts["pitched"]))
    if "cycles" in facts:
        parts.append(_cycles(facts["cycles"]))
    if "matching" in facts:
        parts.append(_matching(facts["matching"]))
    if "labels" in facts:
        parts += [_notes(facts["labels"]["notes"]), _labels(facts["labels"])]
    if "latents" in facts:
        parts.append(_latents(facts["latents"]))
    parts = [part for part in parts if part]
    return "\n\n".join(parts) + "\n"


def _head(facts: Mapping[str, Any]) -> str:
    left_out = len(facts["left_out"])
    return (
        f"{facts['run']} ({facts['version']}, {facts['checkpoint']}), evaluated on "
        f"{facts['files']} files, {facts['seconds']:.0f} s: {facts['evaluated_on']}"
        + (f"; {left_out} left out" if left_out else "")
    )


def _metrics(facts: Mapping[str, Any]) -> str:
    tracked = [Metric(**entry) for entry in facts["tracked_metrics"]]
    shown = describe_metrics(facts["metrics"], tracked)
    return f"metrics of the training: {shown}" if shown else ""


def _section(title: str, rows: Mapping[str, Measured], measures: Sequence[Measure]) -> str:
    shown = [m for m in measures if any(row.get(m.key) is not None for row in rows.values())]
    return _grid(
        [title, *(measure.title for measure in shown)],
        ["", *(measure.unit for measure in shown)],
        *(
            [f"  {name}", *(_number(row.get(m.key), m.digits) for m in shown)]
            for name, row in rows.items()
        ),
    )


def _pitched(pitched: Mapping[str, Any]) -> str:
    columns = {"cents": 1, "in_tune": 1, "loudness_error": 2, "loudness_bias": 2}
    obedience = _grid(
        ["pitch and loudness", "pitch error", "in tune", "loudness error", "bias"],
        ["  semitones", "cents", "%", "dB", "dB"],
        *(
            [f"  {name}", *(_number(row[key], digits) for key, digits in columns.items())]
            for name, row in pitched["obedience"].items()
        ),
    )
    way = pitched["of_way"]
    if way is None:
        return obedience
    return (
        f"{obedience}\n  multi-res.: {pitched['distances']['silence']:.2f} of silence; "
        f"{_percent(way)} of the way from the mean spectrum to the oracle"
    )


def _cycles(cycles: Mapping[str, Any]) -> str:
    spectra = _grid(
        ["spectrum of a cycle", "RMS error"],
        ["", "dB"],
        *([f"  {name}", _number(error, 2)] for name, error in cycles["spectrum"].items()),
    )
    obedience = _grid(
        ["descriptors", "rank corr.", "range", "pitch moves"],
        ["", "", "%", "cents"],
        *(
            [
                f"  {name}",
                _number(row["rank"], 2),
                _number(100 * row["range"], 0),
                _number(row["cents"], 1),
            ]
            for name, row in cycles["descriptors"].items()
        ),
    )
    level = f"  level at one loudness: within {_number(cycles['level_db'], 2)} dB over four octaves"
    return f"{spectra}\n\n{obedience}\n{level}"


def _matching(matching: Mapping[str, Any]) -> str:
    rows = _grid(
        [
            f"settings of {matching['count']} sounds",
            "knob error",
            "steps right",
            "told: error",
            "right",
            "LSD",
            "median",
        ],
        ["", "", "%", "", "%", "dB", "dB"],
        *(
            [
                f"  {name}",
                _number(row["knob_error"], 3),
                _number(row["steps_right"], 1),
                _number(row.get("told_knob_error"), 3),
                _number(row.get("told_steps_right"), 1),
                _number(row.get("lsd"), 2),
                _number(row.get("median_lsd"), 2),
            ]
            for name, row in matching["rows"].items()
        ),
    )
    own = [_own_sounds(matching["own"])] if "own" in matching else []
    knobs = _grid(
        ["knob, where it is heard", "heard in", "told in", "error", "of the mean", "right"],
        ["", "%", "%", "", "", "%"],
        *(
            [
                f"  {name}",
                _number(100 * row["heard"], 0),
                _number(100 * row["told"], 0) if "told" in row else "",
                _number(row["error"], 3),
                _number(row["mean_error"], 3),
                _number(100 * row["right"], 1) if "right" in row else "",
            ]
            for name, row in matching["knobs"].items()
        ),
    )
    told = any("told" in row for row in matching["knobs"].values())
    return "\n\n".join([rows, *own, knobs, *([TOLD] if told else [])])


def _own_sounds(own: Mapping[str, Any]) -> str:
    return _grid(
        [f"your own sounds: {own['count']} notes held out", "LSD", "median"],
        ["", "dB", "dB"],
        *(
            [f"  {name}", _number(row["lsd"], 2), _number(row["median_lsd"], 2)]
            for name, row in own["rows"].items()
        ),
    )


def _notes(notes: Mapping[str, Any]) -> str:
    shares = ("voiced", "pitch", "octave")
    if not notes:
        return ""
    return _grid(
        ["note accuracy", "cases", *shares],
        *(
            [f"  {kind}", str(row["cases"]), *(_percent(row[share]) for share in shares)]
            for kind, row in notes.items()
        ),
    )


def _grid(*rows: Sequence[str]) -> str:
    """Rows of as many cells, the first column to the left and the others to the right."""
    name_width, *widths = (max(map(len, column)) + 2 for column in zip(*rows, strict=True))
    name_width = max(name_width, NAME_WIDTH)
    return "\n".join(
        name.ljust(name_width)
        + "".join(cell.rjust(max(width, 8)) for cell, width in zip(cells, widths, strict=True))
        for name, *cells in rows
    )


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:z.{digits}f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _labels(labels: Mapping[str, Any]) -> str:
    lines = []
    for task, row in labels["conditioning"].items():
        accuracy = row.get("accuracy")
        also = "" if accuracy is None else f", predicted as conditioned: {_percent(accuracy)}"
        lines.append(f"  {task:<{NAME_WIDTH}} changes levels by {row['effect_db']:.1f} dB{also}")
    for task, row in labels["prediction"].items():
        if row["is_class"]:
            text = f"prediction accuracy {_percent(row['accuracy'])}{_mistake(row)}"
        else:
            text = f"prediction error {row['error']:.3g}"
        lines.append(f"  {task:<{NAME_WIDTH}} {text}")
    if lsd := labels["lsd_by_labels"]:
        lines.append(
            f"  LSD {lsd['true']:.2f} dB conditioned on the true labels, {lsd['predicted']:.2f} dB "
            "on the predicted ones"
        )
    return "\n".join(["labels", *lines]) if lines else ""


def _mistake(row: Mapping[str, Any]) -> str:
    """The commonest error of a confusion matrix."""
    counts = np.array(row["counts"])
    np.fill_diagonal(counts, 0)
    if not counts.any():
        return ""
    true, predicted = np.unravel_index(counts.argmax(), counts.shape)
    names = row["names"]
    return f"; most often {names[true]} as {names[predicted]} ({counts.max()})"


def _latents(latents: Mapping[str, Any]) -> str:
    lines = [
        f"  {latents['active_dimensions']} of {latents['dimensions']} active, "
        f"{sum(latents['nats']):.1f} nats a frame"
    ]
    smooth = latents["smoothness"]
    if smooth and smooth["rank_correlation"] is not None:
        lines.append(
            f"  distances of latents and sounds: rank correlation {smooth['rank_correlation']:.2f}"
        )
    if latents["lines"]:
        rows = latents["lines"]
        speed, steep = rows["db_per_deviation"], rows["steepest_step"]
        if speed is not None and steep is not None:
            lines.append(
                f"  between sounds: {speed:.1f} dB per standard deviation, "
                f"steepest step {steep:.1f} times the mean"
            )
        lines.append(
            f"  level between sounds: lowest {rows['median_dip_db']:.1f} dB (median), "
            f"{rows['worst_dip_db']:.1f} dB (worst); a hole in "
            f"{_percent(rows['holes'])} of the lines"
        )
    if latents.get("trajectories"):
        levels = latents["trajectories"]
        lines.append(
            f"  level of trajectories: {levels['median_db']:.1f} dB (median), "
            f"{levels['softest_db']:.1f} dB (one frame in twenty is softer), against the loudest "
            "frames"
        )
    return "\n".join(["latents", *lines])
