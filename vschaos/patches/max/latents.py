"""The panel of the chain: controls as encoded, by hand and by trajectories, to be decoded."""

from __future__ import annotations

from vschaos.instrument.controls import Control
from vschaos.patches.layout import (
    Fader,
    Layout,
    hyphened,
    is_label,
    is_sound,
    number,
    short_name,
    widget,
)
from vschaos.patches.max.panel import CELL, FULL_WIDTH, PADDING, Panel, row
from vschaos.patches.max.patcher import Box
from vschaos.patches.max.player import player
from vschaos.patches.max.text import decimal
from vschaos.patches.max.trajectories import CLOCK, one_latent

COLUMNS = 3
FOLLOW, NOW, GUTTER = 44.0, 48.0, 6.0  # widths of the small bars, and between them
COLUMN_GAP = 18.0
NAME_LETTER, LONGEST_NAME = 7.0, 84.0
FIRST_ROW = 2  # below the switches, and the names of the bars


def latent_panel(layout: Layout) -> Panel:
    """The chain: controls that follow the sound, are held by hand and move on trajectories, each as
    much as its bars show.

    Its inlets are the sound, if a method of the chain takes it, and the labels; its outlets the
    predictions of `encode`, and the sound.
    """
    title = "LATENTS" if any(f.control.unit == "sigma" for f in layout.faders) else "CONTROLS"
    rows = -(-len(layout.faders) // COLUMNS)
    panel = Panel(layout.instrument.name, FIRST_ROW + rows, title, FULL_WIDTH)
    models = {
        method.name: panel.subpatcher(method.name, player(layout.instrument, method))
        for method in layout.chain
    }
    for n, (name, model) in enumerate(models.items()):
        panel.enable(model, name, PADDING + 3.0 + 96.0 * n, row(0))
    _connect_inlets(panel, layout, models)
    _fader_rows(panel, layout, models, rows)
    for method in layout.chain:
        for n, control in enumerate(method.outlets):
            if is_label(control) and method == layout.predicting:
                panel.give(method, control, models[method.name], n)
    for method in layout.chain:
        found = [n for n, control in enumerate(method.outlets) if is_sound(control)]
        for n in found[:1]:
            outlet = panel.give(method, method.outlets[n], models[method.name], n, "sound")
            for other in found[1:]:
                panel.connect(models[method.name], outlet, other)
    return panel


def _connect_inlets(panel: Panel, layout: Layout, models: dict[str, Box]) -> None:
    """Sound and labels; where a label is not given `decode` takes the prediction of `encode`."""
    sound = [c for method in layout.chain for c in method.inlets if is_sound(c)][:1]
    sounds = [panel.take(control, "sound") for control in sound]
    inlets = {label.name: panel.take(label) for label in layout.chain_labels}
    for method in layout.chain:
        for n, control in enumerate(method.inlets):
            if is_sound(control):
                panel.connect(sounds[0], models[method.name], 0, n)
            elif is_label(control):
                label, outlet = inlets[control.name], layout.predicted(control)
                if method.name == "decode" and outlet is not None:
                    unset = layout.initial(control)
                    label = _or_predicted(panel, label, models["encode"], outlet, unset)
                panel.connect(label, models[method.name], 0, n)


def _or_predicted(panel: Panel, label: Box, encode: Box, outlet: int, unset: float) -> Box:
    known = panel.chain(label, panel.object(f">~ {decimal(unset + 0.5)}"))
    difference = panel.of_two("-~", label, encode, 0, outlet)
    share = panel.of_two("*~", difference, known)
    return panel.of_two("+~", share, encode, 0, outlet)


def _fader_rows(panel: Panel, layout: Layout, models: dict[str, Box], rows: int) -> None:
    taken = [fader.control for fader in layout.faders if fader.target]
    clock: list[Box] = []
    if any(control.movement != "held" for control in taken):
        named = panel.insert("clock")
        clock = [named[name] for name in CLOCK]
    buttons = [
        panel.receives(name, panel.button(text, 726.0 + 96.0 * n, row(0), 88.0))
        for n, (name, text) in enumerate((("home", "hands home"), ("randomize", "randomize")))
        if taken
    ]
    width = (panel.width - 2 * PADDING - (COLUMNS - 1) * COLUMN_GAP) / COLUMNS
    places = _Places(layout.faders, width)
    for n, fader in enumerate(layout.faders):
        left, top = PADDING + (n // rows) * (width + COLUMN_GAP), row(FIRST_ROW + n % rows)
        if n % rows == 0:
            places.write_heads(panel, left)
        panel.caption(short_name(fader.control), left, top, places.name)
        value, outlet = models.get("encode"), fader.outlet
        if fader.target:
            hand, latent = _fader_row(panel, fader, n, (left, top), places)
            _by_buttons(panel, fader.control, hand, buttons)
            if value and outlet is not None:
                panel.connect(value, latent, outlet)
            if fader.control.movement != "held":
                for k, source in enumerate(clock):
                    panel.connect(source, latent, 0, 4 + k)
            panel.connect(latent, models[fader.target], 0, fader.inlet)
            value, outlet = latent, 0
        if value and outlet is not None:
            read = panel.object("snapshot~ 50")
            panel.connect(value, read, outlet)
            place = (left + places.now, top + 6.0, NOW, CELL - 12.0)
            limits = [fader.control.low, fader.control.high]
            panel.connect(read, panel.show("now", place, setminmax=limits))


class _Places:
    """Where the bars of a latent lie, in pixels from the left of its column."""

    def __init__(self, faders: list[Fader], width: float) -> None:
        follows = any(fader.outlet is not None for fader in faders)
        plays = any(fader.target for fader in faders)
        longest = max(len(short_name(fader.control)) for fader in faders)
        self.name = min(LONGEST_NAME, 12.0 + NAME_LETTER * longest)
        self.follow = self.name + GUTTER
        self.hand = self.follow + (FOLLOW + GUTTER if follows else 0.0)
        self.now = width - NOW if plays else self.follow
        self.trajectory = self.now - GUTTER - FOLLOW
        self.hand_width = self.trajectory - GUTTER - self.hand
        self.follows, self.plays = follows, plays

    def write_heads(self, panel: Panel, left: float) -> None:
        names = {"now": self.now}
        if self.plays:
            names |= {"hand": self.hand, "move": self.trajectory}
            if self.follows:
                names["follow"] = self.follow
        for name, offset in names.items():
            panel.caption(name, left + offset, row(FIRST_ROW - 1) + 4.0, FOLLOW + 2.0)


def _fader_row(
    panel: Panel, fader: Fader, index: int, corner: tuple[float, float], places: _Places
) -> tuple[Box, Box]:
    """The bars of a control: the widget of its hand, and the subpatcher that mixes hand, sound and
    trajectory."""
    control, (left, top) = fader.control, corner
    name = short_name(control)
    if widget(control) == "gate":
        hand = panel.toggle(left + places.hand, top)
    else:
        place = (left + places.hand, top, places.hand_width)
        # a number box takes nothing beyond its limits, and the default may be there
        ends = (control.low, control.high, control.default)
        hand = panel.slider(*place, min(ends), max(ends))
    panel.receives(f"latent {name}", hand, control.default)
    latent = panel.subpatcher(hyphened(control.name), one_latent(control, index))
    panel.connect(hand, latent, 0, 2)
    if fader.outlet is not None:
        follow = panel.bar(left + places.follow, top, FOLLOW, 0.0, 1.0)
        panel.connect(panel.receives(f"encoded {name}", follow, 1.0), latent, 0, 1)
    if control.movement != "held":
        depth = panel.bar(left + places.trajectory, top, FOLLOW, 0.0, 1.0)
        panel.connect(panel.receives(f"trajectory {name}", depth, 0.0), latent, 0, 3)
    return hand, latent


def _by_buttons(panel: Panel, control: Control, hand: Box, buttons: list[Box]) -> None:
    """The hand goes to its default by the first button, anywhere by the second."""
    home, randomize = buttons
    if widget(control) == "gate":
        panel.chain(home, panel.message(number(control.default)), hand)
        panel.chain(randomize, panel.object("random 2"), hand)
        return
    panel.chain(home, panel.message(decimal(control.default)), hand)
    step = decimal((control.high - control.low) / 1000)
    scaled = panel.object(f"* {step}", outlettype=["float"])
    lifted = panel.object(f"+ {decimal(control.low)}", outlettype=["float"])
    panel.chain(randomize, panel.object("random 1001"), scaled, lifted, hand)
