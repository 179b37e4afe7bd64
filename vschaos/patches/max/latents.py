"""The panel of the chain: controls as encoded, by hand and by trajectories, to be decoded."""

from __future__ import annotations

from typing import NamedTuple

from vschaos.instrument.controls import Control
from vschaos.patches.layout import (
    Fader,
    Layout,
    is_label,
    is_sound,
    short_name,
    sounds,
    widget,
)
from vschaos.patches.max import design
from vschaos.patches.max.design import (
    CELL,
    MARGIN,
    PADDING,
    PAGE_WIDTH,
    Panel,
    bar,
    caption,
    menu,
    press,
    switch,
)
from vschaos.patches.max.objects import SIGNAL
from vschaos.patches.max.panels import enable, height, row
from vschaos.patches.max.patcher import Box, Patcher
from vschaos.patches.max.player import player
from vschaos.patches.max.trajectories import FORMS, clocks, one_latent

COLUMNS = 3
FOLLOW, NOW, GUTTER = 44.0, 48.0, 6.0  # widths of the small bars, and between them
COLUMN_GAP = 18.0
NAME_LETTER, LONGEST_NAME = 7.0, 84.0
FIRST_ROW = 2  # below the switches, and the names of the bars
RATE_HZ = (0.01, 4.0)


def latent_panel(layout: Layout) -> Patcher:
    """The chain: controls that follow the sound, are held by hand and move on trajectories, each as
    much as its bars show.

    Its inlets are the sound, if a method of the chain takes it, and the labels; its outlets the
    predictions of `encode`, and the sound.
    """
    title = "LATENTS" if any(f.control.unit == "sigma" for f in layout.faders) else "CONTROLS"
    rows = -(-len(layout.faders) // COLUMNS)
    prefix = design.prefix_of(layout.instrument.name)
    panel = Panel(title, prefix, height(FIRST_ROW + rows), PAGE_WIDTH - 2 * MARGIN)
    patch = panel.patch
    models = {
        method.name: patch.subpatcher(method.name, player(layout.instrument, method))
        for method in layout.chain
    }
    for n, (name, model) in enumerate(models.items()):
        enable(panel, model, name, PADDING + 3.0 + 96.0 * n, row(0))
    _connect_sound(patch, layout, models)
    _connect_labels(patch, layout, models)
    _columns(panel, layout, models)
    for method in layout.chain:
        for n, control in enumerate(method.outlets):
            if is_label(control) and method == layout.predicting:
                patch.connect(models[method.name], patch.outlet(control.name, SIGNAL), n)
    for method in layout.chain:
        sound = [n for n, control in enumerate(method.outlets) if is_sound(control)]
        if sound:
            outlet = patch.outlet("sound", SIGNAL)
            for n in sound:
                patch.connect(models[method.name], outlet, n)
    return panel.finished()


def takes_sound(layout: Layout) -> bool:
    """Whether the first inlet of the panel is the sound."""
    return any(sounds(method.inlets) for method in layout.chain)


def _connect_sound(patch: Patcher, layout: Layout, models: dict[str, Box]) -> None:
    if not takes_sound(layout):
        return
    sound = patch.inlet("sound", SIGNAL)
    for method in layout.chain:
        for n, control in enumerate(method.inlets):
            if is_sound(control):
                patch.connect(sound, models[method.name], 0, n)


def _connect_labels(patch: Patcher, layout: Layout, models: dict[str, Box]) -> None:
    """Labels come by inlets; where one is not given `decode` takes the prediction of `encode`."""
    inlets = {label.name: patch.inlet(label.name, SIGNAL) for label in layout.chain_labels}
    for method in layout.chain:
        for n, control in enumerate(method.inlets):
            if not is_label(control):
                continue
            label, outlet = inlets[control.name], layout.predicted(control)
            if method.name == "decode" and outlet is not None:
                predicted = (models["encode"], outlet)
                label = _or_predicted(patch, label, predicted, layout.initial(control))
            patch.connect(label, models[method.name], 0, n)


def _or_predicted(patch: Patcher, label: Box, predicted: tuple[Box, int], unset: float) -> Box:
    known = patch.chain(label, patch.object(f">~ {design.decimal(unset + 0.5)}"))
    difference = patch.of_two("-~", label, predicted[0], 0, predicted[1])
    share = patch.of_two("*~", difference, known)
    return patch.of_two("+~", share, predicted[0], 0, predicted[1])


def _columns(panel: Panel, layout: Layout, models: dict[str, Box]) -> None:
    rows = -(-len(layout.faders) // COLUMNS)
    common = _common_controls(panel, layout)
    width = (panel.width - 2 * PADDING - (COLUMNS - 1) * COLUMN_GAP) / COLUMNS
    places = _Places(layout.faders, width)
    for n, fader in enumerate(layout.faders):
        left = PADDING + (n // rows) * (width + COLUMN_GAP)
        if n % rows == 0:
            places.write_heads(panel.patch, left)
        top = row(FIRST_ROW + n % rows)
        caption(panel.patch, short_name(fader.control), left, top, places.name)
        value, outlet = (models["encode"], fader.outlet) if fader.outlet is not None else (None, 0)
        if fader.target:
            latent = _fader_row(panel, fader, n, (left, top), places, common)
            if value:
                panel.patch.connect(value, latent, outlet, 0)
            panel.patch.connect(latent, models[fader.target], 0, fader.inlet)
            value, outlet = latent, 0
        if value:
            _now(panel.patch, value, outlet, fader.control, left + places.now, top)


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

    def write_heads(self, patch: Patcher, left: float) -> None:
        names = {"now": self.now}
        if self.plays:
            names |= {"hand": self.hand, "move": self.trajectory}
            if self.follows:
                names["follow"] = self.follow
        for name, offset in names.items():
            caption(patch, name, left + offset, row(FIRST_ROW - 1) + 4.0, FOLLOW + 2.0)


def _common_controls(panel: Panel, layout: Layout) -> _Common:
    """Form and rate of the trajectories, and buttons for all hands."""
    patch = panel.patch
    clock: list[Box] = []
    taken = [fader.control for fader in layout.faders if fader.target]
    if any(control.movement != "held" for control in taken):
        caption(patch, "move", 226.0, row(0), 36.0)
        form = panel.receives("form", menu(patch, FORMS, 262.0, row(0), 100.0), 0)
        caption(patch, "turns a second", 380.0, row(0), 90.0)
        rate = design.slider(panel, 470.0, row(0), 240.0, *RATE_HZ)
        clock = clocks(patch, form, panel.receives("rate", rate, 0.1))
    names = (("home", "hands home"), ("randomize", "randomize")) if taken else ()
    buttons = [
        panel.receives(name, press(patch, text, 726.0 + 96.0 * n, row(0), 88.0))
        for n, (name, text) in enumerate(names)
    ]
    return _Common(clock, buttons)


class _Common(NamedTuple):
    """Controls of all faders: the clock of their trajectories, and buttons for their hands."""

    clock: list[Box]
    buttons: list[Box]


def _fader_row(
    panel: Panel,
    fader: Fader,
    index: int,
    corner: tuple[float, float],
    places: _Places,
    common: _Common,
) -> Box:
    """The bars of a control, and the subpatcher that mixes hand, sound and trajectory."""
    patch, control, (left, top) = panel.patch, fader.control, corner
    name = short_name(control)
    place = (left + places.hand, top)
    if widget(control) == "gate":
        hand = switch(patch, *place)
    else:
        hand = design.slider(panel, *place, places.hand_width, control.low, control.high)
    panel.receives(f"latent {name}", hand, control.default)
    latent = patch.subpatcher(design.prefix_of(control.name), one_latent(control, index))
    patch.connect(hand, latent, 0, 2)
    if fader.outlet is not None:
        follow = bar(patch, left + places.follow, top, FOLLOW, 0.0, 1.0)
        patch.connect(panel.receives(f"encoded {name}", follow, 1.0), latent, 0, 1)
    if control.movement != "held":
        depth = bar(patch, left + places.trajectory, top, FOLLOW, 0.0, 1.0)
        patch.connect(panel.receives(f"trajectory {name}", depth, 0.0), latent, 0, 3)
        for n, source in enumerate(common.clock):
            patch.connect(source, latent, 0, 4 + n)
    _by_buttons(patch, control, hand, common.buttons)
    return latent


def _by_buttons(patch: Patcher, control: Control, hand: Box, buttons: list[Box]) -> None:
    """The hand goes to its default by the first button, anywhere by the second."""
    home, randomize = buttons
    if widget(control) == "gate":
        patch.chain(home, patch.message(design.number(control.default)), hand)
        patch.chain(randomize, patch.object("random 2"), hand)
        return
    patch.chain(home, patch.message(design.decimal(control.default)), hand)
    step = design.decimal((control.high - control.low) / 1000)
    drawn = patch.chain(randomize, patch.object("random 1001"), patch.object(f"* {step}"))
    patch.chain(drawn, patch.object(f"+ {design.decimal(control.low)}"), hand)


def _now(
    patch: Patcher, value: Box, outlet: int, control: Control, left: float, top: float
) -> None:
    """A bar that shows a latent as it goes by."""
    read = patch.object("snapshot~ 50")
    patch.connect(value, read, outlet)
    shown = patch.show(
        "multislider",
        (left, top + 6.0, NOW, CELL - 12.0),
        setminmax=[control.low, control.high],
        size=1,
        setstyle=1,
        orientation=0,
        ignoreclick=1,
        bgcolor=design.WELL,
        slidercolor=design.FADED,
        bordercolor=design.CLEAR,
        parameter_enable=0,
    )
    patch.connect(read, shown)
