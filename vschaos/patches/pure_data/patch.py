"""The patch of an instrument for PureData: a page of panels."""

from __future__ import annotations

from vschaos.instrument.instrument import Instrument
from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.abstractions import shown_size
from vschaos.patches.pure_data.canvas import Canvas, part
from vschaos.patches.pure_data.design import Design
from vschaos.patches.pure_data.hands import keyboard_panel
from vschaos.patches.pure_data.latents import latents_panel
from vschaos.patches.pure_data.notes import names_page
from vschaos.patches.pure_data.panel import (
    GUTTER,
    MARGIN,
    PAGE_WIDTH,
    Panel,
    free_columns,
    page_height,
    place_panels,
)
from vschaos.patches.pure_data.panels import (
    dials_panel,
    labels_panel,
    model_panel,
    output_panel,
    predicted_panel,
    source_panel,
    trajectory_panel,
)
from vschaos.patches.pure_data.settings import settings_panel
from vschaos.patches.pure_data.text import shown
from vschaos.patches.pure_data.voices import keys_panel

SCROLLBAR = 16  # pixels of it, that may hide an edge of the page
NOTES_AT = (PAGE_WIDTH - 176, 22)  # pixels


def write_pure_data(instrument: Instrument, search: str | None = None) -> str:
    """The text of a `.pd` file that plays an instrument.

    It is to lie beside the `.ts`, and beside the folder `vschaos` of abstractions, or where that
    folder lies in `search`, relative to the patch.
    """
    design = Design(instrument)
    panels: list[Panel | None] = [
        source_panel(design),
        model_panel(design),
        output_panel(design),
        latents_panel(design),
        keyboard_panel(design),
        trajectory_panel(design),
        *(dials_panel(design, method) for method in design.others),
        *(keys_panel(design, method) for method in design.others),
        labels_panel(design),
        predicted_panel(design),
    ]
    there = [panel for panel in panels if panel]
    there.append(settings_panel(design, free_columns(there)))
    top = MARGIN + shown_size("info")[1] + GUTTER
    end = page_height(top, there)
    page = Canvas(PAGE_WIDTH + SCROLLBAR, end + SCROLLBAR)
    if search:
        page.search(search)
    widgets.plate(page, 0, 0, PAGE_WIDTH + SCROLLBAR, end + SCROLLBAR, widgets.PAPER)
    numbers = f"{instrument.sample_rate} {instrument.delay} {instrument.buffer_size}"
    info = f"vschaos/info {design.own} {numbers} {shown(instrument.name)}"
    info += f" {int(design.follows_rate)}"
    page.object(MARGIN, MARGIN, info)
    no_sound = part("no_sound", HOP=instrument.hop_length, TUNING=_tuning(design))
    page.subpatch(NOTES_AT[0], NOTES_AT[1], "no sound? look here", no_sound)
    page.subpatch(NOTES_AT[0], NOTES_AT[1] + 26, "names to play by", names_page(design))
    place_panels(page, top, there)
    return page.text()


def _tuning(design: Design) -> str:
    """What to do where all is transposed."""
    if design.follows_rate:
        return "switch DSP off and on \\, and the model takes the rate of Pd"
    return f"Pd must run at {design.instrument.sample_rate} Hz"
