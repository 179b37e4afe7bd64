"""Pictures of a latent space: projected points, and the divergence of each dimension."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vschaos.pictures.canvas import Picture, hide_spines, pixels

DOTS_PER_INCH = 80
MAX_LEGEND = 24
COLOURS = "turbo"
ACTIVE, LIMIT = "#2166ac", "#b2182b"


def picture_of_points(
    plane: np.ndarray,
    values: np.ndarray,
    title: str,
    classes: tuple[str, ...] = (),
    is_known: np.ndarray | None = None,
) -> Picture:
    """Latents on their first two principal axes, coloured by values `[M]`.

    Args:
        plane: the latents as of `vschaos.latents.principal_plane`, `[2, M]` or `[1, M]`.
        classes: names by class number; values are plain numbers if there are none.
        is_known: `[M]`, points of unknown value are grey; by default all are known.
    """
    known = np.ones(len(values), dtype=bool) if is_known is None else is_known
    first, second = np.pad(plane, ((0, 2 - len(plane)), (0, 0)))
    figure = Figure(figsize=(6.6, 5.0), dpi=DOTS_PER_INCH)
    axis = figure.add_axes((0.12, 0.1, 0.65, 0.82))
    axis.scatter(first[~known], second[~known], s=5, color="0.8", linewidths=0)
    highest = max(len(classes) - 1, 1) if classes else None
    dots = axis.scatter(
        first[known],
        second[known],
        c=values[known],
        s=8,
        cmap=COLOURS,
        vmin=0 if classes else None,
        vmax=highest,
        linewidths=0,
    )
    if classes:
        seen = [int(value) for value in np.unique(values[known])][:MAX_LEGEND]
        colours = dots.to_rgba(np.array(seen))
        for value, colour in zip(seen, colours, strict=True):
            axis.scatter([], [], s=30, color=[colour], label=classes[value])
        if seen:
            axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)
    elif known.any():
        figure.colorbar(dots, cax=figure.add_axes((0.8, 0.1, 0.03, 0.82)))
    axis.set(title=title, xlabel="first principal axis, standard deviations", ylabel="second")
    axis.axis("equal")
    return pixels(figure)


def picture_of_nats(nats: np.ndarray, threshold: float) -> Picture:
    """A figure of `draw_nats` as pixels."""
    figure = Figure(figsize=(6.6, 3.0), dpi=DOTS_PER_INCH)
    draw_nats(figure.add_axes((0.09, 0.17, 0.88, 0.7)), nats, threshold)
    return pixels(figure)


def draw_nats(axis: Axes, nats: np.ndarray, threshold: float) -> None:
    """The divergence of each latent `[Z]`, nats a frame, the largest first; grey below the
    threshold."""
    order = np.argsort(-nats, kind="stable")
    places, values = np.arange(len(nats)), nats[order]
    axis.bar(places, values, color=np.where(values >= threshold, ACTIVE, "0.75"))
    axis.axhline(threshold, color=LIMIT, linewidth=0.9)
    axis.set_xticks(places, [str(index + 1) for index in order], fontsize=8)
    active = int((values >= threshold).sum())
    axis.set(
        title="divergence of each latent",
        xlabel=f"latent, largest first; {active} of {len(values)} active",
        ylabel="nats a frame",
    )
    hide_spines(axis)
