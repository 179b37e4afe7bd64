"""The panel of the settings, and the one with help."""

from __future__ import annotations

from vschaos.instrument.controls import Attribute
from vschaos.instrument.instrument import Instrument
from vschaos.patches.layout import Layout
from vschaos.patches.max import design
from vschaos.patches.max.design import (
    MARGIN,
    PADDING,
    PAGE_WIDTH,
    Panel,
    caption,
    digits,
    menu,
    own_name,
    prefix_of,
    press,
    slider,
    switch,
    words,
)
from vschaos.patches.max.objects import quoted
from vschaos.patches.max.panels import height, row, send
from vschaos.patches.max.patcher import Patcher
from vschaos.patches.max.player import AGAIN, BUFFER, receiver_of

COLUMNS = 3
COLUMN_GAP = 18.0
NAME = 104.0  # width of a setting's name
BUFFERS_IN_HOPS = (1, 2, 4, 8, 16)
TIME_TO_REBUILD_MS = 500
HELP = [
    "Is the loudspeaker lit, and the volume up?",
    "Does the meter of SOURCE move?",
    "Are the methods enabled? Is the gate open?",
    "nn~ not found: github.com/acids-ircam/nn_tilde",
    "Model not found: put the .ts beside this patch",
    "Errors of nn~: see the Max console",
    "Clicks: choose a larger buffer in SETTINGS",
    "The buffer grows with Max's signal vector size",
    "Never reload a .ts that is not whole: hosts end",
]
HELP_LINE = 17.0


def is_push(attribute: Attribute) -> bool:
    """It does something once instead of staying set."""
    return attribute.name == "reset"


def settings_panel(layout: Layout, shown: list[Attribute], has_buffer: bool = True) -> Patcher:
    """A control for every setting, by its type."""
    cells = len(shown) + has_buffer
    rows = -(-cells // COLUMNS)
    panel = Panel(
        "SETTINGS", prefix_of(layout.instrument.name), height(rows), PAGE_WIDTH - 2 * MARGIN
    )
    for n, attribute in enumerate(shown):
        left, top, width = _cell(panel, n, rows)
        name = attribute.name.replace("_", " ")
        unit = {"sigma": "sd"}.get(attribute.unit, attribute.unit)
        caption(panel.patch, f"{name} {unit}".strip(), left, top, NAME)
        receiver = layout.setting_name(attribute.name)
        _setting(panel, attribute, receiver, left + NAME, top, width - NAME)
    if has_buffer:
        left, top, width = _cell(panel, cells - 1, rows)
        caption(panel.patch, "buffer", left, top, NAME)
        _buffer(panel, layout.instrument, left + NAME, top, width - NAME)
    return panel.finished()


def _cell(panel: Panel, number: int, rows: int) -> tuple[float, float, float]:
    width = (panel.width - 2 * PADDING - (COLUMNS - 1) * COLUMN_GAP) / COLUMNS
    return PADDING + (number // rows) * (width + COLUMN_GAP), row(number % rows), width


def _setting(
    panel: Panel, attribute: Attribute, name: str, left: float, top: float, width: float
) -> None:
    patch, order = panel.patch, f"set {attribute.name}"
    if is_push(attribute):
        button = panel.receives(name, press(patch, attribute.name, left, top, 80.0))
        to_all = patch.object(f"s {quoted(own_name(panel.prefix, receiver_of(order)))}")
        patch.chain(button, patch.message(f"{order} 1"), to_all)
    elif attribute.choices:
        items = list(attribute.choices)
        choice = menu(patch, items, left, top, width)
        send(panel, panel.receives(name, choice, items.index(str(attribute.default))), order, 1)
    elif attribute.type == "bool" or (attribute.type == "int" and _is_switch(attribute)):
        toggle = panel.receives(name, switch(patch, left, top), float(attribute.default))
        send(panel, patch.chain(toggle, patch.object("i")), order)
    elif attribute.type == "int":
        value = digits(patch, left, top, attribute.low, attribute.high, is_whole=True)
        send(panel, panel.receives(name, value, float(attribute.default)), order)
    elif attribute.type == "float":
        value = slider(panel, left, top, width, attribute.low, attribute.high)
        send(panel, panel.receives(name, value, float(attribute.default)), order)


def _is_switch(attribute: Attribute) -> bool:
    return (attribute.low, attribute.high) == (0.0, 1.0)


def _buffer(panel: Panel, instrument: Instrument, left: float, top: float, width: float) -> None:
    """Sends a new buffer to all players, which make nn~ anew, and then all settings again.

    Where Max takes more samples at once than were chosen, it is as large as that: nn~ drops what
    its buffer cannot hold.
    """
    patch = panel.patch
    sizes = [hops * instrument.hop_length for hops in BUFFERS_IN_HOPS]
    choice = menu(patch, [str(size) for size in sizes], left, top, 80.0)
    now = sizes.index(instrument.buffer_size)
    patch.connect(patch.object(f"loadmess set {now}"), choice)  # shown, and not sent
    chosen, samples = patch.object(f"i {instrument.buffer_size}"), panel.receive("buffer")
    patch.chain(samples, patch.object("prepend setsymbol"), choice)
    patch.connect(samples, chosen)
    patch.connect(choice, chosen, 1)
    larger = patch.object("maximum 0")
    changed = patch.object("t b l")
    patch.chain(chosen, larger, patch.object(f"change {instrument.buffer_size}"), changed)
    vector = patch.object("t b i")
    patch.connect(patch.object("dspstate~"), vector, 2)
    patch.connect(vector, larger, 1, 1)
    patch.connect(vector, chosen)
    patch.connect(changed, patch.object(f"s {quoted(own_name(panel.prefix, BUFFER))}"), 1)
    later = patch.chain(changed, patch.object(f"delay {TIME_TO_REBUILD_MS}"))
    patch.chain(later, patch.object(f"s {quoted(own_name(panel.prefix, AGAIN))}"))
    words(
        patch,
        "nn~ is made anew",
        (left + 88.0, top, width - 88.0, design.CELL),
        textcolor=design.FADED,
    )


def help_height() -> float:
    return design.HEAD + len(HELP) * HELP_LINE + 8.0


def help_panel(prefix: str, tall: float) -> Patcher:
    """Help where nothing sounds."""
    panel = Panel("NO SOUND? LOOK HERE", prefix, tall)
    width = panel.width - 2 * PADDING
    for n, text in enumerate(HELP):
        top = design.HEAD + n * HELP_LINE
        words(panel.patch, text, (PADDING, top, width, HELP_LINE), textcolor=design.FADED)
    return panel.finished()
