"""A preset, and what a form of preset files can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vschaos.plugin.description import Description


@dataclass(frozen=True)
class Preset:
    """Settings with a name.

    Attributes:
        name: one line, of any characters.
        positions: from 0 to 1, `[P]`, in the order of the description.
    """

    name: str
    positions: np.ndarray


class PresetFormat(Protocol):
    """A form of preset files.

    Attributes:
        ending: of the files.
    """

    ending: str

    def write(self, preset: Preset, description: Description) -> bytes:
        """The content of a preset file with all parameters."""

    def read(self, content: bytes, description: Description, place: str) -> Sequence[Preset]:
        """The presets of a file; what they do not list is as in the base preset.

        Args:
            place: name of the file in messages.

        Raises:
            ValueError: it is not of this form; names the line and what was expected.
        """

    def as_state(self, content: bytes, description: Description) -> bytes:
        """The content of a preset file -> the state with which a host loads it."""


def preset_format(description: Description) -> PresetFormat:
    """The form of a plug-in's preset files."""
    from vschaos.plugin.formats.amsynth import AmsynthText
    from vschaos.plugin.formats.fxp import FxpParameters

    forms: dict[str, PresetFormat] = {"amsynth": AmsynthText(), "fxp": FxpParameters()}
    return forms[description.preset_format]
