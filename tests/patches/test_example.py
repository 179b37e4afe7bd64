"""The patches that are shipped open and play the model that is shipped."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from patches.example_model.examples import EXAMPLES, VOICES
from tests.patches.max_check import check_max
from tests.patches.pure_data import complaints, play_patch
from vschaos.instrument.instrument import read_instrument
from vschaos.patches import write_example

REPOSITORY = Path(__file__).parents[2]
PATCHES = REPOSITORY / "patches"
RATE = 44100
NAMES = (*EXAMPLES, *VOICES)
Listen = Callable[..., tuple[float, float]]


@pytest.mark.parametrize("name", NAMES)
def test_they_are_those_that_are_written(name: str, tmp_path: Path) -> None:
    instrument = read_instrument(PATCHES / f"{name}.ts")
    for written in write_example(instrument, tmp_path):
        assert (PATCHES / written.name).read_bytes() == written.read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_each_setting_is_explained(name: str) -> None:
    pages = ("settings.md", *(["synth.md"] if name in VOICES else []))
    page = "".join((REPOSITORY / "docs" / page).read_text(encoding="utf-8") for page in pages)
    names = [setting.name for setting in read_instrument(PATCHES / f"{name}.ts").attributes]
    assert not [name for name in names if f"`{name}`" not in page]


@pytest.mark.parametrize(
    ("patch", "name"),
    [
        ("max_example", "example"),
        ("max_example_mc", "example"),
        ("max_ddsp_example", "ddsp_example"),
        ("max_synth_example", "synth_example"),
    ],
)
def test_those_for_max_fit_the_model(patch: str, name: str) -> None:
    instrument = read_instrument(PATCHES / f"{name}.ts")
    check_max((PATCHES / f"{patch}.maxpat").read_text(encoding="utf-8"), instrument)


def test_that_for_pure_data_plays_the_notes_that_are_set(tmp_path: Path) -> None:
    patch = with_its_model("example", tmp_path)
    played = play_patch(
        patch,
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
    patch = with_its_model("example", tmp_path)
    messages = [(0, "example-volume 0"), (600, "example-balance 0")]
    sound = play_patch(patch, 1.0, messages, listen_to=["example-out"]).sound[0]
    for part in (sound[RATE // 4 : RATE // 2], sound[3 * RATE // 4 :]):
        assert 20 * np.log10(part.std()) > -30


def test_the_harmonic_one_is_played_by_a_keyboard(tmp_path: Path) -> None:
    """Three keys, the last of them loud, and silence once it is let go."""
    name = "ddsp_example"
    played = play_patch(
        with_its_model(name, tmp_path),
        3.0,
        [
            (0, f"{name}-volume 0"),
            (0, f"{name}-source off"),
            (0, f"{name}-by-hand 1"),
            (100, "#notein 57 60 1"),
            (800, "#notein 64 60 1"),
            (1600, "#notein 69 120 1"),
            (2300, "#notein 69 0 1"),
            (2300, "#notein 64 0 1"),
            (2300, "#notein 57 0 1"),
        ],
        listen_to=[f"{name}-out"],
    )
    assert not complaints(played.lines)
    sound = played.sound[0]
    assert 0.02 < np.abs(sound).max() < 0.99
    keys = [sound[int(start * RATE) : int((start + 0.4) * RATE)] for start in (0.4, 1.1, 1.85)]
    for key, hertz in zip(keys, (220.0, 329.63, 440.0), strict=True):
        assert harmony(key, hertz) > 0.9
    assert keys[2].std() > 1.5 * keys[1].std()
    assert sound[int(2.8 * RATE) :].std() < 1e-3 * keys[2].std()


def test_the_synthesiser_plays_chords_and_recalls_presets(tmp_path: Path) -> None:
    """A key, then a fifth over it by another voice; then another preset, and silence."""
    name = "synth_example"
    played = play_patch(
        with_its_model(name, tmp_path),
        4.0,
        [
            (0, f"{name}-volume 0"),
            (0, f"{name}-preset hollow-reed"),
            (100, "#notein 57 100 1"),
            (1000, "#notein 64 100 1"),
            (1900, "#notein 57 0 1"),
            (1900, "#notein 64 0 1"),
            (2600, f"{name}-preset thin-lead"),
            (2700, "#notein 57 100 1"),
            (3300, "#notein 57 0 1"),
        ],
        listen_to=[f"{name}-out"],
    )
    assert not complaints(played.lines)
    sound = played.sound[0]
    assert 0.02 < np.abs(sound).max() < 0.99
    alone, fifth, other = (
        sound[int(start * RATE) : int((start + 0.4) * RATE)] for start in (0.5, 1.4, 2.85)
    )
    assert harmony(alone, 220.0) > 0.9
    for hertz in (220.0, 329.63):  # each alone has all of the energy, or next to none
        assert 0.1 < harmony(fifth, hertz) < 0.9
    assert brightness(other) > 2 * brightness(alone)
    assert sound[int(2.4 * RATE) : int(2.55 * RATE)].std() < 0.1 * alone.std()


def with_its_model(name: str, place: Path) -> Path:
    """A patch for PureData, copied beside its model and with the abstractions."""
    folder = place / "patches"
    folder.mkdir()
    for file in (f"pd_{name}.pd", f"{name}.ts"):
        shutil.copy(PATCHES / file, folder / file)
    shutil.copytree(REPOSITORY / "externals", place / "externals")
    return folder / f"pd_{name}.pd"


def harmony(sound: np.ndarray, hertz: float) -> float:
    """The share of a sound's energy that lies near multiples of a frequency."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    multiples = np.fft.rfftfreq(len(sound), 1 / RATE) / hertz
    near = (np.abs(multiples - np.round(multiples)) < 0.08) & (multiples > 0.5)
    return float(power[near].sum() / power.sum())


def brightness(sound: np.ndarray) -> float:
    """Spectral centroid, Hz."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    return float(power @ np.fft.rfftfreq(len(sound), 1 / RATE) / power.sum())
