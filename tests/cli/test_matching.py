"""`vschaos generate match`, `render` and `morph` of presets: files of anybody in, presets out."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch

from tests.plugin.faking import PROGRAM, fake_description
from vschaos.cli import matching, presets
from vschaos.cli.generate import main
from vschaos.cli.generate import parser_of_all as parser
from vschaos.models.synth import CHAINS, Synth, read_preset
from vschaos.plugin.synthesiser import PluginSynthesiser

RATE = 22050
CHEAP = ["--evaluations", "6", "--draws", "8", "--hypotheses", "2", "--seconds", "0.2"]


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A note in stereo, silence, noise, and what is no sound."""
    folder = tmp_path_factory.mktemp("sounds")
    times = np.arange(RATE // 4) / RATE
    note = 0.3 * np.sign(np.sin(2 * np.pi * 220 * times)) * np.exp(-6 * times)
    soundfile.write(folder / "schön.flac", np.stack([note, 0.5 * note], 1), RATE)
    soundfile.write(folder / "silence.wav", np.zeros(RATE // 4), RATE)
    (folder / "broken.wav").write_text("no sound")
    return folder


@pytest.fixture(scope="module")
def out(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a search without a network writes for them."""
    folder = tmp_path_factory.mktemp("out")
    arguments = ["match", "mono", "--files", str(sounds), "--out", str(folder), *CHEAP]
    assert main(arguments) == 1  # one file of three is none
    return folder


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "matches.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_chains_that_are_offered_are_those_there_are() -> None:
    assert tuple(CHAINS) == presets.CHAINS


def test_each_file_is_matched_for_itself(out: Path) -> None:
    note, silence = rows_of(out)
    assert float(note["pitch"]) == pytest.approx(57.0, abs=0.1)
    assert note["preset"] == "matches/schön.json"
    assert silence["remarks"] == "silent"
    preset = read_preset(out / "matches" / "schön.json")
    assert preset.chain == "mono"
    # as loud as the target, or as far as the fader goes
    assert abs(float(note["preset_level_db"])) < 0.1 or preset.value("level") == 6.0
    assert (out / "matches.html").is_file()


def test_what_is_found_does_not_depend_on_other_files(
    sounds: Path, out: Path, tmp_path: Path
) -> None:
    arguments = ["match", "mono", "--files", str(sounds / "schön.flac"), "-o", str(tmp_path)]
    assert main([*arguments, *CHEAP, "--no-pictures"]) == 0
    again = (tmp_path / "matches" / "schön.json").read_bytes()
    assert again == (out / "matches" / "schön.json").read_bytes()
    assert not (tmp_path / "matches.html").exists()


def test_a_found_preset_is_rendered_and_morphed(out: Path, tmp_path: Path) -> None:
    preset, wav = str(out / "matches" / "schön.json"), tmp_path / "notes.wav"
    assert main(["render", preset, "--notes", "A2:0.1", "A3:0.1", "-o", str(wav)]) == 0
    assert soundfile.info(wav).duration > 0.2
    arguments = ["morph", preset, "fm-bell", "--notes", "C3:0.3", "-o", str(tmp_path)]
    assert main([*arguments, "--no-pictures"]) == 0
    assert soundfile.info(tmp_path / "morphs" / "schön_fm-bell.wav").duration > 0.3


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of a run whose network was not trained."""
    torch.manual_seed(0)
    model = Synth({}, "mono", seconds=0.1, channels=8, hidden_dim=16).eval()
    folder = tmp_path / "version_0"
    folder.mkdir()
    opened = SimpleNamespace(matching=model, folder=folder)
    monkeypatch.setattr(matching, "load_run", lambda *_: opened)
    return folder


def test_a_network_leads_and_is_judged_beside_the_others(run: Path, sounds: Path) -> None:
    arguments = ["match", str(run), "--files", str(sounds / "schön.flac"), "--refine", "1"]
    assert main([*arguments, *CHEAP, "--no-pictures"]) == 0
    out = run / "generated"
    methods = {key for key in rows_of(out)[0] if key.startswith("lsd_db: ")}
    names = {name.removeprefix("lsd_db: ") for name in methods}
    assert names == {
        *("network", "best of 2 network", "network and search", "network, search and gradients"),
        *("random preset", "mean preset", "nearest of 8 draws", "search alone"),
    }
    settings = json.loads((out / "matches.json").read_text())["sounds"][0]["methods"][0]["settings"]
    assert settings["cutoff"]["value"].endswith(" Hz")


def test_ctrl_c_writes_what_was_found(
    run: Path, sounds: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    render, count = type(Synth({}, "mono").synthesiser()).render, 0

    def stopping(*asked: object, **others: object) -> np.ndarray:
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt
        return render(*asked, **others)  # type: ignore[arg-type]

    monkeypatch.setattr("vschaos.models.synth.synthesiser.VoiceSynthesiser.render", stopping)
    arguments = ["match", str(run), "--files", str(sounds), "--no-baselines", "--no-pictures"]
    assert main([*arguments, *CHEAP, "--evaluations", "100"]) == 130
    assert "stopped: 1 sounds are matched" in capsys.readouterr().err
    (row,) = rows_of(run / "generated")
    assert row["preset"] == "matches/schön.json"


def test_a_plug_in_gets_its_own_preset_files(
    sounds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    description = fake_description(tmp_path)

    def plugin(*_: object, **others: object) -> PluginSynthesiser:
        return PluginSynthesiser(description, num_processes=1, program=PROGRAM)

    monkeypatch.setattr(matching, "synthesiser_named", plugin)
    arguments = ["match", "fake", "--files", str(sounds / "schön.flac"), "-o", str(tmp_path)]
    assert main([*arguments, *CHEAP, "--no-baselines", "--no-pictures"]) == 0
    (row,) = rows_of(tmp_path)
    assert row["preset"] == "matches/schön.fxp"
    assert (tmp_path / "matches" / "schön.fxp").read_bytes()[16:20] == b"Fake"
    monkeypatch.setattr(presets, "_plugin_of", plugin)
    path, wav = str(tmp_path / "matches" / "schön.fxp"), tmp_path / "a.wav"
    assert main(["render", path, "--notes", "C4:0.1", "-o", str(wav)]) == 0
    assert soundfile.read(wav)[0].any()
    assert main(["morph", path, path, "--notes", "C4:0.1", "C4:0.1", "-o", str(tmp_path)]) == 0
    assert (tmp_path / "morphs" / "schön_schön.wav").is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["match", "nonsense", "--files", "."], "expected the folder of a run, a chain"),
        (["match", "mono", "--files", "nowhere.wav"], "--files: there is no file nowhere.wav"),
        (["morph", "fm-bell"], "a morph needs at least two presets, got 1"),
        (["morph", "."], "morph expects --files with sounds for a run"),
        (["morph", "a", "b", "--files", "c.wav", "d.wav"], "morph expects one run with --files"),
        (["morph", "fm-bell", "a.fxp"], "presets of one synthesiser"),
        (["render", "a.fxp", "--notes", "C3", "-o", "a.wav"], "no preset a.fxp"),
        (["render", "a.json", "--notes", "C3", "-o", "a.wav"], "no preset a.json"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    arguments: Sequence[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.wav").write_text("")
    assert main(arguments) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert told in line


def test_presets_of_unknown_plug_ins_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.fxp"
    path.write_bytes(b"CcnK nonsense")
    with pytest.raises(ValueError, match="--plugin names its description"):
        presets._plugin_of([path], None)


@pytest.mark.parametrize(
    "option",
    [("--evaluations", "-1"), ("--seconds", "nan"), ("--seconds", "60"), ("--hypotheses", "0")],
)
def test_mistyped_options_are_told(
    option: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["match", "mono", "--files", "a.wav", *option])
    assert "expected" in capsys.readouterr().err
