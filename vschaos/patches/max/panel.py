"""A panel of the page, its grid, and the widgets on it."""

from __future__ import annotations

from vschaos.instrument.controls import Control, Method
from vschaos.patches.layout import hyphened, number
from vschaos.patches.max.patcher import SIGNAL, Box, Patcher, size_of
from vschaos.patches.max.text import decimal, name_of, own_name, quoted

MARGIN = 14.0  # between panels
PADDING = 14.0  # within them
COLUMN = size_of("panel")[0]  # width of a panel
PAGE_WIDTH = 3 * COLUMN + 4 * MARGIN
FULL_WIDTH = PAGE_WIDTH - 2 * MARGIN  # of a panel
HEAD = 40.0  # height of a panel's name, and of what lies above it
ROW = 26.0
CELL = 20.0  # height of a widget in a row
CAPTION = 76.0  # width of the words before a widget
LEFT = PADDING + CAPTION  # of the first widget in a row
NUMBER = 56.0  # width of a number
RAMP_MS = 20  # in which a control's value is reached, without a click
SETTINGS = "nn"  # receiver of messages to every nn~
AGAIN = "nn-again"  # bangs out all settings once more: nn~ was made anew without them


class Panel(Patcher):
    """A part of the page: a patcher with a sheet of paper, and a prefix for receivers.

    Args:
        model_name: of which the prefix is made.
        rows: of widgets; none for the height of the part.
        title: written above; none for that of the part.
        width: of the paper in pixels; none for that of the part.
        part: what is on it at first, of which `#1` is the prefix.
        words: in place of `#2` ...
    """

    def __init__(
        self,
        model_name: str,
        rows: int | None = None,
        title: str = "",
        width: float | None = None,
        part: str = "panel",
        words: tuple[str, ...] = (),
    ) -> None:
        usual_width, usual_height = size_of(part)
        super().__init__(width or usual_width)
        self.prefix = hyphened(model_name)
        self.taken: list[Control] = []  # by its inlets
        self.given: list[tuple[Method, Control]] = []  # by its outlets
        self.named = self.include(part, self.prefix, *words)
        self.stretch(usual_height if rows is None else row(rows) + 8.0)
        if title:
            self.named["title"]["text"] = title
            self.named["title"]["presentation_rect"][2] = self.width - 2 * PADDING

    def stretch(self, height: float) -> None:
        """Makes the paper so high."""
        self.height = height
        self.named["paper"]["presentation_rect"] = [0.0, 0.0, self.width, height]

    def take(self, control: Control, name: str = "") -> Box:
        """An inlet for the signal of a control."""
        self.taken.append(control)
        return self.inlet(name or control.name, SIGNAL)

    def give(
        self, method: Method, control: Control, source: Box, outlet: int, name: str = ""
    ) -> Box:
        """An outlet for a signal of a method."""
        self.given.append((method, control))
        return self.outlet(name or control.name, source, outlet)

    def insert(self, part: str, *words: str, left: float = 0.0, top: float = 0.0) -> dict[str, Box]:
        """Includes a part, of which `#1` is the prefix; see `include`."""
        return self.include(part, self.prefix, *words, left=left, top=top)

    def receive(self, control: str) -> Box:
        """Others set a control by a message to `prefix-control`."""
        return self.object(f"r {quoted(name_of(self.prefix, control))}")

    def receives(self, control: str, widget: Box, default: float | None = None) -> Box:
        """Ties a widget to its receiver, and to the value that it has when the patch is opened."""
        self.connect(self.receive(control), widget)
        if default is not None:
            self.connect(self.object(f"loadmess {number(default)}"), widget)
        return widget

    def send(self, widget: Box, order: str, to: str, outlet: int = 0) -> None:
        """Sends `order` and a widget's value to nn~, now and whenever one is made anew."""
        message = self.object(f"prepend {order}")
        self.connect(widget, message, outlet)
        self.chain(message, self.object(f"s {quoted(own_name(self.prefix, to))}"))
        self.connect(self.again(), widget)

    def again(self) -> Box:
        return self.object(f"r {quoted(own_name(self.prefix, AGAIN))}")

    def enable(
        self, model: Box, name: str, left: float, top: float, text: str = "", is_on: bool = True
    ) -> Box:
        """A switch for one nn~, which computes nothing when it is off; gives the box of messages
        to it."""
        toggle = self.receives(name, self.toggle(left, top), float(is_on))
        self.caption(text or name, left + 26.0, top, 180.0 if text else 60.0)
        value = self.chain(toggle, self.object("i"))
        message = self.object("prepend enable")
        self.chain(value, message, model)
        self.connect(self.again(), value)
        return message

    def caption(self, text: str, left: float, top: float, width: float = CAPTION) -> Box:
        return self.show("caption", (left, top, width, CELL), text=text)

    def bar(self, left: float, top: float, width: float, low: float, high: float) -> Box:
        """A slider that is filled up to its value."""
        return self.show("bar", (left, top + 2.0, width, CELL - 4.0), setminmax=[low, high])

    def digits(self, left: float, top: float, low: float, high: float) -> Box:
        """A number that can be dragged and typed, within its range."""
        places = 2 if high < 1000.0 else 0
        place = (left, top, NUMBER, CELL)
        return self.show("digits", place, minimum=low, maximum=high, numdecimalplaces=places)

    def whole_number(self, left: float, top: float, low: int, high: int) -> Box:
        return self.show("whole", (left, top, NUMBER, CELL), minimum=low, maximum=high)

    def log_slider(self, left: float, top: float, width: float, low: float, high: float) -> Box:
        """As `slider`, but its bar moves in equal ratios; the range is above 0."""
        handle = self.bar(left, top, width - NUMBER - 6.0, 0.0, 1.0)
        value = self.digits(left + width - NUMBER, top, low, high)
        ratio = decimal(high / low)
        turned = self.object(f"expr {decimal(low)} * pow({ratio}\\, $f1)")
        position = self.object(f"expr log($f1 / {decimal(low)}) / log({ratio})")
        self.chain(handle, turned, value, position, self.object("prepend setlist"), handle)
        return value

    def slider(self, left: float, top: float, width: float, low: float, high: float) -> Box:
        """A bar with its number, from which the value comes."""
        handle = self.bar(left, top, width - NUMBER - 6.0, low, high)
        value = self.digits(left + width - NUMBER, top, low, high)
        self.chain(handle, value, self.object("prepend setlist"), handle)
        return value

    def slider_row(self, text: str, top: float, low: float, high: float) -> Box:
        """A slider across the panel, after its name."""
        self.caption(text, PADDING, top)
        return self.slider(LEFT, top, self.width - LEFT - PADDING, low, high)

    def menu(
        self, items: list[str], left: float, top: float, width: float, kind: str = "menu"
    ) -> Box:
        """A menu: its left outlet gives the number of an item, its middle one the item."""
        entries: list[int | str] = []
        for item in items:
            entries += [int(item) if item.isdecimal() else item, ","]
        return self.show(kind, (left, top, width, CELL), items=entries[:-1])

    def toggle(self, left: float, top: float) -> Box:
        return self.show("toggle", (left, top, CELL, CELL))

    def button(self, text: str, left: float, top: float, width: float) -> Box:
        """A button with words on it, that bangs."""
        return self.show("button", (left, top, width, CELL), text=text)


def smooth(patch: Patcher, source: Box, outlet: int = 0) -> Box:
    """A control's value as a signal that does not jump."""
    ramp = patch.message(f"$1 {RAMP_MS}")
    patch.connect(source, ramp, outlet)
    return patch.chain(ramp, patch.object("line~"))


def row(number: int) -> float:
    """Top of a row of a panel, counted from 0."""
    return HEAD + number * ROW
