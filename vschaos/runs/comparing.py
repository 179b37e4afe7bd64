"""Tables that list and compare runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vschaos.latents.importance import num_important
from vschaos.runs.summary import Summary

IGNORED = ("name", "rundir", "resume", "check", "report", "recipe")  # settings of no interest
WIDEST = 48  # characters of a value
NOTHING = "-"


def table(runs: Sequence[Summary]) -> str:
    """A line for each run, with the number of its important latents."""
    head = ["run", "recipe", "begun", "state", "steps", "validation", "latents", "size"]
    rows = [
        [
            _title(run),
            run.recipe,
            run.begun,
            _state(run),
            _steps(run),
            run.validation or NOTHING,
            _latents(run),
            f"{run.size_bytes / 1e6:.1f} MB",
        ]
        for run in runs
    ]
    return _aligned([head, *rows], runs)


def differences(runs: Sequence[Summary]) -> dict[str, list[Any]]:
    """The settings in which runs differ, by dotted key: a value for each run, none if it lacks the
    setting."""
    keys = dict.fromkeys(key for run in runs for key in run.settings)
    rows = {key: [run.settings.get(key) for run in runs] for key in keys}
    return {
        key: values
        for key, values in rows.items()
        if key not in IGNORED and any(value != values[0] for value in values)
    }


def side_by_side(runs: Sequence[Summary]) -> str:
    """Metrics of runs and the settings in which they differ, a column for each run."""
    names = dict.fromkeys(name for run in runs for name in run.metrics)
    rows = [
        ["", *map(_title, runs)],
        ["recipe", *(run.recipe for run in runs)],
        ["state", *map(_state, runs)],
        ["steps", *map(_steps, runs)],
        *([name, *(_number(run.metrics.get(name)) for run in runs)] for name in names),
        ["latents", *map(_latents, runs)],
        *([key, *map(_shown, values)] for key, values in differences(runs).items()),
    ]
    return _aligned(rows, runs)


def to_json(runs: Sequence[Summary]) -> dict[str, Any]:
    """Summaries as plain data, with the differences of several runs."""
    content: dict[str, Any] = {"runs": [run.to_json() for run in runs]}
    if len(runs) > 1:
        content["differences"] = differences(runs)
    return content


def printable(text: str) -> str:
    """Replaces control characters, by which a run of a stranger could move a terminal's cursor."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "�" for sign in text)


def _latents(run: Summary) -> str:
    """`5 of 16`."""
    if not run.importance:
        return NOTHING
    return f"{num_important(run.importance)} of {len(run.importance)}"


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}"


def _shown(value: object) -> str:
    text = NOTHING if value is None else str(value)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 3]}..."


def _aligned(rows: Sequence[Sequence[str]], runs: Sequence[Summary]) -> str:
    """Rows in columns, and a line for each run that has a problem."""
    cells = [[printable(cell.replace("\n", " ")) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
    problems = [printable(f"{_title(run)}: {run.problem}") for run in runs if run.problem]
    return "\n".join([*lines, *problems])


def _title(run: Summary) -> str:
    return f"{run.name}/version_{run.version}"


def _state(run: Summary) -> str:
    return "unreadable" if run.problem else run.state


def _steps(run: Summary) -> str:
    return NOTHING if run.steps is None else str(run.steps)
