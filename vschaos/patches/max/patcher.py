"""Builds a patcher of Max, box by box, and writes it as the JSON of a `.maxpat`."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import pairwise
from typing import Any, NamedTuple

from vschaos.patches.max.objects import INTERFACE, Ports, ports

Rectangle = tuple[float, float, float, float]  # left, top, width, height in pixels

LINE_HEIGHT = 22.0
GAP = 14.0  # between boxes of the patching view
LETTER = 6.6  # pixels, in a box


class Box(NamedTuple):
    """A box of a patcher, an end of patch cords."""

    id: str
    ports: Ports


class Patcher:
    """A patcher to which boxes and cords are added.

    What a player sees is placed by hand, with a rectangle in the presentation. In the patching view
    all boxes lie in layers that follow the cords, from top to bottom.

    Args:
        width, height: of its presentation, in pixels.
        background: colour, red, green, blue and alpha of 0 to 1.
    """

    def __init__(
        self, width: float = 0.0, height: float = 0.0, background: list[float] | None = None
    ) -> None:
        self.width = width
        self.height = height
        self.background = background
        self.boxes: dict[str, dict[str, Any]] = {}
        self.lines: list[tuple[str, int, str, int]] = []
        self.inlets = 0
        self.outlet_types: list[str] = []

    def add(self, maxclass: str, known: Ports | None = None, **attributes: Any) -> Box:
        """A box of a class, with the ports that it is known to have unless others are given."""
        found = known or INTERFACE.get(maxclass)
        if found is None:
            raise ValueError(f"inlets and outlets of {maxclass!r} are not known")
        box = Box(f"obj-{len(self.boxes) + 1}", found)
        self.boxes[box.id] = {
            "id": box.id,
            "maxclass": maxclass,
            "numinlets": found.inlets,
            "numoutlets": len(found.outlets),
            "outlettype": list(found.outlets),
            **attributes,
        }
        return box

    def object(self, text: str, known: Ports | None = None, **attributes: Any) -> Box:
        """A box with the name of an object and its arguments."""
        return self.add("newobj", known or ports(text), text=text, **attributes)

    def message(self, text: str) -> Box:
        return self.add("message", text=text)

    def show(self, maxclass: str, place: Rectangle, **attributes: Any) -> Box:
        """A box of the presentation."""
        return self.add(maxclass, presentation=1, presentation_rect=list(place), **attributes)

    def inlet(self, comment: str, type: str = "", **attributes: Any) -> Box:
        self.inlets += 1
        known = Ports(0, (type,))
        return self.add("inlet", known, comment=comment, index=self.inlets, **attributes)

    def outlet(self, comment: str, type: str = "", **attributes: Any) -> Box:
        self.outlet_types.append(type)
        return self.add("outlet", comment=comment, index=len(self.outlet_types), **attributes)

    def subpatcher(self, name: str, inner: Patcher) -> Box:
        """`[p name]`, with another patcher in it."""
        return self.object(f"p {name}", inner.ports(), patcher=inner.content())

    def panel(self, inner: Patcher, left: float, top: float) -> Box:
        """A window on another patcher's presentation."""
        return self.show(
            "bpatcher",
            (left, top, inner.width, inner.height),
            known=inner.ports(),
            patcher=inner.content(),
            embed=1,
            bgmode=0,
            border=0,
            clickthrough=0,
            enablehscroll=0,
            enablevscroll=0,
            lockeddragscroll=0,
            offset=[0.0, 0.0],
            viewvisibility=1,
        )

    def ports(self) -> Ports:
        return Ports(self.inlets, tuple(self.outlet_types))

    def connect(self, source: Box, destination: Box, outlet: int = 0, inlet: int = 0) -> None:
        """A patch cord.

        Raises:
            ValueError: there is no such outlet or inlet.
        """
        if outlet >= len(source.ports.outlets) or inlet >= destination.ports.inlets:
            raise ValueError(
                f"no cord from outlet {outlet} of {source} to {inlet} of {destination}"
            )
        self.lines.append((source.id, outlet, destination.id, inlet))

    def chain(self, *boxes: Box) -> Box:
        """Cords from left outlets to left inlets, from box to box; gives the last box."""
        for source, destination in pairwise(boxes):
            self.connect(source, destination)
        return boxes[-1]

    def of_two(self, text: str, left: Box, right: Box, outlet: int = 0, other: int = 0) -> Box:
        """An object with two inlets, as `*~`, of two boxes, from an outlet of each."""
        box = self.object(text)
        self.connect(left, box, outlet)
        self.connect(right, box, other, 1)
        return box

    def content(self) -> dict[str, Any]:
        """The patcher as Max stores it."""
        places = _layers(self.boxes, self.lines)
        boxes = [{"box": {**box, "patching_rect": places[id]}} for id, box in self.boxes.items()]
        content: dict[str, Any] = {
            "fileversion": 1,
            "appversion": {
                "major": 8,
                "minor": 6,
                "revision": 5,
                "architecture": "x64",
                "modernui": 1,
            },
            "classnamespace": "box",
            "rect": [60.0, 90.0, self.width or 640.0, self.height or 480.0],
            "bglocked": 0,
            "openinpresentation": int(self.width > 0),
            "default_fontsize": 12.0,
            "default_fontface": 0,
            "default_fontname": "Arial",
            "gridsize": [2.0, 2.0],
            "boxes": boxes,
            "lines": [
                {"patchline": {"source": [a, outlet], "destination": [b, inlet]}}
                for a, outlet, b, inlet in self.lines
            ],
        }
        if self.background:
            content |= {"bgcolor": self.background, "editing_bgcolor": self.background}
        return content

    def to_json(self) -> str:
        """A line for each box and cord."""
        text = json.dumps({"patcher": self.content()}, ensure_ascii=False)
        return (
            text.replace('{"box":', '\n{"box":').replace('{"patchline":', '\n{"patchline":') + "\n"
        )


def _layers(
    boxes: dict[str, dict[str, Any]], lines: list[tuple[str, int, str, int]]
) -> dict[str, list[float]]:
    """Places in the patching view: every box below its sources.

    Max numbers inlets and outlets from left to right: each kind has a row of its own, in order.
    """
    depth = _depths(boxes, lines)
    deepest = max(depth.values(), default=0)
    for id, box in boxes.items():
        if box["maxclass"] == "inlet":
            depth[id] = -1
        elif box["maxclass"] == "outlet":
            depth[id] = deepest + 1
    rows = defaultdict(list)
    for id in boxes:
        rows[depth[id]].append(id)
    places, top = {}, 20.0
    for _, row in sorted(rows.items()):
        left = 20.0
        for id in row:
            width, height = _size(boxes[id])
            places[id] = [left, top, width, height]
            left += width + GAP
        top += max(places[id][3] for id in row) + GAP
    return places


def _depths(
    boxes: dict[str, dict[str, Any]], lines: list[tuple[str, int, str, int]]
) -> dict[str, int]:
    """Cords on the longest way to each box, those left out that lead back."""
    sources_of = defaultdict(list)
    for source, _, destination, _ in lines:
        sources_of[destination].append(source)
    depth: dict[str, int] = {}
    asked: set[str] = set()

    def find(id: str) -> int:
        if id not in depth:
            asked.add(id)
            sources = [
                find(source) for source in sources_of[id] if source in depth or source not in asked
            ]
            depth[id] = 1 + max(sources, default=-1)
        return depth[id]

    for id in boxes:
        find(id)
    return depth


def _size(box: dict[str, Any]) -> tuple[float, float]:
    if "presentation_rect" in box:
        return box["presentation_rect"][2], box["presentation_rect"][3]
    if box["maxclass"] in ("inlet", "outlet"):
        return 30.0, 30.0
    cords = max(box["numinlets"], box["numoutlets"])
    letters = min(len(box.get("text", "")), 60)
    return max(14.0 + LETTER * letters, 12.0 * cords, 32.0), LINE_HEIGHT
