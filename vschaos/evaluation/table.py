"""An evaluation as tables for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vschaos.evaluation.measures import AFTER_PHASE, BEFORE_PHASE, Measure, Measured

NAME_WIDTH = 24
DIRECTIONS = (
    "LSD, SC, multi-res., pitch off: lower is better. Loudness, highs: 0 is best. "
    "Onsets, in tune, voicing: 100 % is best."
)


def tables(facts: Mapping[str, Any]) -> str:
    """Everything that is measured of a run, for people."""
    parts = [_head(facts), _section("magnitudes, before the phase", facts["before_phase"])]
    for inversion, judged in facts["after_phase"].items():
        parts.append(_section(f"sound, phase by {inversion}", judged, AFTER_PHASE))
    parts.append(DIRECTIONS)
    parts += [part for part in (_notes(facts), _labels(facts), _latents(facts)) if part]
    return "\n\n".join(parts) + "\n"


def _head(facts: Mapping[str, Any]) -> str:
    left_out = len(facts["left_out"])
    return (
        f"{facts['run']} ({facts['version']}, {facts['checkpoint']}), judged by {facts['files']} "
        f"files, {facts['seconds']:.0f} s: {facts['judged_by']}"
        + (f"; {left_out} left out" if left_out else "")
    )


def _section(
    title: str, judged: Mapping[str, Measured], measures: Sequence[Measure] = BEFORE_PHASE
) -> str:
    shown = [m for m in measures if any(row.get(m.key) is not None for row in judged.values())]
    width = max(NAME_WIDTH, max(len(name) for name in (title, *judged)) + 2)
    widths = [max(len(m.title), len(m.unit), 6) + 2 for m in shown]
    columns = list(zip(shown, widths, strict=True))
    lines = [title.ljust(width) + "".join(m.title.rjust(w) for m, w in columns)]
    lines.append(" " * width + "".join(m.unit.rjust(w) for m, w in columns))
    for name, row in judged.items():
        cells = (_number(row.get(m.key), m.digits).rjust(w) for m, w in columns)
        lines.append(f"  {name}".ljust(width) + "".join(cells))
    return "\n".join(lines)


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:z.{digits}f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _notes(facts: Mapping[str, Any]) -> str:
    notes = facts["labels"]["notes"]
    if not notes:
        return ""
    lines = [
        f"{'notes asked for':<{NAME_WIDTH}} {'cases':>6} {'voiced':>8} {'pitch':>8} {'octave':>8}"
    ]
    for kind, row in notes.items():
        cells = " ".join(f"{_percent(row[key]):>8}" for key in ("voiced", "pitch", "octave"))
        lines.append(f"  {kind:<{NAME_WIDTH - 2}} {row['cases']:>6} {cells}")
    return "\n".join(lines)


def _labels(facts: Mapping[str, Any]) -> str:
    labels, lines = facts["labels"], []
    for task, row in labels["effects"].items():
        heard = row.get("heard_as_told")
        also = "" if heard is None else f", heard as told in {_percent(heard)} of the frames"
        lines.append(f"  {task:<{NAME_WIDTH}} changes levels by {row['effect_db']:.1f} dB{also}")
    for task, row in labels["heard"].items():
        if row["is_class"]:
            text = f"heard right in {_percent(row['accuracy'])} of the frames{_mistake(row)}"
        else:
            text = f"heard with a mean error of {row['error']:.3g}"
        lines.append(f"  {task:<{NAME_WIDTH}} {text}")
    if labels["belief"]:
        belief = labels["belief"]
        lines.append(
            f"  LSD {belief['true']:.2f} dB told the true labels, {belief['heard']:.2f} dB told "
            "those heard"
        )
    return "\n".join(["labels", *lines]) if lines else ""


def _mistake(row: Mapping[str, Any]) -> str:
    """The commonest one of a confusion."""
    wrong = [
        (count, true, heard)
        for true, counts in zip(row["names"], row["counts"], strict=True)
        for heard, count in zip(row["names"], counts, strict=True)
        if true != heard and count
    ]
    if not wrong:
        return ""
    count, true, heard = max(wrong)
    return f"; most often {true} as {heard} ({count})"


def _latents(facts: Mapping[str, Any]) -> str:
    latents, lines = facts["latents"], []
    if latents["nats"]:
        said = sum(latents["nats"])
        lines.append(
            f"  {latents['active_dimensions']} of {latents['dimensions']} active, "
            f"{said:.1f} nats a frame"
        )
    smooth = latents["smoothness"]
    if smooth and smooth["rank_correlation"] is not None:
        lines.append(f"  like sounds lie near: rank correlation {smooth['rank_correlation']:.2f}")
    if latents["lines"]:
        rows = latents["lines"]
        speed, steep = rows["db_per_deviation"], rows["steepest_step"]
        if speed is not None and steep is not None:
            lines.append(
                f"  between sounds: {speed:.1f} dB a deviation, the steepest step {steep:.1f} "
                "times the mean"
            )
        lines.append(
            f"  level between sounds: {rows['median_dip_db']:.1f} dB below the ends at most, "
            f"{rows['worst_dip_db']:.1f} dB in the worst case; a hole in "
            f"{_percent(rows['holes'])} of the lines"
        )
    return "\n".join(["latents", *lines]) if lines else ""
