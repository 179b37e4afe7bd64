"""The panel of the settings."""

from __future__ import annotations

from vschaos.instrument.controls import Attribute
from vschaos.instrument.instrument import Instrument
from vschaos.patches.layout import Layout, number, recalls, setting_widget
from vschaos.patches.max.panel import FULL_WIDTH, PADDING, Panel, row
from vschaos.patches.max.patcher import Box, ports
from vschaos.patches.max.player import receiver_of
from vschaos.patches.max.text import name_of, own_name, quoted

COLUMNS = 3
COLUMN_GAP = 18.0
NAME = 104.0  # width of a setting's name
BUFFERS_IN_HOPS = (1, 2, 4, 8, 16)


def settings_panel(layout: Layout) -> Panel:
    """A widget for every setting, by its type, and one for nn~'s buffer."""
    cells = [*layout.settings, None]
    rows = -(-len(cells) // COLUMNS)
    panel = Panel(layout.instrument.name, rows, "SETTINGS", FULL_WIDTH)
    width = (panel.width - 2 * PADDING - (COLUMNS - 1) * COLUMN_GAP) / COLUMNS
    for n, attribute in enumerate(cells):
        left, top = PADDING + (n // rows) * (width + COLUMN_GAP), row(n % rows)
        place = (left + NAME, top, width - NAME)
        if attribute:
            unit = {"sigma": "sd"}.get(attribute.unit, attribute.unit)
            text = f"{attribute.name.replace('_', ' ')} {unit}".strip()
            _setting(panel, attribute, layout, place)
        else:
            text = "buffer"
            _buffer(panel, layout.instrument, left + NAME, top)
        panel.caption(text, left, top, NAME)
    return panel


def _setting(
    panel: Panel, attribute: Attribute, layout: Layout, place: tuple[float, float, float]
) -> None:
    left, top, width = place
    name = layout.setting_name(attribute.name)
    limits, kind = (attribute.low, attribute.high), setting_widget(attribute)
    order, to = f"set {attribute.name}", receiver_of(attribute.name)
    if kind == "button":
        button = panel.receives(name, panel.button(attribute.name, left, top, 80.0))
        sent = panel.object(f"s {quoted(own_name(panel.prefix, to))}")
        panel.chain(button, panel.message(f"{order} 1"), sent)
        return
    if kind == "menu":
        set_by = panel.menu(list(attribute.choices), left, top, width)
        default: float = attribute.choices.index(str(attribute.default))
    else:
        default = float(attribute.default)
        if kind == "toggle":
            set_by = panel.toggle(left, top)
        elif kind == "whole number":
            set_by = panel.whole_number(left, top, *map(int, limits))
        else:
            draw = panel.log_slider if attribute.is_logarithmic else panel.slider
            set_by = draw(left, top, width, *limits)
    panel.receives(name, set_by, default)
    if attribute.sets:  # by the faders: an nn~ that is made anew gets all of them again
        _recall(panel, attribute, layout, set_by)
        return
    source = panel.chain(set_by, panel.object("i")) if kind == "toggle" else set_by
    panel.send(source, order, to, outlet=int(kind == "menu"))


def _recall(panel: Panel, attribute: Attribute, layout: Layout, menu: Box) -> None:
    """The number of a choice moves the faders of all that it sets."""
    choices = recalls(attribute)
    numbers = " ".join(str(number) for number in range(len(choices)))
    outlets = ["bang"] * len(choices) + [""]
    chosen = panel.chain(menu, panel.object(f"sel {numbers}", **ports(1 + len(choices), outlets)))
    for k, values in enumerate(choices):
        names = [(name_of(panel.prefix, layout.setting_name(name)), v) for name, v in values]
        words = "".join(f"; {quoted(name)} {number(value)}" for name, value in names)
        panel.connect(chosen, panel.message(words), k)


def _buffer(panel: Panel, instrument: Instrument, left: float, top: float) -> None:
    """Sends a new buffer to all players, which make nn~ anew, and then all settings again.

    Where Max takes more samples at once than were chosen, it is as large as that: nn~ drops what
    its buffer cannot hold.
    """
    named = panel.insert("buffer", str(instrument.buffer_size), left=left, top=top)
    sizes = [hops * instrument.hop_length for hops in BUFFERS_IN_HOPS]
    named["sizes"]["items"] = [item for size in sizes for item in (size, ",")][:-1]
    named["shown"]["text"] = f"loadmess set {sizes.index(instrument.buffer_size)}"
