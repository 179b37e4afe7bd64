"""The command evaluates runs on held-out and on other sounds, and writes all of it or nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from tests.evaluation.toys import Player, of_rendered_tones, with_model
from tests.families.toy import Toy
from vschaos import evaluate as command
from vschaos import targets
from vschaos.audio.files import write_audio
from vschaos.data.pitch.networks import make_tracker
from vschaos.evaluation import (
    conditioning,
    evaluate,
    magnitude_distances,
    tables,
    write_evaluation,
    writing,
)
from vschaos.evaluation.baselines import ModelReconstruction
from vschaos.evaluation.conditioning import note_accuracy
from vschaos.evaluation.excerpts import excerpts_of, held_out_excerpts
from vschaos.evaluation.summary import read_summary
from vschaos.generation.material import Material
from vschaos.models.capabilities import Autoencoder, Spectral
from vschaos.runs import Run

Tone = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def evaluated(plain: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("evaluated") / "evaluation"
    write_evaluation(evaluate(plain, tracker=None), out, plain.sample_rate)
    return out


def content(out: Path) -> dict[str, Any]:
    def refuse(word: str) -> None:
        raise ValueError(word)  # NaN and Infinity, which other programs cannot read

    text = (out / "evaluation.json").read_text(encoding="utf-8")
    return json.loads(text, parse_constant=refuse)


def run_it(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["evaluate", *map(str, words)])
    return command.main()


def test_the_model_is_compared_with_three_baselines(evaluated: Path, plain: Run) -> None:
    facts = content(evaluated)
    assert facts["evaluated_on"] == "held out"
    assert facts["files"] == len(plain.split["held_out"]) == len(facts["by_file"])
    names = list(facts["magnitudes"])
    assert names[0] == "model"
    assert names[-1] == "silence"
    assert isinstance(plain.model, Autoencoder)
    dim = plain.model.latent_dim
    assert set(names[1:-1]) == {
        f"PCA-{dim}, log(x + 0.001)",
        f"PCA-{dim}, the model's log-magnitude",
    }
    pcas = {name: facts["magnitudes"][name]["log_spectral_distance"] for name in names[1:-1]}
    for rows in facts["sounds"].values():
        better = min(pcas, key=pcas.__getitem__)
        assert list(rows) == ["model", better, "transform alone"]
    exact = facts["sounds"]["keep_input"]["transform alone"]
    assert exact["log_spectral_distance"] == pytest.approx(0.0, abs=0.01)
    assert exact["loudness"] == pytest.approx(0.0, abs=0.01)
    assert facts["magnitudes"]["silence"]["spectral_convergence"] == pytest.approx(0.0)


def test_pca_is_better_than_an_untrained_model(evaluated: Path) -> None:
    """Sines are a matter of a few dimensions, which six steps do not find."""
    before = content(evaluated)["magnitudes"]
    model, *pcas, silence = (row["log_spectral_distance"] for row in before.values())
    assert min(pcas) < model < silence


def test_pictures_tables_and_pairs_of_sounds_are_there(evaluated: Path, plain: Run) -> None:
    for name in ("measures.png", "files.png", "latents.png", "sounds.png"):
        assert (evaluated / name).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert "PCA-" in (evaluated / "evaluation.txt").read_text()
    pairs = sorted(path.name for path in (evaluated / "sounds").glob("*.wav"))
    assert len(pairs) == 2 * len(plain.split["held_out"])  # five of them: three best, two worst
    for original in (evaluated / "sounds").glob("*_original.wav"):
        made = original.with_name(original.name.replace("_original", "_model"))
        assert soundfile.info(original).frames == soundfile.info(made).frames


def test_tables_show_the_accuracy_of_conditioning_and_prediction(
    labelled: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("swift_f0")
    monkeypatch.setattr(conditioning, "NUM_WALKS", 2)
    facts = evaluate(labelled, tracker="swift", inversions=["keep_input"]).facts
    notes, prediction = facts["labels"]["notes"], facts["labels"]["prediction"]
    held_out = len(labelled.split["held_out"])
    assert notes["itself"] == {"cases": held_out, "voiced": 1.0, "pitch": 1.0, "octave": 1.0}
    assert notes["all"]["cases"] == 12 * held_out  # of one octave
    assert notes["sine"] == notes["all"]
    assert set(facts["labels"]["conditioning"]) == {"pitch"}  # no sound has another octave
    assert "5" in prediction["octave"]["names"]
    assert 0.0 <= prediction["pitch"]["accuracy"] <= 1.0
    assert facts["labels"]["lsd_by_labels"]["true"] > 0.0
    assert "prediction accuracy" in tables(facts)


def test_note_accuracy_counts_the_right_notes(
    labelled: Run, tone: Tone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that plays exactly the notes of its labels."""
    pytest.importorskip("swift_f0")

    def play(latents: Any, labels: Any, inversion: Any = None) -> Any:
        row = list(labelled.vocabularies).index("pitch")
        pitches = labels.values[:, row, 0].tolist()
        midi = [72 + (pitch - 3) % 12 + (pitch == 3) for pitch in pitches]
        notes = [tone(440.0 * 2 ** ((m - 69) / 12), labelled.sample_rate, 0.4) for m in midi]
        return torch.from_numpy(np.stack(notes))

    model = labelled.model
    assert isinstance(model, Autoencoder)
    monkeypatch.setattr(model, "decode", play)
    monkeypatch.setattr(conditioning, "NUM_WALKS", 24)
    material = Material(labelled, prefers_files=True)
    excerpts = held_out_excerpts(labelled, material).excerpts
    notes = note_accuracy(labelled, model, excerpts, material, make_tracker("swift"))
    assert notes["all"]["pitch"] == pytest.approx(11 / 12, abs=1e-6)  # its C is a semitone sharp
    assert notes["all"]["octave"] == 1.0
    assert 0.75 < notes["walks of 1"]["pitch"] < 1.0


def test_foreign_sounds_of_any_kind(plain: Run, tone: Tone, tmp_path: Path) -> None:
    folder = tmp_path / "foreign"
    stereo = np.stack([tone(300.0, 48000, 0.5), tone(400.0, 48000, 0.5)])
    write_audio(folder / "stereo.wav", stereo, 48000)
    write_audio(folder / "deep" / "low.wav", tone(200.0, 8000, 0.5), 8000)
    write_audio(folder / "short.wav", tone(200.0, 8000, 0.001), 8000)
    write_audio(folder / "silent.wav", np.zeros(8000, np.float32), 8000)
    (folder / "broken.wav").write_bytes(b"RIFF no sound")
    result = evaluate(plain, folder, tracker=None)
    assert [excerpt.name for excerpt in result.excerpts] == [
        "deep/low.wav",
        "short.wav",
        "stereo.wav",
    ]
    assert [excerpt.band for excerpt in result.excerpts] == [0.5, 0.5, 1.0]  # the model has 16 kHz
    reasons = {entry["file"]: entry["reason"] for entry in result.facts["left_out"]}
    assert reasons["silent.wav"] == "it is silent"
    assert "cannot be read" in reasons["broken.wav"]
    write_evaluation(result, tmp_path / "out", plain.sample_rate)
    assert content(tmp_path / "out")["evaluated_on"] == str(folder)


def test_labels_of_foreign_sounds_count_if_they_are_the_same(
    labelled: Run, notes: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    foreign = tmp_path / "renamed"
    shutil.copytree(notes / "metadata", foreign / "metadata")
    shutil.copytree(notes / "data", foreign / "data")
    (excerpt, *_) = excerpts_of(labelled, foreign, 4).excerpts
    assert excerpt.name == "data/sine/0_1.wav"
    assert excerpt.labels.known[0, :, 5].all()
    assert excerpt.labels.values[0, :, 5].tolist() == [0.0, 5.0]
    strange = foreign / "metadata" / "pitch" / "classes.txt"
    strange.write_text("".join(f"{n}\tnote {n}\n" for n in range(12)))
    (excerpt, *_) = excerpts_of(labelled, foreign, 4).excerpts
    assert excerpt.labels.known.any(dim=2).tolist() == [[False, True]]
    assert "expected the model's classes A, A#" in caplog.text


def test_a_moved_dataset_is_recognised(plain: Run, notes: Path, tmp_path: Path) -> None:
    shutil.copytree(notes, tmp_path / "elsewhere")
    facts = evaluate(plain, tmp_path / "elsewhere", tracker=None, count=2).facts
    assert facts["evaluated_on"] == "held out"
    assert facts["files"] == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data", "nowhere"], "there is no folder nowhere"),
        (["--inversions", "magic"], "--inversions: expected griffin_lim, .*, got 'magic'"),
        (["-n", "missing"], "there is no checkpoint 'missing'"),
    ],
)
def test_an_error_is_one_sentence(
    plain: Run,
    words: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_it(monkeypatch, plain.folder, *words) == 1
    assert re.search(f"error: .*{message}", capsys.readouterr().err)
    assert not (plain.folder / "evaluation").exists()


def test_a_folder_with_something_else_is_left_as_it_is(
    plain: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "diary.txt").write_text("dear diary")
    assert run_it(monkeypatch, plain.folder, "--no-f0", "--out", tmp_path) == 1
    assert "diary.txt, which would be lost" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


@pytest.mark.slow
def test_ctrl_c_keeps_the_earlier_evaluation(
    plain: Run, evaluated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "evaluation"
    shutil.copytree(evaluated, out)
    (out / "evaluation.txt").write_text("the one before")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(writing, "_write_sounds", stop)
        words = ("--no-f0", "--files", "2", "--out", out)
        assert run_it(patch, plain.folder, *words) == 130
    assert (out / "evaluation.txt").read_text() == "the one before"
    assert [path.name for path in tmp_path.iterdir()] == ["evaluation"]
    assert run_it(monkeypatch, plain.folder, *words) == 0
    assert "PCA-" in (out / "evaluation.txt").read_text()
    # an edited file is renamed, not lost
    assert {path.name for path in tmp_path.iterdir()} == {"evaluation", "evaluation.backup"}
    backup = tmp_path / "evaluation.backup" / "evaluation.txt"
    assert backup.read_text() == "the one before"


def test_a_model_that_gives_no_numbers_is_still_written(
    plain: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(self: ModelReconstruction, excerpt: Any) -> Any:
        assert isinstance(plain.model, Spectral)
        return float("nan") * plain.model.representation().transform(excerpt.audio).abs()

    monkeypatch.setattr(ModelReconstruction, "magnitudes", nothing)
    write_evaluation(evaluate(plain, tracker=None, count=2), tmp_path / "out", plain.sample_rate)
    assert content(tmp_path / "out")["magnitudes"]["model"]["log_spectral_distance"] is None


@pytest.fixture
def player(plain: Run) -> Run:
    return with_model(plain, Player(plain.sample_rate))


def test_a_model_with_metrics_alone_has_a_table_of_them(player: Run, tmp_path: Path) -> None:
    result = evaluate(player, count=2)
    assert {"magnitudes", "sounds", "labels", "latents"}.isdisjoint(result.facts)
    write_evaluation(result, tmp_path / "evaluation", player.sample_rate)
    found = {path.name for path in (tmp_path / "evaluation").iterdir() if path.name[0] != "."}
    assert found == {"evaluation.json", "evaluation.txt"}
    facts = content(tmp_path / "evaluation")
    peaks = [file["metrics"]["peak_level"] for file in facts["by_file"]]
    assert facts["metrics"]["peak_level"] == pytest.approx(np.mean(peaks), abs=1e-5)
    text = (tmp_path / "evaluation" / "evaluation.txt").read_text()
    assert f"peak {np.mean(peaks):.1f} dB, duration 0.3" in text
    assert "LSD" not in text
    (tmp_path / "last.ckpt").touch()
    os.utime(tmp_path / "last.ckpt", (1.0, 1.0))
    summary = read_summary(tmp_path, tmp_path / "last.ckpt")
    assert summary == f"peak {np.mean(peaks):.1f} dB"


def test_a_decoder_of_sound_is_compared_with_silence(plain: Run, tmp_path: Path) -> None:
    run = with_model(plain, Toy({}, plain.sample_rate))
    result = evaluate(run, tracker=None, count=2)
    facts = result.facts
    assert list(facts["magnitudes"]) == ["model", "silence"]
    assert list(facts["sounds"]) == ["decoder"]
    assert list(facts["sounds"]["decoder"]) == ["model"]
    model = facts["sounds"]["decoder"]["model"]
    assert model["log_spectral_distance"] == facts["magnitudes"]["model"]["log_spectral_distance"]
    assert model["loudness"] == pytest.approx(-12.0, abs=3.0)  # it is untrained: level_db is -12
    assert facts["magnitudes"]["silence"]["spectral_convergence"] == pytest.approx(0.0)
    assert {"labels", "latents"}.isdisjoint(facts)
    assert re.search(r"metrics of the training: level [\d.]+ dB, distance [\d.]+", tables(facts))
    write_evaluation(result, tmp_path / "evaluation", run.sample_rate)
    names = {path.name for path in (tmp_path / "evaluation").glob("*.png")}
    assert names == {"measures.png", "files.png", "sounds.png"}
    assert set(magnitude_distances(run)) == {"model", "silence"}


def test_a_run_without_files_is_evaluated_on_rendered_sounds(
    plain: Run, tone: Tone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Toy({}, plain.sample_rate)
    monkeypatch.setattr(model, "metrics", lambda batch: dict(batch.targets))
    run = of_rendered_tones(plain, model, monkeypatch)
    result = evaluate(run, tracker=None, count=2)
    assert [excerpt.name for excerpt in result.excerpts] == ["rendered 0", "rendered 2"]
    assert result.facts["metrics"]["pitch"] == pytest.approx(400.0)  # targets reach the metrics
    assert list(result.facts["magnitudes"]) == ["model", "silence"]
    monkeypatch.setattr(model, "metrics", lambda batch: {})
    write_audio(tmp_path / "sounds" / "a.wav", tone(300.0, 8000, 0.5), 8000)
    assert evaluate(run, tmp_path / "sounds", tracker=None).facts["files"] == 1


def test_metrics_get_the_features_of_the_training(
    plain: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    loudness = {"_target_": "vschaos.data.features.loudness.Loudness", "window": 1024}
    monkeypatch.setitem(plain.config["data"], "features", {"loudness": loudness})
    monkeypatch.setattr(targets, "ALLOWED", (*targets.ALLOWED, "vschaos.data.features."))
    (excerpt, *_) = held_out_excerpts(plain, Material(plain, prefers_files=True), 1).excerpts
    frames = -(-excerpt.audio.shape[1] // plain.model.hop_length)
    assert excerpt.batch.features["loudness"].shape == (1, 1, frames)


def test_the_rate_of_a_file_is_known_with_and_without_the_file(plain: Run) -> None:
    (name, *_) = plain.split["held_out"]
    assert Material(plain).origin == "cache"
    for prefers_files in (False, True):
        assert Material(plain, prefers_files).file_rate(name) == plain.sample_rate


def test_a_model_without_inversions_refuses_them(player: Run) -> None:
    with pytest.raises(ValueError, match=r"expected none: the model has no inversions, got 'scan'"):
        evaluate(player, inversions=["scan"])


def test_help_does_not_import_torch() -> None:
    words = [sys.executable, "-c", "import sys, vschaos.evaluate; print('torch' in sys.modules)"]
    said = subprocess.run(words, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
