"""The models in patches/: the sounds of each, its recipe, and what is generated to compare it; and
those that learn nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from patches.example_model.orchestra import write_notes
from patches.example_model.phrase import CHOIR, KEYBOARDS, Part
from patches.example_model.reed import write_melodies


class Example(NamedTuple):
    """
    Attributes:
        recipe: of `vschaos train`.
        settings: of the training, `key=value`.
        write_sounds: writes a data set into a folder, of the sounds whose names hold a text, and
            returns their number.
        phrase: what is played into it.
        generated: arguments of `vschaos generate`, before and after the run.
    """

    recipe: str
    settings: Sequence[str]
    write_sounds: Callable[[Path, str], int]
    phrase: Sequence[Part]
    generated: Sequence[tuple[str, Sequence[str]]]


SHAPES = ("--trajectories", "sin", "random", "interpolation")
EXAMPLES = {
    "example": Example(
        "dgt_pitch_prediction",
        (
            "trainer.max_steps=10000",
            "data.gain.range_db=3",
            # for a small file
            "model.encoder.hidden_dims=[448,448]",
            "model.decoder.hidden_dims=[448,448]",
            "model.prediction.pitch.args.hidden_dims=128",
            "model.prediction.octave.args.hidden_dims=128",
        ),
        write_notes,
        KEYBOARDS,
        (
            ("sweep", ()),
            ("trajectories", (*SHAPES, "-b", "2", "--meta", "pitch", "D", "octave", "3")),
        ),
    ),
    "ddsp_example": Example(
        "ddsp",
        ("length=quick",),
        write_melodies,
        CHOIR,
        (("trajectories", (*SHAPES, "-b", "1")),),
    ),
}
# names of voices that need no training, and their chains
VOICES = {"synth_example": "two_osc"}
