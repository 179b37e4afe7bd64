"""A chain of modules: boxes, and arrows from one to the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from vschaos.outputs import output_file
from vschaos.pictures.canvas import Picture, pixels, save

DOTS_PER_INCH = 90
BOX, STEP = (1.0, 0.44), (1.75, 0.95)  # width and height of a box, and from one to the next
SOUND, CONTROL = "#b95534", "#6f7f5c"  # of edges and arrows
PAPER, INK = "#fbf7ee", "#33170f"
Cable = tuple[str, str, str]  # from a box, to a box, and by which amount; empty for all of it


def draw_diagram(path: Path, sounds: Sequence[str], cables: Sequence[Cable]) -> None:
    """Draws modules and their cables as a PNG.

    Args:
        sounds: modules that give sound, in its order; all others control them.
        cables: those without an amount are the main way of the sound, from left to right.
    """
    with output_file(path) as partial:
        save(_figure(sounds, cables), partial, 2 * DOTS_PER_INCH)


def picture_of_diagram(sounds: Sequence[str], cables: Sequence[Cable]) -> Picture:
    """The same as pixels."""
    return pixels(_figure(sounds, cables))


def columns(boxes: Sequence[str], cables: Sequence[Cable]) -> dict[str, int]:
    """Of each box, how many cables are before it at the most.

    Raises:
        ValueError: cables form a ring.

    Example:
        >>> columns(["a", "b", "c"], [("a", "b", ""), ("b", "c", ""), ("a", "c", "")])
        {'a': 0, 'b': 1, 'c': 2}
    """
    found = dict.fromkeys(boxes, 0)
    for _ in range(len(found) + 1):
        before = dict(found)
        for source, target, _ in cables:
            found[target] = max(found[target], found[source] + 1)
        if found == before:
            return found
    raise ValueError(f"cables of a diagram must form no ring, got {list(cables)}")


def _figure(sounds: Sequence[str], cables: Sequence[Cable]) -> Figure:
    places = _places(sounds, cables)
    width = max(x for x, _ in places.values()) + BOX[0]
    low, high = (end(y for _, y in places.values()) for end in (min, max))
    figure = Figure((width + 1.0, high - low + 1.3), dpi=DOTS_PER_INCH, facecolor=PAPER)
    axis = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axis.set(xlim=(-0.5, width + 0.5), ylim=(low - 0.65, high + 0.65), aspect="equal")
    axis.set_axis_off()
    for number, cable in enumerate(cables):
        # words not all in the middle, where many cables cross
        share = 0.3 + 0.12 * (number % 4)
        _draw_cable(axis, cable, places, SOUND if cable[0] in sounds else CONTROL, share)
    for name, (x, y) in places.items():
        box = FancyBboxPatch(
            (x, y - BOX[1] / 2),
            *BOX,
            boxstyle="round,pad=0,rounding_size=0.1",
            facecolor="w",
            edgecolor=SOUND if name in sounds else CONTROL,
            zorder=3,
        )
        axis.add_patch(box)
        text = name.replace("_", " ")
        axis.text(x + BOX[0] / 2, y, text, ha="center", va="center", color=INK, zorder=4, size=9)
    return figure


def _places(sounds: Sequence[str], cables: Sequence[Cable]) -> Mapping[str, tuple[float, float]]:
    """Left edges and middles: the main way of the sound above, what joins it below, and controls in
    a row of their own."""
    main = {name for source, target, amount in cables if not amount for name in (source, target)}
    column = columns(sounds, [cable for cable in cables if {*cable[:2]} <= {*sounds}])
    places = {name: (STEP[0] * column[name], 0.0) for name in sounds if name in main}
    joining = [name for name in sounds if name not in main]
    for number, name in enumerate(joining):
        places[name] = (STEP[0] * column[name], -STEP[1] * (number + 1))
    ends = [name for cable in cables for name in cable[:2]]
    controls = list(dict.fromkeys(name for name in ends if name not in sounds))
    order = columns(controls, [cable for cable in cables if {*cable[:2]} <= {*controls}])
    lowest = -STEP[1] * len(joining) - 1.5 * STEP[1]
    # whoever controls a control stands before it, and beside it
    busy = {source for source, target, _ in cables if target in controls}
    controls.sort(key=lambda name: (name not in busy, -order[name]))
    for number, name in enumerate(controls):
        places[name] = (STEP[0] * (1.5 * number + 1.15), lowest)
    return places


def _draw_cable(
    axis: Axes, cable: Cable, places: Mapping[str, tuple[float, float]], colour: str, share: float
) -> None:
    (x, y), (to_x, to_y) = places[cable[0]], places[cable[1]]
    start, end = (x + BOX[0], y), (to_x, to_y)
    if colour == CONTROL and y != to_y:
        start, end = (x + BOX[0] / 2, y + BOX[1] / 2), (to_x + BOX[0] / 2, to_y - BOX[1] / 2)
    arrow = {"arrowstyle": "-|>", "color": colour, "shrinkA": 0, "shrinkB": 0, "linewidth": 1.1}
    axis.annotate("", end, start, arrowprops=arrow, zorder=2)
    if cable[2]:
        at_x, at_y = (a + share * (b - a) for a, b in zip(start, end, strict=True))
        back = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.6}
        words = {"size": 7, "color": colour, "ha": "center", "va": "center", "bbox": back}
        axis.text(at_x, at_y, cable[2].replace("_", " "), words, zorder=5)
