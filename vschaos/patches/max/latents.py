"""The panel of the latents: from what is encoded, by hand and by walks, to what is decoded."""

from __future__ import annotations

from vschaos.instrument.controls import Control, Method
from vschaos.instrument.instrument import Instrument
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
)
from vschaos.patches.max.objects import SIGNAL
from vschaos.patches.max.panels import enable, height, row
from vschaos.patches.max.patcher import Box, Patcher
from vschaos.patches.max.player import labels, latents, player
from vschaos.patches.max.walks import FORMS, clocks, one_latent

COLUMNS = 3
FOLLOW, NOW, GUTTER = 44.0, 48.0, 6.0  # widths of the small bars, and between them
COLUMN_GAP = 18.0
NAME_LETTER, LONGEST_NAME = 7.0, 84.0
FIRST_ROW = 2  # below the switches, and the names of the bars
RATE_HZ = (0.01, 4.0)


def latent_panel(
    instrument: Instrument, model_name: str, controls: list[Control], prefix: str, hears: bool
) -> Patcher:
    """Latents that follow the sound, are held by hand and walk, each as much as its bars say.

    Args:
        controls: labels, which come by inlets after the sound, in this order.
        hears: what `encode` hears goes out, before the sound.
    """
    encode, decode = instrument.method("encode"), instrument.method("decode")
    shown = latents(decode.inlets if decode else encode.outlets if encode else [])
    rows = -(-len(shown) // COLUMNS)
    panel = Panel("LATENTS", prefix, height(FIRST_ROW + rows), PAGE_WIDTH - 2 * MARGIN)
    patch = panel.patch
    sound = patch.inlet("sound", SIGNAL) if encode else None
    told = {control.name: patch.inlet(control.name, SIGNAL) for control in controls}
    models = {}
    for method in (encode, decode):
        if method:
            models[method.name] = patch.subpatcher(
                method.name, player(instrument, model_name, method, prefix)
            )
            enable(panel, models[method.name], method.name, _switch_place(method.name), row(0))
            _tell_labels(patch, models, method, told, encode)
    if sound:
        patch.connect(sound, models["encode"])
    _columns(panel, shown, models, encode, decode)
    if encode and hears:
        _heard(patch, models["encode"], encode)
    if decode:
        patch.connect(models["decode"], patch.outlet("sound", SIGNAL))
    return panel.finished()


def _switch_place(method: str) -> float:
    return PADDING + 3.0 + (0.0 if method == "encode" else 96.0)


def _tell_labels(
    patch: Patcher,
    models: dict[str, Box],
    method: Method,
    told: dict[str, Box],
    encode: Method | None,
) -> None:
    """What `decode` is not told is what `encode` hears: a decoder plays hardly anything under a
    label that nobody knows."""
    for n, control in enumerate(method.inlets):
        if control.name not in told:
            continue
        label = told[control.name]
        names = [outlet.name for outlet in encode.outlets] if encode else []
        if method.name == "decode" and control.name in names:
            heard = (models["encode"], names.index(control.name))
            label = _or_heard(patch, label, heard, control.unknown_below or 0.0)
        patch.connect(label, models[method.name], 0, n)


def _or_heard(patch: Patcher, label: Box, heard: tuple[Box, int], unknown_below: float) -> Box:
    known = patch.chain(label, patch.object(f">~ {design.decimal(unknown_below - 0.5)}"))
    difference = patch.object("-~")
    patch.connect(label, difference)
    patch.connect(heard[0], difference, heard[1], 1)
    share = patch.chain(difference, patch.object("*~"))
    patch.connect(known, share, 0, 1)
    chosen = patch.chain(share, patch.object("+~"))
    patch.connect(heard[0], chosen, heard[1], 1)
    return chosen


def _heard(patch: Patcher, model: Box, encode: Method) -> None:
    for control in labels(encode.outlets):
        outlet = patch.outlet(control.name, SIGNAL)
        patch.connect(model, outlet, encode.outlets.index(control), 0)


def _columns(
    panel: Panel,
    shown: list[Control],
    models: dict[str, Box],
    encode: Method | None,
    decode: Method | None,
) -> None:
    rows = -(-len(shown) // COLUMNS)
    common = _walk_controls(panel, shown) if decode else None
    width = (panel.width - 2 * PADDING - (COLUMNS - 1) * COLUMN_GAP) / COLUMNS
    places = _Places(shown, width, encode is not None, decode is not None)
    for n, control in enumerate(shown):
        left = PADDING + (n // rows) * (width + COLUMN_GAP)
        if n % rows == 0:
            places.write_heads(panel.patch, left)
        top = row(FIRST_ROW + n % rows)
        caption(panel.patch, short_name(control), left, top, places.name)
        encoded = _channel(encode.outlets, control) if encode else None
        value, outlet = (models["encode"], encoded) if encoded is not None else (None, 0)
        if common:
            latent = _latent_row(panel, control, n, (left, top), places, common)
            if value:
                panel.patch.connect(value, latent, outlet, 0)
            assert decode is not None
            panel.patch.connect(latent, models["decode"], 0, _channel(decode.inlets, control) or 0)
            value, outlet = latent, 0
        if value:
            _now(panel.patch, value, outlet, control, left + places.now, top)


class _Places:
    """Where the bars of a latent lie, in pixels from the left of its column."""

    def __init__(self, shown: list[Control], width: float, follows: bool, plays: bool) -> None:
        longest = max((len(short_name(control)) for control in shown), default=0)
        self.name = min(LONGEST_NAME, 12.0 + NAME_LETTER * longest)
        self.follow = self.name + GUTTER
        self.hand = self.follow + (FOLLOW + GUTTER if follows else 0.0)
        self.now = width - NOW if plays else self.follow
        self.walk = self.now - GUTTER - FOLLOW
        self.hand_width = self.walk - GUTTER - self.hand
        self.follows, self.plays = follows, plays

    def write_heads(self, patch: Patcher, left: float) -> None:
        names = {"now": self.now}
        if self.plays:
            names |= {"hand": self.hand, "walk": self.walk}
            if self.follows:
                names["follow"] = self.follow
        for name, offset in names.items():
            caption(patch, name, left + offset, row(FIRST_ROW - 1) + 4.0, FOLLOW + 2.0)


def short_name(control: Control) -> str:
    """`latent 3` is 3 among latents."""
    return control.name.removeprefix("latent ")


def _channel(controls: list[Control], wanted: Control) -> int | None:
    return next((n for n, control in enumerate(controls) if control.name == wanted.name), None)


def _walk_controls(panel: Panel, shown: list[Control]) -> list[Box]:
    """Form and rate of the walks, and buttons for all hands; gives what every latent needs."""
    patch = panel.patch
    caption(patch, "walk", 226.0, row(0), 36.0)
    form = panel.hears("form", menu(patch, FORMS, 262.0, row(0), 100.0), 0)
    caption(patch, "turns a second", 380.0, row(0), 90.0)
    rate = design.slider(panel, 470.0, row(0), 240.0, *RATE_HZ)
    common = clocks(patch, form, panel.hears("rate", rate, 0.1))
    names = (("home", "hands to 0"), ("surprise", "surprise me"))
    for n, (name, text) in enumerate(names):
        button = press(patch, text, 726.0 + 96.0 * n, row(0), 88.0)
        common.append(panel.hears(name, button))
    return common


def _latent_row(
    panel: Panel,
    control: Control,
    index: int,
    corner: tuple[float, float],
    places: _Places,
    common: list[Box],
) -> Box:
    """The bars of a latent, and the subpatcher that mixes what they say."""
    patch, (left, top) = panel.patch, corner
    hand = design.slider(
        panel, left + places.hand, top, places.hand_width, control.low, control.high
    )
    panel.hears(f"latent {short_name(control)}", hand, 0.0)
    latent = patch.subpatcher(design.prefix_of(control.name), one_latent(control, index))
    patch.connect(hand, latent, 0, 2)
    bars = [("walk", places.walk, 0.0, 3)]
    if places.follows:
        bars.append(("encoded", places.follow, 1.0, 1))
    for name, offset, default, inlet in bars:
        amount = bar(patch, left + offset, top, FOLLOW, 0.0, 1.0)
        panel.hears(f"{name} {short_name(control)}", amount, default)
        patch.connect(amount, latent, 0, inlet)
    *shared, home, negative_log_likelihood = common
    for n, source in enumerate(shared):
        patch.connect(source, latent, 0, 4 + n)
    patch.chain(home, patch.message("0."), hand)
    step = design.decimal((control.high - control.low) / 1000)
    drawn = patch.chain(
        negative_log_likelihood, patch.object("random 1001"), patch.object(f"* {step}")
    )
    patch.chain(drawn, patch.object(f"+ {design.decimal(control.low)}"), hand)
    return latent


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
