"""Pictures of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from vschaos.pictures.canvas import hide_spines, save
from vschaos.pictures.latents import ACTIVE, LIMIT, draw_nats

COLOURS = ("#2166ac", "#e08214", "#8c8c8c", "#b2abd2")  # of the baselines, in order
COLUMNS = 4
EXACT_DB = -100.0  # spectral convergence of equal sounds, but for rounding
DOTS_PER_INCH = 110
LIMIT_DB = 30.0  # of the picture of levels


def draw_measures(path: Path, facts: Mapping[str, Any]) -> None:
    """A panel for each measure of the sounds, a bar for each inversion and baseline."""
    sounds = facts["sounds"]
    names = list(next(iter(sounds.values())))
    values = [row for rows in sounds.values() for row in rows.values()]
    measures = [
        measure
        for measure in facts["measures"]
        if any(row.get(measure["key"]) is not None for row in values)
    ]
    num_rows = -(-len(measures) // COLUMNS)
    num_bars = len(sounds) * len(names)
    height = num_rows * (0.7 + 0.22 * num_bars)
    figure = Figure(figsize=(13.0, 0.9 + height), layout="constrained")
    axes = figure.subplots(num_rows, COLUMNS, squeeze=False)
    for place, axis in enumerate(axes.ravel()):
        if place < len(measures):
            _draw_measure(axis, measures[place], sounds, names, place % COLUMNS == 0)
        else:
            axis.set_axis_off()
    handles = [Patch(facecolor=colour) for colour, _ in zip(COLOURS, names, strict=False)]
    figure.legend(handles, names, loc="outside lower center", ncols=len(names), frameon=False)
    figure.suptitle(
        f"{facts['run']}, {facts['files']} files: shorter bars are better (for SC longer ones)"
    )
    save(figure, path, DOTS_PER_INCH)


def draw_files(path: Path, facts: Mapping[str, Any], files: Sequence[Mapping[str, Any]]) -> None:
    """The log-spectral distance of each file, from the lowest to the highest."""
    names = [name for name in next(iter(facts["sounds"].values())) if name in facts["magnitudes"]]
    key = "log_spectral_distance"
    ordered = sorted(files, key=lambda file: file["magnitudes"][names[0]][key])
    rows = [[file["magnitudes"][name][key] for file in ordered] for name in names]
    figure = Figure(figsize=(10.0, 4.2), layout="constrained")
    axis = figure.subplots()
    places = np.arange(len(ordered))
    if len(rows) == 2:
        axis.vlines(places, rows[0], rows[1], color="0.85", linewidth=2.0, zorder=1)
    for name, row, colour in zip(names, rows, COLOURS, strict=False):
        axis.scatter(places, row, s=26, color=colour, label=name, zorder=2)
        axis.axhline(facts["magnitudes"][name][key], color=colour, linewidth=0.8, alpha=0.7)
    shown = np.unique(np.linspace(0, len(ordered) - 1, 24).round().astype(int))
    stems = [Path(ordered[index]["file"]).stem for index in shown]
    titles = [stem if len(stem) <= 22 else f"{stem[:21]}…" for stem in stems]
    axis.set_xticks(shown, titles, rotation=60, ha="right", fontsize=7)
    axis.set(ylabel="log-spectral distance, dB", title="Files; lines: all frames")
    axis.set_ylim(bottom=0.0)
    axis.legend(frameon=False)
    hide_spines(axis)
    save(figure, path, DOTS_PER_INCH)


def draw_latent_space(path: Path, latents: Mapping[str, Any], active_nats: float) -> None:
    """Divergence of each dimension, smoothness, and levels between sounds."""
    figure = Figure(figsize=(13.0, 4.0), layout="constrained")
    axes = figure.subplots(1, 3)
    draw_nats(axes[0], np.array(latents["nats"]), active_nats)
    _draw_smoothness(axes[1], latents["smoothness"])
    _draw_lines(axes[2], latents["lines"])
    save(figure, path, DOTS_PER_INCH)


def draw_labels(path: Path, labels: Mapping[str, Any]) -> None:
    """Note accuracy and confusion matrices."""
    has_notes = bool(labels["notes"])
    count = has_notes + len(labels["prediction"])
    figure = Figure(figsize=(0.6 + 5.0 * count, 4.8), layout="constrained")
    axes = figure.subplots(1, count, squeeze=False)[0]
    if has_notes:
        _draw_notes(axes[0], labels["notes"])
    for axis, (task, content) in zip(axes[has_notes:], labels["prediction"].items(), strict=True):
        _draw_confusion(axis, task, content)
    save(figure, path, DOTS_PER_INCH)


def _draw_measure(
    axis: Axes,
    measure: Mapping[str, Any],
    sounds: Mapping[str, Any],
    names: Sequence[str],
    is_first: bool,
) -> None:
    count = len(names) + 1  # and a gap between two inversions
    base, far = _base(measure)
    bars = [
        (group * count + index, value, colour)
        for group, rows in enumerate(sounds.values())
        for index, (name, colour) in enumerate(zip(names, COLOURS, strict=False))
        if (value := rows[name].get(measure["key"])) is not None
    ]
    places, values, colours = zip(*bars, strict=True)
    lengths = np.clip(np.array(values) - base, -far, far)
    texts = [f"{v:z.{measure['digits']}f}" if v > EXACT_DB else "exact" for v in values]
    drawn = axis.barh(places, lengths, 0.84, base, color=colours)
    axis.bar_label(drawn, texts, padding=3, fontsize=7, color="0.25")
    axis.axvline(base, color="black", linewidth=1.0)
    axis.use_sticky_edges = False  # room for the numbers beside the bars
    axis.margins(x=0.2)
    title = ", ".join(filter(None, (measure["title"], measure["unit"])))
    axis.set_title(title, fontsize=10, loc="left")
    axis.set_ylim(len(sounds) * count - 1.3, -0.7)
    middles = [group * count + (len(names) - 1) / 2 for group in range(len(sounds))]
    axis.set_yticks(middles, list(sounds) if is_first else [""] * len(sounds))
    axis.tick_params(axis="y", length=0)
    axis.tick_params(axis="x", labelsize=8)
    hide_spines(axis)


def _base(measure: Mapping[str, Any]) -> tuple[float, float]:
    """Origin and greatest length of bars; longer ones are cut."""
    if measure["ideal"] < EXACT_DB:  # minus infinity, which cannot be drawn
        return 0.0, 60.0
    return float(measure["ideal"]), 120.0 if measure["unit"] == "cents" else 100.0


def _draw_smoothness(axis: Axes, smoothness: Mapping[str, Any] | None) -> None:
    axis.set_title("distances of sounds and latents")
    if not smoothness:
        _note_absence(axis)
        return
    axis.hexbin(
        smoothness["deviations"],
        smoothness["sounds_db"],
        gridsize=36,
        mincnt=1,
        cmap="Blues",
        bins="log",
        linewidths=0.1,
    )
    correlation = smoothness["rank_correlation"]
    rank = "" if correlation is None else f" (rank correlation {correlation:.2f})"
    axis.set(
        xlabel=f"distance of latents, standard deviations{rank}", ylabel="distance of sounds, dB"
    )
    hide_spines(axis)


def _draw_lines(axis: Axes, lines: Mapping[str, Any] | None) -> None:
    axis.set_title("level between sounds")
    if not lines:
        _note_absence(axis)
        return
    levels = np.array(lines["levels_db"])
    share = np.linspace(0.0, 1.0, levels.shape[1])
    straight = (1.0 - share) * levels[:, :1] + share * levels[:, -1:]
    relative = (levels - straight).clip(-LIMIT_DB, LIMIT_DB)
    axis.plot(share, relative.T, color=ACTIVE, linewidth=0.6, alpha=0.35)
    axis.plot(share, np.median(relative, axis=0), color="black", linewidth=1.6, label="median")
    worst = relative[relative.min(axis=1).argmin()]
    axis.plot(share, worst, color=LIMIT, linewidth=1.6, label="worst")
    axis.axhline(0.0, color="0.5", linewidth=0.8)
    reach = max(6.5, 1.1 * float(np.abs(relative).max()))
    axis.set(
        xlabel="position between two sounds",
        ylabel="dB relative to linear interpolation",
        xlim=(0, 1),
        ylim=(-reach, reach),
    )
    axis.legend(frameon=False, loc="upper right", ncols=2)
    hide_spines(axis)


def _draw_notes(axis: Axes, notes: Mapping[str, Mapping[str, float]]) -> None:
    kinds = list(notes)[::-1]
    places = np.arange(len(kinds))
    for shift, key, colour in ((0.19, "pitch", COLOURS[0]), (-0.19, "octave", COLOURS[1])):
        shares = [100 * notes[kind][key] for kind in kinds]
        bars = axis.barh(places + shift, shares, 0.36, color=colour, label=key)
        axis.bar_label(bars, fmt="%.1f", padding=-25, color="white", fontsize=7)
    axis.set_yticks(places, kinds)
    axis.set(title="note accuracy", xlabel="%", xlim=(0, 100))
    axis.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)
    hide_spines(axis)


def _draw_confusion(axis: Axes, task: str, content: Mapping[str, Any]) -> None:
    counts = np.array(content["counts"], dtype=float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    axis.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
    names = [name[:12] for name in content["names"]]
    if len(names) <= 16:
        for row, column in zip(*np.nonzero(counts), strict=True):
            share = shares[row, column]
            text = f"{100 * share:.0f}" if share >= 0.005 else "<1"
            colour = "white" if share > 0.5 else "0.2"
            axis.text(column, row, text, ha="center", va="center", color=colour, fontsize=7)
    axis.set_xticks(np.arange(len(names)), names, rotation=45, ha="right", fontsize=8)
    axis.set_yticks(np.arange(len(names)), names, fontsize=8)
    score = (
        f"accuracy {100 * content['accuracy']:.1f} %"
        if content["is_class"]
        else f"mean error {content['error']:.3g}"
    )
    axis.set(title=f"{task}: {score}", xlabel="predicted, % of the frames", ylabel="true")


def _note_absence(axis: Axes) -> None:
    axis.set_axis_off()
    axis.text(0.5, 0.5, "too few sounds", ha="center", color="0.4", transform=axis.transAxes)
