"""A PureData patch under construction: boxes, cords, subpatches, and how they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from vschaos.patches.pure_data.text import in_file

FONT_SIZE = 10
PARTS = Path(__file__).parent / "parts"
STRAND_PITCH = 24  # pixels from box to box


@dataclass(frozen=True, eq=False)
class Box:
    """A box in a canvas, to connect cords to."""

    number: int


class Canvas:
    """A window of boxes and cords.

    Positions and sizes are pixels from the left upper corner, texts are as typed into a box.

    Args:
        width, height: of the window.
        position: of the window on the screen.
    """

    def __init__(self, width: int, height: int, position: tuple[int, int] = (60, 60)) -> None:
        self.frame = (*position, width, height)
        self._searched: list[str] = []
        self._boxes: list[str] = []
        self._cords: list[str] = []
        self._on_parent = ""

    def object(self, x: int, y: int, text: str, columns: int | None = None) -> Box:
        """`[text]`; `columns` is its width in letters, if its text does not show it."""
        width = f", f {columns}" if columns else ""
        return self.raw(f"#X obj {x} {y} {in_file(text)}{width};")

    def message(self, x: int, y: int, text: str) -> Box:
        """`[text(`"""
        return self.raw(f"#X msg {x} {y} {in_file(text)};")

    def comment(self, x: int, y: int, text: str, columns: int | None = None) -> Box:
        """Text to be read; `columns` is after how many letters it is broken."""
        width = f", f {columns}" if columns else ""
        one_line = text.replace(";", ",")  # at which Pd would break it
        return self.raw(f"#X text {x} {y} {in_file(one_line)}{width};")

    def subpatch(self, x: int, y: int, name: str, content: Canvas) -> Box:
        """`[pd name]` with that in it."""
        head = "#N canvas {} {} {} {} {} 0;".format(*content.frame, in_file(name))
        return self.raw(
            "\n".join([head, *content.lines(), f"#X restore {x} {y} pd {in_file(name)};"])
        )

    def search(self, folder: str) -> None:
        """Abstractions are looked for in that folder too, relative to the patch's."""
        self._searched.append(f"#X declare -path {in_file(folder)};")

    def raw(self, line: str) -> Box:
        """A box as it is written."""
        self._boxes.append(line)
        return Box(len(self._boxes) - 1)

    def connect(self, source: Box, target: Box, outlet: int = 0, inlet: int = 0) -> None:
        """A cord."""
        self._cords.append(f"#X connect {source.number} {outlet} {target.number} {inlet};")

    def chain(self, *boxes: Box) -> Box:
        """Cords from first outlets to first inlets, all along; gives the last box."""
        for source, target in pairwise(boxes):
            self.connect(source, target)
        return boxes[-1]

    def strand(self, x: int, y: int, *texts: str, source: Box | None = None) -> Box:
        """Boxes one below the other, each connected to the one above and the first to `source`;
        gives the last. A text that ends in `(` is a message."""
        boxes = [source] if source else []
        for k, text in enumerate(texts):
            make = self.message if text.endswith("(") else self.object
            boxes.append(make(x, y + k * STRAND_PITCH, text.removesuffix("(")))
        return self.chain(*boxes)

    def show_on_parent(self, x: int, y: int, width: int, height: int) -> None:
        """This part of the canvas is seen where the canvas stands as a box."""
        self._on_parent = f"#X coords 0 -1 1 1 {width} {height} 2 {x} {y};"

    def lines(self) -> list[str]:
        """All but the head."""
        on_parent = [self._on_parent] if self._on_parent else []
        return [*self._searched, *self._boxes, *self._cords, *on_parent]

    def text(self) -> str:
        """The `.pd` file."""
        head = "#N canvas {} {} {} {} {};".format(*self.frame, FONT_SIZE)
        return "\n".join([head, *self.lines()]) + "\n"


def part(name: str, **words: object) -> Canvas:
    """A canvas from its file in `parts`, with these words in place of their names."""
    text = (PARTS / f"{name}.pd").read_text(encoding="utf-8")
    for placeholder, word in words.items():
        text = re.sub(rf"\b{placeholder}\b", str(word).replace("\\", r"\\"), text)
    head, *lines = re.findall(r"^#.*?(?<!\\);$", text, re.MULTILINE | re.DOTALL)
    x, y, width, height = map(int, head.split()[2:6])
    canvas = Canvas(width, height, (x, y))
    for line in lines:
        canvas.raw(line)
    return canvas
