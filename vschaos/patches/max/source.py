"""The panel of the source: the sound for the model."""

from __future__ import annotations

from vschaos.patches.max import design
from vschaos.patches.max.design import (
    CELL,
    PADDING,
    ROW,
    Panel,
    caption,
    decibels,
    menu,
    meter,
    press,
    slider_row,
    smooth,
    switch,
    words,
)
from vschaos.patches.max.objects import SIGNAL
from vschaos.patches.max.panels import HIGHEST_DB, LEFT, LOWEST_DB, row
from vschaos.patches.max.patcher import Box, Patcher

SOURCES = ["off", "oscillator", "noise", "sound file", "microphone"]
WAVES = ["saw", "triangle", "pulse", "sine"]
SOURCE_ROWS = 10


def source(prefix: str, tall: float) -> Patcher:
    """The sound for the model: an oscillator, noise, a sound file or the microphone."""
    panel = Panel("SOURCE", prefix, tall)
    patch = panel.patch
    caption(patch, "from", PADDING, row(0))
    chosen = panel.receives("source", menu(patch, SOURCES, LEFT, row(0), 130.0), 1)
    select = patch.object(f"selector~ {len(SOURCES) - 1}")
    patch.connect(chosen, select)
    sounds = [_oscillator(panel, 1), _noise(patch), _file(panel, 5), patch.object("adc~ 1")]
    for n, sound in enumerate(sounds):
        patch.connect(sound, select, 0, n + 1)
    level = slider_row(panel, "level dB", row(8), LOWEST_DB, HIGHEST_DB)
    factor = decibels(patch, panel.receives("level", level, -12.0))
    louder = patch.of_two("*~", select, factor)
    caption(patch, "sound", PADDING, row(9))
    patch.connect(louder, meter(patch, LEFT, row(9), panel.width - LEFT - PADDING))
    patch.connect(louder, patch.outlet("sound", SIGNAL))
    return panel.finished()


def _oscillator(panel: Panel, first: int) -> Box:
    patch = panel.patch
    caption(patch, "wave", PADDING, row(first))
    wave = panel.receives("wave", menu(patch, WAVES, LEFT, row(first), 130.0), 0)
    pitch = slider_row(panel, "MIDI pitch", row(first + 1), 24.0, 96.0)
    keys = patch.show(
        "kslider",
        (LEFT, row(first + 2), panel.width - LEFT - PADDING, 2 * ROW - 6.0),
        offset=36,
        range=49,
        hkeycolor=design.ACCENT,
        parameter_enable=0,
    )
    patch.connect(keys, pitch)
    frequency = patch.chain(panel.receives("tone", pitch, 57.0), patch.object("mtof"))
    hertz = smooth(patch, frequency)
    select = patch.object(f"selector~ {len(WAVES)} 1")
    patch.chain(wave, patch.object("+ 1"), select)
    for n, name in enumerate(("saw~", "tri~", "rect~", "cycle~")):
        patch.connect(patch.chain(hertz, patch.object(name)), select, 0, n + 1)
    return select


def _noise(patch: Patcher) -> Box:
    return patch.chain(patch.object("noise~"), patch.object("*~ 0.3"))


def _file(panel: Panel, first: int) -> Box:
    """Both channels of a file, mixed."""
    patch = panel.patch
    player = patch.object("sfplay~ 2")
    place = (LEFT, row(first), panel.width - LEFT - PADDING, 3 * ROW - 6.0)
    drop = patch.show("dropfile", place, bordercolor=design.FADED)
    caption(patch, "sound file", PADDING, row(first))
    words(patch, "drop a sound here", (LEFT + 5.0, row(first) + 10.0, 130.0, CELL))
    opens = patch.object("prepend open")
    patch.connect(panel.receive("file"), opens)
    patch.chain(drop, opens, player)
    opened = press(patch, "open", LEFT + 8.0, row(first) + 40.0, 50.0)
    patch.chain(opened, patch.message("open"), player)
    left = LEFT + 84.0
    for name, text in (("play", "$1"), ("loop", "loop $1")):
        toggle = switch(patch, left, row(first) + 40.0)
        panel.receives(f"file {name}" if name == "play" else name, toggle, float(name == "loop"))
        patch.chain(toggle, patch.message(text), player)
        caption(patch, name, left + 22.0, row(first) + 40.0, 40.0)
        left += 66.0
    return patch.chain(patch.of_two("+~", player, player, 0, 1), patch.object("*~ 0.7"))
