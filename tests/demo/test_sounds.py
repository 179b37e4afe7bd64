"""The demo's sounds are what their labels say."""

from pathlib import Path

import numpy as np
import pytest

from vschaos.audio.files import find_audio_files
from vschaos.demo.sounds import ATTACK_SECONDS, PITCHES, Note, all_notes, synthesise, write_dataset


@pytest.mark.parametrize(
    ("name", "octave", "hz"),
    [("A", 4, 440.0), ("C", 4, 261.626), ("B", 3, 246.942), ("A#", 4, 466.164)],
)
def test_octaves_begin_with_c(name: str, octave: int, hz: float) -> None:
    note = Note("pluck", PITCHES.index(name), octave, "loud")
    assert note.frequency_hz == pytest.approx(hz, abs=1e-3)


@pytest.mark.parametrize("timbre", ATTACK_SECONDS)
@pytest.mark.parametrize("octave", [2, 5])
def test_a_note_sounds_at_its_pitch_and_level(timbre: str, octave: int) -> None:
    note = Note(timbre, 3, octave, "loud")
    sound = synthesise(note, 22050)
    assert sound.dtype == np.float32
    assert np.abs(sound).max() == pytest.approx(0.6, abs=1e-3)
    assert abs(float(sound[-1])) < 1e-3  # ends without a click
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 17))
    hz = np.fft.rfftfreq(1 << 17, 1 / 22050)
    strong = hz[spectrum > 0.05 * spectrum.max()]
    below = strong / note.frequency_hz
    nearest = np.abs(below - np.round(2 * below) / 2)
    if timbre != "bell":  # partials at whole multiples, a vibrato of 0.4 % about them
        assert np.median(nearest / below) < 0.02
    assert np.abs(strong / note.frequency_hz - 1).min() < 0.01


def test_every_note_is_there_once_with_all_its_labels(tmp_path: Path) -> None:
    notes = list(all_notes())
    assert len({note.name for note in notes}) == len(notes) == 5 * 4 * 12 * 2
    assert write_dataset(tmp_path, 8000, notes[::40]) == 12
    files = {path.relative_to(tmp_path).as_posix() for path in find_audio_files(tmp_path)}
    for task in ("pitch", "octave", "timbre", "dynamics"):
        lines = (tmp_path / "metadata" / task / "metadata.txt").read_text().splitlines()
        assert {line.split("\t")[0] for line in lines} == files
    classes = (tmp_path / "metadata" / "pitch" / "classes.txt").read_text().splitlines()
    assert classes[0] == "0\tA"
    assert classes[11] == "11\tG#"


def test_a_note_is_the_same_each_time() -> None:
    note = Note("reed", 0, 4, "soft")
    assert np.array_equal(synthesise(note), synthesise(note))
