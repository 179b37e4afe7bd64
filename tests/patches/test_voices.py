"""The patch of an instrument that is played by notes: keys and MIDI are dealt out to voices."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.patches.families import CUTOFF, GATE, PITCH, Family, Notes
from tests.patches.max_check import boxes_of, check_max, patchers
from tests.patches.pure_data import Played, complaints, play_patch
from tests.patches.tones import RATE, write_model
from vschaos.instrument.controls import AUDIO, Attribute, Method
from vschaos.instrument.instrument import Instrument, check_plain, read_instrument
from vschaos.patches import write_patches
from vschaos.patches.layout import VOICES, Layout
from vschaos.patches.max import write_max
from vschaos.patches.pure_data.design import Design
from vschaos.patches.pure_data.notes import receivers

PRESET = Attribute(
    "preset",
    "str",
    "sets the colour",
    "dark",
    choices=("dark", "bright"),
    sets=(("colour", (0.25, 0.75)),),
)
VELOCITY = GATE._replace(unit="velocity")


class Polyphonic(Notes):
    """The sines of `Notes` for a gate whose height is the velocity."""

    def __init__(self) -> None:
        Family.__init__(
            self,
            [Method("play", [PITCH, VELOCITY, CUTOFF], 1, [AUDIO], 1)],
            [Attribute("colour", "float", "of nothing", 0.5), PRESET],
        )
        self.colour, self.preset = 0.5, "dark"


@pytest.fixture(scope="module")
def patch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("voices")
    write_patches(write_model(Polyphonic(), folder / "mine.ts"), folder)
    return folder / "mine.pd"


def play(patch: Path, seconds: float, *messages: tuple[float, str]) -> Played:
    played = play_patch(patch, seconds, [(0.0, "mine-volume 0"), *messages], listen_to=["mine-out"])
    assert not complaints(played.lines)
    return played


def level_at(sound: np.ndarray, hertz: float) -> float:
    """The amplitude of a sine, relative to that of a note at full velocity."""
    turns = np.exp(-2j * np.pi * hertz * np.arange(len(sound)) / RATE)
    window = np.hanning(len(sound))
    return 2 * abs((turns * window) @ sound) / window.sum() / 0.15  # half, by the cutoff


A3, A4, E4 = 220.0, 440.0, 329.63  # Hz


def test_a_chord_has_a_voice_for_each_note(patch: Path) -> None:
    """By MIDI and by the name of the patch, at their velocities; one is let go before the other."""
    played = play(
        patch, 1.5, (0, "mine-note 57 127"), (0, "#notein 69 64 1"), (700, "mine-note 57 0"),
        (1100, "#notein 69 0 1"),
    )  # fmt: skip
    assert len(played.objects) == VOICES
    both, one, none = np.split(played.sound[0], 3)
    assert level_at(both[4000:], A3) == pytest.approx(1.0, abs=0.03)
    assert level_at(both[4000:], A4) == pytest.approx(64 / 127, abs=0.03)
    assert level_at(one[12000:], A3) < 0.02 < 0.4 < level_at(one[12000:], A4)
    assert not none[12000:].any()


def test_a_voice_that_is_taken_lets_its_note_go_first(patch: Path) -> None:
    """The oldest of them, to the newest note."""
    notes = [(10.0 * n, f"mine-note {45 + n} 127") for n in range(VOICES)]
    played = play(patch, 1.0, *notes, (500, "mine-note 64 127"))
    before, after = np.split(played.sound[0], 2)
    assert level_at(before[8000:], 110.0) > 0.9
    assert level_at(after[8000:], 110.0) < 0.1 < 0.9 < level_at(after[8000:], E4)
    first = played.objects[0]
    assert first.host.inlets == 3


def test_dials_of_the_page_play_the_first_voice_and_faders_all(patch: Path) -> None:
    messages = [(0, "mine-play-pitch 57"), (0, "mine-play-gate 1"), (0, "mine-note 69 127")]
    played = play(patch, 1.0, *messages, (0, "mine-note 76 127"), (500, "mine-play-cutoff 5000"))
    before, after = (half[8000:] for half in np.split(played.sound[0], 2))
    for hertz in (A4, 2 * E4):
        assert level_at(after, hertz) == pytest.approx(0.5 * level_at(before, hertz), rel=0.03)


def test_names_are_listed(patch: Path) -> None:
    instrument = write_model(Polyphonic(), patch.parent / "other.ts")
    assert Layout(instrument).is_polyphonic(instrument.methods[0])
    names = dict(receivers(Design(instrument)))
    assert {"other-note", "other-keys-octave", "other-play-cutoff"} <= set(names)
    assert "other-key" not in names


def test_a_preset_moves_the_faders_of_what_it_sets(patch: Path) -> None:
    """Which then can be turned, and say so to every voice."""
    played = play(patch, 0.5, (100, "mine-preset bright"), (200, "mine-colour 0.9"))
    for voice in played.objects:
        tones = [float(value) for name, value in voice.settings if name == "colour"]
        assert tones == pytest.approx([0.75, 0.9])


def test_the_patch_for_max_recalls_presets_by_its_faders(patch: Path) -> None:
    instrument = read_instrument(patch.with_suffix(".ts"))
    text = write_max(instrument)
    check_max(text, instrument)
    assert "; mine-colour 0.75" in text


def test_the_patch_for_max_has_as_many_voices(patch: Path) -> None:
    """Each with its own pitch and gate; the faders are shared."""
    text = write_max(read_instrument(patch.with_suffix(".ts")))
    found = [box.get("text", "") for p in patchers(json.loads(text)) for box in boxes_of(p)]
    assert sum(line.startswith("nn~ mine play") for line in found) == VOICES
    assert found.count(f"poly {VOICES} 1") == 1
    for voice in range(1, VOICES + 1):
        for kind in ("note", "gate"):
            name = f"#0-mine-play-voice-{voice}-{kind}"
            assert found.count(f"r {name}") == found.count(f"s {name}") == 1
    assert found.count("r mine-play-cutoff") == 1


@pytest.mark.parametrize("sets", [("colour", (0.5,)), ("colour", (0.5, 2.0)), ("none", (0.5, 0.5))])
def test_what_is_set_must_be_there_and_in_range(patch: Path, sets: tuple[str, tuple]) -> None:
    instrument = read_instrument(patch.with_suffix(".ts"))
    attributes = [a._replace(sets=(sets,)) if a.sets else a for a in instrument.attributes]
    with pytest.raises(ValueError, match="preset must set other attributes to numbers within"):
        check_plain(Instrument(**{**vars(instrument), "attributes": attributes}))
