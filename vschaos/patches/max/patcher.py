"""Builds a patcher of Max from boxes and parts, and writes it as the JSON of a `.maxpat`.

The parts are patches in `parts/`, to be opened and edited in Max. `palette` holds one box of each
widget and object that is drawn here, with its looks, inlets and outlets; the others are included
whole, with other words in place of `#1`, `#2` ... as in an abstraction. A box in them that is used
by name has it as its scripting name (`varname`).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from vschaos.patches.max.text import quoted

Box = dict[str, Any]  # attributes, as in a file
Cord = tuple[Box, int, Box, int]  # source and its outlet, destination and its inlet
Rectangle = tuple[float, float, float, float]  # left, top, width, height in pixels

PARTS = Path(__file__).parent / "parts"
SIGNAL = "signal"  # type of an outlet
LINE_HEIGHT = 22.0
GAP = 14.0  # between boxes of the patching view
LETTER = 6.6  # pixels, in a box


class Patcher:
    """A patcher to which boxes, cords and parts are added.

    A player sees what has a place in the presentation. In the patching view all boxes lie in layers
    that follow the cords, from top to bottom.

    Args:
        width, height: of its presentation, in pixels; 0 for one that nobody looks at.
    """

    def __init__(self, width: float = 0.0, height: float = 0.0) -> None:
        self.width = width
        self.height = height
        self.boxes: list[Box] = []
        self.cords: list[Cord] = []

    def add(self, kind: str, **attributes: Any) -> Box:
        """A box as it is in the palette, but for these attributes."""
        self.boxes.append({**_palette()[kind], **attributes})
        return self.boxes[-1]

    def object(self, text: str, **attributes: Any) -> Box:
        """A box with the name of an object and its arguments."""
        return self.add(text.split(" ")[0], text=text, **attributes)

    def message(self, text: str) -> Box:
        return self.add("message", text=text)

    def show(self, kind: str, place: Rectangle, **attributes: Any) -> Box:
        """A box of the presentation."""
        return self.add(kind, presentation=1, presentation_rect=list(place), **attributes)

    def inlet(self, comment: str, type: str = "", **attributes: Any) -> Box:
        return self.add("inlet", outlettype=[type], comment=comment, **attributes)

    def outlet(self, comment: str, source: Box, outlet: int = 0, **attributes: Any) -> Box:
        """An outlet of the patcher, with a cord from an outlet of a box."""
        end = self.add("outlet", comment=comment, **attributes)
        self.connect(source, end, outlet)
        return end

    def subpatcher(self, name: str, inner: Patcher) -> Box:
        """`[p name]`, with another patcher in it."""
        return self.object(f"p {name}", patcher=inner.content(), **inner._ports())

    def panel(self, inner: Patcher, left: float, top: float) -> Box:
        """A window on another patcher's presentation."""
        place = (left, top, inner.width, inner.height)
        return self.show("bpatcher", place, patcher=inner.content(), **inner._ports())

    def connect(self, source: Box, destination: Box, outlet: int = 0, inlet: int = 0) -> None:
        """A patch cord."""
        self.cords.append((source, outlet, destination, inlet))

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

    def include(
        self, part: str, *words: str, left: float = 0.0, top: float = 0.0
    ) -> dict[str, Box]:
        """Adds the boxes and cords of a part.

        Args:
            part: its file.
            words: in place of `#1`, `#2` ...
            left, top: pixels by which its presentation is moved.

        Returns:
            Those of its boxes that have a name.
        """
        content = json.loads(_read(part))["patcher"]
        by_id = {box.pop("id"): box for box in _boxes_of(content)}
        named = {box.pop("varname"): box for box in by_id.values() if "varname" in box}
        for box in by_id.values():
            if "text" in box:
                box["text"] = _filled_in(box["text"], words)
            if "presentation_rect" in box:
                x, y, width, height = box["presentation_rect"]
                box["presentation_rect"] = [x + left, y + top, width, height]
        self.boxes += by_id.values()
        for cord in (entry["patchline"] for entry in content["lines"]):
            (source, outlet), (destination, inlet) = cord["source"], cord["destination"]
            self.connect(by_id[source], by_id[destination], outlet, inlet)
        return named

    def content(self) -> dict[str, Any]:
        """The patcher as Max stores it."""
        ids = {id(box): f"obj-{n}" for n, box in enumerate(self.boxes, start=1)}
        places = _places(self.boxes, self.cords)
        for end in ("inlet", "outlet"):
            for index, box in enumerate(self._ends(end), start=1):
                box["index"] = index
        content = {
            **json.loads(_read("palette"))["patcher"],
            "rect": [60.0, 90.0, self.width or 640.0, self.height or 480.0],
            "openinpresentation": int(self.width > 0),
            "boxes": [
                {"box": {**box, "id": ids[id(box)], "patching_rect": places[id(box)]}}
                for box in self.boxes
            ],
            "lines": [
                {"patchline": {"source": [ids[id(a)], outlet], "destination": [ids[id(b)], inlet]}}
                for a, outlet, b, inlet in self.cords
            ],
        }
        if not self.width:
            del content["bgcolor"], content["editing_bgcolor"]
        return content

    def to_json(self) -> str:
        """A line for each box and cord."""
        text = json.dumps({"patcher": self.content()}, ensure_ascii=False)
        return (
            text.replace('{"box":', '\n{"box":').replace('{"patchline":', '\n{"patchline":') + "\n"
        )

    def _ends(self, kind: str) -> list[Box]:
        return [box for box in self.boxes if box["maxclass"] == kind]

    def _ports(self) -> dict[str, Any]:
        """Those of a box with this patcher in it."""
        types = [
            next(source["outlettype"][n] for source, n, box, _ in self.cords if box is outlet)
            for outlet in self._ends("outlet")
        ]
        return ports(len(self._ends("inlet")), types)


def ports(inlets: int, outlets: list[str]) -> dict[str, Any]:
    """Attributes of a box with so many inlets, and outlets of these types."""
    return {"numinlets": inlets, "numoutlets": len(outlets), "outlettype": outlets}


def size_of(part: str) -> tuple[float, float]:
    """Width and height of a part, in pixels."""
    _, _, width, height = json.loads(_read(part))["patcher"]["rect"]
    return width, height


@lru_cache
def _read(part: str) -> str:
    return (PARTS / f"{part}.maxpat").read_text(encoding="utf-8")


@lru_cache
def _palette() -> dict[str, Box]:
    """Widgets by their names, objects by their first words, others by their class."""
    found = {}
    for box in _boxes_of(json.loads(_read("palette"))["patcher"]):
        kind = box["text"].split(" ")[0] if box["maxclass"] == "newobj" else box["maxclass"]
        kind = box.pop("varname", kind)
        for key in ("id", "patching_rect", "presentation", "presentation_rect"):
            box.pop(key, None)
        found[kind] = box
    return found


def _boxes_of(part: dict[str, Any]) -> list[Box]:
    """All but notes to those who edit the part, which its presentation does not show."""
    boxes = [entry["box"] for entry in part["boxes"]]
    return [box for box in boxes if box["maxclass"] != "comment" or "presentation" in box]


def _filled_in(text: str, words: tuple[str, ...]) -> str:
    def fill(word: str) -> str:
        filled = re.sub(r"#([1-9])", lambda found: words[int(found[1]) - 1], word)
        return word if filled == word else quoted(filled)

    return " ".join(map(fill, text.split(" ")))


def _places(boxes: list[Box], cords: list[Cord]) -> dict[int, list[float]]:
    """Places in the patching view: every box below its sources.

    Max numbers inlets and outlets from left to right: each kind has a row of its own, in order.
    """
    depth = _depths(boxes, cords)
    rows = defaultdict(list)
    for box in boxes:
        ends = {"inlet": -1, "outlet": len(boxes)}
        rows[ends.get(box["maxclass"], depth[id(box)])].append(box)
    places, top = {}, 20.0
    for _, row in sorted(rows.items()):
        left = 20.0
        for box in row:
            width, height = _size(box)
            places[id(box)] = [left, top, width, height]
            left += width + GAP
        top += max(places[id(box)][3] for box in row) + GAP
    return places


def _depths(boxes: list[Box], cords: list[Cord]) -> dict[int, int]:
    """Cords on the longest way to each box, those left out that lead back."""
    sources_of = defaultdict(list)
    for source, _, destination, _ in cords:
        sources_of[id(destination)].append(source)
    depth: dict[int, int] = {}

    def find(box: Box) -> int:
        if id(box) not in depth:
            depth[id(box)] = -1  # while its sources are found
            depth[id(box)] = 1 + max(map(find, sources_of[id(box)]), default=-1)
        return depth[id(box)]

    for box in boxes:
        find(box)
    return depth


def _size(box: Box) -> tuple[float, float]:
    if "presentation_rect" in box:
        return box["presentation_rect"][2], box["presentation_rect"][3]
    if box["maxclass"] in ("inlet", "outlet"):
        return 30.0, 30.0
    cords = max(box["numinlets"], box["numoutlets"])
    letters = min(len(box.get("text", "")), 60)
    return max(14.0 + LETTER * letters, 12.0 * cords, 32.0), LINE_HEIGHT
