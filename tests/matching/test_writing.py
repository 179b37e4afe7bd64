"""What is written for a match, and that nobody's file is lost by it."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.matching.test_match import EFFORT, TRUE, Knows
from tests.matching.toys import RATE, Toy, toy_target
from vschaos.audio.files import read_audio, write_audio
from vschaos.folders import is_made
from vschaos.matching import Match, MatchWriter, match, open_library
from vschaos.matching.playing import morph_positions, play_notes
from vschaos.matching.targets import SILENCE, Target
from vschaos.outputs import identities

STRANGE = '<b>"été" & co'


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Match:
    library = open_library(Toy(), 20, 0, tmp_path_factory.mktemp("cache"))
    target = replace(toy_target(TRUE), name=STRANGE)
    return match(target, Toy(), Knows(), EFFORT, library)


def silence() -> Match:
    return Match(replace(toy_target(TRUE), name="nothing", remarks=(SILENCE,)))


@pytest.fixture(scope="module")
def folder(found: Match, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    writer = MatchWriter(out, Toy(), EFFORT)
    writer.write(found)
    writer.write(silence())
    writer.finish()
    return out


def test_a_match_is_a_preset_two_sounds_and_a_picture(found: Match, folder: Path) -> None:
    matches = folder / "matches"
    assert is_made(matches)
    written = {path.name for path in matches.iterdir() if path.name[0] != "."}
    endings = (".txt", "_target.wav", "_match.wav", ".png")
    assert written == {f"{STRANGE}{ending}" for ending in endings}
    target, made = (read_audio(matches / f"{STRANGE}{e}", RATE) for e in endings[1:3])
    np.testing.assert_array_equal(target, found.target.audio)
    note = found.target.pitch, Toy.velocity, found.target.seconds, found.target.held_seconds
    played = Toy().play_file(matches / f"{STRANGE}.txt", *note)
    np.testing.assert_allclose(played, made, atol=1e-6)  # what the file holds is what is heard


def test_the_table_has_a_row_for_each_sound(found: Match, folder: Path) -> None:
    with (folder / "matches.csv").open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert found.best is not None
    assert first["sound"] == STRANGE
    assert first["preset"] == f"matches/{STRANGE}.txt"
    assert first["found_by"] == found.best.method
    assert float(first["lsd_db: mean preset"]) > float(first["lsd_db"])
    assert (second["sound"], second["remarks"], second["preset"]) == ("nothing", SILENCE, "")


def test_the_json_says_the_settings_of_each_way(folder: Path) -> None:
    content = json.loads((folder / "matches.json").read_text(encoding="utf-8"))
    assert content["effort"]["evaluations"] == EFFORT.evaluations
    methods = content["sounds"][0]["methods"]
    assert {"value", "position"} == set(methods[0]["settings"]["even"])
    means = content["mean_by_method"]
    least = min(one["multi_resolution"] for one in methods)
    assert means["best"]["multi_resolution"] == pytest.approx(least, abs=1e-4)  # as rounded


def test_the_page_plays_and_runs_nothing(folder: Path) -> None:
    page = (folder / "matches.html").read_text(encoding="utf-8")
    assert page.count("<audio") == page.count("data:audio/mpeg") == 2
    assert page.count("<img") == 2
    assert "<b>" not in page
    assert "&lt;b&gt;&quot;été&quot; &amp; co" in page
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_files_of_others_are_backed_up(found: Match, tmp_path: Path) -> None:
    own = tmp_path / "matches" / f"{STRANGE}_match.wav"
    write_audio(own, np.ones(10, np.float32), RATE)
    for _ in range(2):
        MatchWriter(tmp_path, Toy(), EFFORT, has_pictures=False).write(found)
    backups = [path for path in own.parent.iterdir() if ".backup" in path.name]
    assert len(backups) == 1
    assert len(read_audio(backups[0], RATE)) == 10


def test_an_input_is_never_overwritten(found: Match, tmp_path: Path) -> None:
    path = tmp_path / "matches" / f"{STRANGE}_target.wav"
    write_audio(path, np.ones(10, np.float32), RATE)
    writer = MatchWriter(tmp_path, Toy(), EFFORT, False, identities([path]))
    with pytest.raises(ValueError, match="it would be lost"):
        writer.write(found)
    assert len(read_audio(path, RATE)) == 10


def test_notes_are_mixed_at_their_places() -> None:
    notes = [(69.0, 0.2, 1.0), (0.0, 0.3, 0.0), (81.0, 0.2, 1.0)]
    sound = play_notes(Toy(), np.array([(0.0, 0.9, 1.0)] * 3), notes, tail_seconds=0.1)
    level = np.abs(sound).reshape(-1)[: RATE * 7 // 10].reshape(7, -1).max(axis=1)
    assert (level[[0, 1, 5, 6]] > 0.004).all()
    assert level[[3, 4]].max() < 0.001  # the rest, and what rings before it
    chord = play_notes(Toy(), np.array([(0.0, 0.9, 1.0)] * 3), notes, is_chord=True)
    assert len(chord) < 0.6 * RATE


@pytest.mark.parametrize("note", [(128.0, 1.0, 1.0), (60.0, 0.0, 1.0), (60.0, 1.0, 2.0)])
def test_notes_that_cannot_be_played_are_refused(note: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="a note must be from 0 to 127"):
        play_notes(Toy(), np.zeros((1, 3)), [note])


def test_a_morph_goes_through_its_presets() -> None:
    presets = np.array([(0.0, 0.2, 0.0), (1.0, 0.4, 1.0), (0.0, 1.0, 1.0)])
    notes = [(60.0, 0.5, 1.0)] * 5
    moved = morph_positions(Toy(), presets, notes)
    np.testing.assert_allclose(moved[:, 0], [0.0, 0.5, 1.0, 0.5, 0.0])
    np.testing.assert_allclose(moved[:, 1], [0.2, 0.3, 0.4, 0.7, 1.0])
    assert set(moved[:, 2]) <= {0.0, 0.5, 1.0}
    with pytest.raises(ValueError, match="at least two presets, got 1"):
        morph_positions(Toy(), presets[:1], notes)


def test_long_names_are_shortened(tmp_path: Path) -> None:
    long: Target = replace(toy_target(TRUE), name=200 * "夏")
    found = match(long, Toy(), Knows(), replace(EFFORT, evaluations=0, has_baselines=False))
    preset = MatchWriter(tmp_path, Toy(), EFFORT, has_pictures=False).write(found)
    assert preset is not None
    assert preset.is_file()
