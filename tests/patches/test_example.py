"""The patches that are shipped open and play the model that is shipped."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.patches.max_check import check_max
from tests.patches.pure_data import complaints, play_patch
from vschaos.instrument.instrument import read_instrument
from vschaos.patches import write_example

REPOSITORY = Path(__file__).parents[2]
PATCHES = REPOSITORY / "patches"
RATE = 44100
Listen = Callable[..., tuple[float, float]]


def test_they_are_those_that_are_written(tmp_path: Path) -> None:
    instrument = read_instrument(PATCHES / "example.ts")
    for written in write_example(instrument, tmp_path):
        assert (PATCHES / written.name).read_bytes() == written.read_bytes()


def test_each_setting_is_explained() -> None:
    page = (REPOSITORY / "docs" / "settings.md").read_text(encoding="utf-8")
    names = [attribute.name for attribute in read_instrument(PATCHES / "example.ts").attributes]
    assert not [name for name in names if f"`{name}`" not in page]


@pytest.mark.parametrize("name", ["max_example", "max_example_mc"])
def test_those_for_max_fit_the_model(name: str) -> None:
    instrument = read_instrument(PATCHES / "example.ts")
    check_max((PATCHES / f"{name}.maxpat").read_text(encoding="utf-8"), instrument)


def test_that_for_pure_data_plays_the_notes_that_are_set(tmp_path: Path) -> None:
    folder = tmp_path / "patches"
    folder.mkdir()
    for name in ("pd_example.pd", "example.ts"):
        shutil.copy(PATCHES / name, folder / name)
    shutil.copytree(REPOSITORY / "externals", tmp_path / "externals")
    played = play_patch(
        folder / "pd_example.pd",
        3.0,
        [
            (0, "example-dsp 1"),
            (0, "example-volume 0"),
            *((0, f"example-encoded-{k + 1} 0") for k in range(8)),
            (0, "example-octave 3"),
            (0, "example-pitch A"),
            (1000, "example-pitch E"),
            (2000, "example-octave 4"),
        ],
        listen_to=["example-out"],
    )
    assert not complaints(played.lines)
    sound = played.sound[0]
    assert 0.02 < np.abs(sound).max() < 0.99
    for k, hertz in enumerate((220.0, 329.63 / 2, 329.63)):
        note = sound[int((k + 0.4) * RATE) : int((k + 0.95) * RATE)]
        assert harmony(note, hertz) > 0.9


def test_that_for_pure_data_sounds_within_the_first_second(tmp_path: Path) -> None:
    """With nothing turned but the volume: by `decode`, and by `forward`."""
    folder = tmp_path / "patches"
    folder.mkdir()
    for name in ("pd_example.pd", "example.ts"):
        shutil.copy(PATCHES / name, folder / name)
    shutil.copytree(REPOSITORY / "externals", tmp_path / "externals")
    messages = [(0, "example-volume 0"), (600, "example-balance 0")]
    sound = play_patch(folder / "pd_example.pd", 1.0, messages, listen_to=["example-out"]).sound[0]
    for part in (sound[RATE // 4 : RATE // 2], sound[3 * RATE // 4 :]):
        assert 20 * np.log10(part.std()) > -30


def harmony(sound: np.ndarray, hertz: float) -> float:
    """The share of a sound's energy that lies near multiples of a frequency."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    multiples = np.fft.rfftfreq(len(sound), 1 / RATE) / hertz
    near = (np.abs(multiples - np.round(multiples)) < 0.08) & (multiples > 0.5)
    return float(power[near].sum() / power.sum())
