"""The layout that the pages of all hosts share: an instrument's methods and controls, sorted."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from vschaos.instrument.controls import Attribute, Control, Method
from vschaos.instrument.instrument import Instrument

ACTS_ON_LATENTS = ("freeze", "smoothing", "jitter")  # once is enough in a chain of two methods
VOICES = 4  # of a method that is played by notes
HOST_RATE = "sample_rate"  # the attribute that a page sets to the rate of its host
RESERVED = {  # receivers of a page's own controls
    *("balance", "buffer", "depth", "draw", "dsp", "file", "form", "home", "level", "loop", "mute"),
    *("out", "randomize", "rate", "record", "source", "tone", "trajectory", "volume", "wave"),
    *("by hand", "key", "keys octave", "note"),
}
NUMBERED = re.compile(r"(latent|encoded|trajectory|predicted|signal)\b")  # receivers of a fader

Widget = Literal["fader", "note", "gate"]
SettingWidget = Literal["button", "menu", "toggle", "whole number", "number"]


class Fader(NamedTuple):
    """A number between `encode` and `decode`, as encoded, by hand and by a trajectory.

    Attributes:
        control: its name, range and so on.
        target: the method that takes it; none if no method does.
        inlet: of the target.
        outlet: of `encode` that it follows; none if nothing encodes it.
    """

    control: Control
    target: str | None
    inlet: int = 0
    outlet: int | None = None


class Keyboard(NamedTuple):
    """Faders of `decode` that a keyboard plays, where `encode` plays them otherwise.

    Attributes:
        faders: those that stop to follow the sound; timbre goes on.
        pitch: MIDI note, of the key.
        loudness: by its velocity, and as it is by default when no key is down.
    """

    faders: list[Fader]
    pitch: Control
    loudness: Control

    def by_hand(self, control: Control) -> float:
        """Where a fader is when the hand takes it: the loudness in its middle, to be heard."""
        if control == self.loudness:
            return (control.low + control.high) / 2
        return control.default


@dataclass(frozen=True)
class Layout:
    """An instrument as it is laid out: sound comes from a source, labels from one place for all
    methods, `encode` and `decode` stand in a chain with faders between them, and every other method
    has a place of its own with a widget for each further control.

    Args:
        instrument: of a `.ts`.
    """

    instrument: Instrument

    @cached_property
    def faders(self) -> list[Fader]:
        """Controls of the chain, in the order of `encode` and `decode`."""
        encoded, decoded = self.outlets("encode"), self.inlets("decode")
        return [
            *(Fader(c, "encode", k) for k, c in dials(self.inlets("encode"))),
            *(Fader(c, "decode", k, channel(encoded, c.name)) for k, c in dials(decoded)),
            *(Fader(c, None, 0, k) for k, c in dials(encoded) if channel(decoded, c.name) is None),
        ]

    @cached_property
    def chain(self) -> list[Method]:
        """`encode` and `decode`, if there is something to turn between them."""
        found = [self.instrument.method(name) for name in ("encode", "decode")]
        return [method for method in found if method] if self.faders else []

    @cached_property
    def keyboard(self) -> Keyboard | None:
        """Of a chain with `pitch`, a MIDI note, and `loudness`."""
        faders = [
            fader
            for fader in self.faders
            if fader.target == "decode" and fader.outlet is not None
            if fader.control.unit != "sigma" and widget(fader.control) != "gate"
        ]
        found = {fader.control.name: fader.control for fader in faders}
        pitch, loudness = found.get("pitch"), found.get("loudness")
        if not pitch or not loudness or widget(pitch) != "note":
            return None
        return Keyboard(faders, pitch, loudness)

    @cached_property
    def others(self) -> list[Method]:
        """Methods out of the chain."""
        return [method for method in self.instrument.methods if method not in self.chain]

    def is_polyphonic(self, method: Method) -> bool:
        """Whether notes are dealt out to voices: of a method of sound by pitch and velocity."""
        found = [control for _, control in dials(method.inlets)]
        has_note = any(widget(control) == "note" for control in found)
        has_gate = any(c.unit == "velocity" and widget(c) == "gate" for c in found)
        return has_note and has_gate and sounds(method.outlets) and not sounds(method.inlets)

    @cached_property
    def labels(self) -> list[Control]:
        """Labels and classes that any of the methods takes, each once."""
        inlets = [c for method in self.instrument.methods for c in method.inlets if is_label(c)]
        return list({control.name: control for control in inlets}.values())

    @property
    def chain_labels(self) -> list[Control]:
        """Those that the chain takes."""
        taken = {control.name for method in self.chain for control in method.inlets}
        return [label for label in self.labels if label.name in taken]

    @cached_property
    def predicting(self) -> Method | None:
        """The method whose predictions of labels are shown: `encode` if it has some."""
        first = sorted(self.instrument.methods, key=lambda method: method.name != "encode")
        return next((m for m in first if any(map(is_label, m.outlets))), None)

    @cached_property
    def predictions(self) -> list[Control]:
        return [c for c in self.predicting.outlets if is_label(c)] if self.predicting else []

    @cached_property
    def balanced(self) -> list[str]:
        """Methods that sound from the beginning: a way of sound through the model and `decode`, of
        which the page has a balance; else the first that gives sound."""
        through = [m.name for m in self._sounding if sounds(m.inlets) and m.name != "decode"][:1]
        found = through + [m.name for m in self._sounding if m.name == "decode"]
        return found or [m.name for m in self._sounding[:1]]

    @cached_property
    def added(self) -> list[str]:
        """Other methods that give sound; they wait until they are switched on."""
        return [m.name for m in self._sounding if m.name not in self.balanced]

    @property
    def _sounding(self) -> list[Method]:
        return [method for method in self.instrument.methods if sounds(method.outlets)]

    @property
    def has_source(self) -> bool:
        """Whether any method takes sound."""
        return any(sounds(method.inlets) for method in self.instrument.methods)

    @cached_property
    def mixed(self) -> str | None:
        """The method in whose place the attribute `mix` is."""
        has_mix = any(attribute.name == "mix" for attribute in self.instrument.settings())
        ways = [m.name for m in self.others if sounds(m.inlets) and sounds(m.outlets)]
        return ways[0] if ways and has_mix else None

    @property
    def follows_rate(self) -> bool:
        """Whether the model plays at any rate that it is told."""
        return any(attribute.name == HOST_RATE for attribute in self.instrument.settings())

    @property
    def attributes(self) -> list[Attribute]:
        """Those with a widget; any words are set by a message of one's own, the rate by a page."""
        return [
            attribute
            for attribute in self.instrument.settings()
            if attribute.name != HOST_RATE and (attribute.type != "str" or attribute.choices)
        ]

    @property
    def settings(self) -> list[Attribute]:
        """Those in the panel of settings."""
        return [a for a in self.attributes if a.name != "mix" or not self.mixed]

    def inlets(self, method: str) -> list[Control]:
        """None, where there is no such method."""
        found = self.instrument.method(method)
        return found.inlets if found else []

    def outlets(self, method: str) -> list[Control]:
        found = self.instrument.method(method)
        return found.outlets if found else []

    def predicted(self, label: Control) -> int | None:
        """The outlet of `encode` that `decode` takes where a label is not given: under an unknown
        label a decoder is nearly silent."""
        outlet = channel(self.outlets("encode"), label.name)
        return outlet if channel(self.inlets("decode"), label.name) is not None else None

    def unset(self, label: Control) -> tuple[str, float] | None:
        """Word and number for a label that is not given; none if it always is."""
        if label.unknown_below is not None:
            return "unknown", label.unknown_below - 1.0
        return ("follow", -1.0) if self.predicted(label) is not None else None

    def initial(self, label: Control) -> float:
        """The number of a label when a page is opened."""
        unset = self.unset(label)
        return unset[1] if unset else label.default

    def method_name(self, method: str) -> str:
        """The receiver of a method's switch: `encode`, or `method record` as all names that are
        taken."""
        return f"method {method}" if method in RESERVED else method

    def setting_name(self, attribute: str) -> str:
        is_taken = attribute in RESERVED or self.instrument.method(attribute)
        return f"setting {attribute}" if is_taken else attribute

    def label_name(self, label: str) -> str:
        attributes = [attribute.name for attribute in self.instrument.attributes]
        is_taken = label in {*RESERVED, *attributes} or self.instrument.method(label)
        return f"label {label}" if is_taken or NUMBERED.match(label) else label

    def played(self, kind: Widget) -> list[str]:
        """Receivers that a MIDI keyboard plays: its `note`, and its `gate` while a key is down."""
        names = [
            f"latent {short_name(f.control)}"
            for f in self.faders
            if f.target and widget(f.control) == kind
        ]
        names += [
            f"{method.name} {control.name}"
            for method in self.others
            if not self.is_polyphonic(method)
            for _, control in dials(method.inlets)
            if widget(control) == kind
        ]
        return list(dict.fromkeys(names))


def recalls(attribute: Attribute) -> list[list[tuple[str, float]]]:
    """What each choice of an attribute sets: names of others, and their values."""
    if not attribute.sets:
        return []
    return [
        [(name, values[number]) for name, values in attribute.sets]
        for number in range(len(attribute.choices))
    ]


def is_sound(control: Control) -> bool:
    return control.unit == "amplitude" and control.low < 0.0


def is_label(control: Control) -> bool:
    """It may be unknown, or is one of some classes."""
    return control.unknown_below is not None or bool(control.classes)


def is_dial(control: Control) -> bool:
    """A number that is turned: a latent, or another parameter of a sound."""
    return not is_sound(control) and not is_label(control)


def dials(controls: Sequence[Control]) -> list[tuple[int, Control]]:
    """Channels and controls."""
    return [(k, control) for k, control in enumerate(controls) if is_dial(control)]


def sounds(controls: Sequence[Control]) -> bool:
    return any(map(is_sound, controls))


def widget(control: Control) -> Widget:
    if control.movement == "gate":
        return "gate"
    return "note" if control.unit == "MIDI note" else "fader"


def setting_widget(attribute: Attribute) -> SettingWidget:
    """What a setting is set by; a button sets it to 1 once."""
    if attribute.name == "reset":
        return "button"
    if attribute.choices:
        return "menu"
    is_switch = attribute.type == "int" and (attribute.low, attribute.high) == (0.0, 1.0)
    if attribute.type == "bool" or is_switch:
        return "toggle"
    return "whole number" if attribute.type == "int" else "number"


def spread(control: Control) -> float:
    """The standard deviation of a trajectory, in the control's unit."""
    if control.unit == "sigma":
        return 1.0
    is_uniform = control.movement == "uniform"
    return (control.high - control.low) / (math.sqrt(12.0) if is_uniform else 6.0)


def short_name(fader: Control) -> str:
    """`1` of `latent 1`, others as they are."""
    return fader.name.removeprefix("latent ")


def channel(controls: Sequence[Control], name: str) -> int | None:
    """The number of the control of that name."""
    return next((k for k, control in enumerate(controls) if control.name == name), None)


def hyphened(name: str) -> str:
    """A name in one word, without signs that mean something in a box."""
    return re.sub(r"[\s\\,;$]+", "-", name.strip())


def number(value: float) -> str:
    """A number as it is written in a box, whole ones without a point.

    >>> number(2.0), number(-0.25)
    ('2', '-0.25')
    """
    return str(int(value)) if value == int(value) else f"{value:.6g}"
