"""The controls of a frame: pitch, confidence, loudness and timbre."""

from __future__ import annotations

from collections.abc import Iterable

from vschaos.dsp.loudness import HIGHEST_DB, LOWEST_DB
from vschaos.instrument.controls import Control

NUM_PLAYED = 3  # pitch, confidence and loudness
HIGHEST_NOTE = 127.0
FULL_REGISTER = 36.0, 96.0  # MIDI notes, before any is learnt
FULL_LEVEL = -50.0, -10.0  # dB(A), as above


def played_controls(
    register: tuple[float, float] = FULL_REGISTER, level: tuple[float, float] = FULL_LEVEL
) -> list[Control]:
    """The first three controls of a frame: pitch, confidence and loudness.

    An inlet of nn~ without a connection is 0: at a pitch and a confidence of 0 that is noise alone,
    at a loudness of 0 the loudest there is. So `loudness` is what a player connects first; in place
    of NaN it is silence.

    Args:
        register: lowest and highest note that were learnt, MIDI.
        level: softest and loudest sound that was learnt, dB(A).
    """
    middle = (register[0] + register[1]) / 2
    return [
        Control(
            "pitch",
            *register,
            "MIDI note",
            default=middle,
            movement="uniform",
            limits=(0.0, HIGHEST_NOTE),
        ),
        Control("confidence", 0.0, 1.0, "", default=1.0, movement="held"),
        Control(
            "loudness",
            *level,
            "dB(A)",
            default=LOWEST_DB,
            movement="uniform",
            limits=(LOWEST_DB, HIGHEST_DB),
        ),
    ]


def timbre_controls(names: Iterable[str]) -> list[Control]:
    """Controls in standard deviations of the training's sounds; 0 is the mean timbre."""
    return [Control(name, -3.0, 3.0, "sigma") for name in names]


def numbered(num_timbres: int) -> list[str]:
    """Names of timbres that have no other: `z1`, `z2`, ..."""
    return [f"z{number}" for number in range(1, num_timbres + 1)]
