"""What the patch of an instrument is drawn from: its controls sorted, and the names they hear."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from vschaos.instrument.controls import Attribute, Control, Method
from vschaos.instrument.instrument import Instrument
from vschaos.patches.pure_data.text import literal

ACTS_ON_LATENTS = ("freeze", "smoothing", "jitter")  # once is enough in a chain of two objects
TEMPERATURE = "generate temperature"  # name of a control; a setting is called temperature too
OWN_PLACE = ("mix",)  # settings that are not among the others
LARGEST_BUFFER = 16384  # samples
TAKEN = (  # names of controls that every patch may have
    "balance", "buffer", "decode", "depth", "draw", "dsp", "encode", "file", "form", "forward",
    "generate", "level", "loop", "mute", "out", "rate", "record", "source", "tone", "volume",
    "walk",
)  # fmt: skip


@dataclass(frozen=True)
class Design:
    """An instrument as it is laid out.

    Args:
        instrument: what is played.
    """

    instrument: Instrument

    @property
    def prefix(self) -> str:
        """What the names of all receivers begin with; never a number, that Pd would write anew."""
        name = hyphened(self.instrument.name)
        return f"model-{name}" if _is_number(name) else name

    @property
    def own(self) -> str:
        """What names begin with that this patch alone knows: another one of the same name may be
        open."""
        return f"$0-{self.prefix}"

    @property
    def model(self) -> str:
        """The `.ts` in a box; a name that reads as a number needs its ending to be a word."""
        name = self.instrument.name
        return literal(f"{name}.ts" if _is_number(name) else name)

    def has(self, method: str) -> bool:
        return self.instrument.method(method) is not None

    def inlets(self, method: str) -> list[Control]:
        """None, where there is no such method."""
        found = self.instrument.method(method)
        return found.inlets if found else []

    def outlets(self, method: str) -> list[Control]:
        found = self.instrument.method(method)
        return found.outlets if found else []

    @cached_property
    def latents(self) -> list[Control]:
        """What is turned by faders: the inlets of `decode`, or else the outlets of `encode`."""
        controls = self.inlets("decode") if self.has("decode") else self.outlets("encode")
        return [control for control in controls if not is_label(control) and not is_sound(control)]

    @cached_property
    def labels(self) -> list[Control]:
        """What any of the methods is told."""
        inlets = [c for method in self.instrument.methods for c in method.inlets if is_label(c)]
        return list({control.name: control for control in inlets}.values())

    @cached_property
    def heard(self) -> list[Control]:
        """The labels that are heard, by `encode` if there is one."""
        method = "encode" if self.has("encode") else "forward"
        return [control for control in self.outlets(method) if is_label(control)]

    @cached_property
    def settings(self) -> list[Attribute]:
        return [a for a in self.instrument.settings() if a.name not in OWN_PLACE]

    def setting(self, name: str) -> Attribute | None:
        return next((a for a in self.instrument.settings() if a.name == name), None)

    @property
    def buffers(self) -> list[int]:
        """Sizes to choose from, samples."""
        sizes = [self.instrument.hop_length]
        while sizes[-1] < max(LARGEST_BUFFER, self.instrument.buffer_size):
            sizes.append(2 * sizes[-1])
        return sizes

    def receiver(self, control: str) -> str:
        """What a control listens to: `NAME-latent-1`, `NAME-volume`."""
        return f"{self.prefix}-{hyphened(control)}"

    def label_receiver(self, label: Control) -> str:
        """`NAME-pitch`, or `NAME-label-volume` where the name is taken."""
        taken = {*TAKEN, *(attribute.name for attribute in self.instrument.attributes)}
        is_taken = hyphened(label.name) in taken or re.match(r"(latent|encoded)-", label.name)
        return self.receiver(f"label {label.name}" if is_taken else label.name)


def is_label(control: Control) -> bool:
    return control.unknown_below is not None


def is_on(method: Method) -> int:
    """1 if a method plays from the beginning; what plays by itself waits."""
    return int(method.name != "generate")


def is_sound(control: Control) -> bool:
    return control.unit == "amplitude"


def short_name(latent: Control) -> str:
    """`1` of `latent 1`, others as they are."""
    return hyphened(latent.name.removeprefix("latent "))


def unknown(label: Control) -> float:
    """The number that says that a label is unknown."""
    return (label.unknown_below or 0.0) - 1.0


def hyphened(name: str) -> str:
    """A name without what means something in PureData."""
    return re.sub(r"[\s\\,;$]+", "-", name.strip())


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True
