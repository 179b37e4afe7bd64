"""The panel of the chain: from the sound through faders to sound."""

from __future__ import annotations

from vschaos.instrument.controls import Control
from vschaos.patches.layout import number, spread, widget
from vschaos.patches.pure_data import widgets
from vschaos.patches.pure_data.abstractions import shown_size
from vschaos.patches.pure_data.canvas import Box, Canvas
from vschaos.patches.pure_data.design import Design
from vschaos.patches.pure_data.engine import LETTER, PORT, engine, feed, send
from vschaos.patches.pure_data.panel import COLUMN_WIDTH, GUTTER, PADDING, PAGE, Panel

COLUMN = shown_size("latent")
WORDS = {"hand": 74, "": 137, "sound": 159, "trajectory": 182}  # heights of its parts
NARROWEST = 52  # pixels from fader to fader
NAME_AT, WORD_LETTER = 22, 6  # pixels of a fader's name
LEGEND = 76
TRAJECTORY_HEIGHT = 90
ENCODE_HEIGHT = 110


def latents_panel(design: Design) -> Panel | None:
    """`encode`, a fader for each control, `decode`; in its window they stand one below the
    other."""
    if not design.chain:
        return None
    return _Latents(design).panel()


class _Latents:
    def __init__(self, design: Design) -> None:
        self.design = design
        self.controls = [fader.control for fader in design.faders]
        longest = max(len(design.fader_name(control)) for control in self.controls)
        self.pitch = max(NARROWEST, NAME_AT + WORD_LETTER * longest)
        most = (PAGE - LEGEND - 2 * PADDING) // self.pitch
        self.num_rows = -(-len(self.controls) // most)
        self.per_row = -(-len(self.controls) // self.num_rows)
        self.height = self.num_rows * COLUMN[1]
        self.above = self.num_rows * TRAJECTORY_HEIGHT

    def panel(self) -> Panel:
        width = LEGEND + self.per_row * self.pitch + 2 * PADDING
        columns = -(-(width + GUTTER) // (COLUMN_WIDTH + GUTTER))
        title = "latents" if any(c.unit == "sigma" for c in self.controls) else "controls"
        return Panel(title, columns, self.height, self._fill, self.above + 120 + ENCODE_HEIGHT)

    def _fill(self, canvas: Canvas, x: int, y: int) -> None:
        for row in range(self.num_rows):
            for word, height in WORDS.items():
                top = y + row * COLUMN[1] + height
                widgets.words(canvas, x, top, word, colour=widgets.FAINT)
        left = x + LEGEND
        boxes = []
        for k, control in enumerate(self.controls):
            place = (left + k % self.per_row * self.pitch, y + k // self.per_row * COLUMN[1])
            boxes.append(canvas.object(*place, self._text(control)))
        self._trajectories(canvas, left, y - self.above - 40, boxes)
        self._methods(canvas, left, y, boxes)

    def _text(self, control: Control) -> str:
        name = self.design.fader_name(control)
        if widget(control) == "gate":
            return f"vschaos/gate {name} {self.design.prefix}"
        ends = f"{number(control.low)} {number(control.high)}"
        default = f" {number(control.default)}" if control.default else ""
        return f"vschaos/latent {name} {ends} {self.design.prefix}{default}"

    def _trajectories(self, canvas: Canvas, x: int, y: int, boxes: list[Box]) -> None:
        """Above the second inlets of the faders that trajectories move."""
        moving = [k for k, control in enumerate(self.controls) if control.movement != "held"]
        for number_of, k in enumerate(moving, start=1):
            top = y + k // self.per_row * TRAJECTORY_HEIGHT
            left = x + COLUMN[0] - PORT + k % self.per_row * self.pitch
            text = f"vschaos/trajectory {number_of} {len(moving)} {self.design.own}"
            moved = canvas.object(left, top, text, self.pitch // LETTER - 1)
            if widget(self.controls[k]) == "gate":
                moved = canvas.strand(left, top + 24, "expr~ $v1 > 0", source=moved)
            elif (width := spread(self.controls[k])) != 1.0:
                moved = canvas.strand(left, top + 24, f"*~ {number(width)}", source=moved)
            canvas.connect(moved, boxes[k], 0, 1)

    def _methods(self, canvas: Canvas, x: int, y: int, boxes: list[Box]) -> None:
        """`encode` above the faders of one row, `decode` below."""
        heights = {"encode": y - self.above - 120, "decode": y + self.height + 160}
        engines = {}
        right = x + self.per_row * self.pitch
        for method in self.design.chain:
            top = heights[method.name]
            count = max(len(method.inlets), len(method.outlets) + 1)  # and nn~'s answers
            box = engine(canvas, x, top, self.design, method.name, self._width(count))
            left = x if method.name == "encode" else right
            feed(canvas, left, top - 60, self.design, method, [box])
            send(canvas, right + 80, top + 60, self.design, method, [box])
            engines[method.name] = box
        for k, (fader, box) in enumerate(zip(self.design.faders, boxes, strict=True)):
            if fader.outlet is not None:
                canvas.connect(engines["encode"], box, fader.outlet)
            elif fader.control.default:  # it is moved by what is encoded less its default
                default = f"sig~ {number(fader.control.default)}"
                canvas.connect(canvas.object(right + 80, y + 24 * k, default), box)
            if fader.target:
                canvas.connect(box, engines[fader.target], 0, fader.inlet)
            else:  # for [receive~] elsewhere
                name = self.design.receiver(f"signal {self.design.fader_name(fader.control)}")
                canvas.connect(box, canvas.object(x, y + self.height + 60 + 24 * k, f"s~ {name}"))

    def _width(self, count: int) -> int:
        """Of a box with so many inlets or outlets, for them to stand under faders."""
        return (min(count, self.per_row + 4) - 1) * self.pitch + PORT
