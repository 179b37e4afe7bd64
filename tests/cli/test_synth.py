"""`vschaos synth`: notes to a wav, presets to files, a voice to a `.ts`; errors in a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import soundfile

from vschaos.cli import synth
from vschaos.cli.synth import main, note_of
from vschaos.models.synth import CHAINS, read_preset


def test_the_chains_that_are_offered_are_those_there_are() -> None:
    assert tuple(CHAINS) == synth.CHAINS


def test_presets_are_written_and_played(tmp_path: Path) -> None:
    folder, wav = tmp_path / "my presets", tmp_path / "ton é.wav"
    assert main(["presets", "--chain", "fm", "-o", str(folder)]) == 0
    preset = read_preset(folder / "fm-wood.json")
    assert preset.chain == "fm"
    notes = ["C3:0.2", "rest:0.1", "F#3:0.2:0.5", "60.5:0.1"]
    assert main(["play", str(folder / "fm-wood.json"), "--notes", *notes, "-o", str(wav)]) == 0
    sound, rate = soundfile.read(wav)
    assert rate == 44100
    assert len(sound) == round(0.8 * rate)
    assert sound[:8000].std() > 10 * sound[-2000:].std()
    chord = tmp_path / "chord.wav"
    assert main(["play", "fm-wood", "--notes", "C3:.2", "E3:.2", "--chord", "-o", str(chord)]) == 0
    assert len(soundfile.read(chord)[0]) == round(0.4 * rate)


def test_presets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["presets", "--chain", "mono"]) == 0
    assert "acid-line" in capsys.readouterr().out


def test_a_voice_is_exported_with_own_presets(tmp_path: Path) -> None:
    main(["presets", "--chain", "mono", "-o", str(tmp_path / "presets")])
    own = tmp_path / "presets" / "wind.json"
    own.write_text(own.read_text().replace('"wind"', '"gale"'))
    arguments = ["--chain", "mono", "--name", "mine", "--presets", str(own), "--no-patch"]
    assert main(["export", *arguments, "-o", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.glob("mine*")} == {"mine.ts", "mine.json"}
    assert '"gale"' in (tmp_path / "mine.json").read_text()


@pytest.mark.parametrize(
    ("text", "pitch", "seconds", "velocity"),
    [("C4", 60, 0.5, 0.8), ("Bb-1:2", 10, 2, 0.8), ("61.5:1:0.3", 61.5, 1, 0.3)],
)
def test_notes_are_read(text: str, pitch: float, seconds: float, velocity: float) -> None:
    assert note_of(text) == (pitch, seconds, velocity)
    assert note_of("rest:2") == (0.0, 2.0, 0.0)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["play", "fm-wood", "--notes", "H3"], "a note must be C3 or .* got 'H3'"),
        (["play", "fm-wood", "--notes", "C3:1:1:1"], "a note must be C3 or"),
        (["play", "fm-wood", "--notes", "C3:0"], "last up to 600 s, got 48 for 0 s"),
        (["play", "fm-wood", "--notes", "nan"], "a note must be from 0 to 127"),
        (["play", "fm-wood", "--notes", "C3:1:2"], "velocity must be from 0 to 1, got 2"),
        (["play", "fm-woo", "--notes", "C3"], "a preset must be a .json file or one of .*'fm-woo'"),
        (["play", "none.json", "--notes", "C3"], "no preset none.json"),
        (
            ["export", "--presets", "fm-wood"],
            "the chain two_osc cannot play fm-wood, a preset of fm",
        ),
    ],
)
def test_errors_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    assert main([*arguments, "-o", str(tmp_path / "out.wav")]) == 1
    assert re.search(f"^error: .*{expected}.*\n$", capsys.readouterr().err)


def test_a_dataset_is_rendered_with_its_labels(tmp_path: Path) -> None:
    """And again with the same seed; each sound is that of its preset."""
    arguments = ["-n", "3", "--chain", "mono", "--seconds", "0.2", "--seed", "5"]
    for name in ("one", "two"):
        assert main(["render", str(tmp_path / name), *arguments]) == 0
    one, two = (sorted((tmp_path / name).rglob("*.wav")) for name in ("one", "two"))
    assert [path.name for path in one] == ["mono_00000.wav", "mono_00001.wav", "mono_00002.wav"]
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    lines = (tmp_path / "one/metadata/cutoff/metadata.txt").read_text().splitlines()
    for line, path in zip(lines, one, strict=True):
        preset = read_preset(tmp_path / "one" / "presets" / f"{path.stem}.json")
        assert line == f"data/{path.name}\t{preset.value('cutoff')}"


def test_renders_go_to_an_empty_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["render", str(tmp_path), "-n", "1"]) == 1
    assert "must be empty, got" in capsys.readouterr().err
    assert main(["render", str(tmp_path / "new"), "--seconds", "0"]) == 1
    assert "--seconds must be from 0.05 to 60.0, got 0.0" in capsys.readouterr().err
