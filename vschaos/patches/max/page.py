"""The page of a patch for Max: its panels, and the cords between them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from vschaos.instrument.controls import Method
from vschaos.instrument.instrument import Instrument
from vschaos.patches.layout import Layout, is_dial, is_label, is_sound
from vschaos.patches.max import panels
from vschaos.patches.max.latents import latent_panel, takes_sound
from vschaos.patches.max.panel import COLUMN, MARGIN, PAGE_WIDTH, Panel, height
from vschaos.patches.max.patcher import Box, Patcher, size_of
from vschaos.patches.max.settings import settings_panel

MakePanel = Callable[[float], Panel]  # of a height
CHAIN = "the chain"  # a box beside those called as methods, which are single words


def write_max(instrument: Instrument) -> str:
    """A patch that plays a model, with a control for all that it has.

    Every control is also a receiver called after the model: `example-latent-1`, `example-pitch`,
    `example-gain`, `example-volume`; blanks in names become hyphens.

    Returns:
        The text of a `.maxpat`, for Max 8 and later.
    """
    return _Page(Layout(instrument)).patch.to_json()


class _Page:
    """Three columns of panels, and below them those that take the whole width."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.patch = Patcher(PAGE_WIDTH)
        self.boxes: dict[str, Box] = {}
        self.top = MARGIN
        self._below("the title", panels.title(layout))
        self._three_columns()
        if layout.chain:
            self._below(CHAIN, latent_panel(layout))
        self._below("the settings", settings_panel(layout, layout.settings))
        self.patch.height = self.top
        for method in layout.others:
            self._connect_method(method)
        if layout.chain:
            self._connect_chain()

    def _below(self, name: str, panel: Panel) -> None:
        """A panel of the whole width, under what is there."""
        self.boxes[name] = self.patch.panel(panel, MARGIN, self.top)
        self.top += panel.height + MARGIN

    def _three_columns(self) -> None:
        """Source, methods and labels, and output; help where there is most room."""
        layout = self.layout
        source = [self._part("source")] if layout.has_source else []
        output = [("the output", size_of("output")[1], partial(panels.output, layout))]
        columns = [source, self._middle(), output if layout.balanced else []]
        emptiest = min(reversed(columns), key=_height)
        emptiest.append(self._part("help"))
        tallest = max(_height(column) for column in columns)
        for n, column in enumerate(columns):
            top, spare = self.top, tallest - _height(column)
            for name, tall, make in column:
                tall += spare if name == column[-1][0] else 0.0
                left = MARGIN + n * (COLUMN + MARGIN)
                self.boxes[name] = self.patch.panel(make(tall), left, top)
                top += tall + MARGIN
        self.top += tallest + MARGIN

    def _part(self, part: str) -> tuple[str, float, MakePanel]:
        name = self.layout.instrument.name
        return f"the {part}", size_of(part)[1], partial(Panel, name, part=part)

    def _middle(self) -> list[tuple[str, float, MakePanel]]:
        layout = self.layout
        found: list[tuple[str, float, MakePanel]] = [
            (
                method.name,
                height(panels.rows_of(layout, method)),
                partial(panels.method_panel, layout, method),
            )
            for method in layout.others
        ]
        if layout.labels:
            tall = height(len(layout.labels))
            found.append(("the labels", tall, partial(panels.label_panel, layout)))
        if layout.predictions:
            tall = height(len(layout.predictions))
            found.append(("the predictions", tall, partial(panels.predicted_panel, layout)))
        return found

    def _connect_method(self, method: Method) -> None:
        box = self.boxes[method.name]
        inlets = [control for control in method.inlets if not is_dial(control)]
        for n, control in enumerate(inlets):
            if is_sound(control):
                self.patch.connect(self.boxes["the source"], box, 0, n)
            else:
                self.patch.connect(self.boxes["the labels"], box, self._label(control.name), n)
        for n, control in enumerate(method.outlets):
            if is_sound(control):
                self._connect_output(method.name, n, box)
            elif is_label(control) and method == self.layout.predicting:
                inlet = self.layout.predictions.index(control)
                self.patch.connect(box, self.boxes["the predictions"], n, inlet)

    def _connect_chain(self) -> None:
        """See `latent_panel` for the order of inlets and outlets."""
        box, layout = self.boxes[CHAIN], self.layout
        first = int(takes_sound(layout))
        if first:
            self.patch.connect(self.boxes["the source"], box)
        for n, label in enumerate(layout.chain_labels):
            self.patch.connect(self.boxes["the labels"], box, self._label(label.name), first + n)
        outlet = 0
        if layout.predicting in layout.chain:
            for outlet in range(len(layout.predictions)):
                self.patch.connect(box, self.boxes["the predictions"], outlet, outlet)
            outlet += 1
        for method in layout.chain:
            if any(map(is_sound, method.outlets)):
                self._connect_output(method.name, outlet, box)
                outlet += 1

    def _connect_output(self, method: str, outlet: int, box: Box) -> None:
        inlet = [*self.layout.balanced, *self.layout.added].index(method)
        self.patch.connect(box, self.boxes["the output"], outlet, inlet)

    def _label(self, name: str) -> int:
        return [label.name for label in self.layout.labels].index(name)


def _height(column: list[tuple[str, float, MakePanel]]) -> float:
    return sum(tall for _, tall, _ in column) + MARGIN * max(0, len(column) - 1)
