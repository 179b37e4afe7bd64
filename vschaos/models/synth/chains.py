"""Chains: which module of a voice feeds which. They are data; `voice` computes what they say."""

from __future__ import annotations

from typing import NamedTuple

from vschaos.models.synth.parameters import PARAMETERS, Parameter

SOUNDS = ("osc_1", "osc_2", "noise", "mixer", "filter", "drive", "amplifier")
MODULES = ("keyboard", "lfo", "envelope", *SOUNDS)
# cables that a voice can have; those of most have an amount, a parameter
PATH = ("osc_1>mixer", "mixer>filter", "mixer>drive", "filter>drive", "drive>amplifier")
CABLES = (*PATH, *(parameter.module for parameter in PARAMETERS if ">" in parameter.module))


class Chain(NamedTuple):
    """Modules and the cables between them.

    Attributes:
        name: of the chain.
        cables: `source>target`, some of `CABLES`.
        description: one line.
    """

    name: str
    cables: tuple[str, ...]
    description: str

    @property
    def modules(self) -> tuple[str, ...]:
        """Those that a cable reaches, in the order of `MODULES`."""
        ends = {end for cable in self.cables for end in cable.split(">")}
        return tuple(module for module in MODULES if module in ends | {"keyboard", "amplifier"})

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Of its modules and cables, in the order of `PARAMETERS`."""
        there = {*self.modules, *self.cables}
        return tuple(parameter for parameter in PARAMETERS if parameter.module in there)

    @property
    def connections(self) -> tuple[tuple[str, str, str], ...]:
        """From a module, to a module, and the parameter that says how much; empty if it is all."""
        amounts = {parameter.module: parameter.name for parameter in PARAMETERS}
        ends = (cable.split(">") for cable in self.cables)
        return tuple((one, other, amounts.get(f"{one}>{other}", "")) for one, other in ends)

    def has(self, name: str) -> bool:
        """Whether there is a module or cable of that name."""
        return name in self.modules or name in self.cables

    def includes(self, other: Chain) -> bool:
        """Whether it can play the presets of another."""
        return {*other.cables} - {"mixer>drive"} <= {*self.cables}


def _chain(name: str, description: str, *cables: str) -> Chain:
    unknown = set(cables) - set(CABLES)
    if unknown:
        raise ValueError(f"cables of {name} must be some of {CABLES}, got {sorted(unknown)}")
    if ("mixer>filter" in cables) == ("mixer>drive" in cables):
        raise ValueError(f"the mixer of {name} must feed the filter or the drive, got {cables}")
    return Chain(name, cables, description)


_SOURCE = ("osc_1>mixer", "drive>amplifier", "lfo>keyboard", "lfo>osc_1", "lfo>amplifier")
_FILTER = (
    *("noise>mixer", "mixer>filter", "filter>drive"),
    *("envelope>filter", "keyboard>filter", "lfo>filter"),
)
_MODULATION = ("osc_2>osc_1", "envelope>osc_1")
CHAINS = {
    chain.name: chain
    for chain in (
        _chain("mono", "an oscillator and noise through a filter", *_SOURCE, *_FILTER),
        _chain(
            "two_osc",
            "two oscillators and noise through a filter",
            *(*_SOURCE, *_FILTER, "osc_2>mixer"),
        ),
        _chain(
            "fm",
            "an oscillator whose phase another one modulates",
            *(*_SOURCE, *_MODULATION, "osc_2>mixer", "mixer>drive"),
        ),
        _chain(
            "modular",
            "all modules: two oscillators, phase modulation, noise and filter",
            *(*_SOURCE, *_FILTER, *_MODULATION, "osc_2>mixer"),
        ),
    )
}


def chain_named(name: str) -> Chain:
    """A chain by its name.

    Raises:
        ValueError: there is none.
    """
    if name not in CHAINS:
        raise ValueError(f"chain must be one of {', '.join(CHAINS)}, got {name!r}")
    return CHAINS[name]
