"""How a patch looks: its colours, its grid, and the widgets on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from vschaos.instrument.controls import Control
from vschaos.labels import UNSEEN
from vschaos.patches.max.objects import quoted
from vschaos.patches.max.patcher import Box, Patcher

PAGE = [0.878, 0.847, 0.788, 1.0]
PAPER = [0.969, 0.949, 0.910, 1.0]
WELL = [0.906, 0.875, 0.816, 1.0]
INK = [0.243, 0.208, 0.176, 1.0]
FADED = [0.510, 0.455, 0.396, 1.0]
ACCENT = [0.733, 0.337, 0.208, 1.0]
CLEAR = [0.0, 0.0, 0.0, 0.0]

MARGIN = 14.0  # between panels
PADDING = 14.0  # within them
COLUMN = 344.0  # width of a panel
PAGE_WIDTH = 3 * COLUMN + 4 * MARGIN
HEAD = 40.0  # height of a panel's name, and of what lies above it
ROW = 26.0
CELL = 20.0  # height of a widget in a row
CAPTION = 76.0  # width of the words before a widget
NUMBER = 56.0  # width of a number
SIZE, HEAD_SIZE, TITLE_SIZE = 11.0, 12.0, 26.0  # of letters, in points
RAMP_MS = 20  # in which a control's value is reached, without a click


@dataclass
class Panel:
    """A part of the page: a patcher with a sheet of paper, a name, and a prefix for receivers.

    Args:
        title: written above.
        prefix: of the names of its receivers.
        height: of the paper in pixels; the width is a column's unless it is given.
    """

    title: str
    prefix: str
    height: float
    width: float = COLUMN

    def __post_init__(self) -> None:
        self.patch = Patcher(self.width, self.height, PAGE)
        if self.title:
            place = (PADDING, 12.0, self.width - 2 * PADDING, 20.0)
            colours = {"textcolor": ACCENT, "fontname": "Georgia", "fontface": 1}
            words(self.patch, self.title, place, fontsize=HEAD_SIZE, **colours)

    def finished(self) -> Patcher:
        """The patcher with its paper, which lies lowest as it comes last."""
        place = (0.0, 0.0, self.width, self.height)
        self.patch.show("panel", place, bgcolor=PAPER, mode=0, rounded=10, background=1, border=0)
        return self.patch

    def receive(self, control: str) -> Box:
        """Others set a control by a message to `prefix-control`."""
        return self.patch.object(f"r {quoted(name_of(self.prefix, control))}")

    def receives(self, control: str, widget: Box, default: float | None = None) -> Box:
        """Ties a widget to its receiver, and to the value that it has when the patch is opened."""
        self.patch.connect(self.receive(control), widget)
        if default is not None:
            self.patch.connect(self.patch.object(f"loadmess {number(default)}"), widget)
        return widget


def prefix_of(model_name: str) -> str:
    """A model's name in one word, before the names of its receivers."""
    return re.sub(r"[\s\\,;$]+", "-", model_name.strip())


def name_of(prefix: str, control: str) -> str:
    """`example`, `latent 1` -> `example-latent-1`."""
    return f"{prefix}-{prefix_of(control)}"


def own_name(prefix: str, name: str) -> str:
    """A name that one patch alone knows: Max writes a number of the open patch for `#0`, and so
    another patch of the same name does not receive it."""
    return f"#0-{name_of(prefix, name)}"


def number(value: float) -> str:
    """A number as it is written in a box: whole ones without a point."""
    return str(int(value)) if value == int(value) else f"{value:.6g}"


def decimal(value: float) -> str:
    """A number with a point, which makes it a float in Max."""
    return f"{value:.6g}" if "." in f"{value:.6g}" else f"{value:.6g}."


def words(patch: Patcher, text: str, place: tuple[float, ...], **looks: Any) -> Box:
    left, top, width, height = place
    attributes = {"textcolor": INK, "fontname": "Arial", "fontsize": SIZE, **looks}
    return patch.show("comment", (left, top, width, height), text=text, **attributes)


def caption(patch: Patcher, text: str, left: float, top: float, width: float = CAPTION) -> Box:
    return words(patch, text, (left, top, width, CELL), textcolor=FADED)


def bar(patch: Patcher, left: float, top: float, width: float, low: float, high: float) -> Box:
    """A slider that is filled up to its value."""
    return patch.show(
        "multislider",
        (left, top + 2.0, width, CELL - 4.0),
        setminmax=[low, high],
        size=1,
        setstyle=1,
        orientation=0,
        contdata=1,
        thickness=2,
        bgcolor=WELL,
        slidercolor=ACCENT,
        bordercolor=CLEAR,
        parameter_enable=0,
    )


def digits(
    patch: Patcher, left: float, top: float, low: float, high: float, is_whole: bool = False
) -> Box:
    """A number that can be dragged and typed, within its range."""
    kind = {} if is_whole else {"format": 6, "numdecimalplaces": 2 if high < 1000.0 else 0}
    return patch.show(
        "number" if is_whole else "flonum",
        (left, top, NUMBER, CELL),
        minimum=int(low) if is_whole else low,
        maximum=int(high) if is_whole else high,
        fontname="Arial",
        fontsize=SIZE,
        bgcolor=PAPER,
        textcolor=INK,
        tricolor=FADED,
        triangle=0,
        parameter_enable=0,
        **kind,
    )


def slider(panel: Panel, left: float, top: float, width: float, low: float, high: float) -> Box:
    """A bar with its number, from which the value comes."""
    patch = panel.patch
    handle = bar(patch, left, top, width - NUMBER - 6.0, low, high)
    value = digits(patch, left + width - NUMBER, top, low, high)
    patch.chain(handle, value, patch.object("prepend setlist"), handle)
    return value


def slider_row(panel: Panel, text: str, top: float, low: float, high: float) -> Box:
    """A slider across the panel, after its name."""
    caption(panel.patch, text, PADDING, top)
    left = PADDING + CAPTION
    return slider(panel, left, top, panel.width - left - PADDING, low, high)


def class_names(control: Control) -> list[str]:
    """The items of a label's menu, with a mark on those that no sound of the training had."""
    marks = dict.fromkeys(control.unseen, f" - {UNSEEN}")
    return [f"{name}{marks.get(number, '')}" for number, name in enumerate(control.classes)]


def menu(
    patch: Patcher, items: list[str], left: float, top: float, width: float, **looks: Any
) -> Box:
    """A menu: its left outlet gives the number of an item, its middle one the item."""
    entries: list[int | str] = []
    for item in items:
        entries += [int(item) if item.isdecimal() else item, ","]
    attributes = {
        "bgfillcolor_type": "color",
        "bgfillcolor_color": WELL,
        "textcolor": INK,
        "fontname": "Arial",
        "fontsize": SIZE,
        "parameter_enable": 0,
        **looks,
    }
    return patch.show("umenu", (left, top, width, CELL), items=entries[:-1], **attributes)


def switch(patch: Patcher, left: float, top: float) -> Box:
    return patch.show("toggle", (left, top, CELL, CELL), parameter_enable=0)


def press(patch: Patcher, text: str, left: float, top: float, width: float) -> Box:
    """A button with words on it, that bangs."""
    return patch.show(
        "textbutton",
        (left, top, width, CELL),
        text=text,
        fontname="Arial",
        fontsize=SIZE,
        bgcolor=WELL,
        bgovercolor=WELL,
        textcolor=INK,
        textovercolor=ACCENT,
        usetextovercolor=1,
        border=0,
        rounded=6.0,
        parameter_enable=0,
    )


def meter(patch: Patcher, left: float, top: float, width: float) -> Box:
    colours = {"coldcolor": FADED, "tepidcolor": FADED, "warmcolor": ACCENT, "hotcolor": ACCENT}
    place = (left, top + 4.0, width, CELL - 8.0)
    return patch.show("meter~", place, bgcolor=WELL, numleds=24, **colours)


def smooth(patch: Patcher, source: Box, outlet: int = 0) -> Box:
    """A control's value as a signal that does not jump."""
    ramp = patch.message(f"$1 {RAMP_MS}")
    patch.connect(source, ramp, outlet)
    return patch.chain(ramp, patch.object("line~"))


def decibels(patch: Patcher, source: Box) -> Box:
    """A level in dB as a factor that does not jump."""
    return smooth(patch, patch.chain(source, patch.object("dbtoa")))
