"""Patches of other families: parameters that are encoded, notes alone, methods of any name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.patches.families import LOUDNESS, Family, Mixed, Notes, Parameters
from tests.patches.max_check import boxes_of, check_max, patchers
from tests.patches.pure_data import Played, complaints, play_patch
from tests.patches.test_max import INSTRUMENTS as KNOWN
from tests.patches.test_max import named
from tests.patches.tones import RATE, write_model
from vschaos.export.script import describe
from vschaos.instrument.instrument import Instrument
from vschaos.patches import write_patches
from vschaos.patches.layout import Layout
from vschaos.patches.max import write_max
from vschaos.patches.pure_data.design import Design
from vschaos.patches.pure_data.notes import receivers

FAMILIES = {"parameters": Parameters, "notes": Notes, "mixed": Mixed}
Listen = Callable[[np.ndarray, int], tuple[float, float]]
A3, C4, A4, A5 = 220.0, 261.63, 440.0, 880.0  # Hz


@pytest.fixture(scope="module", params=FAMILIES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(FAMILIES[request.param](), tmp_path_factory.mktemp(request.param))[0]


def written(stream: Family, folder: Path) -> tuple[Path, Instrument]:
    """A patch beside its model."""
    instrument = write_model(stream, folder / "mine.ts")
    write_patches(instrument, folder)
    return folder / "mine.pd", instrument


def play(patch: Path, seconds: float, *messages: tuple[float, str]) -> Played:
    opening = [(0.0, "mine-volume 0"), (0.0, "mine-source off")]
    if "vschaos/source" not in patch.read_text():
        opening.pop()
    played = play_patch(patch, seconds, [*opening, *messages], listen_to=["mine-out"])
    assert not complaints(played.lines)
    return played


def hertz_of(listen: Listen, played: Played, count: int) -> list[float]:
    """In so many equal parts, each in its second half; 0 in silence."""
    parts = [part[len(part) // 2 :] for part in np.array_split(played.sound[0], count)]
    return [listen(part, RATE)[0] if part.std() > 0.02 else 0.0 for part in parts]


def test_parameters_follow_the_sound_or_are_played_by_hand(tmp_path: Path, listen: Listen) -> None:
    """What is encoded is an A3; moved by the hand from its default, a C4, by an octave; the hand
    alone; a key of a MIDI keyboard."""
    patch, _ = written(Parameters(), tmp_path)
    played = play(
        patch, 2.0, (500, "mine-latent-pitch 72"), (1000, "mine-encoded-pitch 0"),
        (1000, "mine-latent-pitch 60"), (1500, "#notein 81 100 1"),
    )  # fmt: skip
    assert hertz_of(listen, played, 4) == pytest.approx([A3, A4, C4, A5], rel=0.01)
    assert sorted(player.method for player in played.objects) == ["decode", "encode", "forward"]


def test_loudness_and_its_trajectory(tmp_path: Path) -> None:
    """In dB of its range, by hand and as a trajectory moves it."""
    patch, _ = written(Parameters(), tmp_path)
    messages = [
        (400, "mine-latent-loudness -40"), (800, "mine-trajectory-pitch 0"), (800, "mine-form sin"),
        (800, "mine-rate 4"), (800, "mine-trajectory 1"),
    ]  # fmt: skip
    sound = play(patch, 1.6, *messages).sound[0]
    first, second = (20 * np.log10(part.std()) for part in (sound[8000:16000], sound[25000:34000]))
    assert second - first == pytest.approx(-20.0, abs=0.5)
    levels = [20 * np.log10(part.std() + 1e-9) for part in np.split(sound[40000:70000], 30)]
    assert np.ptp(levels) > 10.0


def test_a_default_may_be_beyond_the_range(tmp_path: Path, listen: Listen) -> None:
    """Silence, of a loudness whose fader has the levels that were learnt: the sound is followed as
    it is; nothing is heard where it is not followed; the fader's lowest is heard."""
    loudness = LOUDNESS._replace(low=-50.0, high=-10.0, default=-80.0, limits=(-80.0, 0.0))
    patch, _ = written(Parameters(loudness), tmp_path)
    played = play(
        patch, 1.5, (500, "mine-encoded-loudness 0"), (1000, "mine-latent-loudness -50"),
    )  # fmt: skip
    parts = [part[len(part) // 2 :] for part in np.array_split(played.sound[0], 3)]
    levels = [20 * np.log10(part.std() * 2**0.5 / 0.3) for part in parts]
    assert levels == pytest.approx([0.0, -60.0, -30.0], abs=0.5)


def test_notes_play_by_hand_and_by_a_keyboard(tmp_path: Path, listen: Listen) -> None:
    """A gate that is closed at first; the key that was pressed last sounds until it is let go."""
    patch, _ = written(Notes(), tmp_path)
    played = play(
        patch, 3.0, (500, "mine-play-gate 1"), (1000, "mine-play-gate 0"),
        (1500, "#notein 57 100 1"), (2000, "#notein 69 90 1"), (2200, "#notein 57 0 1"),
        (2500, "#notein 69 0 1"),
    )  # fmt: skip
    assert hertz_of(listen, played, 6) == pytest.approx([0, C4, 0, A3, A4, 0], rel=0.01)
    assert [player.method for player in played.objects] == ["play"]


def test_a_fader_of_a_method_moves_its_inlet(tmp_path: Path) -> None:
    patch, _ = written(Notes(), tmp_path)
    messages = [(0, "mine-play-gate 1"), (500, "mine-play-cutoff 5000")]
    sound = play(patch, 1.0, *messages).sound[0]
    ratio = sound[-RATE // 4 :].std() / sound[RATE // 4 : RATE // 2].std()
    assert ratio == pytest.approx(0.5, rel=0.02)


def test_classes_and_gates_follow_what_is_encoded(tmp_path: Path, listen: Listen) -> None:
    """A3 is encoded, and the second of the presets, an octave each; then the first is chosen; then
    the gate does not follow; then it is open by hand."""
    patch, _ = written(Mixed(), tmp_path)
    played = play(
        patch, 2.0, (500, "mine-preset soft"), (1000, "mine-encoded-gate 0"),
        (1500, "mine-latent-gate 1"), (1500, "mine-preset -1"),
    )  # fmt: skip
    assert hertz_of(listen, played, 4) == pytest.approx([A4, A3, 0, A4], rel=0.01)


def test_each_patch_receives_the_names_that_it_lists(made: Path) -> None:
    card = Layout(describe("mine", FAMILIES[made.parent.name.rstrip("0123456789")](), RATE))
    names = [
        name.split(" ")[0]
        for name, words in receivers(Design(card.instrument))
        if "sent" not in words
    ]
    played = play_patch(made, 0.05, [(10.0, f"{name} bang") for name in names])
    assert not [line for line in complaints(played.lines) if "no such object" in line]


@pytest.mark.parametrize("family", FAMILIES)
def test_names_that_the_page_has_itself_are_told_apart(family: str) -> None:
    design = Design(describe("mine", FAMILIES[family](), RATE))
    names = [name for name, _ in receivers(design)]
    assert len(set(names)) == len(names)
    if family == "mixed":
        assert {"mine-method-record", "mine-setting-volume", "mine-record-level"} <= set(names)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_patch_for_max_fits(family: str) -> None:
    """Its layout is looked at in `test_max`."""
    check_max(write_max(KNOWN[family]), KNOWN[family])


def test_the_patch_for_max_has_a_widget_for_each_control() -> None:
    text = write_max(KNOWN["notes"])
    received = {found[1] for found in named(text, "r")}
    assert {"strings-play-pitch", "strings-play-gate", "strings-play-cutoff"} <= received
    assert {found[1] for found in named(text, "s")} >= {"strings-play-pitch", "strings-play-gate"}
    (panel,) = (p for p in patchers(json.loads(text)) if _is_titled(p, "PLAY"))
    kinds = [box["maxclass"] for box in boxes_of(panel)]
    assert kinds.count("toggle") == 2  # its switch, and the gate
    limits = [(b["minimum"], b["maximum"]) for b in boxes_of(panel) if b["maxclass"] == "flonum"]
    assert limits == [(24.0, 96.0), (20.0, 20000.0)]


def _is_titled(patcher: dict[str, object], title: str) -> bool:
    return any(b.get("text") == title for b in boxes_of(patcher) if b["maxclass"] == "comment")


def test_pitch_and_loudness_are_played_by_hand_or_follow(tmp_path: Path, listen: Listen) -> None:
    """An A3 is encoded; by hand the pitch is where it is by default; a key of the page; one of a
    MIDI keyboard, softer as it is struck softly; silence when it is let go; the A3 again."""
    patch, _ = written(Parameters(), tmp_path)
    played = play(
        patch, 3.0, (500, "mine-by-hand 1"), (1000, "mine-keys-octave 4"), (1000, "mine-key A"),
        (1500, "#notein 81 100 1"), (2000, "#notein 81 0 1"), (2500, "mine-by-hand 0"),
    )  # fmt: skip
    parts = [part[len(part) // 2 :] for part in np.array_split(played.sound[0], 6)]
    hertz, levels = zip(*(listen(part, RATE) for part in parts), strict=True)
    audible = [0, 1, 2, 3, 5]
    expected = [A3, C4, A4, A5, A3]
    assert [hertz[k] for k in audible] == pytest.approx(expected, rel=0.01)
    # loudness: of the sound -20, the middle of the range, 100 / 127 of it, its default
    told = [-20.0, -40.0, -40.0, -80.0 + 80.0 * 100 / 127, -20.0, -20.0]
    assert np.array(levels) - levels[0] == pytest.approx(np.array(told) + 20.0, abs=0.5)


def test_a_fader_for_max_takes_a_default_beyond_the_range() -> None:
    loudness = LOUDNESS._replace(low=-50.0, high=-10.0, default=-80.0, limits=(-80.0, 0.0))
    content = json.loads(write_max(describe("mine", Parameters(loudness), RATE)))
    boxes = [box for p in patchers(content) for box in boxes_of(p)]
    limits = [(b["minimum"], b["maximum"]) for b in boxes if b["maxclass"] == "flonum"]
    assert (-80.0, -10.0) in limits


def test_the_patch_for_max_has_keys_for_pitch_and_loudness() -> None:
    """And one MIDI keyboard only, there."""
    text = write_max(KNOWN["parameters"])
    (panel,) = (p for p in patchers(json.loads(text)) if _is_titled(p, "KEYBOARD"))
    kinds = [box["maxclass"] for box in boxes_of(panel)]
    assert kinds.count("kslider") == kinds.count("toggle") == 1
    assert len(named(text, "notein")) == 1
    sent = {found[1] for found in named(text, "s")}
    assert sent >= {
        f"strings-{k}-{c}" for k in ("latent", "encoded") for c in ("pitch", "loudness")
    }
    assert not any(
        _is_titled(p, "KEYBOARD") for p in patchers(json.loads(write_max(KNOWN["notes"])))
    )
