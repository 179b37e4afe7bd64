"""Draws the presentation of a `.maxpat`, to be looked at where there is no Max.

python3 tests/patches/draw_maxpat.py my_patch.maxpat my_patch.png
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyBboxPatch, Rectangle

POINTS_PER_PIXEL = 0.72  # at 100 pixels per inch
INK, WELL, GREY = (0.2, 0.2, 0.2), (0.9, 0.87, 0.81), (0.6, 0.6, 0.6)


def draw(path: Path, picture: Path) -> None:
    """Writes the presentation as a picture, two pixels for one of Max's."""
    patcher = json.loads(path.read_text(encoding="utf-8"))["patcher"]
    width, height = patcher["rect"][2:]
    figure = plt.figure(figsize=(width / 100, height / 100), dpi=200)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    figure.patch.set_facecolor(patcher.get("bgcolor", (1, 1, 1, 1)))
    draw_patcher(axes, patcher, 0.0, 0.0)
    figure.savefig(picture, facecolor=figure.get_facecolor())
    plt.close(figure)


def draw_patcher(axes: Axes, patcher: dict[str, Any], left: float, top: float) -> None:
    boxes = [entry["box"] for entry in patcher["boxes"] if entry["box"].get("presentation")]
    values = values_when_opened(patcher)
    for box in sorted(boxes, key=lambda box: -box.get("background", 0)):
        x, y, width, height = box["presentation_rect"]
        value = values.get(box["id"], box.get("minimum", 0.0))
        draw_box(axes, box, (left + x, top + y, width, height), value)


def values_when_opened(patcher: dict[str, Any]) -> dict[str, float]:
    """What `loadmess` gives to widgets, and numbers to the bars before them."""
    boxes = {entry["box"]["id"]: entry["box"] for entry in patcher["boxes"]}
    cords = [entry["patchline"] for entry in patcher["lines"]]
    ends = [(cord["source"][0], cord["destination"][0]) for cord in cords]
    values = {}
    for source, destination in ends:
        if boxes[source].get("text", "").startswith("loadmess"):
            values[destination] = float(boxes[source]["text"].split(" ")[-1])
    for source, destination in ends:
        if boxes[source]["maxclass"] == "multislider" and destination in values:
            values[source] = values[destination]
    return values


def draw_box(
    axes: Axes, box: dict[str, Any], place: tuple[float, float, float, float], value: float
) -> None:
    kind, (x, y, width, height) = box["maxclass"], place
    if kind == "bpatcher":
        draw_patcher(axes, box["patcher"], x, y)
    elif kind == "panel":
        sheet(axes, place, box["bgcolor"], 8)
    elif kind == "comment":
        write(axes, box.get("text", ""), x + 3, y + 3, box, wrap=width)
    elif kind == "multislider":
        bars(axes, place, box, value)
    elif kind == "umenu":
        sheet(axes, place, box["bgfillcolor_color"], 3)
        write(axes, str(box["items"][2 * int(value)]), x + 6, y + 4, box)
        if box.get("arrow", 1):
            write(axes, "▾", x + width - 16, y + 2, box)
    elif kind in ("flonum", "number"):
        sheet(axes, place, WELL, 2)
        write(axes, f"{value:.2f}" if kind == "flonum" else str(int(value)), x + 5, y + 4, box)
    elif kind == "textbutton":
        sheet(axes, place, box["bgcolor"], 6)
        axes.text(x + width / 2, y + height / 2, box["text"], ha="center", va="center",
                  size=box["fontsize"] * POINTS_PER_PIXEL, color=box["textcolor"])  # fmt: skip
    elif kind == "toggle":
        sheet(axes, place, WELL, 3)
        for ends in ((y + 5, y + height - 5), (y + height - 5, y + 5)) if value else ():
            axes.plot([x + 5, x + width - 5], ends, color=INK, lw=1)
    elif kind == "kslider":
        keys(axes, place, box["range"])
    elif kind == "ezdac~":
        axes.add_patch(Circle((x + width / 2, y + height / 2), width / 2 - 1, color=GREY))
    elif kind == "dropfile":
        axes.add_patch(Rectangle((x, y), width, height, fill=False, ec=GREY, ls="--", lw=0.8))
    elif kind == "meter~":
        for n in range(24):
            left = x + n * width / 24
            axes.add_patch(Rectangle((left, y), width / 24 - 1.5, height, color=WELL, lw=0))
    else:
        raise ValueError(f"no picture of {kind!r}")


def bars(axes: Axes, place: tuple[float, ...], box: dict[str, Any], value: float) -> None:
    x, y, width, height = place
    low, high = box["setminmax"]
    share = (value - low) / (high - low)
    axes.add_patch(Rectangle((x, y), width, height, color=box["bgcolor"], lw=0))
    if box.get("orientation", 1) == 0:
        axes.add_patch(Rectangle((x, y), share * width, height, color=box["slidercolor"], lw=0))
        return
    step = width / box["size"]
    for n in range(box["size"]):
        corner = (x + n * step + 1, y + (1 - share) * height)
        axes.add_patch(Rectangle(corner, step - 2, share * height, color=box["slidercolor"], lw=0))


def sheet(axes: Axes, place: tuple[float, ...], colour: Any, rounding: float) -> None:
    x, y, width, height = place
    style = f"round,pad=0,rounding_size={rounding}"
    axes.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=style, color=colour, lw=0))


def keys(axes: Axes, place: tuple[float, ...], count: int) -> None:
    x, y, width, height = place
    axes.add_patch(Rectangle((x, y), width, height, color="white", lw=0))
    for n in range(count):
        if n % 12 in (1, 3, 6, 8, 10):
            left = x + n * width / count
            axes.add_patch(Rectangle((left, y), width / count, 0.6 * height, color=INK, lw=0))


def write(
    axes: Axes, text: str, x: float, y: float, box: dict[str, Any], wrap: float = 0.0
) -> None:
    size = box.get("fontsize", 12.0)
    looks = {
        "family": "serif" if box.get("fontname") == "Georgia" else "sans-serif",
        "weight": "bold" if box.get("fontface") == 1 else "normal",
    }
    for n, line in enumerate(wrapped(text, size, wrap)):
        place = (x, y + n * 1.25 * size)
        axes.text(*place, line, va="top", size=size * POINTS_PER_PIXEL,
                  color=box.get("textcolor", INK), **looks)  # fmt: skip


def text_width(text: str, size: float) -> float:
    """About how many pixels a text takes; narrow letters count as half of the others."""
    narrow = sum(letter in " .,:;!'|()[]fijlrtI" for letter in text)
    return size * (0.60 * (len(text) - narrow) + 0.32 * narrow)


def wrapped(text: str, size: float, width: float) -> list[str]:
    """A comment's lines, broken at blanks where they do not fit."""
    if not width:
        return [text]
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, size) > width - 6:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
