"""The page of a patch for Max: its panels, and the cords between them."""

from __future__ import annotations

from collections.abc import Callable

from vschaos.instrument.controls import Method
from vschaos.instrument.instrument import Instrument
from vschaos.patches.max import design, panels
from vschaos.patches.max.design import COLUMN, MARGIN, PAGE_WIDTH, prefix_of
from vschaos.patches.max.latents import latent_panel
from vschaos.patches.max.panels import FORWARD_ROWS, GENERATE_ROWS, OUTPUT_ROWS, height
from vschaos.patches.max.patcher import Box, Patcher
from vschaos.patches.max.player import labels, latents, told
from vschaos.patches.max.settings import help_height, help_panel, settings_panel
from vschaos.patches.max.source import SOURCE_ROWS, source

MakePanel = Callable[[float], Patcher]  # of a height


def write_max(instrument: Instrument, model_name: str) -> str:
    """A patch that plays a model, with a control for all that it has.

    Every control is also a receiver called after the model: `example-latent-1`, `example-pitch`,
    `example-gain`, `example-volume`; blanks in names become hyphens.

    Args:
        instrument: what the model says of itself.
        model_name: of the `.ts`, without its ending.

    Returns:
        The text of a `.maxpat`, for Max 8 and later.
    """
    return _Page(instrument, model_name).patch.to_json()


class _Page:
    """Three columns of panels, and below them those that take the whole width."""

    def __init__(self, instrument: Instrument, model_name: str) -> None:
        self.instrument, self.model_name = instrument, model_name
        self.prefix = prefix_of(model_name)
        self.patch = Patcher(PAGE_WIDTH, 0.0, design.PAGE)
        self.told = told(instrument)
        self.hearing = self._hearing()
        self.boxes: dict[str, Box] = {}
        self.top = MARGIN
        self._below("title", panels.title(instrument, model_name, self.prefix))
        self._three_columns()
        if self._has_latents():
            hears = self.hearing is not None and self.hearing.name == "encode"
            panel = latent_panel(instrument, model_name, self.told, self.prefix, hears)
            self._below("latents", panel)
        left_out = {"mix"} if instrument.method("forward") else set()
        self._below("settings", settings_panel(instrument, self.prefix, left_out))
        self.patch.height = self.top
        self._connect()

    def _hearing(self) -> Method | None:
        """The method whose labels are shown; `encode` hears no other than `forward`."""
        methods = [self.instrument.method(name) for name in ("forward", "encode")]
        return next((m for m in methods if m and labels(m.outlets)), None)

    def _has_latents(self) -> bool:
        methods = [self.instrument.method(name) for name in ("encode", "decode")]
        return any(m and latents(m.inlets) + latents(m.outlets) for m in methods)

    def _outputs(self) -> list[str]:
        return [name for name in ("forward", "decode") if self.instrument.method(name)]

    def _below(self, name: str, panel: Patcher) -> None:
        """A panel of the whole width, under what is there."""
        self.boxes[name] = self.patch.panel(panel, MARGIN, self.top)
        self.top += panel.height + MARGIN

    def _three_columns(self) -> None:
        """Source, what is told and heard, and output; help where there is most room."""
        columns: list[list[tuple[str, float, MakePanel]]] = [
            [("source", height(SOURCE_ROWS), lambda tall: source(self.prefix, tall))],
            self._middle(),
            self._output(),
        ]
        emptier = min(columns[1:], key=_height)
        emptier.append(("help", help_height(), lambda tall: help_panel(self.prefix, tall)))
        tallest = max(_height(column) for column in columns)
        for n, column in enumerate(columns):
            top, spare = self.top, tallest - _height(column)
            for name, tall, make in column:
                tall += spare if name == column[-1][0] else 0.0
                left = MARGIN + n * (COLUMN + MARGIN)
                self.boxes[name] = self.patch.panel(make(tall), left, top)
                top += tall + MARGIN
        self.top += tallest + MARGIN

    def _middle(self) -> list[tuple[str, float, MakePanel]]:
        forward, hearing = self.instrument.method("forward"), self.hearing
        instrument, name, prefix = self.instrument, self.model_name, self.prefix
        found: list[tuple[str, float, MakePanel]] = []
        if forward:
            make = lambda tall: panels.forward(instrument, name, forward, prefix, tall)  # noqa: E731
            found.append(("forward", height(FORWARD_ROWS), make))
        if generate := instrument.method("generate"):
            make = lambda tall: panels.generate(instrument, name, generate, prefix, tall)  # noqa: E731
            found.append(("generate", height(GENERATE_ROWS), make))
        if self.told:
            make = lambda tall: panels.label_panel(self.told, self._taken(), prefix, tall)  # noqa: E731
            found.append(("told", height(len(self.told)), make))
        if hearing:
            make = lambda tall: panels.heard_panel(hearing, prefix, tall)  # noqa: E731
            found.append(("heard", height(len(labels(hearing.outlets))), make))
        return found

    def _taken(self) -> set[str]:
        """Names that labels cannot have for their receivers."""
        names = {attribute.name for attribute in self.instrument.attributes}
        return names | panels.OWN_NAMES | {method.name for method in self.instrument.methods}

    def _output(self) -> list[tuple[str, float, MakePanel]]:
        if not self._outputs():
            return []
        return [
            (
                "output",
                height(OUTPUT_ROWS),
                lambda tall: panels.output(self._outputs(), self.prefix, tall, self._added()),
            )
        ]

    def _added(self) -> list[str]:
        return [name for name in ("generate",) if self.instrument.method(name)]

    def _connect(self) -> None:
        if "forward" in self.boxes:
            self._connect_forward()
        if "generate" in self.boxes:
            self._connect_generate()
        if "latents" in self.boxes:
            self._connect_latents()
        if self.hearing:
            ear = self.boxes["forward" if self.hearing.name == "forward" else "latents"]
            first = self.hearing.outlets.index(labels(self.hearing.outlets)[0])
            first = first if self.hearing.name == "forward" else 0
            for n in range(len(labels(self.hearing.outlets))):
                self.patch.connect(ear, self.boxes["heard"], first + n, n)

    def _connect_forward(self) -> None:
        forward = self.instrument.method("forward")
        assert forward is not None
        self.patch.connect(self.boxes["source"], self.boxes["forward"])
        self.patch.connect(self.boxes["forward"], self.boxes["output"])
        for n, control in enumerate(forward.inlets):
            if control in self.told:
                number = self.told.index(control)
                self.patch.connect(self.boxes["told"], self.boxes["forward"], number, n)

    def _connect_generate(self) -> None:
        generate = self.instrument.method("generate")
        assert generate is not None
        self.patch.connect(self.boxes["generate"], self.boxes["output"], 0, len(self._outputs()))
        for n, control in enumerate(labels(generate.inlets)):
            number = self.told.index(control)
            self.patch.connect(self.boxes["told"], self.boxes["generate"], number, n)

    def _connect_latents(self) -> None:
        box = self.boxes["latents"]
        first = 0
        if self.instrument.method("encode"):
            self.patch.connect(self.boxes["source"], box)
            first = 1
        for n in range(len(self.told)):
            self.patch.connect(self.boxes["told"], box, n, first + n)
        if self.instrument.method("decode"):
            inlet = self._outputs().index("decode")
            self.patch.connect(box, self.boxes["output"], len(box.ports.outlets) - 1, inlet)


def _height(column: list[tuple[str, float, MakePanel]]) -> float:
    return sum(tall for _, tall, _ in column) + MARGIN * max(0, len(column) - 1)
