"""Pictures of a latent space: projected points, and the divergence of each dimension."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from vschaos.pictures.canvas import Picture, pixels

DOTS_PER_INCH = 80
MAX_LEGEND = 24
COLOURS = "turbo"


def picture_of_points(
    latents: np.ndarray,
    values: np.ndarray,
    title: str,
    classes: tuple[str, ...] = (),
    is_known: np.ndarray | None = None,
) -> Picture:
    """Latents `[Z, M]` on their first two principal axes, coloured by values `[M]`.

    Args:
        classes: names by class number; values are plain numbers if there are none.
        is_known: `[M]`, points of unknown value are grey; by default all are known.
    """
    known = np.ones(len(values), dtype=bool) if is_known is None else is_known
    first, second = principal_axes(latents) @ (latents - latents.mean(axis=1, keepdims=True))
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
    """The divergence of each dimension `[Z]`, nats a frame; grey below the threshold."""
    figure = Figure(figsize=(6.6, 3.0), dpi=DOTS_PER_INCH)
    axis = figure.add_axes((0.09, 0.17, 0.88, 0.7))
    colours = ["tab:blue" if value >= threshold else "0.7" for value in nats]
    axis.bar(np.arange(1, len(nats) + 1), nats, color=colours)
    axis.axhline(threshold, color="tab:red", linewidth=0.8)
    active = int((nats >= threshold).sum())
    title = f"{active} of {len(nats)} dimensions active"
    axis.set(title=title, xlabel="dimension", ylabel="nats a frame")
    return pixels(figure)


def principal_axes(latents: np.ndarray) -> np.ndarray:
    """The first two principal axes `[2, Z]` of points `[Z, M]`; in a space of one dimension the
    second is zero."""
    centred = latents - latents.mean(axis=1, keepdims=True)
    axes = np.linalg.svd(centred @ centred.T)[0].T[:2]
    return np.concatenate([axes, np.zeros((2 - len(axes), len(latents)))])
