"""The page of a patch for Max: its panels, and the cords between them."""

from __future__ import annotations

from collections.abc import Iterator

from vschaos.instrument.instrument import Instrument
from vschaos.patches.layout import Layout, is_label, is_sound
from vschaos.patches.max import panels
from vschaos.patches.max.hands import keyboard_panel
from vschaos.patches.max.latents import latent_panel
from vschaos.patches.max.panel import COLUMN, MARGIN, PAGE_WIDTH, Panel
from vschaos.patches.max.patcher import Patcher
from vschaos.patches.max.settings import settings_panel
from vschaos.patches.max.voices import voices_panel


def write_max(instrument: Instrument) -> str:
    """A patch that plays a model, with a control for all that it has.

    Every control is also a receiver called after the model: `example-latent-1`, `example-pitch`,
    `example-gain`, `example-volume`; blanks in names become hyphens.

    Returns:
        The text of a `.maxpat`, for Max 8 and later.
    """
    layout, name = Layout(instrument), instrument.name
    source = [Panel(name, part="source")] if layout.has_source else []
    methods = [panels.method_panel(layout, method) for method in layout.others]
    chain = [latent_panel(layout)] if layout.chain else []
    keyboard = [keyboard_panel(layout, layout.keyboard)] if layout.keyboard else []
    keyboard += [voices_panel(layout, m) for m in layout.others if layout.is_polyphonic(m)]
    labels = [panels.label_panel(layout)] if layout.labels else []
    predictions = [panels.predicted_panel(layout)] if layout.predictions else []
    output = [panels.output(layout)] if layout.balanced else []
    columns = [[*source], [*methods, *labels, *predictions], [*output]]
    min(reversed(columns), key=_height).append(Panel(name, part="help"))

    page = Patcher(PAGE_WIDTH)
    boxes = {}
    for panel, left, top in _placed(
        panels.title(layout), columns, [*chain, *keyboard, settings_panel(layout)]
    ):
        boxes[panel] = page.panel(panel, left, top)
        page.height = max(page.height, top + panel.height + MARGIN)
    label_names = [label.name for label in layout.labels]
    sounding = [*layout.balanced, *layout.added]
    for panel in (*methods, *chain):
        for n, control in enumerate(panel.taken):
            if is_sound(control):
                page.connect(boxes[source[0]], boxes[panel], 0, n)
            else:
                outlet = label_names.index(control.name)
                page.connect(boxes[labels[0]], boxes[panel], outlet, n)
        for n, (method, control) in enumerate(panel.given):
            if is_sound(control):
                page.connect(boxes[panel], boxes[output[0]], n, sounding.index(method.name))
            elif is_label(control) and method == layout.predicting:
                inlet = layout.predictions.index(control)
                page.connect(boxes[panel], boxes[predictions[0]], n, inlet)
    return page.to_json()


def _placed(
    title: Panel, columns: list[list[Panel]], wide: list[Panel]
) -> Iterator[tuple[Panel, float, float]]:
    """Panels and their left upper corners: three columns of one height, between the title and
    those that take the whole width."""
    yield title, MARGIN, MARGIN
    first = title.height + 2 * MARGIN
    tallest = max(map(_height, columns))
    for n, column in enumerate(columns):
        top = first
        if column:
            column[-1].stretch(column[-1].height + tallest - _height(column))
        for panel in column:
            yield panel, MARGIN + n * (COLUMN + MARGIN), top
            top += panel.height + MARGIN
    top = first + tallest + MARGIN
    for panel in wide:
        yield panel, MARGIN, top
        top += panel.height + MARGIN


def _height(column: list[Panel]) -> float:
    return sum(panel.height for panel in column) + MARGIN * max(0, len(column) - 1)
